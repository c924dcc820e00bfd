"""Sitemaps in every form, and hostile ones."""

from __future__ import annotations

import gzip
import time
from pathlib import Path

import pytest

from qa.crawl.sitemaps import MAX_SITEMAP_BYTES, Listed, read_sitemap
from qa.errors import FetchFailed

BASE = "https://example.org/sitemap.xml"
NAMESPACE = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:xhtml="http://www.w3.org/1999/xhtml"'


def urls(inner: str) -> bytes:
    return f'<?xml version="1.0" encoding="UTF-8"?><urlset {NAMESPACE}>{inner}</urlset>'.encode()


def test_pages_with_dates_and_language_versions() -> None:
    links = "".join(
        f'<xhtml:link rel="alternate" hreflang="{code}" href="/{code}/a"/>' for code in ("fi", "sv", "x-default")
    )
    found = read_sitemap(
        urls(
            f"<url><loc> https://example.org/fi/a </loc><lastmod>2024-05-31T10:00:00+03:00</lastmod>{links}</url>"
            "<url><loc>/relative?utm_source=x</loc><lastmod>never</lastmod></url>"
            "<url><loc>mailto:a@example.org</loc></url><url><lastmod>2024-01-01</lastmod></url>"
        ),
        BASE,
    )
    versions = tuple((code, f"https://example.org/{code}/a") for code in ("fi", "sv", "x-default"))
    assert found.pages == (
        Listed("https://example.org/fi/a", "2024-05-31", versions),
        Listed("https://example.org/relative"),
    )


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_an_index_lists_sitemaps(pack: type[bytes]) -> None:
    index = f"<sitemapindex {NAMESPACE}><sitemap><loc>a.xml.gz</loc></sitemap><sitemap><loc>/b.xml</loc></sitemap>"
    found = read_sitemap(pack(f"{index}</sitemapindex>".encode()), BASE)
    assert found.sitemaps == ("https://example.org/a.xml.gz", "https://example.org/b.xml")


def test_a_plain_list() -> None:
    found = read_sitemap(b"\xef\xbb\xbfhttps://example.org/a\r\n\r\nhttps://example.org/b\r\nnot an address\r\n", BASE)
    assert [page.url for page in found.pages][:2] == ["https://example.org/a", "https://example.org/b"]


def test_what_stands_before_a_fault_counts() -> None:
    broken = urls("<url><loc>/a</loc></url><url><loc>/b</loc></url>").replace(b"</urlset>", b"<url><loc>/c &")
    assert [page.url for page in read_sitemap(broken, BASE).pages][:2] == [
        "https://example.org/a",
        "https://example.org/b",
    ]


@pytest.mark.parametrize("body", [b"", b"<html><p>Not found</html>", b"\x00\x01\x02", b"<", b"\xff\xfe<\x00"])
def test_what_is_no_sitemap_lists_nothing(body: bytes) -> None:
    assert read_sitemap(body, BASE).sitemaps == ()


def test_external_entities_are_not_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("https://example.org/secret")
    kind = f'<!DOCTYPE urlset [<!ENTITY x SYSTEM "{secret.as_uri()}">]>'
    hostile = f"{kind}<urlset {NAMESPACE}><url><loc>&x;</loc></url></urlset>"
    assert "secret" not in repr(read_sitemap(hostile.encode(), BASE))


def test_entities_that_grow_are_not_expanded() -> None:
    grow = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 20}">' for n in range(1, 12))
    hostile = f'<!DOCTYPE u [<!ENTITY e0 "x">{grow}]><urlset {NAMESPACE}><url><loc>/a&e11;</loc></url></urlset>'
    started = time.monotonic()
    read_sitemap(hostile.encode(), BASE)
    assert time.monotonic() - started < 5


def test_a_bomb_is_refused() -> None:
    with pytest.raises(FetchFailed, match="is too large unpacked"):
        read_sitemap(gzip.compress(bytes(MAX_SITEMAP_BYTES + 1)), BASE)


@pytest.mark.slow
def test_no_more_than_fifty_thousand_pages_are_taken() -> None:
    found = read_sitemap(urls("".join(f"<url><loc>/{n}</loc></url>" for n in range(50_001))), BASE)
    assert len(found.pages) == 50_000
