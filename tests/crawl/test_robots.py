"""robots.txt by RFC 9309: what it allows, and what its absence means."""

from __future__ import annotations

import pytest

from qa.crawl.fetch import Reply
from qa.crawl.robots import MAX_ROBOTS_BYTES, Robots
from qa.errors import CrawlError
from tests.crawl.conftest import RunCrawl, reasons
from tests.crawl.server import LocalServer, Served, redirect


def robots(text: str | bytes, status: int = 200) -> Robots:
    body = text if isinstance(text, bytes) else text.encode()
    return Robots.from_reply(Reply("https://example.org/robots.txt", status, (), body))


@pytest.mark.parametrize(
    ("text", "path", "is_allowed"),
    [
        ("", "/a", True),
        ("User-agent: *\nDisallow: /", "/a", False),
        ("User-agent: *\nDisallow:", "/a", True),
        ("\ufeffUser-agent: *\r\nDisallow: /a\r\n", "/a/b", False),
        ("User-agent: *\nDisallow: /\nAllow: /fi/", "/fi/a", True),  # the longest rule wins, whatever the order
        ("User-agent: *\nAllow: /\nDisallow: /fi/", "/fi/a", False),
        ("User-agent: *\nDisallow: /*.pdf$", "/a/b.pdf", False),
        ("User-agent: *\nDisallow: /*.pdf$", "/a/b.pdf?x", True),
        ("User-agent: *\nDisallow: /*?*sort=", "/a?x=1&sort=2", False),
        ("User-agent: *\nDisallow: /yst%C3%A4v%C3%A4", "/ystävä", False),
        ("User-agent: *\nDisallow: /\n\nUser-agent: KysyBot\nDisallow: /x", "/a", True),
        ("User-agent: kysybot\nDisallow: /x\n\nUser-agent: *\nAllow: /", "/x", False),
        ("User-agent: otherbot\nDisallow: /", "/a", True),
        ("<html><body>not a robots.txt</body></html>", "/a", True),
    ],
)
def test_rules(text: str, path: str, is_allowed: bool) -> None:
    assert (robots(text).refusal(f"https://example.org{path}") is None) is is_allowed


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_no_robots_txt_allows_all(status: int) -> None:
    assert robots("User-agent: *\nDisallow: /", status).refusal("https://example.org/a") is None


def test_pauses_and_sitemaps() -> None:
    told = robots(
        "Sitemap: /maps/a.xml\nSitemap: https://example.org/b.xml\nSitemap: ftp://x/\nUser-agent: *\nCrawl-delay: 2.5"
    )
    assert told.delay_s == 2.5
    assert told.sitemaps("https://example.org") == ("https://example.org/maps/a.xml", "https://example.org/b.xml")
    assert robots("User-agent: *\nRequest-rate: 1/4s").delay_s == 4
    assert robots("User-agent: *\nCrawl-delay: soon").delay_s == 0


@pytest.mark.parametrize("status", [500, 503, 429])
def test_a_robots_txt_that_fails_forbids_all(server: LocalServer, run_crawl: RunCrawl, status: int) -> None:
    server.pages |= {"/robots.txt": Served(b"", status), "/": Served(b"<p>Page")}
    with pytest.raises(CrawlError, match=rf"/: robots\.txt can't be read: HTTP {status}"):
        run_crawl(server.url)
    assert {one.path for one in server.asked} == {"/robots.txt"}


def test_a_robots_txt_is_followed_over_redirects(server: LocalServer, run_crawl: RunCrawl) -> None:
    server.pages |= {
        "/robots.txt": redirect("/there"),
        "/there": Served(b"User-agent: *\nDisallow: /b"),
        "/": Served(b"<p>Page <a href=/a>a</a> <a href=/b>b</a>"),
        "/a": Served(b"<p>A page"),
        "/b": Served(b"<p>B page"),
    }
    assert reasons(run_crawl(server.url)) == {
        "/": "added: None", "/a": "added: None", "/b": "skipped: disallowed by robots.txt",
    }  # fmt: skip


def test_of_a_large_robots_txt_the_beginning_counts(server: LocalServer, run_crawl: RunCrawl) -> None:
    text = b"User-agent: *\nDisallow: /a\n" + b"#" * MAX_ROBOTS_BYTES + b"\nDisallow: /b\n"
    server.pages |= {
        "/robots.txt": Served(text),
        "/": Served(b"<p>Page <a href=/a>a</a> <a href=/b>b</a>"),
        "/a": Served(b"<p>A page"),
        "/b": Served(b"<p>B page"),
    }
    assert reasons(run_crawl(server.url))["/a"] == "skipped: disallowed by robots.txt"
    assert reasons(run_crawl(server.url))["/b"] == "unchanged: None"


def test_an_endless_list_of_wildcards_is_matched_quickly() -> None:
    rules = robots("User-agent: *\n" + f"Disallow: /{'*a' * 2_000}$\n" * 20)
    assert rules.refusal("https://example.org/" + "a" * 1_900 + "b") is None
