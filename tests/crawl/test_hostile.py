"""What a hostile or broken server may send: reading it never fails but with a known fault."""

from __future__ import annotations

import gzip
from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from qa.crawl.fetch import Reply, user_agent, wait_of
from qa.crawl.gunzip import Gunzip, gunzip
from qa.crawl.kinds import is_what_it_says, suffix_told
from qa.crawl.page import read_page
from qa.crawl.robots import Robots
from qa.crawl.sitemaps import read_sitemap
from qa.errors import FetchFailed

URL = "https://example.org/a"
_SNIPPETS = (
    b"<a href=", b"<base href='", b"<link rel=canonical href=", b"<link hreflang=fi rel=alternate href=",
    b"'", b'"', b">",
    b"<meta name=robots content=", b"<meta http-equiv=refresh content='0;url=", b"\x00", b"\xff\xfe", b"&#0;",
    b"&#xD800;", b"<!--", b"<![CDATA[", b"<?xml version='1.0' encoding='x'?>",
    b"<!DOCTYPE x [<!ENTITY a 'b'>]>", b"&a;",
    b"<url>", b"<loc>", b"</loc>", b"</url>", b"<urlset>", b"<sitemapindex>", b"<sitemap>", b"<body", b"<frameset>",
    b"//%zz", b"http://[", b"https://a.b:99999/", b"\\\\", b"?", b"#", b"PK\x03\x04", b"\x1f\x8b", "ünï.örg".encode(),
)  # fmt: skip
bodies = st.lists(st.sampled_from(_SNIPPETS) | st.binary(max_size=5), max_size=14).map(b"".join)
charsets = st.sampled_from([None, "utf-8", "utf-16", "utf-7", "idna", "hex", "undefined", "x-none", "cp037"])


@given(bodies, charsets)
def test_a_page_can_be_anything(body: bytes, charset: str | None) -> None:
    read_page(body, charset, URL, [body.decode("latin-1")])


@given(bodies)
@example(b"<sitemap><url>I\x93\r<loc>\x8d&#xD800;'0L")
@example(b"<!DOCTYPE x [<!ENTITY a 'b'>]><?xml version='1.0' encoding='x'?><url></url>&#0;<loc>\x05(")
def test_a_sitemap_can_be_anything(body: bytes) -> None:
    with suppress(FetchFailed):
        read_sitemap(body, URL)


@given(bodies)
def test_a_robots_txt_can_be_anything(body: bytes) -> None:
    robots = Robots.from_reply(Reply(f"{URL}/robots.txt", 200, (), b"User-agent: *\nDisallow:" + body))
    robots.refusal(URL)
    robots.sitemaps(URL)
    assert robots.delay_s >= 0


@given(bodies, st.sampled_from([".docx", ".odt", ".xlsx", ".pdf", ".html", ".csv"]))
def test_a_file_can_be_anything(body: bytes, suffix: str) -> None:
    is_what_it_says(body, suffix)


@given(st.text(st.characters(max_codepoint=255), max_size=40))
def test_a_header_can_be_anything(value: str) -> None:
    names = ("content-type", "location", "retry-after", "x-robots-tag")
    reply = Reply(URL, 200, tuple((name, value) for name in names))
    suffix_told(reply)
    assert reply.charset is None or reply.charset.isascii()
    assert wait_of(value) is None or wait_of(value) >= 0  # type: ignore[operator]
    assert "\n" not in user_agent(value)


@pytest.mark.parametrize(
    "value", ["", "-5", "1e9", "Mon, 01 Jan 0001 00:00:00 +1400", "Wed, 21 Oct 2015 07:28:00 -0000"]
)
def test_a_rest_that_is_no_number_and_no_date(value: str) -> None:
    assert wait_of(value) in (None, 0.0)


@given(st.binary(max_size=300), st.integers(1, 7))
def test_unpacking_a_piece_at_a_time_gives_the_whole(data: bytes, step: int) -> None:
    packed = gzip.compress(data[:100]) + gzip.compress(data[100:]) + b"\0\0"
    stream = Gunzip(max_bytes=300)
    assert b"".join(stream.feed(packed[at : at + step]) for at in range(0, len(packed), step)) == data
    stream.finish()


@pytest.mark.parametrize(
    ("packed", "message"),
    [
        (gzip.compress(bytes(10_000_000)), "is too large unpacked"),
        (gzip.compress(bytes(600)) * 2, "is too large unpacked"),
        (gzip.compress(b"text")[:-9], "broke off"),
        (gzip.compress(b"text")[:3] + b"\xff" * 30, "is damaged"),
        (b"plain", "is damaged"),
    ],
    ids=["large", "large in two", "broken off", "damaged", "plain"],  # packed bytes tell the time they were packed at
)
def test_what_cannot_or_must_not_be_unpacked(packed: bytes, message: str) -> None:
    with pytest.raises(FetchFailed, match=message):
        gunzip(packed, max_bytes=1_000)
