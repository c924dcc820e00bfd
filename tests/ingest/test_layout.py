"""Parts laid out as one text with known offsets."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from qa.ingest.layout import Part, lay_out
from qa.text import clean

PARTS = st.lists(
    st.builds(
        Part,
        st.sampled_from(["heading", "paragraph", "item", "contact"]),
        st.text(max_size=30),
        st.integers(0, 6),
        st.sampled_from(["- ", "1. ", "12. ", ""]),
    ),
    max_size=12,
)


@given(PARTS)
def test_a_block_is_the_part_it_came_from(parts: list[Part]) -> None:
    text, blocks = lay_out(parts)
    kept = [part for part in parts if clean(part.text)]
    assert [(text[b.start : b.end], b.kind, b.level) for b in blocks] == [
        (clean(part.text), part.kind, part.level) for part in kept
    ]


@given(PARTS)
def test_between_blocks_stand_only_line_breaks_and_markers(parts: list[Part]) -> None:
    text, blocks = lay_out(parts)
    edges = [0, *(edge for b in blocks for edge in (b.start, b.end)), len(text)]
    assert edges == sorted(edges)
    between = [text[a:b] for a, b in zip(edges[::2], edges[1::2], strict=True)]
    assert {gap.lstrip("\n") for gap in between} <= {"", "- ", "1. ", "12. "}
    assert text == "".join(gap + text[b.start : b.end] for gap, b in zip(between, blocks, strict=False))


def test_lists_stand_close_and_all_else_apart() -> None:
    parts = [
        Part("heading", "Themes", 2),
        Part("paragraph", "There are two:"),
        Part("item", "one", marker="1. "),
        Part("item", "two", marker="2. "),
        Part("paragraph", "That is all."),
    ]
    assert lay_out(parts)[0] == "Themes\n\nThere are two:\n\n1. one\n2. two\n\nThat is all."


def test_nothing_gives_nothing() -> None:
    assert lay_out([]) == ("", ())
    assert lay_out([Part("paragraph", " \x00 ")]) == ("", ())
