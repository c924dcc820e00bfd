"""A whole site of 200 pages and all its nuisances, fetched twice from a real server."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from qa.crawl.records import Report
from tests.crawl.conftest import below_host, crawl_quickly, metas, reasons
from tests.crawl.server import Asked, LocalServer
from tests.crawl.site import build_site, page_path

MAX_DEPTH = 6


@dataclass(frozen=True)
class Crawled:
    """A site and what two crawls of it did."""

    expected: frozenset[str]
    folder: Path
    first: Report
    second: Report
    first_asked: tuple[Asked, ...]
    second_asked: tuple[Asked, ...]

    @property
    def metas(self) -> dict[str, dict[str, Any]]:
        return {below_host(url): meta for url, meta in metas(self.folder).items()}


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crawled]:
    folder = tmp_path_factory.mktemp("site") / "crawled"
    with LocalServer().running() as server:
        expected = build_site(server)
        first = crawl_quickly(folder, server.url, max_depth=MAX_DEPTH)
        first_asked = tuple(server.asked)
        server.asked.clear()
        second = crawl_quickly(folder)
        yield Crawled(expected, folder, first, second, first_asked, tuple(server.asked))


def test_exactly_the_allowed_pages_are_kept(crawled: Crawled) -> None:
    found = set(crawled.metas)
    calendar = {path for path in found if path.startswith("/calendar/")}
    assert found - calendar == crawled.expected
    assert len(crawled.expected) > 200
    # The start is one redirect and no link away, the calendar's first page one link, and so on.
    assert calendar == {f"/calendar/{n}" for n in range(MAX_DEPTH)}


def test_every_kept_file_is_what_was_served(crawled: Crawled) -> None:
    files = [file for file in crawled.folder.rglob("*") if file.is_file() and ".crawl" not in file.parts]
    pages = [file for file in files if not file.name.endswith(".json")]
    assert len(pages) == crawled.first.files == len(crawled.metas)
    meta = crawled.metas["/charset/http"]
    assert (meta["charset"], meta["content_type"]) == ("iso-8859-1", "text/html")
    [latin] = [file for file in pages if file.as_posix().endswith("charset/http.html")]
    assert "Vänorter".encode("latin-1") in latin.read_bytes()
    [unpacked] = [file for file in pages if file.as_posix().endswith("charset/packed.html")]
    assert b"Packed." in unpacked.read_bytes()


def test_what_is_noted_of_a_page(crawled: Crawled) -> None:
    meta = crawled.metas[page_path("sv", 7)]
    assert meta["language"] == "sv"
    assert {code: below_host(url) for code, url in meta["alternates"].items()} == {
        lang: page_path(lang, 7) for lang in ("en", "fi", "sv", "de")
    }
    assert meta["last_modified"] == "2024-05-08"  # the sitemap's; the server tells none
    assert set(meta) == {
        "url", "content_type", "charset", "etag", "last_modified", "fetched", "language", "alternates", "sha256",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/", "redirect: redirects to another address"),
        ("/en/zz-copy", "duplicate: same content as another address"),
        ("/en/network-2?view=print", "duplicate: names another address as its own"),
        ("/private/closed", "skipped: disallowed by robots.txt"),
        ("/data.json", "skipped: disallowed by robots.txt"),
        ("/x?secret=1", "skipped: disallowed by robots.txt"),
        ("/noindex", "skipped: noindex"),
        ("/tagged", "skipped: noindex"),
        ("/files/picture.png", "skipped: of a kind that is not kept (image/png)"),
        ("/files/false.pdf", "skipped: is not what its type says"),
        ("/files/false.html", "skipped: is not what its type says"),
        ("/files/empty.txt", "skipped: is empty"),
        ("/loop/a", "redirect: redirects to another address"),
        ("/loop/b", "redirect: redirects to another address"),
        ("/loop/self", "skipped: redirects too often"),
        ("/long/6", "skipped: redirects too often"),
        ("/out/other", "skipped: redirects to another site"),
        ("/out/private", "skipped: redirects to another site"),
        ("/out/file", "skipped: redirects to what is no http(s) address"),
        ("/out/nowhere", "skipped: redirects to nowhere"),
        ("/fault/gone", "skipped: HTTP 410"),
        ("/fault/error", "failed: HTTP 500"),
        ("/fault/closed", "failed: HTTP 403"),
        ("/fault/slow", "failed: takes too long"),
        ("/fault/endless", "skipped: is larger than 5 MB"),
        ("/fault/bomb", "skipped: is too large unpacked"),
        ("/fault/brotli", "skipped: is encoded as br, which was not asked for"),
        ("/sitemap-xx.xml.gz", "failed: sitemap: HTTP 404"),
        ("/deeper/deeper/deeper/deeper/", "skipped: its path repeats itself"),
        (f"/calendar/{MAX_DEPTH}", "skipped: too many links away"),
    ],
)
def test_what_is_passed_over_has_its_reason(crawled: Crawled, path: str, reason: str) -> None:
    assert reasons(crawled.first)[path] == reason


def test_nothing_forbidden_is_asked_for(crawled: Crawled) -> None:
    paths = {one.path for one in crawled.first_asked}
    assert paths.isdisjoint(
        ("/private/closed", "/data.json", "/x?secret=1", "/unseen", "/en/network-3?utm_source=mail")
    )
    assert f"/calendar/{MAX_DEPTH}" not in paths
    assert not any("sessid" in path.lower() for path in paths)


def test_nothing_is_asked_for_twice_but_after_a_fault(crawled: Crawled) -> None:
    repeated = {path: n for path, n in Counter(one.path for one in crawled.first_asked).items() if n > 1}
    assert repeated == {"/fault/error": 3, "/fault/slow": 3, "/fault/recovers": 2}


def test_the_crawler_says_who_it_is(crawled: Crawled) -> None:
    assert all(one.headers["user-agent"].startswith("KysyBot/") for one in crawled.first_asked)
    assert not any("cookie" in one.headers for one in crawled.first_asked)


def test_at_most_two_requests_at_a_time(crawled: Crawled) -> None:
    assert max(one.together for one in crawled.first_asked if "/fault/" not in one.path) <= 2 + 2  # two dripping on


def test_the_second_crawl_asks_whether_anything_has_changed(crawled: Crawled) -> None:
    not_modified = [one for one in crawled.second_asked if one.status == 304]
    assert len(not_modified) > 200
    assert not_modified[0].headers["if-none-match"]
    assert len(crawled.second.of("unchanged")) == crawled.second.files == crawled.first.files
    assert not crawled.second.of("added", "changed", "removed")
    assert reasons(crawled.second).keys() == reasons(crawled.first).keys()


def test_bytes_are_counted_also_of_what_is_given_up(crawled: Crawled) -> None:
    pages = [file.stat().st_size for file in crawled.folder.rglob("network-*.html")]
    assert crawled.first.size > 5_000_000 + sum(pages)  # the endless page
    assert crawled.second.size < crawled.first.size - sum(pages) / 2  # not sent a second time
