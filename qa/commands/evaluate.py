"""``qa evaluate``: the answers to a question set, measured."""

from __future__ import annotations

import argparse
import json
import sys
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qa.commands.common import add_command, print_json, settings_of
from qa.errors import QuestionSetError
from qa.progress import progress_bar

if TYPE_CHECKING:  # a command loads what it needs, and no more
    from qa.evaluation.pages import Pages
    from qa.evaluation.questions import Question
    from qa.evaluation.results import Comparison, Evaluation
    from qa.language import QuestionLanguages


def add(commands: Any) -> None:
    """Adds the command to the parser."""
    evaluate = add_command(
        commands,
        "evaluate",
        run,
        "measure answers to a question set",
        "qa evaluate questions.jsonl --out results --min answer=0.8",
    )
    evaluate.add_argument(
        "questions", type=Path, metavar="QUESTIONS", help="question set: JSON Lines, SQuAD's JSON, or a BEIR folder"
    )
    evaluate.add_argument("--out", type=Path, metavar="DIR", help="write answers, figures and a report there")
    evaluate.add_argument(
        "--min",
        action="append",
        default=[],
        metavar="METRIC=VALUE",
        help="exit 1 below this; also METRIC/LANGUAGE=VALUE, and METRIC/LANGUAGE>LANGUAGE=VALUE (question>source)",
    )
    evaluate.add_argument(
        "--compare", type=Path, metavar="EARLIER", help="say what has changed since an earlier --out folder"
    )
    evaluate.add_argument("--strict", action="store_true", help="stop at a question that can't be read")
    evaluate.add_argument(
        "--as-page-language", action="store_true", help="tell each question's language as the page's language"
    )


def run(options: argparse.Namespace) -> int:
    """Prints the figures; 1 when a floor is missed."""
    from qa.assistant import Assistant
    from qa.evaluation.compare import compare, read_predictions
    from qa.evaluation.floors import check_floors, parse_floors
    from qa.evaluation.pages import Pages
    from qa.evaluation.run import run as ask_all
    from qa.evaluation.run import summarise

    floors = parse_floors(options.min)
    earlier = read_predictions(options.compare) if options.compare else None
    assistant = Assistant.load(settings_of(options))
    pages = Pages.of(assistant.documents)
    questions = _questions(options, pages)
    if options.out:
        _make_folder(options.out)
    with progress_bar() as progress:
        outcomes = ask_all(assistant, questions, as_page_language=options.as_page_language, progress=progress)
    evaluation = summarise(outcomes, pages)
    comparison = None if earlier is None else compare(earlier, outcomes, pages)
    if options.out:
        _write_results(options.out, evaluation, comparison, pages)
    if options.json:
        print_json(_figures(evaluation, comparison))
    else:
        _print_table(evaluation, comparison)
    missed = check_floors(evaluation, floors)
    for line in missed:
        print(f"qa: {line}", file=sys.stderr)
    return 1 if missed else 0


def _questions(options: argparse.Namespace, pages: Pages) -> tuple[Question, ...]:
    """The set's questions; what can't be read, and what the index can't find, is said."""
    from qa.evaluation.formats import read_question_set
    from qa.evaluation.questions import strict

    found = read_question_set(options.questions, _identify, pages)
    if options.strict:
        strict(found)
    lost = [q for q in found.questions if q.documents and not any(name in pages for name in q.documents)]
    told = [f"{fault} (left out)" for fault in found.faults]
    if lost:
        told.append(
            f"{len(lost)} of {len(found.questions)} questions name no document that the index holds, such as"
            f" {lost[0].documents[0]!r}: there finding and citing count as failed"
        )
    for line in told:
        print(f"qa: {line}", file=sys.stderr)
    return found.questions


def _identify(question: str) -> str:
    """The language of a question, as the assistant would detect it."""
    return _question_languages().identify(question)[0]


@lru_cache(maxsize=1)
def _question_languages() -> QuestionLanguages:
    from qa.language import QuestionLanguages
    from qa.search.embeddings import EMBEDDED_MODEL_DIR, StaticModel

    tokens = StaticModel.from_folder(EMBEDDED_MODEL_DIR).tokens
    return QuestionLanguages.from_file(EMBEDDED_MODEL_DIR / "languages.npz", tokens)


def _make_folder(folder: Path) -> None:
    """Makes the folder of results before a long run, so that a wrong one is known at once."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _not_writable(folder, error) from None


def _not_writable(folder: Path, error: OSError) -> QuestionSetError:
    return QuestionSetError(f"{folder} can't be written ({error.strerror}): choose another --out")


def _write_results(folder: Path, evaluation: Evaluation, comparison: Comparison | None, pages: Pages) -> None:
    from qa.evaluation.formats import trec_qrels, trec_run
    from qa.evaluation.report import report_html

    outcomes = evaluation.outcomes
    rows = (json.dumps({"id": o.question.id, **o.answer.to_json()}, ensure_ascii=False) for o in outcomes)
    texts = {
        "predictions.jsonl": "".join(f"{row}\n" for row in rows),
        "metrics.json": json.dumps(_figures(evaluation, comparison), ensure_ascii=False, indent=1) + "\n",
        "run.trec": trec_run(outcomes, pages),
        "qrels.trec": trec_qrels(outcomes, pages),
        "report.html": report_html(evaluation, comparison),
    }
    try:
        for name, text in texts.items():
            (folder / name).write_text(text, "utf-8", errors="backslashreplace")
    except OSError as error:
        raise _not_writable(folder, error) from None


def _figures(evaluation: Evaluation, comparison: Comparison | None) -> dict[str, Any]:
    return evaluation.to_json() | ({"comparison": comparison.to_json()} if comparison else {})


def _print_table(evaluation: Evaluation, comparison: Comparison | None) -> None:
    from qa.evaluation.tables import comparison_table, evaluation_table

    print(evaluation_table(evaluation))
    if comparison:
        print(f"\n{comparison_table(comparison)}")
