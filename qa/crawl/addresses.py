"""Web addresses as text: one spelling for each, and which of them belong to the site that is crawled.

Nothing is looked up here; what a host's name leads to is `network`'s business.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from urllib.parse import SplitResult, quote, urljoin, urlsplit

import idna

from qa.errors import AddressRefused

MAX_ADDRESS_CHARS = 2_000
_DEFAULT_PORTS = {"http": 80, "https": 443}
_MAX_SAME_SEGMENTS = 3
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})|%")
_SESSION_IN_PATH = re.compile(r";jsessionid=[^/?#]*|/\([A-Z]\([a-z0-9]+\)\)(?=/|$)", re.IGNORECASE)
# What names the visitor or the way that led here, never another page.
_NOT_OF_THE_PAGE = re.compile(
    r"utm_\w+|fbclid|gclid|msclkid|mc_[ce]id|_ga|_gl|phpsessid|jsessionid|aspsessionid\w*|sessionid|session_id|cfid|cftoken",
    re.IGNORECASE,
)
_NUMBER_HOST = re.compile(r"(?:.*\.)?(?:\d+|0x[0-9a-f]*)", re.IGNORECASE)
_HOST = re.compile(r"[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*")


def normalise(address: str, base: str = "") -> str:
    """The one spelling of an absolute http(s) address, or of one relative to ``base``. Raises AddressRefused.

    The fragment goes, so do names of sessions and campaigns.

    >>> normalise("../b?utm_source=x&page=2#top", base="https://Example.org:443/a/c")
    'https://example.org/b?page=2'
    """
    cleaned = re.sub(r"[\t\r\n]", "", address.strip()).replace("\\", "/")
    try:
        parts = urlsplit(urljoin(base, cleaned))
        port = parts.port
    except ValueError:
        raise AddressRefused("is no web address") from None
    if parts.scheme not in _DEFAULT_PORTS:
        raise AddressRefused("is no http(s) address")
    if "@" in parts.netloc:
        raise AddressRefused("names a user")
    netloc = _host(parts) + ("" if port in (None, _DEFAULT_PORTS[parts.scheme]) else f":{port}")
    path = _SESSION_IN_PATH.sub("", _escaped(parts.path, "/!$&'()*+,;=:@"))
    query = "&".join(
        pair
        for pair in _escaped(parts.query, "/?!$&'()*+,;=:@[]").split("&")
        if pair and not _NOT_OF_THE_PAGE.fullmatch(pair.split("=")[0])
    )
    spelt = f"{parts.scheme}://{netloc}{_without_dots(path or '/')}{'?' * bool(query)}{query}"
    if len(spelt) > MAX_ADDRESS_CHARS:
        raise AddressRefused("is too long an address")
    return spelt


def _host(parts: SplitResult) -> str:
    name = (parts.hostname or "").rstrip(".")
    try:
        if ":" in name and "%" not in name:
            return f"[{ipaddress.IPv6Address(name).compressed}]"
        spelt = name if _HOST.fullmatch(name) else idna.encode(name, uts46=True).decode("ascii")
        # 2130706433 and 0177.0.0.1 are addresses to some libraries and names to others.
        return str(ipaddress.IPv4Address(spelt)) if _NUMBER_HOST.fullmatch(spelt) else spelt
    except (ValueError, idna.IDNAError):
        raise AddressRefused("has no proper host") from None


def _escaped(text: str, safe: str) -> str:
    """Escapes where they are needed and nowhere else, in capitals."""

    def mend(match: re.Match[str]) -> str:
        if match[1] is None:
            return "%25"
        letter = chr(int(match[1], 16))
        return letter if letter in _UNRESERVED else match[0].upper()

    return quote(_ESCAPE.sub(mend, text), safe=safe + "%", encoding="utf-8", errors="replace")


def _without_dots(path: str) -> str:
    segments = path.removeprefix("/").split("/")
    kept: list[str] = []
    for segment in segments:
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    return "/" + "/".join(kept) + ("/" if segments[-1] in (".", "..") and kept else "")


def origin_of(url: str) -> str:
    """Scheme, host and port of an address.

    >>> origin_of("https://example.org:8443/a?b")
    'https://example.org:8443'
    """
    return "/".join(url.split("/", 3)[:3])


def shape_of(url: str) -> str:
    """What addresses have in common that differ only in numbers and in the values of their query.

    >>> shape_of("https://example.org/events/2031/01?week=5&view=list")
    'https://example.org/events/0/0?view&week'
    """
    path, _, query = url.partition("?")
    names = sorted({pair.split("=")[0] for pair in query.split("&") if pair})
    return re.sub(r"\d+", "0", path) + ("?" + "&".join(names) if names else "")


@dataclass(frozen=True, slots=True)
class Scope:
    """Which addresses belong to the crawl: those of its hosts, and of these what the patterns leave."""

    hosts: frozenset[str]
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()

    @classmethod
    def around(
        cls, starts: Iterable[str], hosts: Iterable[str] = (), include: Iterable[str] = (), exclude: Iterable[str] = ()
    ) -> Scope:
        """The sites of the start addresses, each with and without ``www.``, and further hosts.

        >>> sorted(Scope.around(["https://www.example.org/fi"]).hosts)
        ['example.org', 'www.example.org']
        """
        own = {urlsplit(start).netloc for start in starts}
        bare = {host.removeprefix("www.") for host in own}
        return cls(
            frozenset(own | bare | {f"www.{host}" for host in bare if not host.startswith("[")} | set(hosts)),
            tuple(include),
            tuple(exclude),
        )

    def has_host(self, url: str) -> bool:
        """Whether an address is on one of the hosts."""
        return urlsplit(url).netloc in self.hosts

    def refusal(self, url: str) -> str | None:
        """Why an address isn't fetched, or None."""
        parts = urlsplit(url)
        if parts.netloc not in self.hosts:
            return "on another site"
        if parts.path == "/robots.txt":
            return "no page"
        told = parts.path + ("?" + parts.query if parts.query else "")
        if any(_matches(url, told, pattern) for pattern in self.exclude):
            return "excluded"
        if self.include and not any(_matches(url, told, pattern) for pattern in self.include):
            return "not included"
        segments = [segment for segment in parts.path.split("/") if segment]
        if any(segments.count(segment) > _MAX_SAME_SEGMENTS for segment in set(segments)):
            return "its path repeats itself"
        return None


def _matches(url: str, told: str, pattern: str) -> bool:
    return fnmatchcase(url if "://" in pattern else told, pattern)
