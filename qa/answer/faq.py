"""Questions that a document asks itself and answers: who asks the same is given that answer.

A heading that is a question says nothing, so it is no evidence for what stands under it. What counts is whether the
visitor asks *the same*: each question's words are looked for in the other's, since "Where can I park my bicycle?" has
nearly all words of "Where can I park my car?". Unless both say it in the same words, the document's question is quoted
with its answer: a visitor sees which question is answered, and "Yes." makes sense.

The few weights stand in ``faq.toml``; ``python -m training.faq`` learns them.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path

from qa.answer.confidence import logistic
from qa.answer.evidence import is_under_question, numbers_in
from qa.answer.question import NOTHING_ELSE_WILL_DO, OTHER, kind_of
from qa.answer.versions import one_version_each
from qa.answer.words import MATCHED, Floats, Query, matched_words, says_name
from qa.records import Document, Hit, Passage
from qa.text import sentences

_FILE = Path(__file__).with_name("faq.toml")
_ENTRIES_COMPARED = 8
_MAX_ANSWER_CHARS = 600
_SAME = 0.99
_SWAPPED = 0.125  # of their weight each question has in a word that the other lacks: they ask for different things
_VAGUE_KINDS = (OTHER, "money")  # "Who pays the fee?" asks for no sum
_ALIKE_KINDS = {"contact": "person"}
_NO_WORD = re.compile(r"\W+")


@dataclass(frozen=True, slots=True)
class Likeness:
    """How far two questions ask the same, in about [0, 1].

    ``found`` is how well the visitor's is found in the document's, ``asked`` the other way round. ``missing_…`` is the
    largest share that a single word leaves unfound, ``unfound_…`` the share of the subwords that aren't found.
    """

    found: float
    asked: float
    missing_found: float
    missing_asked: float
    unfound_found: float
    unfound_asked: float

    @property
    def swapped(self) -> float:
        """How much each says that the other doesn't."""
        return min(self.missing_found, self.missing_asked)

    @classmethod
    def of(cls, visitors: Query, there: Floats, documents: Query, back: Floats) -> Likeness:
        """Of a visitor's question and the document's.

        ``there`` and ``back`` are how well the subwords of each are found in the other: (n_question_tokens,) cosines.
        """
        return cls(
            float(visitors.weights @ there),
            float(documents.weights @ back),
            _missing(visitors, there),
            _missing(documents, back),
            float(visitors.weights @ (there < MATCHED)),
            float(documents.weights @ (back < MATCHED)),
        )


@dataclass(frozen=True, slots=True)
class Entry:
    """An answer to a question of the document's: ``text[start:end]`` is quoted, ``answer`` are offsets of the answer.

    ``probability`` that the visitor asked that.
    """

    hit: Hit
    start: int
    end: int
    answer: tuple[int, int]
    probability: float


class Faq:
    """Finds the document's question that a visitor asks. ``query`` makes one of a text and its language."""

    def __init__(self, documents: Mapping[str, Document], query: Callable[[str, str], Query]) -> None:
        self._documents = documents
        self._query = query

    def find(self, question: str, kind: str, language: str, hits: Sequence[Hit]) -> Entry | None:
        """The entry that is most probably asked for; None when no hit is one."""
        asked = {
            (hit.passage.document, hit.passage.headings): hit
            for hit in reversed(hits)
            if is_under_question(hit.passage)
        }
        if not asked:
            return None
        best = sorted(asked.values(), key=lambda hit: -hit.score)
        query = self._query(question, language)
        entries = [
            self._entry(question, kind, query, language, hit)
            for hit in one_version_each(best, language)[:_ENTRIES_COMPARED]
        ]
        return max(entries, key=lambda entry: entry.probability)

    def _entry(self, question: str, kind: str, query: Query, language: str, hit: Hit) -> Entry:
        heading, start, end = self._section(hit.passage)
        text = self._documents[hit.passage.document].text[heading:start].strip()
        if _plain(text) == _plain(question):
            return Entry(hit, start, end, (start, end), _SAME)
        if _asks_another_thing(question, kind, text, hit.passage.language):
            return Entry(hit, heading, end, (start, end), 0.0)
        there = query.matches([text])[:, 0]
        words = matched_words(query, there)
        if any(match < MATCHED and says_name(word, question, language) for word, _, match in words):
            return Entry(hit, heading, end, (start, end), 0.0)  # whom it names, the document's doesn't
        theirs = self._query(text, hit.passage.language)
        likeness = Likeness.of(query, there, theirs, theirs.matches([question])[:, 0])
        is_swapped = hit.passage.language == language and likeness.swapped > _SWAPPED
        return Entry(hit, heading, end, (start, end), 0.0 if is_swapped else probability(likeness))

    def _section(self, passage: Passage) -> tuple[int, int, int]:
        """Where the question of a passage begins; where the answer under it begins, and ends as far as it is quoted."""
        document = self._documents[passage.document]
        blocks = document.blocks
        first = bisect_left(blocks, passage.start, key=lambda block: block.start)
        while blocks[first - 1].kind != "heading":
            first -= 1
        last = first
        while last + 1 < len(blocks) and blocks[last + 1].kind in ("paragraph", "item"):
            last += 1
        start, end = document.text.index("\n", blocks[first - 1].end), blocks[last].end
        start += len(document.text[start:end]) - len(document.text[start:end].lstrip())
        ends = [stop for _, stop in sentences(document.text, start, min(end, start + 2 * _MAX_ANSWER_CHARS))]
        return (
            blocks[first - 1].start,
            start,
            max((stop for stop in ends if stop - start <= _MAX_ANSWER_CHARS), default=ends[0]),
        )


def _asks_another_thing(question: str, kind: str, heading: str, heading_language: str) -> bool:
    """Whether a question asks for a kind of thing or says a number that the document's doesn't."""
    theirs = kind_of(heading, heading_language)
    is_telling = kind not in _VAGUE_KINDS and (theirs not in _VAGUE_KINDS or kind in NOTHING_ELSE_WILL_DO)
    if is_telling and _ALIKE_KINDS.get(kind, kind) != _ALIKE_KINDS.get(theirs, theirs):
        return True
    return not numbers_in([question]) <= numbers_in([heading])


def probability(likeness: Likeness) -> float:
    """That two questions ask the same."""
    return logistic(_weights(), asdict(likeness))


def _missing(query: Query, found: Floats) -> float:
    """The largest share of a question that one word leaves unfound; ``found`` (n_question_tokens,)."""
    return max((weight * (1 - match) for _, weight, match in matched_words(query, found)), default=1.0)


def _plain(text: str) -> list[str]:
    """The words of a question: capitals and marks make no other question.

    >>> _plain("Who pays the travel-costs?") == _plain("who pays the travel costs")
    True
    """
    return [word for word in _NO_WORD.split(text.casefold()) if word]


@lru_cache(maxsize=1)
def _weights() -> dict[str, float]:
    return {name: float(value) for name, value in tomllib.loads(_FILE.read_text("utf-8")).items()}
