"""What a page tells a crawler."""

from __future__ import annotations

import pytest

from qa.crawl.fetch import Reply
from qa.crawl.kinds import is_what_it_says, suffix_told
from qa.crawl.page import Page, directives_of, read_page
from tests.crawl.site import docx

URL = "https://example.org/fi/a"


def page(markup: str, **options: object) -> Page:
    return read_page(markup.encode(), None, URL, **options)  # type: ignore[arg-type]


def test_links_are_absolute_and_told_once() -> None:
    found = page(
        '<a href="b#x">b</a> <a href="./b">b</a> <a href=/c>c</a> <area href="//example.org/d"> <a href="#top">a</a>'
        ' <a href="mailto:x@example.org">x</a> <a href="javascript:x()">x</a> <a>x</a>'
        ' <a rel="nofollow me" href=/e>e</a>'
        ' <link rel=next href="?page=2"> <link rel=stylesheet href=/s.css> <link rel=alternate href=/feed.xml>'
        " <img src=/i.png> <meta http-equiv=Refresh content=\"5; URL='/f'\"> <form action=/g>"
    )
    assert found.links == (
        "https://example.org/fi/b", "https://example.org/c", "https://example.org/d", URL,
        "https://example.org/fi/a?page=2", "https://example.org/f",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("path", "canonical"),
    [("/fi/a", None), ("/a", None), ("/", "/"), ("/index.php", "/"), ("/fi/", "/"), ("/en-gb", "/")],
)
def test_only_a_front_page_may_name_the_front_page_as_its_own(path: str, canonical: str | None) -> None:
    found = read_page(b"<link rel=canonical href='https://example.org/'><p>Text.", None, f"https://example.org{path}")
    assert found.canonical == (canonical and f"https://example.org{canonical}")


@pytest.mark.parametrize(
    ("markup", "is_there"),
    [
        ("<title>Page not found | Association</title>", False),
        ("<title>404 – Kuntaliitto</title>", False),
        ("<title>Error 404</title>", False),
        ("<title>KS</title><h1>Siden ble ikke funnet</h1>", False),
        ("<title>Sivua ei löytynyt</title>", False),
        ("<title>Sidan kunde inte hittas - SKR</title>", False),
        ("<title>Siden blev ikke fundet</title>", False),
        ("<title>Seite nicht gefunden</title>", False),
        ("<title>Page introuvable</title>", False),
        ("<title>Lehte ei leitud</title>", False),
        ("<title>404 municipalities have joined</title>", True),
        ("<title>What to do when a page is not found</title>", True),
        ("<title>Twinning</title><p>Page not found</p>", True),
    ],
)
def test_a_page_may_say_that_it_is_not_there(markup: str, is_there: bool) -> None:
    assert page(markup).is_there == is_there


@pytest.mark.parametrize(
    ("markup", "shows_text"),
    [
        (
            '<script src="/a.js"></script><body><noscript>You need to enable JavaScript.</noscript><div id="root">',
            False,
        ),
        ('<meta http-equiv="X-UA-Compatible" content="IE=edge"><body><script>location = "/fi/"</script>', False),
        ("<body><div id=app>Loading…</div><script>render({text: 'a long text that nobody sees'})</script>", False),
        ("<script src=/a.js></script><body><p>The office is open on weekdays.", True),
        ("<script src=/a.js></script><body><a href=/fi/>Fi</a>", True),
        ("<script src=/a.js></script><meta http-equiv=refresh content='0; url=/fi/'>", True),
        ("<p>Short.", True),
        ("<frameset><frame src=/a></frameset><script src=/a.js></script>", True),
    ],
)
def test_a_page_may_wait_for_its_scripts(markup: str, shows_text: bool) -> None:
    assert page(markup).shows_text == shows_text


@pytest.mark.parametrize(
    ("markup", "path"),
    [
        ("<a href='/jäsenet'>J</a>".encode(), "j%C3%A4senet"),
        ("<a href='/jäsenet'>J</a>".encode("latin-1"), "j%C3%A4senet"),
        ("<meta charset=iso-8859-1><a href='/jÃ¤'>J</a>".encode("latin-1"), "j%C3%83%C2%A4"),
    ],
)
def test_links_of_a_page_that_declares_no_charset(markup: bytes, path: str) -> None:
    assert read_page(markup, None, URL).links == (f"https://example.org/{path}",)


def test_the_base_of_a_page_counts() -> None:
    assert page('<base href="/sv/"><a href="b">b</a>').links == ("https://example.org/sv/b",)
    assert page('<base href="https://other.example/"><a href="b">b</a>').links == ("https://other.example/b",)


def test_language_versions_and_canonical_address() -> None:
    found = page(
        '<html lang="fi-FI"><link rel=canonical href="/fi/a?utm_source=x">'
        '<link rel="alternate" hreflang="sv" href="/sv/a"><link rel="alternate" hreflang="x-default" href="/">'
    )
    assert found.language == "fi-FI"
    assert found.canonical == URL
    assert found.alternates == (("sv", "https://example.org/sv/a"), ("x-default", "https://example.org/"))


@pytest.mark.parametrize(
    ("tag", "may_keep", "may_follow"),
    [
        ('<meta name="robots" content="index,follow">', True, True),
        ('<meta name="Robots" content="NOINDEX">', False, True),
        ('<meta name="kysybot" content="nofollow">', True, False),
        ('<meta name="robots" content="none">', False, False),
        ('<meta name="otherbot" content="none">', True, True),
    ],
)
def test_robots_tags(tag: str, may_keep: bool, may_follow: bool) -> None:
    found = page(f"<head>{tag}</head><p>x")
    assert (found.may_keep, found.may_follow) == (may_keep, may_follow)


def test_robots_headers_count_also_where_the_page_says_nothing() -> None:
    assert not page("<p>x", robots_tags=["noarchive", "noindex"]).may_keep
    assert not page("", robots_tags=["noindex"]).may_keep
    assert page("<p>x", robots_tags=["otherbot: noindex, nofollow", "unavailable_after: 2030-01-01"]).may_keep
    assert directives_of("otherbot: noindex, kysybot: nofollow") == {"nofollow"}


@pytest.mark.parametrize("body", [b"", b"\x00\xff", b"<", b"<a href='http://[::1/'>x</a>", b"<div>" * 5_000])
def test_a_broken_page_tells_nothing(body: bytes) -> None:
    assert read_page(body, "x-none", URL).links == ()


def test_the_charset_of_the_header_counts() -> None:
    body = '<a href="/ystävä">x</a>'.encode("latin-1")
    assert read_page(body, "iso-8859-1", URL).links == ("https://example.org/yst%C3%A4v%C3%A4",)


@pytest.mark.parametrize(
    ("content_type", "url", "suffix"),
    [
        ("text/html; charset=utf-8", "/a.pdf", ".html"),
        ("application/pdf", "/a", ".pdf"),
        ("text/plain", "/a.csv", ".csv"),
        ("text/plain", "/a.py", ".txt"),
        ("application/octet-stream", "/a.DOCX", ".docx"),
        ("application/octet-stream", "/a.exe", None),
        ("image/svg+xml", "/a.html", None),
        ("video/mp4", "/a", None),
    ],
)
def test_the_kind_a_file_is_told_to_be(content_type: str, url: str, suffix: str | None) -> None:
    reply = Reply(f"https://example.org{url}", 200, (("content-type", content_type),))
    assert suffix_told(reply) == suffix


@pytest.mark.parametrize(
    ("body", "suffix", "is_so"),
    [
        (docx(), ".docx", True),
        (docx(), ".xlsx", False),
        (docx(), ".html", False),
        (b"PK\x03\x04 broken", ".docx", False),
        (b"junk\n%PDF-1.4", ".pdf", True),
        (b"\xff\xfea\x00", ".txt", True),
        (b"a\x00b", ".txt", False),
        (b"\x89PNG", ".txt", False),
        ("ääni".encode("latin-1"), ".csv", True),
    ],
)
def test_the_kind_a_file_is(body: bytes, suffix: str, is_so: bool) -> None:
    assert is_what_it_says(body, suffix) is is_so
