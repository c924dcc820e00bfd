"""Formats that others use: question sets from BEIR and SQuAD, runs and judgements for TREC's tools.

Whatever the format, a set becomes the same questions. Where it doesn't tell a question's language, it is detected.
"""

from __future__ import annotations

import json
import os
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from qa.errors import QuestionSetError
from qa.evaluation.pages import Pages
from qa.evaluation.questions import (
    Question,
    QuestionSet,
    asked,
    checked,
    language_code,
    read_json_lines,
    read_rows,
    read_text,
    strings,
)
from qa.evaluation.results import Outcome
from qa.settings import LANGUAGES

Identify = Callable[[str], str]
"""The language of a question, or "und"."""

_NO_DOCUMENT = "-"
_BEIR = "queries.jsonl and qrels/*.tsv"


def read_question_set(path: Path, identify: Identify, pages: Pages) -> QuestionSet:
    """A set in JSON Lines or SQuAD's JSON, or a BEIR folder; which one it is shows. ``pages`` are those indexed.

    Raises QuestionSetError when it is none of them, or nothing in it can be read.
    """
    if os.path.isdir(path):  # unlike Path.is_dir, at ease with names that no file can have
        return _read_beir(path, identify, pages)
    try:
        whole = json.loads(read_text(path))
    except (ValueError, RecursionError):
        return read_json_lines(path)
    if isinstance(whole, dict) and "data" in whole:
        return _read_squad(path, whole, identify, pages)
    if isinstance(whole, list):
        raise QuestionSetError(f'{path} is a JSON list: write one object a line, or SQuAD\'s {{"data": [...]}}')
    return read_json_lines(path)


# --- BEIR ---------------------------------------------------------------------------------------------------


def _read_beir(folder: Path, identify: Identify, pages: Pages) -> QuestionSet:
    """Queries that ``qrels`` judge: a score above 0 names a gold document, 0 alone says that there is none."""
    judged, faults = _read_qrels(folder)
    named = {name for documents in judged.values() for name in documents}
    titles = _titles(folder / "corpus.jsonl", {name for name in named if name not in pages})

    def question(number: int, row: dict[str, Any]) -> Question | None:
        query = str(row.get("_id", number))
        if query not in judged:
            return None
        about = row.get("metadata")
        given = {**row, **(about if isinstance(about, dict) else {})}
        documents = tuple(name if name in pages else titles.get(name, name) for name in judged[query])
        answers = strings(given, "answers")
        text = asked(row, "text")
        return _question(query, text, given.get("language"), identify, answers, documents, has_answers=bool(answers))

    rows, unread = read_rows(folder / "queries.jsonl", question)
    advice = "its qrels judge none of its queries: give those of the same set"
    return checked(folder, [row for row in rows if row], [*unread, *faults], advice)


def _read_qrels(folder: Path) -> tuple[dict[str, tuple[str, ...]], list[str]]:
    """Gold documents by query, and the lines that are faulty."""
    files = sorted((folder / "qrels").glob("*.tsv"))
    if not files or not (folder / "queries.jsonl").is_file():
        raise QuestionSetError(f"{folder} is no BEIR folder: it must hold {_BEIR}")
    judged: dict[str, list[str]] = defaultdict(list)
    faults = []
    for file in files:
        for number, line in enumerate(read_text(file).splitlines(), 1):
            cells = line.split("\t")
            is_header = number == 1 and cells[-1:] == ["score"]
            if is_header or not line.strip():
                continue
            if len(cells) != 3 or not re.fullmatch(r"-?\d+(?:\.\d+)?", cells[2].strip()):
                faults.append(f"{file}:{number}: expected query, document and score, with tabs between them")
            elif float(cells[2]) > 0:
                judged[cells[0]].append(cells[1])
            else:
                judged[cells[0]]
    return {query: tuple(dict.fromkeys(documents)) for query, documents in judged.items()}, faults


def _titles(file: Path, wanted: set[str]) -> dict[str, str]:
    """Titles of documents that the index doesn't know by their BEIR id; it may know them by title."""
    if not wanted or not file.is_file():
        return {}
    rows, _ = read_rows(file, lambda _, row: (str(row.get("_id")), row.get("title")))
    return {name: title for name, title in rows if name in wanted and isinstance(title, str) and title}


# --- SQuAD --------------------------------------------------------------------------------------------------


def _read_squad(file: Path, whole: Mapping[str, Any], identify: Identify, pages: Pages) -> QuestionSet:
    """Questions of SQuAD 1 and 2. A title names the gold document if the index knows it."""
    questions, faults = [], []
    for place, row, about in _squad_rows(whole):
        try:
            questions.append(_squad_question(place, row, about, identify, pages))
        except QuestionSetError as fault:
            faults.append(f"{file}: {place}: {fault}")
    return checked(file, questions, faults, 'expected SQuAD\'s {"data": [{"paragraphs": [{"qas": [...]}]}]}')


def _squad_rows(whole: Mapping[str, Any]) -> Iterator[tuple[str, Any, dict[str, Any]]]:
    """Each question with its place, and ``title`` and ``language`` as the nearest level above tells them."""
    for a, article in enumerate(_items(whole, "data")):
        for p, paragraph in enumerate(_items(article, "paragraphs")):
            about = {
                key: level[key]
                for level in (whole, article, paragraph)
                for key in ("title", "language")
                if isinstance(level, dict) and level.get(key)
            }
            for q, row in enumerate(_items(paragraph, "qas")):
                yield f"data[{a}].paragraphs[{p}].qas[{q}]", row, about


def _items(level: Any, key: str) -> list[Any]:
    found = level.get(key) if isinstance(level, dict) else None
    return found if isinstance(found, list) else []


def _squad_question(place: str, row: Any, about: Mapping[str, Any], identify: Identify, pages: Pages) -> Question:
    if not isinstance(row, dict):
        raise QuestionSetError('expected an object with a "question"')
    text = asked(row)
    given = [answer.get("text") if isinstance(answer, dict) else None for answer in _items(row, "answers")]
    golds = tuple(dict.fromkeys(gold for gold in given if isinstance(gold, str)))
    if None in given:
        raise QuestionSetError('each of "answers" must be an object with a "text"')
    is_impossible = row.get("is_impossible") is True
    if not golds and not is_impossible:
        raise QuestionSetError('has no "answers" and isn\'t marked "is_impossible"')
    answers = () if is_impossible else golds
    title = str(about.get("title", ""))
    documents = tuple(name for name in (title, title.replace("_", " ")) if name in pages)[:1]
    return _question(
        str(row.get("id", place)), text, row.get("language", about.get("language")), identify, answers, documents
    )


def _question(
    id: str,
    text: str,
    language: Any,
    identify: Identify,
    answers: tuple[str, ...],
    documents: tuple[str, ...],
    has_answers: bool = True,
) -> Question:
    """A question in the language that is told, or else detected."""
    if language is not None:
        return Question(id, language_code(language), text, answers, documents, has_answers)
    found = identify(text)
    if found not in LANGUAGES:
        raise QuestionSetError('its language can\'t be detected: add a "language"')
    return Question(id, found, text, answers, documents, has_answers, has_language=False)


# --- TREC ---------------------------------------------------------------------------------------------------


def trec_id(id: str) -> str:
    """An id without spaces; ``urllib.parse.unquote`` gives it back.

    >>> trec_id("fi/our work")
    'fi/our%20work'
    """
    return re.sub(r"[\s%]", lambda space: quote(space[0]), id) or "%"


def trec_run(outcomes: Iterable[Outcome], pages: Pages) -> str:
    """Pages found for the questions that ``trec_qrels`` judges, best first; ``-`` where nothing was found.

    The score says the order alone: 1 / rank.
    """
    lines = []
    for outcome in outcomes:
        if _gold(outcome, pages):
            found = pages.ranked(hit.passage.document for hit in outcome.answer.passages)
            names = [trec_id(page) for page in found] or [_NO_DOCUMENT]
            query = trec_id(outcome.question.id)
            lines += [f"{query} Q0 {name} {rank} {1 / rank:.6f} kysy\n" for rank, name in enumerate(names, 1)]
    return "".join(lines)


def trec_qrels(outcomes: Iterable[Outcome], pages: Pages) -> str:
    """Gold pages of the answerable questions; language versions are one page, as in the metrics."""
    return "".join(
        f"{trec_id(outcome.question.id)} 0 {trec_id(page)} 1\n"
        for outcome in outcomes
        for page in _gold(outcome, pages)
    )


def _gold(outcome: Outcome, pages: Pages) -> list[str]:
    return pages.ranked(outcome.question.documents) if outcome.question.is_answerable else []
