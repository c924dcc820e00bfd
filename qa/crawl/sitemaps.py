"""Sitemaps → the addresses they list: the XML forms, packed or not, and a plain list of addresses.

External entities are never fetched and no entity is expanded; what can't be read gives what stood before the fault.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from lxml import etree

from qa.crawl.addresses import normalise
from qa.crawl.gunzip import gunzip
from qa.errors import AddressRefused

MAX_SITEMAP_BYTES = 52_428_800  # what sitemaps.org sets
_MAX_LISTED = 50_000


@dataclass(frozen=True, slots=True)
class Listed:
    """A page in a sitemap; ``alternates`` are its language versions, code → address."""

    url: str
    last_modified: str | None = None
    alternates: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Sitemap:
    """What one sitemap lists: pages, or further sitemaps."""

    pages: tuple[Listed, ...] = ()
    sitemaps: tuple[str, ...] = ()


def read_sitemap(body: bytes, base: str) -> Sitemap:
    """The sitemap in a file as it was fetched. Raises FetchFailed when it can't be unpacked."""
    if body.startswith(b"\x1f\x8b"):
        body = gunzip(body, MAX_SITEMAP_BYTES)
    if not body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        lines = body.decode("utf-8-sig", "replace").split()
        return Sitemap(tuple(Listed(url) for url in (_address(line, base) for line in lines[:_MAX_LISTED]) if url))
    pages: dict[str, Listed] = {}
    sitemaps: dict[str, None] = {}
    for kind, element in _entries(body):
        try:
            listed = _listed(element, base)
        except UnicodeDecodeError:  # the parser lets half a surrogate pair through
            continue
        if listed and kind == "sitemap":
            sitemaps[listed.url] = None
        elif listed:
            pages.setdefault(listed.url, listed)
        if len(pages) + len(sitemaps) >= _MAX_LISTED:
            break
    return Sitemap(tuple(pages.values()), tuple(sitemaps))


def _listed(element: Any, base: str) -> Listed | None:
    url = _address(_child_text(element, "loc"), base)
    return Listed(url, iso_date(_child_text(element, "lastmod")), _alternates(element, base)) if url else None


def _entries(body: bytes) -> Iterator[tuple[str, Any]]:
    walk = etree.iterparse(
        BytesIO(body),
        events=("end",),
        tag=("{*}url", "{*}sitemap"),
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        recover=True,
    )
    try:
        for _, element in walk:
            yield etree.QName(element).localname, element
            element.clear()
            parent = element.getparent()
            while parent is not None and element.getprevious() is not None:
                del parent[0]
    except etree.XMLSyntaxError:
        return


def _child_text(element: Any, name: str) -> str:
    return "".join(element.xpath(f"string(*[local-name()='{name}'])")).strip()


def _alternates(element: Any, base: str) -> tuple[tuple[str, str], ...]:
    links = element.xpath("*[local-name()='link'][@hreflang][@href]")
    found = ((link.get("hreflang").strip(), _address(link.get("href"), base)) for link in links)
    return tuple((code, url) for code, url in found if url)


def _address(text: str, base: str) -> str | None:
    try:
        return normalise(text, base) if text.strip() else None
    except AddressRefused:
        return None


def iso_date(text: str) -> str | None:
    """The day of a W3C date, if it is one.

    >>> iso_date("2024-05-31T12:00:00+03:00"), iso_date("2024"), iso_date("yesterday")
    ('2024-05-31', None, None)
    """
    day = re.match(r"\d{4}-\d\d-\d\d", text)
    try:
        return datetime.date.fromisoformat(day[0]).isoformat() if day else None
    except ValueError:
        return None
