"""Of a page's language versions, the one that speaks to the user."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.answer.versions import one_version_each
from qa.records import Hit, Passage


def hit(language: str, score: float, page: str = "cemr") -> Hit:
    return Hit(Passage(f"{language}/{page}", 0, 1, "x", "t", language, page), score)


def kept(language: str, *hits: Hit) -> list[str]:
    return [found.passage.document for found in one_version_each(hits, language)]


@pytest.mark.parametrize(
    ("language", "versions", "expected"),
    [
        ("fi", "sv fi en", "fi"),
        ("fi", "sv en", "en"),
        ("fi", "sv", "sv"),
        ("nn", "en sv nb", "nb"),
        ("nn", "en fi sv", "sv"),
        ("nb", "en da", "da"),
        ("da", "fi sv en", "sv"),
        ("de", "fi sv en", "en"),
        ("de", "fi sv", "fi"),
        ("und", "fi sv en", "en"),
    ],
)
def test_the_users_language_is_taken_else_one_they_can_read(language: str, versions: str, expected: str) -> None:
    hits = [hit(code, 1.0 - n / 100) for n, code in enumerate(versions.split())]
    assert kept(language, *hits) == [f"{expected}/cemr"]


def test_a_version_that_hardly_holds_the_answer_is_not_taken() -> None:
    assert kept("fi", hit("sv", 1.0), hit("fi", 0.5)) == ["sv/cemr"]
    assert kept("fi", hit("sv", 1.0), hit("fi", 0.9)) == ["fi/cemr"]


def test_the_tolerance_is_of_the_best_version() -> None:
    assert kept("fi", hit("de", 1.0), hit("en", 0.8), hit("fi", 0.61)) == ["en/cemr"]


def test_each_page_has_its_own_version_and_hits_keep_their_order() -> None:
    hits = [hit("sv", 1.0, "a"), hit("fi", 0.9, "b"), hit("fi", 0.9, "a"), hit("sv", 0.8, "b"), hit("fi", 0.7, "a")]
    assert kept("fi", *hits) == ["fi/b", "fi/a", "fi/a"]


HITS = st.lists(
    st.builds(hit, st.sampled_from(["en", "fi", "sv", "nb", "de"]), st.floats(0.01, 1.0), st.sampled_from("abc")),
    max_size=12,
)


@given(HITS, st.sampled_from(["en", "fi", "nn", "fr", "und"]))
def test_one_language_remains_of_every_page(hits: list[Hit], language: str) -> None:
    hits.sort(key=lambda found: found.score, reverse=True)
    found = one_version_each(hits, language)
    assert [one for one in hits if one in found] == found
    languages = {(one.passage.version_of, one.passage.language) for one in found}
    assert {page for page, _ in languages} == {one.passage.version_of for one in hits}
    assert len(languages) == len({page for page, _ in languages})
