"""The widget's routes over HTTP; ``test_widget_browser`` sees them on other sites' pages."""

from __future__ import annotations

import gzip
import json
import re
from dataclasses import replace

import lxml.html
import pytest
from starlette.testclient import TestClient

from qa.assistant import Assistant
from qa.settings import INTERFACE_LANGUAGES, Settings
from qa.web.api.api import make_api
from qa.web.asking.service import Service
from qa.web.drawing.assets import add_assets
from qa.web.messages import catalogue
from qa.web.widget import configure, embed
from qa.web.widget.widget import loader

HOST = "https://town.example.org"
OWN = "http://testserver"
SAME = {"sec-fetch-site": "same-origin"}
ASK = {"question": "When was CEMR founded?"}


def serving(settings: Settings, assistant: Assistant, **changed: object) -> TestClient:
    chosen = replace(settings, allowed_origins=f"{HOST}, https://other.example.org", **changed)
    api = make_api(Service(chosen, assistant))
    add_assets(api)
    return TestClient(api, raise_server_exceptions=False)


@pytest.fixture(scope="module")
def client(settings: Settings, assistant: Assistant) -> TestClient:
    return serving(settings, assistant)


def ticket(client: TestClient, host: str = HOST) -> str:
    page = lxml.html.document_fromstring(client.get("/embed", params={"host": host}).text)
    return str(page.find("body").get("data-ticket"))


def ancestors(policy: str) -> str:
    return re.findall("frame-ancestors ([^;]*)", policy)[0]


def test_the_loader_is_small_and_the_whole_conversation_page_too(client: TestClient) -> None:
    assert int(client.get("/widget.js").headers["content-length"]) <= 5 * 1024
    html = client.get("/embed").text
    names = re.findall(r'(?:href|src)="(kysy/[^"]+)"', html)
    assert {name.partition("?")[0] for name in names} == {
        f"kysy/{name}"
        for name in (
            "answer.css", "embed.css", "embed.js", "favicon.svg", "tokens.css", *embed.IMPORTED
        )
    }  # fmt: skip
    sizes = [int(client.get(f"/{name}").headers["content-length"]) for name in names]
    assert sum(sizes) + len(gzip.compress(html.encode())) <= 60 * 1024


def test_the_loader_speaks_every_language(client: TestClient) -> None:
    script = client.get("/widget.js").text
    words = json.loads(re.findall(r"WORDS = (\{.*?\});", script)[0])
    assert words["fi"] == ["Kysy meiltä", catalogue("fi")("widget_frame")]
    assert set(words) == set(INTERFACE_LANGUAGES)


def test_the_loader_may_be_kept_and_is_for_every_site(client: TestClient) -> None:
    reply = client.get("/widget.js")
    assert reply.headers["content-type"].startswith("text/javascript")
    assert reply.headers["cache-control"] == "public, max-age=3600"
    assert reply.headers["cross-origin-resource-policy"] == "cross-origin"
    assert client.get("/widget.js", headers={"if-none-match": f'"{loader().digest}"'}).status_code == 304


@pytest.mark.parametrize(
    ("said", "referer", "expected"),
    [
        (HOST, None, HOST),
        (HOST, f"{HOST}/page?a=b", HOST),
        (HOST.upper() + "/", None, None),
        ("", None, OWN),
        (OWN, f"{OWN}/widget/preview", OWN),
        (HOST, f"{OWN}/embed", HOST),  # the page renews its ticket
        (HOST, "https://hostile.example.com/", None),
        (HOST, "https://other.example.org/", None),
        ("https://hostile.example.com", None, None),
        ("https://hostile.example.com", "https://hostile.example.com/", None),
        ("null", None, None),
        ("*", None, None),
        ("https://town.example.org https://hostile.example.com", None, None),
        ("https://town.example.org; script-src *", None, None),
    ],
)
def test_only_the_one_host_may_frame_it(
    client: TestClient, said: str, referer: str | None, expected: str | None
) -> None:
    reply = client.get("/embed", params={"host": said}, headers={"referer": referer} if referer else {})
    assert ancestors(reply.headers["content-security-policy"]) == (expected or "'none'")
    assert reply.status_code == (200 if expected else 403)
    assert reply.headers["cache-control"] == "no-store"
    assert ("data-ticket" in reply.text) == (expected is not None)


@pytest.mark.parametrize("path", ["/embed", "/widget", "/widget/preview"])
@pytest.mark.parametrize("code", INTERFACE_LANGUAGES)
def test_every_page_holds_under_a_strict_policy_in_every_language(client: TestClient, path: str, code: str) -> None:
    reply = client.get(path, params={"lang": code})
    page = lxml.html.document_fromstring(reply.text)
    assert page.get("lang") == code
    assert page.xpath("//style | //script[not(@src)][not(@type='application/json')] | //*[@style]") == []
    assert page.xpath("//@*[starts-with(name(), 'on')]") == []
    assert "unsafe" not in reply.headers["content-security-policy"]
    for address in page.xpath("//link[@rel='stylesheet' or @rel='icon']/@href | //script/@src"):
        assert client.get(f"{path}/../{address}").status_code == 200


def test_topics_choose_the_examples(client: TestClient) -> None:
    def topics(topic: str) -> list[str]:
        page = lxml.html.document_fromstring(client.get("/embed", params={"lang": "en", "topic": topic}).text)
        return [str(text) for text in page.xpath("//section[@class='topic']/h3/text()")]

    assert topics("contacts") == ["Who to contact"]
    assert topics("twinning, networks") == ["Town twinning", "International networks"]
    assert len(topics("")) == len(topics("nothing")) == 3


def test_the_theme_is_one_of_two_or_the_systems(client: TestClient) -> None:
    for asked, expected in (("dark", "dark"), ("light", "light"), ("", None), ('"><b>', None)):
        page = lxml.html.document_fromstring(client.get("/embed", params={"theme": asked}).text)
        assert page.get("data-theme") == expected


def test_the_widget_asks_with_its_ticket_only(client: TestClient) -> None:
    good = {**SAME, "x-kysy-ticket": ticket(client)}
    assert client.post("/api/ask", json=ASK, headers=good).status_code == 200
    refused = client.post("/api/ask", json=ASK, headers=SAME)
    assert (refused.status_code, refused.json()["error"]["code"]) == (401, "ticket_refused")
    for forged in ("", "x.y", good["x-kysy-ticket"][:-1] + "_"):
        reply = client.post("/api/ask", json=ASK, headers={"x-kysy-ticket": forged})
        assert (reply.status_code, reply.json()["error"]["code"]) == (401, "ticket_refused")
    assert client.post("/api/ask", json=ASK).status_code == 200  # a program, not a page of ours


def test_a_ticket_is_worth_nothing_once_its_host_is_no_longer_allowed(settings: Settings, assistant: Assistant) -> None:
    before = serving(settings, assistant, widget_secret="the same")
    written = ticket(before)
    after = TestClient(make_api(Service(replace(settings, widget_secret="the same"), assistant)))
    assert before.post("/api/ask", json=ASK, headers={"x-kysy-ticket": written}).status_code == 200
    reply = after.post("/api/ask", json=ASK, headers={"x-kysy-ticket": written})
    assert (reply.status_code, reply.json()["error"]["code"]) == (403, "origin_refused")


def test_a_ticket_is_good_for_so_many_questions_a_minute(settings: Settings, assistant: Assistant) -> None:
    client = serving(settings, assistant, widget_rate_per_minute=2)
    first, second = ({"x-kysy-ticket": ticket(client)} for _ in range(2))
    codes = [client.post("/api/ask", json=ASK, headers=first).status_code for _ in range(3)]
    assert codes == [200, 200, 429]
    assert client.post("/api/ask", json=ASK, headers=second).status_code == 200


def test_tickets_are_not_given_out_without_end(settings: Settings, assistant: Assistant) -> None:
    client = serving(settings, assistant, client_rate_per_minute=2)
    assert [client.get("/embed").status_code for _ in range(3)] == [200, 200, 429]


@pytest.mark.parametrize("code", INTERFACE_LANGUAGES)
def test_the_page_with_the_tag_says_all_three_texts(client: TestClient, code: str) -> None:
    page = lxml.html.document_fromstring(client.get("/widget", params={"lang": code}).text)
    texts = [page.get_element_by_id(name).text_content() for name in ("tag", "allow", "policy")]
    assert texts == [
        f'<script src="{OWN}/widget.js" async></script>',
        "KYSY_ALLOWED_ORIGINS=https://www.example.org",
        f"script-src {OWN}; frame-src {OWN}",
    ]
    asked = {field.get("name") for field in page.xpath("//form[@id='options']//*[@name]")}
    assert asked == {"site", *configure.OPTIONS}


def test_the_preview_takes_options_as_text_and_no_others(client: TestClient) -> None:
    options = {"label": '"><img src=x>', "z-index": "5", "onload": "alert(1)", "src": "https://hostile.example.com"}
    reply = client.get("/widget/preview", params=options)
    (script,) = lxml.html.document_fromstring(reply.text).xpath("//body//script")
    assert dict(script.attrib) == {
        "src": "../widget.js", "data-label": '"><img src=x>', "data-z-index": "5", "async": "",
    }  # fmt: skip
    assert ancestors(reply.headers["content-security-policy"]) == "'self'"
