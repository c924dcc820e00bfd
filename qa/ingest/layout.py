"""Parts of a page → the document's text, and where each part stands in it.

Every format reader hands over the same thing: parts in reading order. The text that is stored, searched
and quoted is laid out here, once, so offsets can't drift apart between formats.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from qa.ingest.person import Person
from qa.records import Block, BlockKind
from qa.text import clean


@dataclass(frozen=True, slots=True)
class Part:
    """One heading, paragraph, list item or contact as a reader found it.

    ``marker`` opens an item; a contact has its ``person``.
    """

    kind: BlockKind
    text: str
    level: int = 0
    marker: str = "- "
    person: Person | None = None

    @classmethod
    def of_person(cls, person: Person) -> Part:
        """A contact that is known as data, as text."""
        return cls("contact", person.as_text(), person=person)


def lay_out(parts: Iterable[Part]) -> tuple[str, tuple[Block, ...]]:
    """The text of all parts and a block for each; ``text[b.start:b.end]`` is the part without its marker.

    >>> lay_out([Part("heading", "Themes", 2), Part("item", "one"), Part("item", "two")])[0]
    'Themes\\n\\n- one\\n- two'
    """
    pieces: list[str] = []
    blocks: list[Block] = []
    length = 0
    previous: BlockKind | None = None
    for part in parts:
        body = clean(part.text)
        if not body:
            continue
        lead = "" if previous is None else "\n" if previous == part.kind == "item" else "\n\n"
        lead += part.marker if part.kind == "item" else ""
        pieces += (lead, body)
        start = length + len(lead)
        length = start + len(body)
        blocks.append(Block(part.kind, start, length, part.level))
        previous = part.kind
    return "".join(pieces), tuple(blocks)
