"""What to crawl and how: from the command line and the settings, remembered in the folder for the next time."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from qa.crawl.addresses import Scope, normalise, origin_of
from qa.crawl.sitemaps import MAX_SITEMAP_BYTES, read_sitemap
from qa.crawl.store import Store
from qa.errors import AddressRefused, CrawlError, FetchFailed

FILE = "crawl.json"
_LISTS = ("addresses", "listed", "hosts", "include", "exclude")
_SITEMAP = re.compile(r"\.xml(?:\.gz)?")


@dataclass(frozen=True, slots=True)
class Plan:
    """Start addresses, further hosts, patterns, and numbers; one that is None is as in the settings.

    Pages that are ``listed`` are fetched, and no link on them is followed unless it leads from a start address too.
    """

    addresses: tuple[str, ...] = ()
    listed: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    delay_s: float | None = None
    max_pages: int | None = None
    max_depth: int | None = None
    allow_private: bool = False

    @property
    def scope(self) -> Scope:
        """Which addresses belong to it."""
        return Scope.around(self.starts, self.hosts, self.include, self.exclude)

    @property
    def starts(self) -> tuple[str, ...]:
        """All addresses that somebody has asked for by name."""
        return tuple(dict.fromkeys(self.addresses + self.listed))

    @property
    def sitemaps(self) -> tuple[str, ...]:
        """Start addresses that are sitemaps by their names."""
        return tuple(address for address in self.addresses if _SITEMAP.search(urlsplit(address).path))

    @property
    def origins(self) -> tuple[str, ...]:
        """Where robots.txt and sitemaps are looked for."""
        found = [origin_of(address) for address in self.addresses] + [f"https://{host}" for host in self.hosts]
        return tuple(dict.fromkeys(found))

    @property
    def text(self) -> str:
        """As JSON, without what isn't said."""
        said = {name: value for name, value in asdict(self).items() if value not in (None, (), False)}
        return json.dumps(said, ensure_ascii=False, indent=1) + "\n"

    def joined(self, later: Plan) -> Plan:
        """This plan and what was said later: addresses and hosts are added, everything else is replaced if said."""
        return replace(
            self,
            addresses=tuple(dict.fromkeys(self.addresses + later.addresses)),
            listed=tuple(dict.fromkeys(self.listed + later.listed)),
            hosts=tuple(dict.fromkeys(self.hosts + later.hosts)),
            include=later.include or self.include,
            exclude=later.exclude or self.exclude,
            delay_s=self.delay_s if later.delay_s is None else later.delay_s,
            max_pages=self.max_pages if later.max_pages is None else later.max_pages,
            max_depth=self.max_depth if later.max_depth is None else later.max_depth,
            allow_private=later.allow_private or self.allow_private,
        )


def plan_of(told: Mapping[str, Any]) -> Plan:
    """The plan in the options of the command line or in a file; other names are passed over.

    Raises CrawlError for an address, a pattern or a number that can't be used.
    """
    lists = {name: tuple(_texts(told, name)) for name in _LISTS}
    lists["addresses"] = tuple(start_address(text) for text in lists["addresses"])
    lists["listed"] = tuple(start_address(text) for text in lists["listed"])
    lists["hosts"] = tuple(urlsplit(start_address(text)).netloc for text in lists["hosts"])
    delay_s = told.get("delay", told.get("delay_s"))
    if delay_s is not None and not (_is_number(delay_s) and 0 <= delay_s <= 3_600):
        raise CrawlError(f"--delay {delay_s}: expected 0 to 3600 seconds")
    for name, low in (("max_pages", 1), ("max_depth", 0)):
        value = told.get(name)
        if value is not None and not (isinstance(value, int) and low <= value <= 1_000_000):
            raise CrawlError(f"--{name.replace('_', '-')} {value}: expected {low} to 1000000")
    return Plan(
        **lists,
        delay_s=delay_s,
        max_pages=told.get("max_pages"),
        max_depth=told.get("max_depth"),
        allow_private=told.get("allow_private") is True,
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _texts(told: Mapping[str, Any], name: str) -> list[str]:
    texts = told.get(name, ())
    if not isinstance(texts, (list, tuple)) or not all(isinstance(text, str) for text in texts):
        raise CrawlError(f"{name} {texts!r}: expected a list of texts")
    return list(texts)


def start_address(text: str) -> str:
    """A start address or host as a person writes it, perhaps without ``https://``. Raises CrawlError."""
    try:
        return normalise(text if "://" in text else f"https://{text}")
    except AddressRefused as error:
        raise CrawlError(f"{text!r} {error}: give an address such as https://www.example.org/") from None


def listed_in(file: Path) -> tuple[str, ...]:
    """The addresses in a list: one a line ("#" opens a remark), or a sitemap, perhaps packed. Raises CrawlError."""
    try:
        with file.open("rb") as opened:
            body = opened.read(MAX_SITEMAP_BYTES)
        if not body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"<", b"\x1f\x8b")):
            lines = (line.strip() for line in body.decode("utf-8-sig", "replace").splitlines())
            return _some(file, [start_address(line) for line in lines if line and not line.startswith("#")])
        sitemap = read_sitemap(body, "")
    except OSError as error:
        raise CrawlError(f"{file} can't be read ({error.strerror}): give a list of addresses") from None
    except (CrawlError, FetchFailed) as error:
        raise CrawlError(f"{file}: {error}") from None
    if sitemap.sitemaps:
        raise CrawlError(f"{file} lists further sitemaps: crawl the site itself, or list its pages")
    return _some(file, [page.url for page in sitemap.pages])


def _some(file: Path, addresses: list[str]) -> tuple[str, ...]:
    if not addresses:
        raise CrawlError(f"{file} lists no web address: write one a line")
    return tuple(dict.fromkeys(addresses))


def remembered(store: Store) -> Plan:
    """The plan in the folder, empty when there is none. Raises CrawlError when it can't be read."""
    file = store.folder / FILE
    try:
        return plan_of(json.loads(file.read_bytes()))
    except FileNotFoundError:
        return Plan()
    except CrawlError as error:
        raise CrawlError(f"{file}: {error}") from None
    except (OSError, ValueError, TypeError, AttributeError):
        raise CrawlError(f"{file} can't be read: mend it, or remove it and give the addresses again") from None
