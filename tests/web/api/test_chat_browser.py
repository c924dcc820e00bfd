"""A chat client that runs in a browser, on a page of an allowed site and of one that isn't."""

from __future__ import annotations

from collections.abc import Callable

from tests.web.guest import Guest, Sites
from tests.web.service import needs_browser

pytestmark = needs_browser

# As OpenAI's own client sends it.
_ASK = """
(address) => fetch(`${address}/v1/chat/completions`, {
  method: "POST",
  headers: {
    "Accept": "application/json", "Authorization": "Bearer none", "Content-Type": "application/json",
    "X-Stainless-Arch": "unknown", "X-Stainless-Lang": "js", "X-Stainless-Retry-Count": "0",
    "X-Stainless-Runtime": "browser:chrome", "X-Stainless-Timeout": "600",
  },
  body: JSON.stringify({model: "kysy", stream: true, messages: [{role: "user", content: "When was CEMR founded?"}]}),
}).then(reply => reply.text(), error => `${error}`)
"""


def test_a_chat_client_on_an_allowed_site_is_answered_and_on_another_it_is_not(
    open_page: Callable[..., Guest], sites: Sites
) -> None:
    said = open_page(sites.allowed.put("/chat", body="Chat")).page.evaluate(_ASK, sites.service)
    assert "1951" in said
    assert said.endswith("data: [DONE]\n\n")
    refused = open_page(sites.refused.put("/chat", body="Chat")).page.evaluate(_ASK, sites.service)
    assert refused == "TypeError: Failed to fetch"
