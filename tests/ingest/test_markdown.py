"""Markdown and its front matter."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.errors import DocumentError
from qa.ingest.layout import lay_out
from qa.ingest.markdown import read_markdown, split_front_matter


def told(source: str) -> list[tuple[str, str]]:
    return [(part.kind, part.text) for part in read_markdown(source)[1]]


def text_of(source: str) -> str:
    return lay_out(read_markdown(source)[1])[0]


def test_markdown_gives_headings_paragraphs_and_items() -> None:
    source = "# Title\n\nOne *line*\nof [text](https://x.org).\n\n## Sub\n\n- a `b`\n- c\n\n1. d\n2. e\n\n> quoted\n"
    assert told(source) == [
        ("heading", "Title"),
        ("paragraph", "One line of text."),
        ("heading", "Sub"),
        ("item", "a b"),
        ("item", "c"),
        ("item", "d"),
        ("item", "e"),
        ("paragraph", "quoted"),
    ]


def test_a_row_of_a_table_says_what_its_cells_are() -> None:
    assert [text for _, text in told("| a | b |\n|---|---|\n| 1 | 2 |\n")] == ["a: 1; b: 2"]


def test_a_list_of_links_is_no_menu() -> None:
    source = "".join(f"- [{name}](https://example.org/{name})\n" for name in ("CEMR", "UCLG", "AER", "CPMR", "ALDA"))
    assert [text for _, text in told(source)] == ["CEMR", "UCLG", "AER", "CPMR", "ALDA"]


def test_raw_html_is_text_and_not_markup() -> None:
    assert text_of("<script>alert(1)</script>\n") == "<script>alert(1)</script>"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("1992. aastal avati büroo.\n", "1992. aastal avati büroo."),
        ("3. kongressi pidettiin Nicosiassa.\n", "3. kongressi pidettiin Nicosiassa."),
        ("1992. aastal avati.\n\n1994. aastal suleti.\n", "1992. aastal avati.\n\n1994. aastal suleti."),
        ("Text:\n\n3. three\n4. four\n", "Text:\n\n3. three\n4. four"),
        ("1. x\n3. y\n", "1. x\n3. y"),
        ("1. x\n\n2. y\n", "1. x\n2. y"),
        ("- x\n\n  more of x\n\n- y\n", "- x\nmore of x\n- y"),
    ],
)
def test_the_numbers_of_a_text_are_kept_as_they_are_written(source: str, expected: str) -> None:
    assert text_of(source) == expected


def test_front_matter_is_split_off() -> None:
    matter, parts = read_markdown("---\ntitle: Twin towns\nid: twins\n---\n\nText.\n")
    assert matter == {"title": "Twin towns", "id": "twins"}
    assert [part.text for part in parts] == ["Text."]


@pytest.mark.parametrize("source", ["Text.", "", "\n---\ntitle: x\n---\n", "text\n---\nmore"])
def test_a_text_without_front_matter_keeps_every_character(source: str) -> None:
    assert split_front_matter(source) == ({}, source)


@pytest.mark.parametrize("source", ["---\n---\nText.", "---\n# a comment\n---\nText.", "\ufeff---\n\n---\nText."])
def test_front_matter_may_be_empty(source: str) -> None:
    assert split_front_matter(source) == ({}, "Text.")


def test_line_ends_of_any_system() -> None:
    assert split_front_matter("---\r\ntitle: x\r\n---\r\nText.\r\n") == ({"title": "x"}, "Text.\r\n")


def test_norwegian_is_no_falsehood_and_numbers_keep_their_zeros() -> None:
    matter, _ = split_front_matter("---\nlanguage: no\nid: 0012\nupdated: 2024-05-01\n---\n")
    assert {name: str(value) for name, value in matter.items()} == {
        "language": "no",
        "id": "0012",
        "updated": "2024-05-01",
    }


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("---\ntitle: x\nText without an end.", "never closed: add a line ---"),
        ("---\ntitle: a: b\n---\n", "not valid YAML at line 2: quote values that hold a colon"),
        ("---\ntitle: x\nlist: [a, b\n---\n", r"not valid YAML at line \d"),
        ("---\n- a\n- b\n---\n", "must be `name: value` lines"),
        ("---\njust words\n---\n", "must be `name: value` lines"),
        ("---\na: " + "[" * 3_000 + "\n---\n", "not valid YAML"),
        ("---\na: \x01\n---\n", "not valid YAML"),
        ("---\n[a]: b\n---\n", "not valid YAML"),
        ("---\na: *nobody\n---\n", "not valid YAML"),
    ],
)
def test_front_matter_that_cannot_be_read_is_refused_with_the_reason(source: str, message: str) -> None:
    with pytest.raises(DocumentError, match=message):
        read_markdown(source)


@given(st.text("ab:-[]{}!&*#?|>'\"%@`0.\n ~<", max_size=40))
def test_any_front_matter_is_read_or_refused(matter: str) -> None:
    try:
        found, _ = read_markdown(f"---\n{matter}\n---\nText.")
    except DocumentError as error:
        found = {"refused": str(error)}
    assert isinstance(found, dict)
    assert "\n" not in found.get("refused", "")


@pytest.mark.parametrize(
    "tag", ["!!timestamp foo", "!!bool foo", '!!int ""', "!!float x", "!!python/object:os.system x"]
)
def test_tags_in_front_matter_do_nothing(tag: str) -> None:
    try:
        matter, _ = read_markdown(f"---\ntitle: {tag}\n---\nText.")
    except DocumentError:
        return
    assert isinstance(matter["title"], str)


@pytest.mark.parametrize("source", ["> " * 500 + "x", "*a _b " * 5_000, "[a](" * 5_000, "`" * 5_000, "  - a\n" * 3_000])
def test_odd_markdown_is_read_soon(source: str) -> None:
    started = time.perf_counter()
    read_markdown(source)
    assert time.perf_counter() - started < 3.0
