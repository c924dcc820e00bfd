"""One address: asked for, judged, and kept or not. What came of it is an `Outcome`; the queue is not touched here."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Callable
from dataclasses import replace
from email.utils import parsedate_to_datetime
from typing import Any

from qa.crawl.addresses import origin_of
from qa.crawl.fetch import REDIRECTS, Reply
from qa.crawl.frontier import Frontier
from qa.crawl.host import Host
from qa.crawl.kinds import is_what_it_says, suffix_told
from qa.crawl.page import Page, directives_of, read_page
from qa.crawl.plan import Plan
from qa.crawl.records import Entry, Kept, Outcome
from qa.crawl.store import Store, file_name
from qa.errors import AddressRefused, FetchFailed

_MAX_HOPS = 5
_GONE = frozenset((404, 410))


class Visitor:
    """Visits addresses of a plan; reads the frontier and writes into the store."""

    def __init__(
        self,
        plan: Plan,
        max_depth: int,
        hosts: Callable[[str], Host],
        frontier: Frontier,
        store: Store,
    ) -> None:
        self._scope = plan.scope
        self._starts = frozenset(plan.starts)
        self._listed = self._starts - set(plan.addresses)
        self._follows = bool(plan.addresses)
        self._max_depth = max_depth
        self._host_of = hosts
        self._frontier = frontier
        self._store = store

    async def visit(self, entry: Entry) -> Outcome:
        """What becomes of an address. Raises CrawlError only when the disk won't take a page."""
        kept = self._frontier.kept(entry.url)
        refusal = self._scope.refusal(entry.url) if entry.url not in self._starts else None
        if entry.depth > self._max_depth:
            refusal = "too many links away"
        if refusal:
            return self._not_kept(kept, refusal)
        robots = await self._host_of(entry.url).robots(entry.url)
        if refusal := robots.refusal(entry.url):
            return Outcome("failed", refusal) if robots.fault else self._not_kept(kept, refusal)
        return replace(await self._ask(entry, kept), is_asked=True)

    async def _ask(self, entry: Entry, kept: Kept | None) -> Outcome:
        before = self._store.read(kept.file, kept.sha256) if kept else None
        conditions = _conditions(kept) if kept and before is not None else {}
        try:
            reply = await self._host_of(entry.url).get(entry.url, conditions, _unwanted)
        except FetchFailed as error:
            return Outcome("failed", str(error)) if error.is_temporary else self._not_kept(kept, str(error))
        except AddressRefused as error:
            return Outcome("failed", str(error))
        if reply.status == 304 and kept and before is not None:
            return self._unchanged(entry, kept, before)
        if reply.status in REDIRECTS:
            return self._redirected(entry, reply, kept)
        if reply.status in _GONE:
            return self._not_kept(kept, f"HTTP {reply.status}")
        if reply.status != 200:
            return Outcome("failed", f"HTTP {reply.status}")
        return self._judged(entry, reply, kept)

    def _judged(self, entry: Entry, reply: Reply, kept: Kept | None) -> Outcome:
        suffix = suffix_told(reply) or ""
        if not reply.body.strip():
            return self._not_kept(kept, "is empty")
        if not is_what_it_says(reply.body, suffix):
            return self._not_kept(kept, "is not what its type says")
        page = _page(reply, suffix)
        links = self._links(entry, page)
        if not page.may_keep:
            return self._not_kept(kept, "noindex", links=links)
        if not page.is_there:
            return self._not_kept(kept, "says that it isn't there, though with HTTP 200", links=links)
        if not page.shows_text:  # it may have done so yesterday: what was saved stays
            return Outcome("failed", "holds no text until its scripts run, which a crawl doesn't do", links=links)
        own = page.canonical
        if own and own != entry.url and self._scope.has_host(own) and not entry.insist:
            links = (Entry(own, entry.depth, entry.hops), *links)
            return self._not_kept(kept, "names another address as its own", "duplicate", same_as=own, links=links)
        digest = hashlib.sha256(reply.body).hexdigest()
        if twin := self._frontier.twin(digest, entry.url):
            return self._not_kept(kept, "same content as another address", "duplicate", same_as=twin, links=links)
        return replace(self._saved(entry, reply, page, kept, suffix, digest), links=links)

    def _redirected(self, entry: Entry, reply: Reply, kept: Kept | None) -> Outcome:
        try:
            target = reply.target
        except AddressRefused as error:
            return self._not_kept(kept, f"redirects to what {error}")
        if target is None:
            return self._not_kept(kept, "redirects to nowhere")
        if not self._scope.has_host(target):
            where = f" ({origin_of(target)}: start there, or add --host)" if entry.url in self._starts else ""
            return self._not_kept(kept, f"redirects to another site{where}")
        if target == entry.url or entry.hops >= _MAX_HOPS:
            return self._not_kept(kept, "redirects too often")
        onward = Entry(target, entry.depth, entry.hops + 1, entry.last_modified, entry.alternates)
        return self._not_kept(kept, "redirects to another address", "redirect", links=(onward,))

    def _unchanged(self, entry: Entry, kept: Kept, body: bytes) -> Outcome:
        charset = self._store.meta(kept.file).get("charset")
        page = read_page(body, charset, entry.url) if kept.file.endswith(".html") else Page()
        return Outcome("unchanged", links=self._links(entry, page))

    def _saved(self, entry: Entry, reply: Reply, page: Page, kept: Kept | None, suffix: str, digest: str) -> Outcome:
        file = kept.file if kept and kept.file.endswith(suffix) else self._new_file(entry.url, suffix, kept)
        meta = _meta(entry, reply, page, digest)
        is_same = kept is not None and kept.sha256 == digest and kept.file == file
        if is_same and self._store.read(file, digest) is not None:
            before = self._store.meta(file)
            # The bytes are those of then; a server that dates every reply anew has not changed its page.
            self._store.note(file, meta | {key: before[key] for key in ("etag", "last_modified") if key in before})
        else:
            self._store.save(file, reply.body, meta)
        if kept and kept.file != file:
            self._store.remove(kept.file)
        word = "unchanged" if is_same else "changed" if kept else "added"
        keep = Kept(entry.url, file, digest, reply.header("etag"), reply.header("last-modified"))
        return Outcome(word, keep=keep)

    def _new_file(self, url: str, suffix: str, kept: Kept | None) -> str:
        own = kept.file if kept else ""
        return file_name(
            url, suffix, is_taken=lambda stem: self._frontier.is_taken(stem) and not own.startswith(f"{stem}.")
        )

    def _not_kept(self, kept: Kept | None, reason: str, word: str = "skipped", **told: Any) -> Outcome:
        """An address that isn't kept, and no longer kept if it was."""
        if kept is None:
            return Outcome(word, reason, **told)
        self._store.remove(kept.file)
        return Outcome("removed", reason, drop=True, **told)

    def _links(self, entry: Entry, page: Page) -> tuple[Entry, ...]:
        if not page.may_follow or not self._follows or entry.url in self._listed:
            return ()
        versions = tuple(Entry(url, max(1, entry.depth), alternates=page.alternates) for _, url in page.alternates)
        found = tuple(Entry(url, entry.depth + 1) for url in page.links)
        return tuple(link for link in versions + found if self._scope.has_host(link.url))


def _conditions(kept: Kept) -> dict[str, str]:
    told = {"If-None-Match": kept.etag, "If-Modified-Since": kept.last_modified}
    return {name: value for name, value in told.items() if value}


def _unwanted(reply: Reply) -> str | None:
    kind = reply.content_type.encode("ascii", "replace").decode()[:60]
    return None if suffix_told(reply) else f"of a kind that is not kept ({kind})"


def _page(reply: Reply, suffix: str) -> Page:
    tags = reply.all("x-robots-tag")
    if suffix == ".html":
        return read_page(reply.body, reply.charset, reply.url, tags)
    return Page(may_keep=not any("noindex" in directives_of(tag) for tag in tags))


def _meta(entry: Entry, reply: Reply, page: Page, digest: str) -> dict[str, Any]:
    """What the sidecar tells; names without a value are left out."""
    alternates = dict(entry.alternates) | dict(page.alternates)
    own = next((code for code, url in alternates.items() if url == entry.url and code != "x-default"), None)
    told = (reply.header("content-language") or "").strip()
    meta: dict[str, Any] = {
        "url": entry.url,
        "canonical": page.canonical,
        "content_type": reply.content_type,
        "charset": reply.charset,
        "etag": reply.header("etag"),
        "last_modified": entry.last_modified or _iso_time(reply.header("last-modified")),
        "fetched": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "language": page.language or own or (told if told and "," not in told else None),
        "alternates": alternates or None,
        "sha256": digest,
    }
    return {key: value for key, value in meta.items() if value is not None}


def _iso_time(http_date: str | None) -> str | None:
    """An HTTP date as ISO in UTC, if it is one.

    >>> _iso_time("Wed, 21 Oct 2015 07:28:00 GMT"), _iso_time("today")
    ('2015-10-21T07:28:00Z', None)
    """
    try:
        when = parsedate_to_datetime(http_date or "")
        return when.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if when.tzinfo else None
    except (ValueError, OverflowError):
        return None
