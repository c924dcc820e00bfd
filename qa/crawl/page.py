"""What a fetched page tells a crawler: links, canonical address, language versions, and whether it may be kept.

Its text is no business of this module: that is read from the saved file, by ``ingest``.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import lxml.html
from lxml.etree import ParserError

from qa.crawl.addresses import normalise
from qa.crawl.fetch import AGENT
from qa.errors import AddressRefused

_AGENTS = (AGENT.lower(), "robots")
_DIRECTIVES_WITH_COLON = ("unavailable_after", "max-snippet", "max-image-preview", "max-video-preview")
# What pages that aren't there are called, by servers that send them as if they were.
_NOT_THERE = re.compile(
    r"\W*(?:(?:error|fel|feil|fejl|virhe|fehler|erreur|viga|http)\W*)?404(?=\s*(?:$|[-–—:|!.(]|error|not\b))"
    r"|page (?:was |could )?not (?:be )?found|(?:sivua|hakemaasi sivua|etsimääsi sivua) ei löy"
    r"|sidan (?:kunde inte hittas|hittades inte|kan inte hittas|finns inte)|fant ikke siden"
    r"|(?:siden|sida) (?:ble |blev |kunne |kan |blei )?(?:ikke|ikkje) (?:funnet|fundet|finnes|finnest|findes)"
    r"|siden (?:finnes|findes) ikke|(?:die )?seite (?:wurde |konnte )?nicht gefunden"
    r"|page (?:non trouvée|introuvable)|leh(?:te|ekülge|ekülg) ei (?:leitud|leia)",
    re.IGNORECASE,
)
_FRONT = re.compile(r"/(?:(?:index|default|home)(?:\.\w+)?|[a-z]{2}(?:-[a-z]{2})?/?)?")
_UNSEEN = "ancestor::script or ancestor::style or ancestor::noscript or ancestor::template"
_MIN_LETTERS = 20
_MAX_DECLARATION_BYTES = 2_048
_REFRESH = re.compile(r"\s*\d*\s*[;,]?\s*url\s*=\s*['\"]?([^'\"]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Page:
    """What one page tells; ``alternates`` are its language versions, code → address.

    One that isn't there says so, whatever the server's status; one that shows no text waits for its scripts.
    """

    links: tuple[str, ...] = ()
    canonical: str | None = None
    alternates: tuple[tuple[str, str], ...] = ()
    language: str | None = None
    may_keep: bool = True
    may_follow: bool = True
    is_there: bool = True
    shows_text: bool = True


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
    links = root.xpath("//link[@href][@hreflang][contains(@rel, 'alternate')]")
    alternates = ((link.get("hreflang").strip(), _address(link.get("href"), base)) for link in links)
    return Page(
        tuple(dict.fromkeys(_links(root, base))),
        _canonical(root, base, url),
        tuple((code, address) for code, address in alternates if address),
        (root.get("lang") or "").strip() or None,
        may_keep="noindex" not in directives,
        may_follow="nofollow" not in directives,
        is_there=_is_there(root),
        shows_text=_shows_text(root),
    )


def _canonical(root: Any, base: str, url: str) -> str | None:
    """The address that a page gives as its own; a site whose every page names its front page isn't believed."""
    told = next(iter(root.xpath("//link[@href][contains(@rel, 'canonical')]/@href")), None)
    address = _address(told, base) if told else None
    names_front = address is not None and urlsplit(address)[2:4] == ("/", "")
    return None if names_front and not _FRONT.fullmatch(urlsplit(url).path) else address


def _is_there(root: Any) -> bool:
    told = (" ".join("".join(element.itertext()).split()) for element in root.xpath("//head/title | (//h1)[1]"))
    return not any(map(_NOT_THERE.match, told))


def _shows_text(root: Any) -> bool:
    """Whether a page says or leads anywhere without its scripts."""
    leads_on = root.xpath("//body//a[@href] | //frame | //iframe") or any(map(_refresh, root.iter("meta")))
    if leads_on or not root.xpath("//script"):
        return True
    shown = root.xpath(f"//body//text()[not({_UNSEEN})]")
    return sum(letter.isalpha() for text in shown for letter in str(text)) >= _MIN_LETTERS


def _parsed(body: bytes, charset: str | None) -> Any | None:
    try:
        encoding = codecs.lookup(charset).name if charset else None
    except LookupError:
        encoding = None
    encoding = encoding or _undeclared(body)
    try:
        return lxml.html.document_fromstring(body, parser=lxml.html.HTMLParser(encoding=encoding, huge_tree=True))
    except (ParserError, LookupError, ValueError):
        return None


def _links(root: Any, base: str) -> Iterable[str]:
    for element in root.iter("a", "area", "link", "meta"):
        target = element.get("href")
        rel = (element.get("rel") or "").lower().split()
        if element.tag == "meta":
            target = _refresh(element)
        elif element.tag == "link" and not {"next", "prev", "alternate"}.intersection(rel):
            continue
        elif element.tag == "link" and "alternate" in rel and not element.get("hreflang"):
            continue  # a feed or a style sheet
        address = _address(target, base) if target and "nofollow" not in rel else None
        if address:
            yield address


def _undeclared(body: bytes) -> str | None:
    """UTF-8 where that is what the bytes are and nothing is declared; the parser would take them for Latin-1."""
    if b"charset" in body[:_MAX_DECLARATION_BYTES].lower():
        return None
    try:
        return "utf-8" if body.decode() else None
    except UnicodeDecodeError:
        return None


def _refresh(meta: Any) -> str | None:
    """Where a meta element sends the browser on."""
    found = _REFRESH.match(meta.get("content") or "")
    return found[1] if found and (meta.get("http-equiv") or "").strip().lower() == "refresh" else None


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
