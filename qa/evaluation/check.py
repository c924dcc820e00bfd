"""A question set and its corpus → what is wrong with the set, so that a bad figure means a bad answer.

Only what can be told for certain is an error: a question asked twice, a document that isn't there, a gold string that
no named document holds, a question that gives its answer away. What may be meant that way is a hint.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from qa.errors import QuestionSetError
from qa.evaluation.metrics import contains_answer, normalised
from qa.evaluation.questions import Question, read_questions
from qa.records import Document

MIN_QUESTIONS = 10
"""Fewer questions of a language than this say little about it."""

Identify = Callable[[str], tuple[str, float]]
"""A question's most probable language and the probability in [0, 1], as ``QuestionLanguages.identify`` tells it."""

_MIN_OVERLAP = 0.8
_MIN_PROBABILITY = 0.98
_MIN_KIN_PROBABILITY = 0.9999  # nb, nn and da share most of the words of a short question
_KIN = frozenset(("nb", "nn", "da"))
_MIN_WORDS = 4  # of fewer, names make up too much
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Line:
    """A question, the number of its line, and whether it is still a draft that nobody has looked over."""

    number: int
    question: Question
    is_draft: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong at one line. ``id`` is a question's, or a language code when it concerns the whole language."""

    line: int
    id: str
    message: str
    is_error: bool = True

    def as_line(self, file: Path) -> str:
        """Where, what is wrong and what to do, as one line for people and editors.

        >>> Finding(3, "q3", "looks like sv, not fi; mend the label", is_error=False).as_line(Path("set.jsonl"))
        'set.jsonl:3: q3: hint: looks like sv, not fi; mend the label'
        """
        return f"{file}:{self.line}: {self.id}: {'' if self.is_error else 'hint: '}{self.message}"


def read_lines(file: Path) -> tuple[Line, ...]:
    """A question set in JSON Lines, each question with its line. Raises QuestionSetError as ``read_questions`` does."""
    if file.is_dir():
        raise QuestionSetError(f"{file} is a folder: give a question set in JSON Lines")
    questions = read_questions(file)
    rows = [(n, row) for n, row in enumerate(file.read_text("utf-8-sig").split("\n"), 1) if row.strip()]
    if len(rows) != len(questions):
        raise QuestionSetError(f"{file} is no JSON Lines: give a question set with one question a line")
    pairs = zip(rows, questions, strict=True)
    return tuple(Line(n, question, bool(json.loads(row).get("draft"))) for (n, row), question in pairs)


def check_questions(lines: Sequence[Line], documents: Sequence[Document], identify: Identify) -> tuple[Finding, ...]:
    """All findings, by line and errors before hints."""
    corpus = _Corpus({document.path: document.text for document in documents})
    found = [
        *_asked_twice(lines),
        *_nearly_alike(lines),
        *(finding for line in lines for finding in _documents(line, corpus)),
        *(finding for line in lines for finding in _answers(line, corpus)),
        *(finding for line in lines for finding in _language(line, identify)),
        *_too_few(lines),
        *_drafts(lines),
    ]
    return tuple(sorted(found, key=lambda finding: (finding.line, not finding.is_error)))


class _Corpus:
    """Texts by path, folded once: a set of a thousand gold strings is looked up in every document."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self.paths = tuple(texts)
        self._folded = {path: f" {normalised(text)} " for path, text in texts.items()}

    def __contains__(self, path: str) -> bool:
        return path in self._folded

    def holding(self, answer: str) -> tuple[str, ...]:
        """The documents that a gold string stands in, as ``contains_answer`` compares."""
        wanted = f" {normalised(answer)} "
        return tuple(path for path, text in self._folded.items() if wanted in text)


def _asked_twice(lines: Sequence[Line]) -> Iterator[Finding]:
    first: dict[str, Line] = {}
    for line in lines:
        same = first.setdefault(normalised(line.question.question), line)
        if same is not line:
            yield _error(line, f"asks the same as {_place(same)}; take one of the two out")


def _nearly_alike(lines: Sequence[Line]) -> Iterator[Finding]:
    """Questions of one language with nearly the same words, and the same answer or none."""
    by_language: dict[str, dict[str, Line]] = defaultdict(dict)
    for line in lines:
        by_language[line.question.language].setdefault(normalised(line.question.question), line)
    for asked in by_language.values():
        worded = [(line, frozenset(key.split())) for key, line in asked.items()]
        for one, other in _close_pairs([words for _, words in worded]):
            first, second = worded[one][0], worded[other][0]
            if _same_answer(first.question, second.question):
                told = f"asks nearly the same as {_place(first)}; keep both only if visitors would ask both"
                yield _hint(second, told)


def _close_pairs(sets: Sequence[frozenset[str]]) -> list[tuple[int, int]]:
    """Pairs of sets that overlap enough, the earlier one first.

    Only sets that share one of their rarest words are compared: of n words, two such sets share all but a fifth, so one
    of the n // 5 + 1 rarest is among them.
    """
    times = Counter(word for words in sets for word in words)
    holding: dict[str, list[int]] = defaultdict(list)
    pairs: set[tuple[int, int]] = set()
    for number, words in enumerate(sets):
        allowed = int(len(words) * (1 - _MIN_OVERLAP) + 1e-9)
        for word in sorted(words, key=lambda word: (times[word], word))[: allowed + 1]:
            pairs.update((earlier, number) for earlier in holding[word])
            holding[word].append(number)
    return sorted(pair for pair in pairs if _overlap(sets[pair[0]], sets[pair[1]]) >= _MIN_OVERLAP)


def _overlap(words: frozenset[str], others: frozenset[str]) -> float:
    """How much two sets of words have in common, in [0, 1] (Jaccard).

    >>> _overlap(frozenset("abcd"), frozenset("abce"))
    0.6
    """
    return len(words & others) / max(1, len(words | others))


def _same_answer(one: Question, other: Question) -> bool:
    shared = {*map(normalised, one.answers)} & {*map(normalised, other.answers)}
    return bool(shared) or not (one.answers or other.answers)


def _documents(line: Line, corpus: _Corpus) -> Iterator[Finding]:
    question = line.question
    telling = {path for answer in question.answers for path in corpus.holding(answer)}
    for path in question.documents:
        if path not in corpus:
            meant = get_close_matches(path, corpus.paths, 1)
            advice = f"write {meant[0]!r}, if that is meant" if meant else "write its path below the corpus folder"
            yield _error(line, f"there is no document {path!r}; {advice}")
        elif question.answers and path not in telling:
            yield _hint(line, f"{path} holds none of the answers; add what it says, or take it out")
    if question.documents and not question.answers:
        yield _hint(line, "names documents but no answer; add what they say, or take them out if they don't tell")
    if question.answers and not question.documents:
        yield _hint(line, "names no document, so finding and citing aren't measured; name those that tell")


def _answers(line: Line, corpus: _Corpus) -> Iterator[Finding]:
    question = line.question
    for answer in question.answers:
        holding = corpus.holding(answer)
        if not normalised(answer):
            yield _error(line, f"the gold string {answer!r} has no letter or digit; write what the document says")
        elif contains_answer([answer], question.question):
            yield _error(line, f"holds its own answer {answer!r}; ask without it, or expect more of the answer")
        elif not holding:
            yield _error(line, f"no document holds the gold string {answer!r}; copy it from the document that tells")
        elif question.documents and not set(holding) & set(question.documents):
            shown = ", ".join(holding[:_SHOWN]) + (" and others" if len(holding) > _SHOWN else "")
            yield _error(line, f"the documents named don't hold {answer!r}, but {shown}; name the one that is meant")


def _language(line: Line, identify: Identify) -> Iterator[Finding]:
    question = line.question
    if len(normalised(question.question).split()) < _MIN_WORDS:
        return
    found, probability = identify(question.question)
    least = _MIN_KIN_PROBABILITY if {found, question.language} <= _KIN else _MIN_PROBABILITY
    if found != question.language and probability >= least:
        yield _hint(line, f"looks like {found}, not {question.language}; mend the label if it is wrong")


def _too_few(lines: Sequence[Line]) -> Iterator[Finding]:
    counts = Counter(line.question.language for line in lines)
    first = {line.question.language: line.number for line in reversed(lines)}
    for language, count in counts.items():
        if count < MIN_QUESTIONS:
            told = f"too few to tell anything by ({count} in this language); write at least {MIN_QUESTIONS}"
            yield Finding(first[language], language, told, is_error=False)


def _drafts(lines: Sequence[Line]) -> Iterator[Finding]:
    drafts = [line for line in lines if line.is_draft]
    if drafts:
        told = f'first of {len(drafts)} drafts; look each one over, then take its "draft" and "from" out'
        yield _hint(drafts[0], told)


def _error(line: Line, message: str) -> Finding:
    return Finding(line.number, line.question.id, message)


def _hint(line: Line, message: str) -> Finding:
    return Finding(line.number, line.question.id, message, is_error=False)


def _place(line: Line) -> str:
    return f"{line.question.id} in line {line.number}"
