"""Kysy's own words."""

from __future__ import annotations

import pytest

from qa.answer.replies import _replies, interface_language, nobody_named, not_found, source_notice
from qa.settings import INTERFACE_LANGUAGES, LANGUAGES


@pytest.mark.parametrize("language", INTERFACE_LANGUAGES)
def test_every_language_of_the_page_has_its_own_words(language: str) -> None:
    words = _replies()[language]
    assert set(words) == {"not_found", "nobody_named", "notice", "languages"}
    assert tuple(words["languages"]) == LANGUAGES
    assert len(set(words["languages"].values())) == len(LANGUAGES)
    assert words["notice"].count("{language}") == 1
    assert words["not_found"].endswith(".")
    assert words["nobody_named"].endswith(".")


def test_no_language_borrows_another_ones_words() -> None:
    assert set(_replies()) == set(INTERFACE_LANGUAGES)
    for reply in (not_found, nobody_named):
        assert len({reply(language) for language in INTERFACE_LANGUAGES}) == len(INTERFACE_LANGUAGES)


@pytest.mark.parametrize(
    ("language", "reply_language"),
    [("fi", "fi"), ("nn", "nb"), ("is", "en"), ("pl", "en"), ("und", "en"), ("xx", "en")],
)
def test_a_reply_comes_in_the_nearest_language(language: str, reply_language: str) -> None:
    assert interface_language(language) == reply_language
    assert not_found(language) == not_found(reply_language)


@pytest.mark.parametrize(
    ("language", "source", "notice"),
    [
        ("fi", "sv", "Vastauksen lähde on ruotsiksi."),
        ("en", "nb", "This answer comes from a source in Norwegian (Bokmål)."),
        ("nn", "da", "Svaret er hentet fra en kilde på dansk."),
        ("pl", "fi", "This answer comes from a source in Finnish."),
        ("fi", "fi", None),
        ("fi", "und", None),
    ],
)
def test_the_notice_names_the_language_of_the_source(language: str, source: str, notice: str | None) -> None:
    assert source_notice(language, source) == notice
