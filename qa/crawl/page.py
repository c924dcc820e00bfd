"""What a fetched page tells a crawler: links, canonical address, language versions, and whether it may be kept.

Its text is no business of this module: that is read from the saved file, by ``ingest``.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import lxml.html
from lxml.etree import ParserError

from qa.crawl.addresses import normalise
from qa.crawl.fetch import AGENT
from qa.errors import AddressRefused

_AGENTS = (AGENT.lower(), "robots")
_DIRECTIVES_WITH_COLON = ("unavailable_after", "max-snippet", "max-image-preview", "max-video-preview")
_REFRESH = re.compile(r"\s*\d*\s*[;,]?\s*url\s*=\s*['\"]?([^'\"]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Page:
    """What one page tells; ``alternates`` are its language versions, code → address."""

    links: tuple[str, ...] = ()
    canonical: str | None = None
    alternates: tuple[tuple[str, str], ...] = ()
    language: str | None = None
    may_keep: bool = True
    may_follow: bool = True


def read_page(body: bytes, charset: str | None, url: str, robots_tags: Iterable[str] = ()) -> Page:
    """The page in an HTML file; ``robots_tags`` are its X-Robots-Tag headers."""
    directives = {word for tag in robots_tags for word in directives_of(tag)}
    root = _parsed(body, charset)
    if root is None:
        return Page(may_keep="noindex" not in directives, may_follow="nofollow" not in directives)
    for meta in root.xpath("//meta[@name][@content]"):
        if meta.get("name").strip().lower() in _AGENTS:
            directives |= directives_of(meta.get("content"))
    bases = root.xpath("//base/@href")
    base = _address(bases[0], url) or url if bases else url
    canonical = next(iter(root.xpath("//link[@href][contains(@rel, 'canonical')]/@href")), None)
    links = root.xpath("//link[@href][@hreflang][contains(@rel, 'alternate')]")
    alternates = ((link.get("hreflang").strip(), _address(link.get("href"), base)) for link in links)
    return Page(
        tuple(dict.fromkeys(_links(root, base))),
        _address(canonical, base) if canonical else None,
        tuple((code, address) for code, address in alternates if address),
        (root.get("lang") or "").strip() or None,
        may_keep="noindex" not in directives,
        may_follow="nofollow" not in directives,
    )


def _parsed(body: bytes, charset: str | None) -> Any | None:
    try:
        encoding = codecs.lookup(charset).name if charset else None
    except LookupError:
        encoding = None
    try:
        return lxml.html.document_fromstring(body, parser=lxml.html.HTMLParser(encoding=encoding, huge_tree=True))
    except (ParserError, LookupError, ValueError):
        return None


def _links(root: Any, base: str) -> Iterable[str]:
    for element in root.iter("a", "area", "link", "meta"):
        target = element.get("href")
        rel = (element.get("rel") or "").lower().split()
        if element.tag == "meta":
            refresh = _REFRESH.match(element.get("content") or "")
            is_refresh = refresh and (element.get("http-equiv") or "").strip().lower() == "refresh"
            target = refresh[1] if refresh and is_refresh else None
        elif element.tag == "link" and not {"next", "prev", "alternate"}.intersection(rel):
            continue
        elif element.tag == "link" and "alternate" in rel and not element.get("hreflang"):
            continue  # a feed or a style sheet
        address = _address(target, base) if target and "nofollow" not in rel else None
        if address:
            yield address


def _address(target: str, base: str) -> str | None:
    try:
        return normalise(target, base)
    except AddressRefused:
        return None


def directives_of(text: str) -> frozenset[str]:
    """The words of a robots meta tag or X-Robots-Tag header that are meant for us.

    >>> sorted(directives_of("None")), sorted(directives_of("otherbot: noindex, nofollow"))
    (['nofollow', 'noindex'], [])
    """
    is_ours = True
    found: set[str] = set()
    for word in text.lower().split(","):
        name, colon, rest = word.partition(":")
        if colon and name.strip() not in _DIRECTIVES_WITH_COLON:
            is_ours = name.strip() in _AGENTS
            word = rest
        if is_ours:
            found.add(word.strip())
    return frozenset(found - {"none"} | {"noindex", "nofollow"} if "none" in found else found)
