"""Question sets: what is asked, and what a right answer holds."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qa.errors import QuestionSetError
from qa.settings import LANGUAGES


@dataclass(frozen=True, slots=True)
class Question:
    """One question. Any of ``answers`` must be in the reply; none at all means that the documents don't tell."""

    id: str
    language: str
    question: str
    answers: tuple[str, ...]
    documents: tuple[str, ...]

    @property
    def is_answerable(self) -> bool:
        return bool(self.answers)


def read_questions(file: Path) -> tuple[Question, ...]:
    """A question set in JSON Lines. Raises QuestionSetError naming the line that can't be read."""
    try:
        lines = file.read_text("utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8"
        raise QuestionSetError(f"{file} can't be read ({reason}): give a JSON Lines file of questions") from None
    questions = tuple(_question(file, number, line) for number, line in enumerate(lines, 1) if line.strip())
    if not questions:
        raise QuestionSetError(f"{file} holds no question: write one JSON object a line")
    ((twice, times),) = Counter(question.id for question in questions).most_common(1)
    if times > 1:
        raise QuestionSetError(f"{file}: the id {twice!r} is used twice: give each question its own")
    return questions


def _question(file: Path, number: int, line: str) -> Question:
    def fault(reason: str) -> QuestionSetError:
        return QuestionSetError(f"{file}:{number}: {reason}")

    try:
        row: Any = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise fault(f"is no JSON object ({error})") from None
    if not isinstance(row, dict) or not isinstance(row.get("question"), str):
        raise fault('expected an object with a "question"')
    if not any(letter.isalnum() for letter in row["question"]):
        raise fault("the question is empty")
    for key in ("answers", "documents"):
        value = row.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise fault(f'"{key}" must be a list of strings')
    language = str(row.get("language", ""))
    if language not in LANGUAGES:
        raise fault(f"language {language!r} is not known: use one of {', '.join(LANGUAGES)}")
    return Question(
        str(row.get("id", number)),
        language,
        row["question"],
        tuple(row.get("answers", [])),
        tuple(row.get("documents", [])),
    )
