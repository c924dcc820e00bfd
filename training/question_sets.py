"""The measuring data of `dev/` as corpora with question sets, so that what reads Kysy's own sets reads them too.

They are many (some five thousand questions against two hundred of our own) and hard: half of those from SQuAD 2 ask
for what the passage nearly tells. Nothing is trained on them but the dozen weights that judge an answer.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from qa.evaluation.questions import Question

from .data import Row, read_rows

SAMPLE = 500
"""Questions a set and language."""


@dataclass(frozen=True)
class QuestionSet:
    """Passages in one language, by name, and questions about them in several."""

    name: str
    language: str
    passages: dict[str, str]
    questions: tuple[Question, ...]

    def write_corpus(self, folder: Path) -> None:
        """Write each passage as a document."""
        folder.mkdir(parents=True)
        for name, text in self.passages.items():
            (folder / f"{name}.md").write_text(f"---\nlanguage: {self.language}\n---\n{text}\n", encoding="utf-8")


def question_sets(dev: Path, seed: int = 7) -> Iterator[QuestionSet]:
    """Yield SQuAD 2 in Swedish (asked in Swedish and Finnish), XQuAD in English and German (three), NorQuAD."""
    rng = random.Random(seed)
    yield _squad(dev, rng)
    parallel = list(read_rows(dev / "xquad-en-de-es.jsonl.gz"))
    for language in ("en", "de"):
        yield _xquad(parallel, language, rng)
    yield _norquad(list(read_rows(dev / "norquad-validation.jsonl.gz")))


def _squad(dev: Path, rng: random.Random) -> QuestionSet:
    """Every second question is one that the passages don't answer; answers are known in Swedish alone."""
    passages = {row["id"]: row["sv"] for row in read_rows(dev / "squad2-passages-fi-sv.jsonl.gz")}
    rows = [
        row
        for row in read_rows(dev / "squad2-questions-fi-sv.jsonl.gz")
        if row["is_impossible"] or (row["answer_sv"] and row["answer_sv"].lower() in passages[row["para"]].lower())
    ]
    questions = [
        Question(
            f"{row['id']}-{language}",
            language,
            row[language],
            () if row["is_impossible"] else (row["answer_sv"],),
            (row["para"],),
        )
        for language in ("sv", "fi")
        for row in rng.sample(rows, 2 * SAMPLE)
    ]
    return QuestionSet("squad2", "sv", passages, tuple(questions))


def _xquad(rows: list[Row], language: str, rng: random.Random) -> QuestionSet:
    """The rows of the three languages are parallel: any asks about the passages of any other."""
    told = [row for row in rows if row["lang"] == language]
    names = _names(row["context"] for row in told)
    questions = [
        Question(f"{asked}-{n}", asked, ask["question"], _answers(tell), (names[tell["context"]],))
        for asked in ("en", "de", "es")
        for n, (ask, tell) in rng.sample(
            list(enumerate(zip((row for row in rows if row["lang"] == asked), told, strict=True))), SAMPLE
        )
    ]
    return QuestionSet(f"xquad-{language}", language, {name: text for text, name in names.items()}, tuple(questions))


def _norquad(rows: list[Row]) -> QuestionSet:
    names = _names(row["context"] for row in rows)
    questions = (
        Question(str(n), "nb", row["question"], _answers(row), (names[row["context"]],)) for n, row in enumerate(rows)
    )
    return QuestionSet("norquad", "nb", {name: text for text, name in names.items()}, tuple(questions))


def _answers(row: Row) -> tuple[str, ...]:
    answer = row["answer"]
    return (answer,) if isinstance(answer, str) else tuple(answer)


def _names(texts: Iterable[str]) -> dict[str, str]:
    """Return a name for each distinct text."""
    return {text: f"p{n}" for n, text in enumerate(dict.fromkeys(texts))}
