"""The story of a crawl: sitemaps first, then links, until nothing waits; then what the links no longer lead to."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Callable
from urllib.parse import urlsplit

from qa.crawl.addresses import origin_of
from qa.crawl.fetch import Fetcher, user_agent
from qa.crawl.frontier import Frontier
from qa.crawl.host import Host
from qa.crawl.network import GuardedNetwork
from qa.crawl.plan import FILE, Plan, remembered
from qa.crawl.records import Entry, Outcome, Report
from qa.crawl.sitemaps import MAX_SITEMAP_BYTES, read_sitemap
from qa.crawl.store import Store
from qa.crawl.visit import Visitor
from qa.errors import AddressRefused, CrawlError, FetchFailed
from qa.settings import Settings

Progress = Callable[[str, int, int], None]
_MAX_SITEMAPS = 500


def crawl(
    settings: Settings,
    plan: Plan,
    progress: Progress | None = None,
    *,
    network: GuardedNetwork | None = None,
    retry_s: float = 2.0,
) -> Report:
    """Fetches what a plan says into ``settings.crawl_dir``, together with what the folder remembers.

    ``network`` is the way out, by default the real one; ``retry_s`` is the wait before an address is tried again.
    Raises CrawlError when there is nothing to crawl, the folder can't be used, or nothing at all could be fetched.
    """
    started_s = time.monotonic()
    with Store(settings.crawl_dir).opened() as store:
        plan = remembered(store).joined(plan)
        if not plan.starts:
            raise CrawlError(f"{settings.crawl_dir} remembers no site: give an address, as in qa crawl https://…")
        store.write(FILE, plan.text.encode())
        with Frontier(store.inside / "state.sqlite") as frontier:
            is_resumed = frontier.begin(plan.text)
            fetcher = Fetcher(
                network or GuardedNetwork(allow_private=plan.allow_private),
                agent=user_agent(settings.crawl_contact),
                timeout_s=settings.crawl_timeout_s,
                max_bytes=settings.max_file_mb * 1_000_000,
            )
            asyncio.run(Crawl(settings, plan, frontier, store, fetcher, progress, retry_s).run())
            seconds = time.monotonic() - started_s
            report = Report(
                plan.starts, frontier.lines(), len(frontier.files()), frontier.spent[1], seconds, is_resumed
            )
            store.sweep(frontier.files())
            frontier.finish()
    _check(report)
    return report


def _check(report: Report) -> None:
    if report.files == 0:
        first = next(iter(report.lost), report.lines[0])
        hint = "; --allow-private fetches it all the same" if "public internet" in str(first.reason) else ""
        raise CrawlError(f"nothing could be fetched: {first.url}: {first.reason}{hint}")


class Crawl:
    """One run over the queue of a folder."""

    def __init__(
        self,
        settings: Settings,
        plan: Plan,
        frontier: Frontier,
        store: Store,
        fetcher: Fetcher,
        progress: Progress | None = None,
        retry_s: float = 2.0,
    ) -> None:
        self._plan = plan
        self._retry_s = retry_s
        self._frontier = frontier
        self._fetcher = fetcher
        self._progress = progress
        self._connections = settings.crawl_connections
        self._delay_s = settings.crawl_delay_s if plan.delay_s is None else plan.delay_s
        self._max_pages = settings.crawl_max_pages if plan.max_pages is None else plan.max_pages
        self._max_bytes = settings.crawl_max_total_mb * 1_000_000
        max_depth = settings.crawl_max_depth if plan.max_depth is None else plan.max_depth
        self._hosts: dict[str, Host] = {}
        self._scope = plan.scope
        self._visitor = Visitor(plan, max_depth, self._host_of, frontier, store)
        self._busy = 0
        self._changed = asyncio.Condition()

    async def run(self) -> None:
        """Goes on until nothing is left to do. Raises CrawlError when the disk won't take a page."""
        async with self._fetcher:
            try:
                await self._run()
            except* CrawlError as faults:
                raise faults.exceptions[0] from None
            except* sqlite3.Error as faults:
                told = faults.exceptions[0]
                raise CrawlError(f"the state can't be written ({told}); make room, then run it again") from None

    async def _run(self) -> None:
        self._frontier.add(Entry(address) for address in self._plan.addresses if address not in self._plan.sitemaps)
        self._frontier.add(Entry(address) for address in self._plan.listed)
        if not self._frontier.is_listed:
            await self._read_sitemaps()
            self._frontier.set_listed()
        await self._work()
        while self._limit() is None and self._frontier.revisit():
            await self._work()

    def _host_of(self, url: str) -> Host:
        name = urlsplit(url).netloc
        if name not in self._hosts:
            self._hosts[name] = Host(
                self._fetcher, delay_s=self._delay_s, connections=self._connections, retry_s=self._retry_s
            )
        return self._hosts[name]

    async def _read_sitemaps(self) -> None:
        waiting: dict[str, bool] = {}  # address → whether anyone has named it
        waiting |= dict.fromkeys(self._plan.sitemaps, True)
        for origin in self._plan.origins:
            robots = await self._host_of(origin).robots(origin)
            named = robots.sitemaps(origin)
            waiting |= dict.fromkeys(named, True) if named or robots.fault else {f"{origin}/sitemap.xml": False}
        seen: set[str] = set()
        while waiting and len(seen) < _MAX_SITEMAPS:
            url, is_named = waiting.popitem()
            seen.add(url)
            further = await self._read_sitemap(url, is_named)
            waiting |= {address: True for address in further if address not in seen}

    async def _read_sitemap(self, url: str, is_named: bool) -> tuple[str, ...]:
        """Queues the pages of a sitemap; the sitemaps it lists."""
        if not self._scope.has_host(url):
            self._note(url, "skipped", "sitemap on another site")
            return ()
        try:
            reply = await self._host_of(url).follow(url, max_bytes=MAX_SITEMAP_BYTES)
            if reply.status != 200:
                raise FetchFailed(f"HTTP {reply.status}")
            sitemap = read_sitemap(reply.body, reply.url)
        except (FetchFailed, AddressRefused) as error:
            if is_named:
                self._note(url, "failed", f"sitemap: {error}")
            return ()
        entries = [Entry(page.url, 0, 0, page.last_modified, page.alternates) for page in sitemap.pages]
        versions = [Entry(other, alternates=page.alternates) for page in sitemap.pages for _, other in page.alternates]
        self._frontier.add(entry for entry in entries + versions if self._scope.has_host(entry.url))
        return sitemap.sitemaps

    def _note(self, url: str, word: str, reason: str) -> None:
        if self._frontier.add([Entry(url)]):
            self._frontier.settle(url, Outcome(word, reason))

    async def _work(self) -> None:
        async with asyncio.TaskGroup() as group:
            for _ in range(self._connections * max(1, len({*map(origin_of, self._plan.starts), *self._plan.origins}))):
                group.create_task(self._worker())

    async def _worker(self) -> None:
        while entry := await self._next():
            outcome = await self._visitor.visit(entry)
            self._frontier.settle(entry.url, outcome, self._fetcher.drain())
            self._show()
            async with self._changed:
                self._busy -= 1
                self._changed.notify_all()

    async def _next(self) -> Entry | None:
        """The next address; None when none waits and none is under way that could lead to more."""
        async with self._changed:
            while (entry := self._take()) is None and self._busy:
                await self._changed.wait()
            self._busy += entry is not None
            return entry

    def _take(self) -> Entry | None:
        limit = self._limit()
        if limit is None:
            return self._frontier.take()
        if self._busy == 0:
            self._frontier.skip_waiting(limit)
        return None

    def _limit(self) -> str | None:
        """Which limit of the whole run is reached."""
        pages, size = self._frontier.spent
        if pages + self._busy >= self._max_pages:
            return f"beyond {self._max_pages:,} pages"
        if size >= self._max_bytes:
            return f"beyond {self._max_bytes / 1e6:,.0f} MB"
        return None

    def _show(self) -> None:
        if self._progress:
            self._progress("crawling", *self._frontier.counts)
