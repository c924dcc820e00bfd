from __future__ import annotations

from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from qa.assistant import Assistant
from qa.errors import SettingsError
from qa.settings import Settings
from qa.web.api.api import make_api
from qa.web.asking.service import Service
from qa.web.guard.clients import Clients
from qa.web.guard.origins import Origins, is_own

ALLOWED = "https://example.org"


@pytest.fixture(scope="module")
def client(settings: Settings, assistant: Assistant) -> TestClient:
    open_to = replace(settings, allowed_origins=f"{ALLOWED}/, http://localhost:8000")
    return TestClient(make_api(Service(open_to, assistant)), base_url="https://kysy.example.net")


@pytest.mark.parametrize(
    ("origin", "status", "readable"),
    [
        (None, 200, None),
        ("https://kysy.example.net", 200, None),
        ("http://kysy.example.net", 200, None),  # a proxy may have taken the encryption off
        ("https://kysy.example.net:8443", 403, None),
        (ALLOWED, 200, ALLOWED),
        ("HTTPS://EXAMPLE.ORG:443", 200, "HTTPS://EXAMPLE.ORG:443"),
        ("http://localhost:8000", 200, "http://localhost:8000"),
        ("http://example.org", 403, None),
        ("https://example.org.evil.example.com", 403, None),
        ("https://sub.example.org", 403, None),
        ("https://example.org:8443", 403, None),
        ("https://example.org, https://example.org", 403, None),
        ("null", 403, None),
        ("*", 403, None),
        ("https://[::1", 403, None),
    ],
)
def test_who_may_ask_and_read(client: TestClient, origin: str | None, status: int, readable: str | None) -> None:
    headers = {"Origin": origin} if origin else {}
    reply = client.post("/api/ask", json={"question": "When was CEMR founded?"}, headers=headers)
    assert reply.status_code == status
    assert reply.headers.get("access-control-allow-origin") == readable
    assert "access-control-allow-credentials" not in reply.headers
    assert ("Origin" in reply.headers.get("vary", "")) == (readable is not None)


def test_a_preflight_names_what_may_be_sent(client: TestClient) -> None:
    asked = {"Origin": ALLOWED, "Access-Control-Request-Method": "POST"}
    reply = client.options("/api/ask", headers=asked)
    assert (reply.status_code, reply.headers["access-control-allow-origin"]) == (204, ALLOWED)
    assert "Content-Type" in reply.headers["access-control-allow-headers"]
    assert client.options("/api/ask", headers={**asked, "Origin": "https://other.example"}).status_code == 403


def test_a_chat_client_on_an_allowed_site_may_send_its_own_headers(client: TestClient) -> None:
    names = "authorization,content-type,x-stainless-arch,x-stainless-retry-count"
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": names}
    reply = client.options("/v1/chat/completions", headers={**asked, "Origin": ALLOWED})
    assert (reply.status_code, reply.headers["access-control-allow-headers"]) == (204, names)
    refused = client.options("/v1/chat/completions", headers={**asked, "Origin": "https://other.example"})
    assert refused.status_code == 403
    assert not [name for name in refused.headers if name.startswith("access-control")]


@pytest.mark.parametrize("names", ["", "x-a,,x-b", "x-a: 1", "*", "x" * 50 + "\t"])
def test_names_of_headers_that_are_none_are_not_repeated(client: TestClient, names: str) -> None:
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": names, "Origin": ALLOWED}
    told = client.options("/api/ask", headers=asked).headers["access-control-allow-headers"]
    assert told.startswith("Accept, ")


@pytest.mark.parametrize(
    "value",
    ["*", "https://*.example.org", "example.org", "https://example.org/page", "ftp://example.org", "https://a b"],
)
def test_a_value_that_is_no_origin_is_named(value: str) -> None:
    with pytest.raises(SettingsError, match=r"allowed_origins: .* is no origin"):
        Origins.parse(f"https://example.com,{value}")


def test_origins_are_normalised_and_the_empty_list_allows_nobody() -> None:
    assert Origins.parse(" HTTPS://Example.org:443/ ,https://example.org,http://[::1]:80").allowed == (
        "https://example.org",
        "http://[::1]",
    )
    assert not Origins.parse("").allows(ALLOWED)
    assert not Origins.parse("").allows("")
    assert not is_own("null", "null")
    assert is_own("http://kysy_web:7860", "kysy_web:7860")


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("203.0.113.9", ["198.51.100.1"], "203.0.113.9"),  # nobody asked this peer to forward
        ("10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["192.0.2.66, 198.51.100.1, 10.0.0.2"], "198.51.100.1"),
        ("10.0.0.1", ["192.0.2.66", "198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["nonsense"], "nonsense"),
        ("2001:db8::1", [], "2001:db8::/64"),
    ],
)
def test_a_forwarded_address_counts_from_trusted_proxies_only(peer: str, forwarded: list[str], expected: str) -> None:
    headers = [(b"x-forwarded-for", value.encode()) for value in forwarded]
    assert Clients.parse("10.0.0.0/8").of({"type": "http", "client": (peer, 1), "headers": headers}) == expected


def test_a_proxy_that_is_no_address_is_named() -> None:
    with pytest.raises(SettingsError, match=r"trusted_proxies: 'proxy\.local' is no address or network"):
        Clients.parse("10.0.0.1, proxy.local")
