"""Crawling again: what changed, what went, what can't be had for a while; and going on after a crawl was broken off."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from qa.crawl.crawl import crawl
from qa.crawl.plan import plan_of
from qa.errors import CrawlError
from qa.settings import Settings
from tests.crawl.conftest import RunCrawl, below_host, metas, reasons
from tests.crawl.server import LocalServer, Served, redirect


def linked(*paths: str) -> Served:
    return Served(b"<p>Start " + "".join(f'<a href="{path}">x</a>' for path in paths).encode(), etag='"start"')


@pytest.fixture
def small(server: LocalServer) -> LocalServer:
    """A start page, and pages /a and /b."""
    server.pages |= {"/": linked("/a", "/b"), "/a": Served(b"<p>A", etag='"a1"'), "/b": Served(b"<p>B", etag='"b1"')}
    return server


def kept(folder: Path) -> set[str]:
    return {below_host(url) for url in metas(folder)}


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (Served(b"", 404), "removed: HTTP 404"),
        (Served(b"", 410), "removed: HTTP 410"),
        (redirect("/b"), "removed: redirects to another address"),
        (redirect("http://other.example/"), "removed: redirects to another site"),
        (Served(b"<meta name=robots content=noindex><p>A"), "removed: noindex"),
        (Served(b"x", content_type="image/png"), "removed: of a kind that is not kept (image/png)"),
        (Served(b"<p>B"), "removed: same content as another address"),
    ],
)
def test_a_page_that_is_gone_is_removed(
    small: LocalServer, run_crawl: RunCrawl, tmp_path: Path, reply: Served, reason: str
) -> None:
    run_crawl(small.url)
    small.pages["/a"] = reply
    report = run_crawl()
    assert reasons(report) == {"/": "unchanged: None", "/a": reason, "/b": "unchanged: None"}
    assert kept(tmp_path / "crawled") == {"/", "/b"}
    assert report.files == 2


@pytest.mark.parametrize("status", [500, 503, 429, 403, 401])
def test_a_page_that_fails_for_a_while_is_kept(
    small: LocalServer, run_crawl: RunCrawl, tmp_path: Path, status: int
) -> None:
    run_crawl(small.url)
    small.pages["/a"] = Served(b"", status)
    assert reasons(run_crawl())["/a"] == f"failed: HTTP {status}"
    assert kept(tmp_path / "crawled") == {"/", "/a", "/b"}


def test_a_changed_page_is_saved_anew(small: LocalServer, run_crawl: RunCrawl, tmp_path: Path) -> None:
    run_crawl(small.url)
    before = metas(tmp_path / "crawled")
    small.pages["/a"] = Served(b"<p>A, changed", etag='"a2"')
    assert reasons(run_crawl()) == {"/": "unchanged: None", "/a": "changed: None", "/b": "unchanged: None"}
    after = metas(tmp_path / "crawled")
    assert [below_host(url) for url in after if after[url] != before[url]] == ["/a"]
    assert after[f"{small.url}/a"]["etag"] == '"a2"'


def test_a_page_that_is_served_anew_unchanged_leaves_its_files_alone(
    server: LocalServer, run_crawl: RunCrawl, tmp_path: Path
) -> None:
    server.pages["/"] = Served(b"<p>A", headers=(("Last-Modified", "Wed, 21 Oct 2015 07:28:00 GMT"),))
    run_crawl(server.url)
    times = {file: file.stat().st_mtime_ns for file in (tmp_path / "crawled").rglob("index.html*")}
    server.pages["/"] = Served(b"<p>A", headers=(("Last-Modified", "Wed, 21 Oct 2020 07:28:00 GMT"),))
    assert reasons(run_crawl()) == {"/": "unchanged: None"}
    assert len(times) == 2
    assert {file: file.stat().st_mtime_ns for file in times} == times
    assert server.asked[-1].headers["if-modified-since"] == "Wed, 21 Oct 2015 07:28:00 GMT"
    assert metas(tmp_path / "crawled")[f"{server.url}/"]["last_modified"] == "2015-10-21T07:28:00Z"


def test_a_saved_file_that_was_lost_or_altered_is_fetched_again(
    small: LocalServer, run_crawl: RunCrawl, tmp_path: Path
) -> None:
    run_crawl(small.url)
    [lost] = (tmp_path / "crawled").rglob("a.html")
    [altered] = (tmp_path / "crawled").rglob("b.html")
    lost.unlink()
    altered.write_bytes(b"altered")
    run_crawl()
    assert (lost.read_bytes(), altered.read_bytes()) == (b"<p>A", b"<p>B")


def test_a_page_that_is_no_longer_linked_is_asked_for_and_kept_while_it_is_there(
    small: LocalServer, run_crawl: RunCrawl, tmp_path: Path
) -> None:
    run_crawl(small.url)
    small.pages["/"] = Served(b"<p>No links any more", etag='"new"')
    assert reasons(run_crawl())["/a"] == "unchanged: None"
    del small.pages["/a"]
    assert reasons(run_crawl())["/a"] == "removed: HTTP 404"
    assert kept(tmp_path / "crawled") == {"/", "/b"}


def test_pages_that_are_excluded_later_are_removed(small: LocalServer, run_crawl: RunCrawl, tmp_path: Path) -> None:
    run_crawl(small.url)
    assert reasons(run_crawl(exclude=["/a"]))["/a"] == "removed: excluded"
    assert kept(tmp_path / "crawled") == {"/", "/b"}


def test_pages_stay_while_robots_txt_cannot_be_read(small: LocalServer, run_crawl: RunCrawl, tmp_path: Path) -> None:
    run_crawl(small.url)
    small.pages["/robots.txt"] = Served(b"", 503)
    assert set(reasons(run_crawl()).values()) == {"failed: robots.txt can't be read: HTTP 503"}
    assert kept(tmp_path / "crawled") == {"/", "/a", "/b"}
    small.pages["/robots.txt"] = Served(b"User-agent: *\nDisallow: /a")
    assert reasons(run_crawl())["/a"] == "removed: disallowed by robots.txt"


def test_a_page_whose_own_address_cannot_be_had_is_kept_where_it_is(
    server: LocalServer, run_crawl: RunCrawl, tmp_path: Path
) -> None:
    server.pages |= {"/": linked("/a"), "/a": Served(b"<link rel=canonical href=/own><p>A")}
    assert reasons(run_crawl(server.url)) == {"/": "added: None", "/a": "added: None", "/own": "skipped: HTTP 404"}
    server.pages["/own"] = Served(b"<link rel=canonical href=/own><p>A own")
    assert reasons(run_crawl())["/a"] == "removed: names another address as its own"
    assert kept(tmp_path / "crawled") == {"/", "/own"}


def test_a_copy_is_kept_when_the_page_it_equals_goes(server: LocalServer, run_crawl: RunCrawl, tmp_path: Path) -> None:
    server.pages |= {"/": linked("/a", "/copy"), "/a": Served(b"<p>A"), "/copy": Served(b"<p>A")}
    first = reasons(run_crawl(server.url))
    gone, copy = ("/a", "/copy") if first["/a"] == "added: None" else ("/copy", "/a")  # two are fetched at a time
    assert first[copy] == "duplicate: same content as another address"
    del server.pages[gone]
    run_crawl()
    assert kept(tmp_path / "crawled") == {"/", copy}


def test_the_folder_remembers_its_sites_and_options(small: LocalServer, run_crawl: RunCrawl, tmp_path: Path) -> None:
    run_crawl(small.url, exclude=["/b"])
    told = json.loads((tmp_path / "crawled" / "crawl.json").read_text("utf-8"))
    assert told == {"addresses": [f"{small.url}/"], "exclude": ["/b"], "allow_private": True}
    with LocalServer({"/": Served(b"<p>Other site")}).running() as other:
        assert run_crawl(other.url).files == 3
        assert kept_urls(tmp_path) == {f"{small.url}/", f"{small.url}/a", f"{other.url}/"}


def kept_urls(tmp_path: Path) -> set[str]:
    return set(metas(tmp_path / "crawled"))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{",
        '{"addresses": "x"}',
        '{"addresses": ["ftp://x/"]}',
        '{"max_pages": "9"}',
        '{"delay_s": "x"}',
    ],
)
def test_a_plan_that_cannot_be_read(run_crawl: RunCrawl, tmp_path: Path, text: str) -> None:
    (tmp_path / "crawled").mkdir()
    (tmp_path / "crawled" / "crawl.json").write_text(text, "utf-8")
    with pytest.raises(CrawlError, match=r"crawl\.json"):
        run_crawl()


class Broken(Exception):
    """What breaks a crawl off in a test, in the place of a power cut."""


@pytest.mark.parametrize("after", [1, 7, 19])
def test_a_crawl_that_was_broken_off_goes_on(server: LocalServer, tmp_path: Path, after: int) -> None:
    paths = [f"/page-{n}" for n in range(20)]
    server.pages |= {"/": linked(*paths)} | {path: Served(f"<p>{path}".encode()) for path in paths}
    settings = Settings(crawl_dir=tmp_path / "crawled", crawl_delay_s=0.0, crawl_connections=1)
    plan = plan_of({"addresses": [server.url], "allow_private": True})

    def stop(stage: str, done: int, total: int) -> None:
        if done == after:
            raise Broken

    with pytest.raises(ExceptionGroup, match="unhandled errors"):
        crawl(settings, plan, stop)
    assert len(server.paths()) == after
    report = crawl(settings, plan)
    assert report.is_resumed
    assert Counter(server.paths()) == Counter(["/", *paths])
    assert len(report.of("added")) == report.files == 21
    assert not crawl(settings, plan).is_resumed


APP = b"<script src=/a.js></script><body><div id=root></div>"


def test_a_page_that_waits_for_its_scripts_is_named_and_its_last_copy_stays(
    small: LocalServer, run_crawl: RunCrawl, tmp_path: Path
) -> None:
    run_crawl(small.url)
    small.pages["/a"] = Served(APP)
    assert reasons(run_crawl())["/a"] == "failed: holds no text until its scripts run, which a crawl doesn't do"
    assert kept(tmp_path / "crawled") == {"/", "/a", "/b"}


def test_a_page_that_says_it_is_not_there_is_removed(small: LocalServer, run_crawl: RunCrawl, tmp_path: Path) -> None:
    run_crawl(small.url)
    small.pages["/a"] = Served(b"<title>Page not found</title><p>/a")
    assert reasons(run_crawl())["/a"] == "removed: says that it isn't there, though with HTTP 200"
    assert kept(tmp_path / "crawled") == {"/", "/b"}
