from __future__ import annotations

import gzip
import re

import lxml.html
import pytest
from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse
from starlette.testclient import TestClient

from qa.settings import INTERFACE_LANGUAGES, Settings
from qa.web.drawing import shell
from qa.web.drawing.assets import NAMES, STATIC, add_assets, address, asset

PAGE = shell.Page("about", "<About>", "what & why", "<p>Body</p>")


@pytest.fixture(scope="module")
def client() -> TestClient:
    api = FastAPI()
    add_assets(api)

    @api.get("/about")
    def about(request: Request) -> HTMLResponse:
        words = shell.words_for(request)
        return shell.respond(PAGE, words, Settings())

    return TestClient(api)


def drawn(client: TestClient, query: str = "", **headers: str) -> lxml.html.HtmlElement:
    return lxml.html.document_fromstring(client.get(f"/about{query}", headers=headers).text)


@pytest.mark.parametrize("code", INTERFACE_LANGUAGES)
def test_the_shell_speaks_the_language_of_the_address(client: TestClient, code: str) -> None:
    page = drawn(client, f"?lang={code}")
    assert page.get("lang") == code
    assert page.xpath("//nav[@class='languages']//a[@aria-current]/@href") == [f"about?lang={code}"]
    assert page.xpath("//nav[@class='languages']//a/@lang") == list(INTERFACE_LANGUAGES)


def test_the_shell_speaks_the_language_of_the_browser(client: TestClient) -> None:
    assert drawn(client, **{"accept-language": "nn-NO, en;q=0.5"}).get("lang") == "nb"
    assert client.get("/about").headers["vary"] == "Accept-Language"


def test_nothing_in_the_shell_needs_more_than_a_strict_policy(client: TestClient) -> None:
    page = drawn(client)
    assert page.xpath("//style | //script[not(@src)] | //*[@style] | //@*[starts-with(name(), 'on')]") == []
    for link in page.xpath("//link[@rel='stylesheet' or @rel='icon']/@href"):
        assert client.get(f"/{link}").status_code == 200


def test_title_and_description_are_text(client: TestClient) -> None:
    page = drawn(client)
    assert page.findtext(".//title") == "<About> – Kysy"
    assert page.findtext(".//h1") == "<About>"
    assert page.xpath("//meta[@name='description']/@content") == ["what & why"]


def test_the_skip_link_leads_to_the_content(client: TestClient) -> None:
    page = drawn(client)
    assert page.xpath("//body/*[1]/@href") == ["#" + page.xpath("//main/@id")[0]]


@pytest.mark.parametrize("name", NAMES)
def test_a_file_is_sent_packed_and_plain_and_once(client: TestClient, name: str) -> None:
    plain = client.get(f"/{address(name)}", headers={"accept-encoding": "identity"})
    packed = client.get(f"/{address(name)}", headers={"accept-encoding": "gzip"})
    assert plain.content == packed.content == (STATIC / name).read_bytes()
    assert (plain.headers.get("content-encoding"), packed.headers["content-encoding"]) == (None, "gzip")
    assert int(packed.headers["content-length"]) == len(asset(name).packed)
    assert gzip.decompress(asset(name).packed) == plain.content
    assert "immutable" in plain.headers["cache-control"]
    again = client.get(f"/{address(name)}", headers={"if-none-match": plain.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("name", ["nothing.css", "..%2fpage.py", "%2e%2e/page.py", "page.py", "tokens.css%00"])
def test_only_listed_files_are_given_out(client: TestClient, name: str) -> None:
    assert client.get(f"/kysy/{name}").status_code == 404


def test_a_file_under_an_old_address_is_not_kept(client: TestClient) -> None:
    assert "immutable" not in client.get("/kysy/tokens.css?v=0").headers["cache-control"]


def test_the_dark_tokens_are_the_same_in_both_places() -> None:
    tokens = (STATIC / "tokens.css").read_text("utf-8")
    dark = re.findall(r"color-scheme: dark;([^}]*)\}", tokens)
    assert len(dark) == 2
    assert dark[0].split() == dark[1].split()
