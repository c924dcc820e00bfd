"""One spelling for each address, and which belong to the site."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.crawl.addresses import Scope, normalise, shape_of
from qa.errors import AddressRefused


@pytest.mark.parametrize(
    ("address", "spelt"),
    [
        ("HTTPS://Example.ORG", "https://example.org/"),
        ("https://example.org:443/a#b", "https://example.org/a"),
        ("http://example.org:443/a", "http://example.org:443/a"),
        ("https://example.org./a", "https://example.org/a"),
        ("https://example.org/a/./b/../c/", "https://example.org/a/c/"),
        ("https://example.org/../../a", "https://example.org/a"),
        ("https://example.org/a/..", "https://example.org/"),
        ("https://example.org/%7euser/%c3%A4", "https://example.org/~user/%C3%A4"),
        ("https://example.org/ystävä kunta", "https://example.org/yst%C3%A4v%C3%A4%20kunta"),
        ("https://example.org/100%", "https://example.org/100%25"),
        ("https://example.org/a%2Fb", "https://example.org/a%2Fb"),
        ("https://example.org/?", "https://example.org/"),
        ("https://example.org/?b=2&a=1&utm_medium=x&fbclid=y", "https://example.org/?b=2&a=1"),
        ("https://example.org/a;jsessionid=0A1B?x=1&PHPSESSID=abc", "https://example.org/a?x=1"),
        ("https://example.org/(S(k2abc))/page.aspx", "https://example.org/page.aspx"),
        ("https://jäsenet.example.org/", "https://xn--jsenet-bua.example.org/"),
        ("https://xn--jsenet-bua.example.org/", "https://xn--jsenet-bua.example.org/"),
        (" https://example.org/a\n\tb ", "https://example.org/ab"),
        ("https:\\\\example.org\\a", "https://example.org/a"),
        ("http://[2001:0DB8::0:1]:8080/", "http://[2001:db8::1]:8080/"),
        ("http://127.0.0.1/", "http://127.0.0.1/"),
    ],
)
def test_one_spelling(address: str, spelt: str) -> None:
    assert normalise(address) == spelt
    assert normalise(spelt) == spelt


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("ftp://example.org/", "is no http"),
        ("javascript:alert(1)", "is no http"),
        ("mailto:a@example.org", "is no http"),
        ("data:text/html,x", "is no http"),
        ("", "is no http"),
        ("https://user@example.org/", "names a user"),
        ("https://user:word@example.org/", "names a user"),
        ("https:///path", "has no proper host"),
        ("https://exa mple.org/", "has no proper host"),
        ("http://2130706433/", "has no proper host"),
        ("http://0x7f000001/", "has no proper host"),
        ("http://0177.0.0.1/", "has no proper host"),
        ("http://127.1/", "has no proper host"),
        ("http://[fe80::1%25eth0]/", "has no proper host"),
        ("http://[::1/", "is no web address"),
        ("http://example.org:99999/", "is no web address"),
        ("https://example.org/" + "a" * 2_000, "is too long an address"),
    ],
)
def test_what_is_no_address_to_fetch(address: str, message: str) -> None:
    with pytest.raises(AddressRefused, match=message):
        normalise(address)


@given(st.text(max_size=40), st.text(max_size=20))
def test_the_spelling_of_a_spelling_is_itself(path: str, query: str) -> None:
    try:
        spelt = normalise(f"https://example.org/{path}?{query}")
    except AddressRefused:
        return
    assert spelt.isascii()
    assert not set(spelt) & set(' <>"\n\r\t')
    assert normalise(spelt) == spelt


def test_the_site_is_its_host_with_and_without_www() -> None:
    scope = Scope.around(["https://www.example.org/"], hosts=["example.fi"])
    assert scope.refusal("https://example.org/a") is None
    assert scope.refusal("http://www.example.org/a") is None
    assert scope.refusal("https://example.fi/a") is None
    for other in ("https://shop.example.org/", "https://example.org.evil.example/", "https://example.org:8443/"):
        assert scope.refusal(other) == "on another site"


def test_patterns_choose_among_paths() -> None:
    scope = Scope.around(["https://example.org/"], include=["/fi/*", "/sv/*"], exclude=["*/archive/*", "*?print=*"])
    told = {
        path: scope.refusal(f"https://example.org{path}")
        for path in ("/fi/a", "/en/a", "/sv/archive/1", "/fi/a?print=1")
    }
    assert told == {"/fi/a": None, "/en/a": "not included", "/sv/archive/1": "excluded", "/fi/a?print=1": "excluded"}
    whole = Scope.around(["https://example.org/"], exclude=["http://*"])
    assert whole.refusal("http://example.org/") == "excluded"
    assert whole.refusal("https://example.org/") is None


def test_a_path_that_repeats_itself_is_a_trap() -> None:
    scope = Scope.around(["https://example.org/"])
    assert scope.refusal("https://example.org/a/b/a/b/a/b/") is None
    assert scope.refusal("https://example.org/a/b/a/b/a/b/a/b/") == "its path repeats itself"


def test_addresses_of_one_shape() -> None:
    shapes = {shape_of(f"https://example.org/events?day={n}&view=v{n}") for n in range(9)}
    assert len(shapes) == 1
    assert shape_of("https://example.org/a?b=1") != shape_of("https://example.org/a?c=1")
