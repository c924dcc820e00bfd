"""Documents → Passages: whole sentences, with title and headings, at known offsets."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import groupby

from qa.records import Block, Document, Passage
from qa.text import sentences


def split_passages(document: Document, max_chars: int) -> list[Passage]:
    """Passages of a document in reading order.

    Neighbouring blocks under one heading share a passage up to ``max_chars``. A list stays with the line that
    introduces it, up to twice that. A longer paragraph is cut between sentences (and a sentence longer still, at
    a space). A contact is a passage of its own.
    """
    passages: list[Passage] = []
    headings: list[Block] = []
    contact_number = -1
    items = [block.start for block in document.blocks if block.kind == "item"]
    for section in _sections(document.blocks):
        if section[0].kind == "heading":
            headings = [*(h for h in headings if h.level < section[0].level), section[0]]
            # A heading over nothing (a page's last line, say) is still text that can be asked for.
            spans = [(section[0].start, section[0].end)] if section[0] is document.blocks[-1] else []
            contact = None
        elif section[0].kind == "contact":
            contact_number += 1
            contact, spans = contact_number, [(section[0].start, section[0].end)]
        else:
            contact, spans = None, _merged(list(_units(document.text, section, max_chars)), max_chars)
        passages += (_passage(document, start, end, headings, contact, items) for start, end in spans)
    return passages


def _sections(blocks: Sequence[Block]) -> Iterator[list[Block]]:
    """Each heading alone, each contact alone, and the runs of paragraphs and items between them."""
    for is_body, run in groupby(blocks, key=lambda block: block.kind in ("paragraph", "item")):
        if is_body:
            yield list(run)
        else:
            yield from ([block] for block in run)


def _units(text: str, body: Sequence[Block], max_chars: int) -> Iterator[tuple[int, int]]:
    """Spans that must not be parted: sentences of long paragraphs, short paragraphs, lists with their introduction."""
    runs = [list(run) for _, run in groupby(body, key=lambda block: block.kind)]
    for position, run in enumerate(runs):
        is_list = run[0].kind == "item"
        before_list = position + 1 < len(runs) and not is_list
        for block in run[: -1 if before_list else None] if not is_list else []:
            yield from _spans(text, block, max_chars)
        if is_list:
            intro = runs[position - 1][-1] if position else None
            line_start = text.rfind("\n", 0, run[0].start) + 1  # with the marker
            if intro and run[-1].end - intro.start <= 2 * max_chars:
                yield intro.start, run[-1].end
                continue
            if intro:
                yield from _spans(text, intro, max_chars)
            if run[-1].end - line_start <= 2 * max_chars:
                yield line_start, run[-1].end
            else:
                for block in run:
                    yield from _spans(text, block, max_chars)


def _merged(units: Sequence[tuple[int, int]], max_chars: int) -> list[tuple[int, int]]:
    """Neighbouring units joined while they stay within ``max_chars``.

    >>> _merged([(0, 40), (41, 90), (92, 150)], 100)
    [(0, 90), (92, 150)]
    """
    merged: list[tuple[int, int]] = []
    for start, end in units:
        if merged and end - merged[-1][0] <= max_chars:
            merged[-1] = (merged[-1][0], end)
        else:
            merged.append((start, end))
    return merged


def _spans(text: str, block: Block, max_chars: int) -> Iterator[tuple[int, int]]:
    if block.end - block.start <= max_chars:
        yield block.start, block.end
        return
    for start, end in sentences(text, block.start, block.end):
        while end - start > max_chars:
            space = text.rfind(" ", start + 1, start + max_chars)
            cut = space if space > start else start + max_chars
            yield start, cut
            start = cut + (text[cut : cut + 1] == " ")
        if end > start:
            yield start, end


def _passage(
    document: Document, start: int, end: int, headings: list[Block], contact: int | None, items: Sequence[int]
) -> Passage:
    return Passage(
        document=document.path,
        start=start,
        end=end,
        text=document.text[start:end],
        title=document.title,
        language=document.language,
        version_of=document.id,
        headings=tuple(document.text[h.start : h.end] for h in headings),
        contact=contact,
        sentences=((start, end),) if contact is not None else tuple(_sentences(document.text, start, end, items)),
    )


def _sentences(text: str, start: int, end: int, items: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Sentences between two offsets; those that open an item begin where it does, after its mark."""
    for first, last in sentences(text, start, end):
        mark = bisect_right(items, last - 1)
        yield (max(first, items[mark - 1]) if mark else first), last
