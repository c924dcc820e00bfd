"""The command line: parses, calls, prints. Exit code 0, 1 for a failed check, 2 for a fault that a person can mend."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from functools import lru_cache
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qa import __version__
from qa.errors import QAError, QuestionSetError
from qa.progress import progress_bar
from qa.settings import Settings

if TYPE_CHECKING:  # a command loads what it needs, and no more
    from qa.evaluation.pages import Pages
    from qa.evaluation.questions import Question
    from qa.evaluation.results import Comparison, Evaluation
    from qa.language import QuestionLanguages


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command; the exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # a terminal that can't show a letter shows a question mark
            stream.reconfigure(errors="replace")
    options = build_parser().parse_args(argv)
    try:
        return int(options.run(options))
    except QAError as error:
        print(f"qa: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # the reader of our output has gone, as in `qa ask … | head -1`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        print("qa: stopped", file=sys.stderr)
        return 130


def build_parser() -> argparse.ArgumentParser:
    """The parser of all commands."""
    parser = argparse.ArgumentParser(prog="qa", description="Kysy answers questions from your own documents.")
    parser.add_argument("--version", action="version", version=f"Kysy {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    build = _command(commands, "build", _build, "read a corpus and build the index", "qa build --corpus corpus")
    build.add_argument("--corpus", type=Path, metavar="DIR", help="folder of documents")
    ask = _command(commands, "ask", _ask, "answer one question", 'qa ask "Milloin CEMR perustettiin?"')
    ask.add_argument("question", metavar="QUESTION")
    ask.add_argument("--language", metavar="CODE", help="language of the question (default: detected)")
    evaluate = _command(
        commands,
        "evaluate",
        _evaluate,
        "measure answers to a question set",
        "qa evaluate questions.jsonl --out results --min answer=0.8",
    )
    _add_evaluate_options(evaluate)
    _add_questions(commands)
    serve = _command(commands, "serve", _serve, "start the page and the API", "qa serve --port 8080")
    serve.add_argument("--host", metavar="H", help="address to listen on")
    serve.add_argument("--port", type=int, metavar="P", help="port to listen on")
    return parser


def _command(commands: Any, name: str, run: Any, help: str, example: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(
        name, help=help, description=help[0].upper() + help[1:] + ".", epilog=f"Example: {example}"
    )
    parser.add_argument("--index", type=Path, metavar="DIR", help="folder of the index")
    if name != "serve":
        parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=run)
    return parser


def _settings(options: argparse.Namespace) -> Settings:
    return Settings.from_environ(
        index_dir=options.index,
        corpus_dir=getattr(options, "corpus", None),
        host=getattr(options, "host", None),
        port=getattr(options, "port", None),
    )


def _build(options: argparse.Namespace) -> int:
    from qa.assistant import build

    with progress_bar() as progress:
        report = build(_settings(options), progress)
    if options.json:
        _print_json(_plain(report))
        return 0
    for file in report.skipped:
        print(f"skipped {file.path}: {file.reason}", file=sys.stderr)
    changes = (("added", report.added), ("changed", report.changed), ("removed", report.removed))
    for word, paths in changes:
        for path in paths:
            print(f"{word} {path}")
    summary = ", ".join(f"{len(paths)} {word}" for word, paths in changes)
    print(
        f"{report.documents} documents, {report.passages} passages in {', '.join(report.languages)}: {summary},"
        f" {len(report.skipped)} skipped; {report.seconds:.1f} s"
    )
    return 0


def _ask(options: argparse.Namespace) -> int:
    from qa.assistant import Assistant

    answer = Assistant.load(_settings(options)).ask(options.question, language=options.language)
    if options.json:
        _print_json(answer.to_json())
        return 0
    print(answer.answer)
    for contact in answer.contacts:
        print("\n" + "\n".join(filter(None, (contact.name, contact.title, contact.email, contact.phone))))
    for citation in answer.citations:
        print("\n" + " · ".join(filter(None, (citation.title, citation.language, citation.updated, citation.url))))
    if answer.notice:
        print(answer.notice)
    return 0


def _add_evaluate_options(evaluate: argparse.ArgumentParser) -> None:
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


def _evaluate(options: argparse.Namespace) -> int:
    from qa.assistant import Assistant
    from qa.evaluation.compare import compare, read_predictions
    from qa.evaluation.floors import check_floors, parse_floors
    from qa.evaluation.pages import Pages
    from qa.evaluation.run import run, summarise

    floors = parse_floors(options.min)
    earlier = read_predictions(options.compare) if options.compare else None
    assistant = Assistant.load(_settings(options))
    pages = Pages.of(assistant.documents)
    questions = _questions(options, pages)
    if options.out:
        _make_folder(options.out)
    with progress_bar() as progress:
        outcomes = run(assistant, questions, as_page_language=options.as_page_language, progress=progress)
    evaluation = summarise(outcomes, pages)
    comparison = None if earlier is None else compare(earlier, outcomes, pages)
    if options.out:
        _write_results(options.out, evaluation, comparison, pages)
    if options.json:
        _print_json(_figures(evaluation, comparison))
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


def _add_questions(commands: Any) -> None:
    """``qa questions``: help to write a question set."""
    questions = commands.add_parser(
        "questions",
        help="help to write a question set",
        description="Help to write a question set.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    actions = questions.add_subparsers(required=True, metavar="draft|check")
    draft = _action(actions, "draft", _draft, "propose questions from the documents", "qa questions draft --limit 30")
    draft.add_argument("--language", nargs="+", metavar="CODE", help="only questions in these languages")
    draft.add_argument("--limit", type=int, metavar="N", help="at most N questions a language, evenly from all")
    draft.add_argument("--out", type=Path, metavar="FILE", help="write them there (default: print them)")
    check = _action(actions, "check", _check, "find faults in a question set", "qa questions check drafts.jsonl")
    check.add_argument("questions", type=Path, metavar="QUESTIONS.jsonl")
    check.add_argument("--json", action="store_true", help="print JSON")
    usages = "".join(
        action.format_usage().replace("usage: ", "").replace("\n       ", "\n") for action in (draft, check)
    )
    questions.epilog = f"{usages}\nExample: qa questions draft --language fi sv --out drafts.jsonl"


def _action(actions: Any, name: str, run: Any, help: str, example: str) -> argparse.ArgumentParser:
    action: argparse.ArgumentParser = actions.add_parser(
        name, help=help, description=help[0].upper() + help[1:] + ".", epilog=f"Example: {example}"
    )
    action.add_argument("--corpus", type=Path, metavar="DIR", help="folder of documents")
    action.set_defaults(run=run, index=None)
    return action


def _draft(options: argparse.Namespace) -> int:
    from qa.evaluation.draft import as_rows, draft_questions
    from qa.evaluation.templates import template_languages
    from qa.ingest.corpus import read_corpus

    known = template_languages()
    unknown = [code for code in options.language or () if code not in known]
    if unknown:
        raise QuestionSetError(f"--language {unknown[0]}: questions can be drafted in {', '.join(known)}")
    if options.limit is not None and options.limit < 1:
        raise QuestionSetError(f"--limit {options.limit}: expected a number of questions, 1 or more")
    if options.out and options.out.exists():
        raise QuestionSetError(f"{options.out} is there already: choose another --out, so that no edited draft is lost")
    documents, _ = read_corpus(_settings(options).corpus_dir)
    drafts = draft_questions(documents, options.language or known, options.limit)
    lines = "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in as_rows(drafts))
    if not options.out:
        print(lines, end="")
        return 0
    try:
        options.out.write_text(lines, "utf-8")
    except OSError as error:
        raise QuestionSetError(f"{options.out} can't be written ({error.strerror}): choose another --out") from None
    print(f"{len(drafts)} drafts in {options.out}: look each one over, then `qa questions check {options.out}`")
    return 0


def _check(options: argparse.Namespace) -> int:
    from qa.evaluation.check import check_questions, read_lines
    from qa.ingest.corpus import read_corpus
    from qa.language import QuestionLanguages
    from qa.search.embeddings import EMBEDDED_MODEL_DIR, StaticModel

    lines = read_lines(options.questions)
    documents, _ = read_corpus(_settings(options).corpus_dir)
    tokens = StaticModel.from_folder(EMBEDDED_MODEL_DIR).tokens
    languages = QuestionLanguages.from_file(EMBEDDED_MODEL_DIR / "languages.npz", tokens)
    findings = check_questions(lines, documents, languages.identify)
    errors = sum(finding.is_error for finding in findings)
    if options.json:
        _print_json([_plain(finding) for finding in findings])
    else:
        for finding in findings:
            print(finding.as_line(options.questions))
        print(f"questions {len(lines)}, errors {errors}, hints {len(findings) - errors}")
    return 1 if errors else 0


def _serve(options: argparse.Namespace) -> int:
    settings = _settings(options)
    from qa.web.server import serve

    serve(settings)
    return 0


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


def _print_json(value: Any) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=1))


def _plain(report: Any) -> dict[str, Any]:
    from dataclasses import asdict

    return asdict(report)
