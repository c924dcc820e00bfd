"""Question sets: what is asked, and what a right answer holds."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from qa.errors import QuestionSetError
from qa.settings import LANGUAGES

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Question:
    """One question. Any of ``answers`` must be in the reply; none at all means that the documents don't tell.

    Sets for retrieval (BEIR) name documents and no answers: then ``has_answers`` is false. ``has_language`` is false
    where the language was detected rather than labelled, so that there is nothing to compare a detection with.
    """

    id: str
    language: str
    question: str
    answers: tuple[str, ...]
    documents: tuple[str, ...]
    has_answers: bool = True
    has_language: bool = True

    @property
    def is_answerable(self) -> bool:
        return bool(self.answers or (self.documents and not self.has_answers))


@dataclass(frozen=True, slots=True)
class QuestionSet:
    """The questions that could be read, and one line for each that could not."""

    questions: tuple[Question, ...]
    faults: tuple[str, ...] = ()


def read_questions(file: Path) -> tuple[Question, ...]:
    """A question set in JSON Lines. Raises QuestionSetError naming the line that can't be read."""
    return strict(read_json_lines(file))


def strict(found: QuestionSet) -> tuple[Question, ...]:
    """The questions of a set in which every one could be read. Raises QuestionSetError with the first fault."""
    if found.faults:
        raise QuestionSetError(found.faults[0])
    return found.questions


def read_json_lines(file: Path) -> QuestionSet:
    """A question set in JSON Lines with its faults. Raises QuestionSetError when nothing in it can be read."""
    questions, faults = read_rows(file, _question)
    return checked(file, questions, faults, "write one JSON object a line")


def checked(path: Path, questions: Iterable[Question], faults: Iterable[str], advice: str) -> QuestionSet:
    """A set in which ids are unique; later uses of an id are faults. Raises QuestionSetError for an empty one."""
    unique: dict[str, Question] = {}
    told = list(faults)
    for question in questions:
        if unique.setdefault(question.id, question) is not question:
            told.append(f"{path}: the id {question.id!r} is used twice: give each question its own")
    if not unique:
        others = f" (and {len(told) - 1} more like it)" if len(told) > 1 else ""
        raise QuestionSetError(f"{told[0]}{others}" if told else f"{path} holds no question: {advice}")
    return QuestionSet(tuple(unique.values()), tuple(told))


def read_rows(file: Path, read: Callable[[int, dict[str, Any]], Row]) -> tuple[list[Row], list[str]]:
    """What ``read(number of the line, object)`` makes of each line of JSON Lines, and the lines that are faulty.

    ``read`` raises QuestionSetError with the reason. Blank lines are passed over. Raises QuestionSetError for a file
    that can't be read at all.
    """
    rows: list[Row] = []
    faults: list[str] = []
    for number, line in enumerate(read_text(file).split("\n"), 1):
        if not line.strip():
            continue
        try:
            rows.append(read(number, _object(line)))
        except QuestionSetError as fault:
            faults.append(f"{file}:{number}: {fault}")
    return rows, faults


def read_text(file: Path) -> str:
    """A file's text. Raises QuestionSetError for one that can't be read."""
    try:
        return file.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8"
        raise QuestionSetError(f"{file} can't be read ({reason}): give a JSON Lines file of questions") from None


def asked(row: Any, key: str = "question") -> str:
    """A question's text. Raises QuestionSetError for one that asks nothing."""
    text = row.get(key) if isinstance(row, dict) else None
    if not isinstance(text, str):
        raise QuestionSetError(f'expected an object with a "{key}"')
    if not any(letter.isalnum() for letter in text):
        raise QuestionSetError("the question is empty")
    return text


def strings(row: Mapping[str, Any], key: str) -> tuple[str, ...]:
    """A list of strings, empty when it is left out. Raises QuestionSetError for anything else."""
    value = row.get(key, [])
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise QuestionSetError(f'"{key}" must be a list of strings')
    return tuple(value)


def language_code(value: Any) -> str:
    """A language that Kysy knows. Raises QuestionSetError for any other."""
    if str(value) not in LANGUAGES:
        raise QuestionSetError(f"language {str(value)!r} is not known: use one of {', '.join(LANGUAGES)}")
    return str(value)


def _object(line: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise QuestionSetError(f"is no JSON object ({error})") from None
    if not isinstance(row, dict):
        raise QuestionSetError('expected an object with a "question"')
    return row


def _question(number: int, row: dict[str, Any]) -> Question:
    text = asked(row)
    answers, documents = strings(row, "answers"), strings(row, "documents")
    return Question(str(row.get("id", number)), language_code(row.get("language", "")), text, answers, documents)
