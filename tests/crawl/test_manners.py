"""Politeness and limits, as the server sees them."""

from __future__ import annotations

import time
from itertools import pairwise
from pathlib import Path
from statistics import median

import pytest

from qa.crawl.frontier import MAX_ALIKE, Frontier
from qa.crawl.records import Entry
from qa.errors import CrawlError
from tests.crawl.conftest import RunCrawl, reasons
from tests.crawl.server import LocalServer, Served

PAGES = 12


@pytest.fixture
def site(server: LocalServer) -> LocalServer:
    """A start page that links twelve pages, each of which takes a moment."""

    def slowly(path: str, headers: dict[str, str]) -> Served:
        time.sleep(0.03)
        return Served(f"<p>{path}".encode())

    links = "".join(f"<a href=/page-{n}>x</a>" for n in range(PAGES))
    server.pages |= {"/": Served(f"<p>{links}".encode())} | {f"/page-{n}": slowly for n in range(PAGES)}
    return server


def gaps_s(server: LocalServer) -> list[float]:
    times = sorted(one.at_s for one in server.asked)
    return [after - before for before, after in pairwise(times)]


def test_requests_keep_the_delay(site: LocalServer, run_crawl: RunCrawl) -> None:
    run_crawl(site.url, delay=0.06)
    assert len(site.asked) == PAGES + 3  # with robots.txt and /sitemap.xml
    assert median(gaps_s(site)) > 0.05  # the server sees some a little late, and then the next a little early
    assert site.asked[-1].at_s - site.asked[0].at_s > 0.06 * (PAGES + 1)


def test_a_longer_delay_in_robots_txt_counts(site: LocalServer, run_crawl: RunCrawl) -> None:
    site.pages["/robots.txt"] = Served(b"User-agent: *\nCrawl-delay: 0.1")
    run_crawl(site.url, delay=0.01)
    assert site.asked[-1].at_s - site.asked[1].at_s >= 0.1 * PAGES


@pytest.mark.parametrize("connections", [1, 3])
def test_so_many_requests_at_a_time_and_no_more(site: LocalServer, run_crawl: RunCrawl, connections: int) -> None:
    run_crawl(site.url, settings={"crawl_connections": connections})
    assert max(one.together for one in site.asked) == connections


def test_a_host_that_asks_for_a_rest_gets_it(site: LocalServer, run_crawl: RunCrawl) -> None:
    tired = iter([Served(b"", 429, headers=(("Retry-After", "1"),))])
    site.pages["/page-0"] = lambda path, headers: next(tired, Served(b"<p>rested"))
    report = run_crawl(site.url, settings={"crawl_connections": 1})  # so that no other request is under way
    assert reasons(report)["/page-0"] == "added: None"
    [asked_first, asked_again] = [one.at_s for one in site.asked if one.path == "/page-0"]
    assert asked_again - asked_first >= 1
    resting = [one for one in site.asked if asked_first < one.at_s < asked_first + 0.95]
    assert resting == []


def test_a_host_that_asks_for_too_long_a_rest_is_left(site: LocalServer, run_crawl: RunCrawl) -> None:
    site.pages["/page-0"] = Served(b"", 503, headers=(("Retry-After", "86400"),))
    assert reasons(run_crawl(site.url))["/page-0"] == ("failed: HTTP 503, and its host asks for 1,440 minutes of rest")
    assert [one.path for one in site.asked].count("/page-0") == 1


def test_a_host_that_fails_again_and_again_is_left(server: LocalServer, run_crawl: RunCrawl) -> None:
    links = "".join(f"<a href=/page-{n}>x</a>" for n in range(40))
    server.pages["/"] = Served(f"<p>{links}".encode())
    server.otherwise = lambda path, headers: Served(b"", 404 if "page" not in path else 500)
    report = run_crawl(server.url, settings={"crawl_connections": 1})
    assert report.reasons == {"its host has failed too often": 30, "HTTP 500": 10}
    assert len(server.paths()) == 1 + 10 * 3


@pytest.mark.parametrize("most", [1, 5])
def test_no_more_pages_than_allowed(site: LocalServer, run_crawl: RunCrawl, most: int) -> None:
    report = run_crawl(site.url, max_pages=most)
    assert len(site.paths()) == most
    assert report.files == most
    assert report.reasons == {f"beyond {most} pages": PAGES + 1 - most}


def test_no_more_bytes_than_allowed(server: LocalServer, run_crawl: RunCrawl) -> None:
    links = "".join(f"<a href=/page-{n}>x</a>" for n in range(8))
    server.pages |= {"/": Served(f"<p>{links}".encode())}
    server.pages |= {f"/page-{n}": Served(b"%d" % n * 300_000, content_type="text/plain") for n in range(8)}
    report = run_crawl(server.url, settings={"crawl_max_total_mb": 1, "crawl_connections": 1})
    assert report.reasons == {"beyond 1 MB": 4}
    assert report.files == 5


def test_no_deeper_than_allowed(server: LocalServer, run_crawl: RunCrawl) -> None:
    server.pages["/"] = Served(b"<p><a href=/1>x</a>")
    server.pages |= {f"/{n}": Served(f"<p>{n} <a href=/{n + 1}>x</a>".encode()) for n in range(1, 9)}
    report = run_crawl(server.url, max_depth=3)
    assert report.files == 4
    assert reasons(report)["/4"] == "skipped: too many links away"


def test_of_addresses_that_differ_in_numbers_only_so_many_are_followed(tmp_path: Path) -> None:
    with Frontier(tmp_path / "state.sqlite") as frontier:
        frontier.begin("plan")
        days = [Entry(f"https://example.org/events?day={n}", depth=1) for n in range(MAX_ALIKE + 50)]
        frontier.add(days)
        frontier.add([Entry("https://example.org/events?day=x&view=list", depth=1)])
        frontier.add([Entry(f"https://example.org/news/{n}") for n in range(MAX_ALIKE + 50)])  # listed in a sitemap
        taken = [entry.url for entry in iter(frontier.take, None)]
        assert sum("day=" in url for url in taken) == MAX_ALIKE + 1
        assert sum("news" in url for url in taken) == MAX_ALIKE + 50
        assert len(frontier.lines()) == 50  # told of


def test_a_state_that_is_damaged_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "state.sqlite").write_bytes(b"no database" * 100)
    with pytest.raises(CrawlError, match=r"state\.sqlite can't be used .*: remove it, and all is fetched again"):
        Frontier(tmp_path / "state.sqlite")


def test_an_address_that_is_taken_is_not_taken_twice(tmp_path: Path) -> None:
    with Frontier(tmp_path / "state.sqlite") as frontier:
        frontier.begin("plan")
        frontier.add(
            [Entry("https://example.org/a", 1), Entry("https://example.org/b"), Entry("https://example.org/a")]
        )
        assert [entry.url[-1] for entry in iter(frontier.take, None)] == ["b", "a"]  # the nearer first
    with Frontier(tmp_path / "state.sqlite") as frontier:
        assert frontier.begin("plan")
        assert frontier.take() is not None  # what was under way when a crawl was killed is to be fetched
        assert not frontier.begin("another plan")
        assert frontier.take() is None
