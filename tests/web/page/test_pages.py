"""The pages about the assistant, the logo, and what stands at the page's address before questions can be asked."""

from __future__ import annotations

from pathlib import Path

import httpx
import lxml.html
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from qa import __version__
from qa.errors import SettingsError
from qa.records import Contact, Document
from qa.settings import INTERFACE_LANGUAGES, Settings
from qa.web.asking.service import Service
from qa.web.drawing.logo import add_logo, image, read_logo
from qa.web.messages import catalogue
from qa.web.page.front import Front
from qa.web.page.pages import about_body, accessibility_body, documents_body, feedback_to, read_date

PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)
SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
DOCUMENTS = (
    Document("fi/a", "a", "Alku", "fi", "teksti", url="https://example.org/a", updated="2024-05-01", source="Sivu"),
    Document("sv/b", "b", "<b>Bilaga</b>", "sv", "text", url="javascript:alert(1)"),
)


@pytest.mark.parametrize("code", INTERFACE_LANGUAGES)
@pytest.mark.parametrize("path", ["about", "documents", "accessibility"])
def test_every_page_is_in_its_language_throughout(address: str, path: str, code: str) -> None:
    reply = httpx.get(f"{address}{path}?lang={code}")
    page = lxml.html.document_fromstring(reply.text)
    assert (reply.status_code, page.get("lang")) == (200, code)
    assert len(page.xpath("//h1")) == 1
    assert "{" not in page.text_content()
    assert page.xpath("//nav//a[@aria-current]/@href") == [f"{path}?lang={code}", f"./{path}?lang={code}"]


def test_the_documents_stand_by_language_with_their_dates(address: str) -> None:
    page = lxml.html.document_fromstring(httpx.get(f"{address}documents?lang=sv").text)
    assert page.xpath("string(//h2)") == "Svenska"
    assert len(page.xpath("//ul[@class='documents']/li")) == 90
    assert {cite.get("lang") for cite in page.xpath("//cite")} == {"da", "en", "fi", "nb", "sv"}
    assert "uppdaterad" in page.text_content()


def test_documents_are_as_untrusted_as_questions() -> None:
    page = lxml.html.document_fromstring(documents_body(DOCUMENTS, catalogue("fi")))
    assert page.xpath("//ul[@class='documents']//a/@href") == ["https://example.org/a"]
    assert "<b>Bilaga</b>" in page.text_content()
    assert not page.xpath("//b")
    assert "1. toukokuuta 2024 · Lähde: Sivu" in page.text_content()
    assert "ei päiväystä" in page.text_content()


def test_a_reader_without_documents_of_their_own_is_told_so() -> None:
    words = catalogue("de")
    assert words("documents_missing") in documents_body(DOCUMENTS, words)
    assert words("documents_missing") not in documents_body((), words)


def test_what_is_kept_is_told() -> None:
    words = catalogue("en")
    assert words("about_privacy") in about_body(0, words)
    assert "stored for 30 days" in about_body(30, words)


def test_the_statement_names_the_version_and_a_review_only_when_there_was_one() -> None:
    words = catalogue("fi")
    told = accessibility_body("", words)
    assert f"Versio {__version__} on testattu" in told
    assert "läpi" not in told
    assert "läpi 31. toukokuuta 2026" in accessibility_body("", words, read_date("2026-05-31"))


@pytest.mark.parametrize("value", ["31.5.2026", "2026-13-01", "yesterday", "2126-01-01"])
def test_a_review_on_no_day_is_refused_at_the_start(value: str) -> None:
    with pytest.raises(SettingsError, match=rf"accessibility_reviewed: '{value}' is no date of a review: write"):
        read_date(value)


def test_barriers_are_reported_to_whom_the_settings_or_the_documents_name() -> None:
    person = Contact("Ada Berg", "en/c", email="ada(at)example.org")
    page = Document("en/c", "c", "Feedback", "en", "text", contacts=(person,))
    assert feedback_to("", DOCUMENTS) == ""
    assert feedback_to("", (page,)) == "Ada Berg, <bdi>ada(at)example.org</bdi>"
    assert feedback_to("help@example.org", (page,)) == '<a href="mailto:help@example.org">help@example.org</a>'
    assert feedback_to("https://example.org", (page,)) == '<a href="https://example.org">https://example.org</a>'
    assert feedback_to("<script>", ()) == "&lt;script&gt;"


@pytest.mark.parametrize(("content", "kind"), [(PNG, "image/png"), (SVG, "image/svg+xml")])
def test_a_logo_is_sent_as_an_image_whose_scripts_never_run(tmp_path: Path, content: bytes, kind: str) -> None:
    file = tmp_path / "logo"
    file.write_bytes(content)
    settings = Settings(logo=str(file))
    api = FastAPI()
    add_logo(api, settings)
    [source] = lxml.html.fragment_fromstring(image(settings)).xpath("@src")
    reply = TestClient(api).get(f"/{source}")
    assert (reply.content, reply.headers["content-type"].split(";")[0]) == (content, kind)
    assert "sandbox" in reply.headers["content-security-policy"]
    assert "immutable" in reply.headers["cache-control"]


def test_without_a_logo_there_is_none() -> None:
    api = FastAPI()
    add_logo(api, Settings())
    assert TestClient(api).get("/logo").status_code == 404
    assert image(Settings()).startswith("<svg")


def test_a_file_that_is_no_logo_is_refused_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"can't be read .*name an SVG or PNG file"):
        read_logo(str(tmp_path / "missing.svg"))
    (tmp_path / "text.png").write_text("<html>")
    with pytest.raises(SettingsError, match="neither SVG nor PNG"):
        read_logo(str(tmp_path / "text.png"))
    (tmp_path / "large.png").write_bytes(PNG + bytes(500_000))
    with pytest.raises(SettingsError, match="at most 500000"):
        read_logo(str(tmp_path / "large.png"))


def test_while_the_index_is_read_the_page_says_so_and_looks_again() -> None:
    client = TestClient(Front(FastAPI(), Service(Settings())))
    reply = client.get("/?lang=et")
    assert (reply.status_code, reply.headers["refresh"]) == (503, "3")
    assert catalogue("et")("starting_text") in reply.text


def test_nothing_of_gradio_refers_elsewhere(address: str) -> None:
    html = httpx.get(f"{address}?lang=fi").text
    assert "githubusercontent" not in html
    assert "og:" not in html
    assert "kysy:" not in html  # every marker has its words
    assert "Esitä" in html or "Kysy" in html
