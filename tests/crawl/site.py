"""A generated site of an association: 200 pages in four languages, files, and every nuisance a crawler meets."""

from __future__ import annotations

import gzip
import hashlib
import re
import time
from collections.abc import Iterator
from io import BytesIO
from zipfile import ZipFile

from tests.crawl.server import LocalServer, Served, packed, redirect

LANGUAGES = ("en", "fi", "sv", "de")
PAGES_A_LANGUAGE = 50
_OPENING = {
    "en": "The membership fee of network number {n} is {fee} euros a year.",
    "fi": "Verkoston numero {n} jäsenmaksu on {fee} euroa vuodessa.",
    "sv": "Medlemsavgiften i nätverk nummer {n} är {fee} euro om året.",
    "de": "Der Mitgliedsbeitrag des Netzwerks Nummer {n} beträgt {fee} Euro im Jahr.",
}
_SITEMAPS_NS = "http://www.sitemaps.org/schemas/sitemap/0.9"


def html(body: str, *, lang: str = "en", head: str = "", title: str = "Page") -> bytes:
    return (
        f'<!doctype html><html lang="{lang}"><head><meta charset="utf-8"><title>{title}</title>{head}</head>'
        f"<body><main>{body}</main></body></html>"
    ).encode()


def page_path(lang: str, number: int) -> str:
    return f"/{lang}/network-{number}"


def build_site(site: LocalServer, crawl_delay_s: float | None = None) -> frozenset[str]:
    """Fills a server (whose port is known); the addresses, below its own, that a crawl should keep."""
    kept = _add_pages(site)
    kept |= _add_files(site) | _add_charsets(site)
    _add_duplicates(site)
    kept |= _add_redirects(site) | _add_traps(site)
    _add_faults(site)
    kept |= _add_robots(site, crawl_delay_s)
    unlinked = re.compile(r"/long/(?!1$)|/r/(?!1$)|/sitemap|/unseen|/behind|/only-in-sitemap|/sv/network-[1-9]$")
    links = "".join(f'<a href="{path}">x</a>' for path in sorted(site.pages) if not unlinked.match(path))
    site.pages["/en/"] = _page(html(f"<h1>Start</h1>{links}", title="Start"))
    site.pages["/"] = redirect("/en/")
    return frozenset(kept | {"/en/"})


def _page(body: bytes) -> Served:
    return Served(body, etag=f'"{hashlib.sha256(body).hexdigest()[:16]}"')


def _add_pages(site: LocalServer) -> set[str]:
    kept = set()
    for number in range(1, PAGES_A_LANGUAGE + 1):
        head = "".join(
            f'<link rel="alternate" hreflang="{other}" href="{site.url}{page_path(other, number)}">'
            for other in LANGUAGES
        )
        for lang in LANGUAGES:
            text = _OPENING[lang].format(n=number, fee=1000 + 7 * number)
            body = f'<h1>{lang} {number}</h1><p>{text}</p><a href="network-{number % 50 + 1}#top">next</a>'
            path = page_path(lang, number)
            site.pages[path] = _page(html(body, lang=lang, head=head, title=f"Network {number}"))
            kept.add(path)
    return kept


def docx() -> bytes:
    made = BytesIO()
    with ZipFile(made, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("word/document.xml", "<document/>")
    return made.getvalue()


def _add_files(site: LocalServer) -> set[str]:
    word = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    site.pages |= {
        "/files/report.pdf": Served(b"%PDF-1.4\n%%EOF\n", content_type="application/pdf"),
        "/files/letter": Served(docx(), content_type=word),
        "/files/contacts.csv": Served(b"name;phone\nx;1\n", content_type="text/plain"),
        "/files/notes.md": Served(b"# Notes\n\nA note.\n", content_type="application/octet-stream"),
        "/files/picture.png": Served(b"\x89PNG\r\n", content_type="image/png"),
        "/files/false.pdf": Served(b"<html>no PDF</html>", content_type="application/pdf"),
        "/files/false.html": Served(b"%PDF-1.7", content_type="text/html"),
        "/files/empty.txt": Served(b"", content_type="text/plain"),
        "/files/untyped": Served(html("untyped"), content_type=None),
    }
    return {f"/files/{name}" for name in ("report.pdf", "letter", "contacts.csv", "notes.md", "untyped")}


def _add_charsets(site: LocalServer) -> set[str]:
    latin = "<html lang=sv><title>Möte</title><p>Vänorter på svenska.".encode("latin-1")
    site.pages |= {
        "/charset/http": Served(latin, content_type="text/html; charset=ISO-8859-1"),
        "/charset/none": Served(latin.replace(b"M", b"m"), content_type="text/html"),
        "/charset/unknown": Served(html("Vänort"), content_type="text/html; charset=x-none"),
        "/charset/wrong": Served(html("Vänort två"), content_type='text/html; charset="utf-16"'),
        "/charset/packed": packed(html("Packed.")),
    }
    return {f"/charset/{name}" for name in ("http", "none", "unknown", "wrong", "packed")}


def _add_duplicates(site: LocalServer) -> None:
    site.pages["/en/zz-copy"] = site.pages[page_path("en", 1)]
    own = f'<link rel="canonical" href="{page_path("en", 2)}">'
    site.pages["/en/network-2?view=print"] = Served(html("Printed.", head=own))
    site.pages["/en/network-3?utm_source=mail"] = Served(b"never asked for")


def _add_redirects(site: LocalServer) -> set[str]:
    site.pages |= {f"/r/{n}": redirect(f"/r/{n + 1}", 302) for n in range(1, 4)}
    site.pages |= {f"/long/{n}": redirect(f"/long/{n + 1}") for n in range(1, 12)}
    site.pages |= {
        "/r/4": Served(html("End of the chain.")),
        "/loop/a": redirect("/loop/b"),
        "/loop/b": redirect("/loop/a", 307),
        "/loop/self": redirect("/loop/self"),
        "/out/other": redirect("http://other.example/"),
        "/out/private": redirect("http://10.0.0.1/"),
        "/out/file": redirect("file:///etc/passwd"),
        "/out/nowhere": Served(b"", 301),
    }
    return {"/r/4"}


def _add_traps(site: LocalServer) -> set[str]:
    """A calendar without end, a relative link that deepens, sessions in addresses: see `endless`."""
    site.otherwise = endless
    for path in ("/calendar/0", "/deeper/", "/session?PHPSESSID=1", "/session;jsessionid=2"):
        site.pages[path] = endless(path, {})
    return {"/session", "/deeper/"} | {f"/deeper/{'deeper/' * n}" for n in (1, 2)}


def endless(path: str, headers: dict[str, str]) -> Served:
    if path.startswith("/calendar/") and path[10:].isdecimal():
        return Served(html(f'Month {path}. <a href="/calendar/{int(path[10:]) + 1}">next</a>'))
    if path.startswith("/deeper/"):
        return Served(html(f'{path} <a href="deeper/">deeper</a>'))
    if path.startswith("/session"):
        return Served(html(f'Session. <a href="/session?PHPSESSID={len(path)}">again</a>'))
    return Served(b"not here", 404)


def _drip() -> Iterator[bytes]:
    while True:
        yield b"x"
        time.sleep(0.1)


def _flood() -> Iterator[bytes]:
    while True:
        yield b"x" * 65_536


def _add_faults(site: LocalServer) -> None:
    bomb = gzip.compress(bytes(60_000_000), 9)
    calls = {"n": 0}

    def recovers(path: str, headers: dict[str, str]) -> Served:
        calls["n"] += 1
        return Served(b"", 503, headers=(("Retry-After", "0"),)) if calls["n"] % 2 else Served(html("Recovered."))

    site.pages |= {
        "/fault/gone": Served(b"", 410),
        "/fault/error": Served(b"", 500),
        "/fault/closed": Served(b"", 403),
        "/fault/slow": Served(_drip),
        "/fault/endless": Served(_flood),
        "/fault/bomb": Served(bomb, headers=(("Content-Encoding", "gzip"),)),
        "/fault/brotli": Served(b"x", headers=(("Content-Encoding", "br"),)),
        "/fault/recovers": recovers,
    }


def _add_robots(site: LocalServer, crawl_delay_s: float | None) -> set[str]:
    delay = f"Crawl-delay: {crawl_delay_s}\n" if crawl_delay_s else ""
    site.pages |= {
        "/robots.txt": Served(
            f"User-agent: *\n{delay}Disallow: /private/\nDisallow: /*.json$\nDisallow: /*?secret\n"
            f"Allow: /private/open\n\nSitemap: {site.url}/sitemap-index.xml\n".encode(),
            content_type="text/plain",
        ),
        "/private/closed": Served(html("Closed.")),
        "/private/open": Served(html("Open.")),
        "/data.json": Served(b"{}", content_type="application/json"),
        "/x?secret=1": Served(html("Secret.")),
        "/noindex": Served(html('<a href="/behind">x</a>', head='<meta name="ROBOTS" content="noindex">')),
        "/behind": Served(html("Behind a page that is not kept.")),
        "/nofollow": Served(html('<a href="/unseen">x</a>', head='<meta name="kysybot" content="nofollow">')),
        "/unseen": Served(html("Only behind nofollow."), headers=(("X-Robots-Tag", "none"),)),
        "/tagged": Served(html("Tagged."), headers=(("X-Robots-Tag", "noindex"),)),
        "/tagged-other": Served(html("Tagged for others."), headers=(("X-Robots-Tag", "otherbot: noindex"),)),
    }
    _add_sitemaps(site)
    return {"/private/open", "/behind", "/nofollow", "/tagged-other", "/only-in-sitemap", "/fault/recovers"}


def _add_sitemaps(site: LocalServer) -> None:
    index = "".join(f"<sitemap><loc>{site.url}/sitemap-{lang}.xml.gz</loc></sitemap>" for lang in (*LANGUAGES, "xx"))
    index += "<sitemap><loc>http://other.example/sitemap.xml</loc></sitemap>"
    site.pages["/sitemap-index.xml"] = Served(
        f'<sitemapindex xmlns="{_SITEMAPS_NS}">{index}</sitemapindex>'.encode(), content_type="application/xml"
    )
    for lang in LANGUAGES:
        urls = "".join(
            f"<url><loc>{site.url}{page_path(lang, n)}</loc><lastmod>2024-05-{n % 28 + 1:02}</lastmod></url>"
            for n in range(1, PAGES_A_LANGUAGE + 1)
        )
        urls += f"<url><loc>{site.url}/only-in-sitemap</loc></url><url><loc>http://other.example/</loc></url>"
        packed_map = gzip.compress(f'<urlset xmlns="{_SITEMAPS_NS}">{urls}</urlset>'.encode())
        site.pages[f"/sitemap-{lang}.xml.gz"] = Served(packed_map, content_type="application/gzip")
    site.pages["/only-in-sitemap"] = _page(html("Listed, but not linked."))
