"""Plain text → parts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.ingest.layout import lay_out
from qa.ingest.plain import read_plain
from qa.text import clean


def told(source: str) -> list[tuple[str, str]]:
    return [(part.kind, part.text) for part in read_plain(source)]


def test_lines_are_headings_paragraphs_and_items_by_their_shape() -> None:
    source = "Town twinning\nTwinning is old.\n\n  - culture\n• sports\n1. first\n2) second\nThe end\n"
    assert told(source) == [
        ("heading", "Town twinning"),
        ("paragraph", "Twinning is old."),
        ("item", "culture"),
        ("item", "sports"),
        ("item", "first"),
        ("item", "second"),
        ("paragraph", "The end"),
    ]


def test_numbered_items_keep_their_number() -> None:
    assert lay_out(read_plain("Themes:\n  1. one\n  2) two\n  • dot"))[0] == "Themes:\n\n1. one\n2) two\n- dot"


def test_a_line_that_opens_with_an_ordinal_is_a_sentence() -> None:
    source = "CEMR møtes ofte.\n26. kongressen ble holdt i Nicosia.\n3. maj holdes den næste."
    assert [kind for kind, _ in told(source)] == ["paragraph", "paragraph", "paragraph"]
    assert lay_out(read_plain(source))[0] == source.replace("\n", "\n\n")


@pytest.mark.parametrize(
    "line",
    ["It is the oldest form.", "CEMR jobber med:", "lower case words", "A, b;", "x" * 130, "Great!", "and so on…"],
)
def test_what_is_no_heading(line: str) -> None:
    assert told(f"{line}\nmore") == [("paragraph", line), ("paragraph", "more")]


@pytest.mark.parametrize("line", ["-5 degrees", "1951. was a year", "3.5 million", "-", "•"])
def test_what_is_no_item(line: str) -> None:
    assert told(f"intro,\n{line}")[1][0] == "paragraph"


def test_a_line_that_nothing_follows_is_no_heading() -> None:
    assert told("CEMR") == [("paragraph", "CEMR")]


@pytest.mark.parametrize("source", ["", "\n\n", "  \n\t\n"])
def test_nothing_gives_nothing(source: str) -> None:
    assert read_plain(source) == ()


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=200))
def test_every_word_comes_out_once_and_in_order(source: str) -> None:
    text, _ = lay_out(read_plain(source))
    bullets = set("-*•–·▪◦")
    words = [word for word in clean(source.replace("\x85", "\n")).split() if word not in bullets]
    assert [word for word in text.split() if word not in bullets] == words
