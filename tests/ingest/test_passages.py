"""Documents → Passages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.ingest.layout import Part, lay_out
from qa.ingest.passages import split_passages
from qa.records import Document, Passage
from qa.settings import Settings
from qa.text import sentences


def document_of(parts: list[Part], **about: str) -> Document:
    text, blocks = lay_out(parts)
    return Document(
        **{"path": "en/a", "id": "a", "title": "Title", "language": "en", "text": text, "blocks": blocks, **about}  # type: ignore[arg-type]
    )


def texts(parts: list[Part], max_chars: int) -> list[str]:
    return [passage.text for passage in split_passages(document_of(parts), max_chars)]


SENTENCES = st.lists(
    st.sampled_from(
        [
            "CEMR was founded in 1951.",
            "Dr. Vang leads it.",
            "Why?",
            "It has members in 41 countries, among them the Nordic ones and Estonia.",
            "x" * 130 + ".",
            "word " * 60 + "end.",
            "Den 26. kongressen!",
            "introduces:",
        ]
    ),
    min_size=1,
    max_size=8,
).map(" ".join)
PARTS = st.lists(
    st.one_of(
        st.builds(Part, st.just("heading"), st.sampled_from(["Themes", "CEMR", "History"]), st.integers(1, 4)),
        st.builds(Part, st.just("paragraph"), SENTENCES),
        st.builds(Part, st.just("item"), SENTENCES, st.just(0), st.sampled_from(["- ", "1. ", ""])),
        st.builds(Part, st.just("contact"), st.just("Ada Berg\nHead\n- networks")),
    ),
    min_size=1,
    max_size=14,
)
MAX_CHARS = st.integers(100, 700)


@given(PARTS, MAX_CHARS)
def test_a_passage_is_a_slice_of_its_document(parts: list[Part], max_chars: int) -> None:
    document = document_of(parts)
    passages = split_passages(document, max_chars)
    assert passages
    for passage in passages:
        assert passage.text == document.text[passage.start : passage.end]
        assert passage.text == passage.text.strip()
        assert (passage.document, passage.version_of) == (document.path, document.id)
        assert (passage.title, passage.language) == (document.title, document.language)


@given(PARTS, MAX_CHARS)
def test_passages_stand_in_order_and_cover_all_text_but_headings(parts: list[Part], max_chars: int) -> None:
    document = document_of(parts)
    passages = split_passages(document, max_chars)
    edges = [edge for passage in passages for edge in (passage.start, passage.end)]
    assert edges == sorted(edges)
    covered = {n for passage in passages for n in range(passage.start, passage.end)}
    for block in document.blocks:
        if block.kind != "heading":
            missed = [n for n in range(block.start, block.end) if n not in covered and not document.text[n].isspace()]
            assert missed == []


@given(PARTS, MAX_CHARS)
def test_sentences_stay_whole(parts: list[Part], max_chars: int) -> None:
    document = document_of(parts)
    passages = split_passages(document, max_chars)
    for block in document.blocks:
        if block.kind == "heading":
            continue
        for start, end in sentences(document.text, block.start, block.end):
            if end - start <= max_chars:
                assert any(passage.start <= start and end <= passage.end for passage in passages)


@given(PARTS, MAX_CHARS)
def test_passages_are_no_longer_than_they_may_be(parts: list[Part], max_chars: int) -> None:
    document = document_of(parts)
    for passage in split_passages(document, max_chars):
        if passage.contact is None:
            holds_list = any(b.kind == "item" and passage.start <= b.start < passage.end for b in document.blocks)
            assert len(passage.text) <= max_chars * (2 if holds_list else 1)


@given(PARTS, MAX_CHARS)
def test_a_passage_never_reaches_over_a_heading_or_contact(parts: list[Part], max_chars: int) -> None:
    document = document_of(parts)
    for passage in split_passages(document, max_chars):
        inside = [b for b in document.blocks if b.start < passage.end and passage.start < b.end]
        if len(inside) > 1:
            assert {block.kind for block in inside} <= {"paragraph", "item"}


@given(PARTS, MAX_CHARS)
def test_each_contact_is_one_passage_numbered_as_in_the_document(parts: list[Part], max_chars: int) -> None:
    document = document_of(parts)
    places = [(block.start, block.end) for block in document.blocks if block.kind == "contact"]
    passages = [p for p in split_passages(document, max_chars) if p.contact is not None]
    assert [(p.start, p.end) for p in passages] == places
    assert [p.contact for p in passages] == list(range(len(places)))


def test_neighbours_share_a_passage_up_to_the_limit() -> None:
    parts = [Part("paragraph", "a" * 49 + "."), Part("paragraph", "b" * 45 + "."), Part("paragraph", "c" * 49 + ".")]
    assert texts(parts, 100) == ["a" * 49 + ".\n\n" + "b" * 45 + ".", "c" * 49 + "."]
    assert len(texts(parts, 200)) == 1


def test_a_list_stays_with_the_line_that_introduces_it() -> None:
    items = [Part("item", f"theme number {n}") for n in range(8)]
    before, after = Part("paragraph", "Before it. " * 8), Part("paragraph", "After it. " * 9)
    found = texts([before, Part("paragraph", "The themes are:"), *items, after], 100)
    whole = "The themes are:\n\n" + "\n".join(f"- theme number {n}" for n in range(8))
    assert found == ["Before it. " * 7 + "Before it.", whole, "After it. " * 8 + "After it."]


def test_a_list_that_is_too_long_is_cut_between_items() -> None:
    items = [Part("item", f"{'theme ' * 10}number {n}.") for n in range(8)]
    found = texts([Part("paragraph", "The themes are:"), *items], 100)
    assert all(sum(text.count(f"number {n}.") for text in found) == 1 for n in range(8))
    assert all(len(text) <= 200 for text in found)


def test_a_long_paragraph_is_cut_between_sentences() -> None:
    sentence = "This is a sentence of some fifty letters in all ok."
    assert texts([Part("paragraph", " ".join([sentence] * 4))], 110) == [f"{sentence} {sentence}"] * 2


def test_a_sentence_without_end_is_cut_at_a_space_or_anywhere_at_last() -> None:
    assert texts([Part("paragraph", "ab " * 60)], 100) == ["ab " * 32 + "ab", "ab " * 26 + "ab"]
    assert texts([Part("paragraph", "x" * 250)], 100) == ["x" * 100, "x" * 100, "x" * 50]


def test_a_passage_knows_the_headings_it_stands_under() -> None:
    parts = [
        Part("paragraph", "intro"),
        Part("heading", "One", 1),
        Part("heading", "Two", 2),
        Part("paragraph", "under two"),
        Part("heading", "Other", 2),
        Part("paragraph", "under other"),
        Part("heading", "Top", 1),
        Part("contact", "Ada Berg\n- networks"),
    ]
    found = {passage.text: passage.headings for passage in split_passages(document_of(parts), 300)}
    assert found == {
        "intro": (),
        "under two": ("One", "Two"),
        "under other": ("One", "Other"),
        "Ada Berg\n- networks": ("Top",),
    }


def test_a_heading_at_the_very_end_can_still_be_found() -> None:
    assert texts([Part("paragraph", "text"), Part("heading", "Our Brussels office", 2)], 300) == [
        "text",
        "Our Brussels office",
    ]


@pytest.mark.parametrize(
    ("headings", "context"), [((), "Title"), (("One", "Two"), "Title. Two"), (("Title",), "Title")]
)
def test_the_context_is_title_and_nearest_heading(headings: tuple[str, ...], context: str) -> None:
    passage = Passage("en/a", 0, 1, "x", "Title", "en", "a", headings)
    assert passage.context == context


def test_nothing_but_a_heading() -> None:
    assert texts([Part("heading", "Alone", 1)], Settings().max_passage_chars) == ["Alone"]
