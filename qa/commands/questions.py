"""``qa questions``: help to write a question set."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from qa.commands.common import add_group, plain, print_json, settings_of, usages
from qa.errors import QuestionSetError


def add(commands: Any) -> None:
    """Adds the command and its actions to the parser."""
    questions, actions = add_group(commands, "questions", "help to write a question set", "draft|check")
    draft = _action(actions, "draft", _draft, "propose questions from the documents", "qa questions draft --limit 30")
    draft.add_argument("--language", nargs="+", metavar="CODE", help="only questions in these languages")
    draft.add_argument("--limit", type=int, metavar="N", help="at most N questions a language, evenly from all")
    draft.add_argument("--out", type=Path, metavar="FILE", help="write them there (default: print them)")
    check = _action(actions, "check", _check, "find faults in a question set", "qa questions check drafts.jsonl")
    check.add_argument("questions", type=Path, metavar="QUESTIONS.jsonl")
    check.add_argument("--json", action="store_true", help="print JSON")
    questions.epilog = f"{usages(draft, check)}\nExample: qa questions draft --language fi sv --out drafts.jsonl"


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
    from qa.ingest.source import Limits

    known = template_languages()
    unknown = [code for code in options.language or () if code not in known]
    if unknown:
        raise QuestionSetError(f"--language {unknown[0]}: questions can be drafted in {', '.join(known)}")
    if options.limit is not None and options.limit < 1:
        raise QuestionSetError(f"--limit {options.limit}: expected a number of questions, 1 or more")
    if options.out and options.out.exists():
        raise QuestionSetError(f"{options.out} is there already: choose another --out, so that no edited draft is lost")
    settings = settings_of(options)
    documents, _ = read_corpus(settings.corpus_dir, limits=Limits.of(settings))
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
    from qa.ingest.source import Limits
    from qa.language import QuestionLanguages
    from qa.search.embeddings import EMBEDDED_MODEL_DIR, StaticModel

    lines = read_lines(options.questions)
    settings = settings_of(options)
    documents, _ = read_corpus(settings.corpus_dir, limits=Limits.of(settings))
    tokens = StaticModel.from_folder(EMBEDDED_MODEL_DIR).tokens
    languages = QuestionLanguages.from_file(EMBEDDED_MODEL_DIR / "languages.npz", tokens)
    findings = check_questions(lines, documents, languages.identify)
    errors = sum(finding.is_error for finding in findings)
    if options.json:
        print_json([plain(finding) for finding in findings])
    else:
        for finding in findings:
            print(finding.as_line(options.questions))
        print(f"questions {len(lines)}, errors {errors}, hints {len(findings) - errors}")
    return 1 if errors else 0
