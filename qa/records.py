"""The records that travel between the rooms; nothing else does.

Documents → Passages → Hits → Answer. All are frozen. Offsets are character offsets into
``Document.text`` and half open: ``text[start:end]``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

BlockKind = Literal["heading", "paragraph", "item", "contact"]
"""A list item is an ``item``; a person's name with what stands under it is one ``contact``."""

Status = Literal["answered", "not_found"]


@dataclass(frozen=True, slots=True)
class Block:
    """A stretch of a document's text with one role; ``level`` is 1–6 for headings, else 0."""

    kind: BlockKind
    start: int
    end: int
    level: int = 0


@dataclass(frozen=True, slots=True)
class Source:
    """Where one thing told of a contact stands: ``document.text[start:end] == value``, or ``start == end`` if nowhere.

    ``field`` is the name of the contact's field; ``verified`` is the date of what the document tells of the contact.
    """

    field: str
    value: str
    document: str
    language: str
    start: int
    end: int
    verified: str | None = None


@dataclass(frozen=True, slots=True)
class Contact:
    """A person to contact, as one document tells it; everything is copied exactly, e-mail included.

    ``start`` and ``end`` say where in the document's text the contact stands. On a card, which unites what several
    documents tell, ``document`` is the one that leads and ``sources`` has a place for each thing that is told of the
    person, also for what differs from the card.
    """

    name: str
    document: str
    title: str | None = None
    unit: str | None = None
    responsibilities: tuple[str, ...] = ()
    email: str | None = None
    phone: str | None = None
    verified: str | None = None
    start: int = 0
    end: int = 0
    sources: tuple[Source, ...] = ()

    def language_of(self, field: str, value: str) -> str | None:
        """The language of a value on the card, told by its sources."""
        return next(
            (source.language for source in self.sources if (source.field, source.value) == (field, value)), None
        )


@dataclass(frozen=True, slots=True)
class Document:
    """One source text as stored; ``path`` is its path below the corpus folder without suffix.

    Documents with the same ``id`` are language versions of one page. ``updated`` is an ISO date. ``remark`` says
    what of the file was left out so that it can do no harm; only who reads the file is told.
    """

    path: str
    id: str
    title: str
    language: str
    text: str
    blocks: tuple[Block, ...] = ()
    contacts: tuple[Contact, ...] = ()
    url: str | None = None
    source: str | None = None
    updated: str | None = None
    remark: str | None = None


@dataclass(frozen=True, slots=True)
class Passage:
    """Whole sentences of one document that are searched together.

    ``headings`` are those the passage stands under, outermost first; with the title they are the
    context that the embedding sees besides the text. ``contact`` is an index into the document's
    contacts when the passage is a contact block. ``sentences`` are offsets into the document's text, at least one.
    """

    document: str
    start: int
    end: int
    text: str
    title: str
    language: str
    version_of: str
    headings: tuple[str, ...] = ()
    contact: int | None = None
    sentences: tuple[tuple[int, int], ...] = ()

    @property
    def context(self) -> str:
        """Title and nearest heading, as one line (the same words are not said twice)."""
        nearest = self.headings[-1:] if self.headings[-1:] != (self.title,) else ()
        return ". ".join((self.title, *nearest))


@dataclass(frozen=True, slots=True, eq=False)
class Subwords:
    """Texts cut into subwords: text n has ``ids[ends[n - 1]:ends[n]]``, the first one those from 0 on.

    ``ids`` is (n_subwords,) int32, ``ends`` (n_texts,) int64.
    """

    ids: NDArray[np.int32]
    ends: NDArray[np.int64]

    @classmethod
    def of(cls, texts: Sequence[NDArray[np.int32]]) -> Subwords:
        """Those of texts cut one by one."""
        ids = np.concatenate(texts) if texts else np.zeros(0, np.int32)
        return cls(ids, np.cumsum([len(text) for text in texts], dtype=np.int64))

    def __len__(self) -> int:
        """The number of texts."""
        return len(self.ends)

    def __add__(self, other: Subwords) -> Subwords:
        """The texts of both."""
        return Subwords(np.concatenate([self.ids, other.ids]), np.concatenate([self.ends, len(self.ids) + other.ends]))


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage found for a question. ``score`` is comparable between hits of one question only;

    ``dense`` (cosine), ``lexical`` (BM25) and ``interaction`` (MaxSim, at most 1) are its parts. ``row`` is the
    passage's number in the index.
    """

    passage: Passage
    score: float
    dense: float = 0.0
    lexical: float = 0.0
    interaction: float = 0.0
    row: int = -1


@dataclass(frozen=True, slots=True)
class Citation:
    """The proof of an answer: ``quote == text[start:end]`` of the document, always.

    ``answer_start`` and ``answer_end`` are offsets *into the quote* of the words that answer; equal when
    no shorter span was told apart.
    """

    document: str
    title: str
    url: str | None
    language: str
    quote: str
    start: int
    end: int
    updated: str | None = None
    source: str | None = None
    answer_start: int = 0
    answer_end: int = 0


@dataclass(frozen=True, slots=True)
class Turn:
    """What a conversation has to remember of a question: whoever asks again sends it back, nothing else is kept.

    ``question`` is the question with the words that it borrowed from earlier ones (empty for small talk);
    ``document`` and ``person`` are what the answer came from and whom it named first.
    """

    question: str
    language: str
    document: str | None = None
    person: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What Kysy replies; ``to_json`` gives the public form that page, API and evaluation share.

    ``referral`` is whom to ask instead when the documents don't tell; it is no part of the answer. ``smalltalk`` names
    what was said when it was no question ("greeting"): then nothing is cited.
    """

    question: str
    language: str
    status: Status
    answer: str
    answer_language: str
    notice: str | None
    citations: tuple[Citation, ...]
    contacts: tuple[Contact, ...]
    confidence: float
    passages: tuple[Hit, ...]
    timings_ms: dict[str, float]
    smalltalk: str | None = None
    referral: Contact | None = None
    turn: Turn | None = None

    def to_json(self) -> dict[str, Any]:
        """The answer as plain JSON types; scores and times rounded for people."""
        return {
            "question": self.question,
            "language": self.language,
            "status": self.status,
            "answer": self.answer,
            "answer_language": self.answer_language,
            "notice": self.notice,
            "citations": [_plain(citation) for citation in self.citations],
            "contacts": [_plain_contact(contact) for contact in self.contacts],
            "confidence": round(self.confidence, 3),
            "passages": [
                {"document": hit.passage.document, "text": hit.passage.text, "score": round(hit.score, 4)}
                for hit in self.passages
            ],
            "timings_ms": {stage: round(ms, 2) for stage, ms in self.timings_ms.items()},
            "smalltalk": self.smalltalk,
            "referral": _plain_contact(self.referral) if self.referral else None,
            "turn": _plain(self.turn) if self.turn else None,
        }


def _plain(record: Citation | Contact | Source | Turn) -> dict[str, Any]:
    """A record by the names of its fields. ``dataclasses.asdict`` copies each value and takes ten times as long."""
    return {name: getattr(record, name) for name in record.__slots__}


def _plain_contact(contact: Contact) -> dict[str, Any]:
    return _plain(contact) | {"sources": [_plain(source) for source in contact.sources]}


@dataclass(frozen=True, slots=True)
class Edition:
    """Which generation of the index answers, when it was built (ISO 8601, UTC), and why it isn't the latest one."""

    generation: str
    created: str
    passages: int
    damage: str | None = None
