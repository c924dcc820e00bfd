"""Addresses that pages hide from machines. Each was hidden with the code of the system that hides so."""

from __future__ import annotations

import pytest

from qa.ingest.html import read_html


def cloudflare(address: str, key: int = 0x5A) -> str:
    return f"{key:02x}" + "".join(f"{ord(letter) ^ key:02x}" for letter in address)


@pytest.mark.parametrize(
    "markup",
    [
        f'<a class="__cf_email__" data-cfemail="{cloudflare("ada@x.org")}" href="/cdn-cgi/l/email-protection">'
        "[email&#160;protected]</a>",
        f'<span class="__cf_email__" data-cfemail="{cloudflare("ada@x.org", 7)}">[email&#160;protected]</span>',
        '<joomla-hidden-mail is-link="1" first="YWRh" last="eC5vcmc=" text="">This email address is being protected'
        " from spambots.</joomla-hidden-mail>",
    ],
)
def test_an_address_hidden_in_the_text(markup: str) -> None:
    assert [part.text for part in read_html(f"<p>Write to {markup}.</p>").parts] == ["Write to ada@x.org."]


@pytest.mark.parametrize(
    "href",
    [
        f"href='/cdn-cgi/l/email-protection#{cloudflare('ada@x.org')}'",
        'href="javascript:linkTo_UnCryptMailto(%27nbjmup%2BbebAy%5C%2Fpsh%27);"',
        'href="#" data-mailto-token="ocknvq,cfcBz0qti" data-mailto-vector="2"',
    ],
)
def test_an_address_hidden_behind_a_name(href: str) -> None:
    assert [part.text for part in read_html(f"<p><a {href}>Ada Berg</a></p>").parts] == ["Ada Berg", "ada@x.org"]


@pytest.mark.parametrize(
    "markup",
    [
        '<span data-cfemail="zz">hidden</span>',
        '<span data-cfemail="">hidden</span>',
        '<span data-cfemail="5a">hidden</span>',
        '<a href="/cdn-cgi/l/email-protection#00ff">hidden</a>',
        '<joomla-hidden-mail first="!" last="">hidden</joomla-hidden-mail>',
        '<a data-mailto-token="abc" href="#">hidden</a>',
        '<a href="javascript:linkTo_UnCryptMailto(1)">hidden</a>',
    ],
)
def test_what_cannot_be_read_stays(markup: str) -> None:
    assert [part.text for part in read_html(f"<p>{markup}</p>").parts] == ["hidden"]
