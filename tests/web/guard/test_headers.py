from __future__ import annotations

import httpx
import pytest
from playwright import sync_api

from tests.web.service import needs_browser

OTHER = "https://example.org"


@pytest.mark.parametrize("path", ["/", "/api/documents", "/api/nothing", "/widget.js", "/embed", "/gradio_api/upload"])
def test_every_reply_forbids_what_it_can(address: str, path: str) -> None:
    headers = httpx.get(address.rstrip("/") + path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'")
    assert "frame-ancestors" in policy
    [scripts] = [rule for rule in policy.split(";") if "script-src" in rule]
    assert "unsafe-inline" not in scripts
    assert "unsafe-eval" not in scripts


@needs_browser
def test_the_page_works_under_its_policy_and_an_injected_script_does_not(
    browser: sync_api.Browser, address: str
) -> None:
    page = browser.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.goto(address)
    page.wait_for_selector(".welcome")
    assert [text for text in said if "Content Security Policy" in text] == []
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<img src=\"data:,\" onerror=\"window.hurt = 1\">')")
    page.wait_for_timeout(300)
    assert page.evaluate("window.hurt") is None
    assert any("Content Security Policy" in text for text in said)
    page.close()


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/gradio_api/upload"),
        ("GET", "/gradio_api/file=/etc/passwd"),
        ("GET", "/gradio_api/proxy=https://example.org/"),
        ("POST", "/gradio_api/run/ask"),
        ("POST", "/gradio_api/call/ask"),
        ("POST", "/gradio_api/component_server"),
        ("GET", "/monitoring"),
        ("POST", "/login"),
        ("GET", "/gradio_api//upload"),
    ],
)
def test_what_the_page_does_not_need_of_gradio_is_closed(address: str, method: str, path: str) -> None:
    reply = httpx.request(method, address.rstrip("/") + path)
    assert (reply.status_code, reply.json()["error"]["code"]) == (404, "not_found")


@pytest.mark.parametrize("path", ["gradio_api/queue/join", "gradio_api/reset", "api/ask", "v1/chat/completions"])
def test_pages_of_other_sites_can_send_nothing(address: str, path: str) -> None:
    for origin in (OTHER, "null", "http://127.0.0.1:1", ""):
        reply = httpx.post(address + path, json={}, headers={"Origin": origin})
        assert (reply.status_code, reply.json()["error"]["code"]) == (403, "origin_refused")
        assert "access-control-allow-origin" not in reply.headers
    reply = httpx.options(address + path, headers={"Origin": OTHER, "Access-Control-Request-Method": "POST"})
    assert reply.status_code == 403


def test_gradio_reflects_no_origin(address: str) -> None:
    for path in ("", "config", "theme.css"):
        reply = httpx.get(address + path, headers={"Origin": OTHER})
        assert not [name for name in reply.headers if name.startswith("access-control-")]
