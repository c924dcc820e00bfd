"""``qa build``: a corpus becomes an index, once or whenever it changes."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qa.commands.common import add_command, plain, print_json, settings_of
from qa.errors import QAError
from qa.progress import progress_bar

if TYPE_CHECKING:  # a command loads what it needs, and no more
    from qa.building import BuildReport

_RETRY_S = 30.0


def add(commands: Any) -> None:
    """Adds the command to the parser."""
    build = add_command(commands, "build", run, "read a corpus and build the index", "qa build --corpus corpus")
    build.add_argument("--corpus", type=Path, metavar="DIR", help="folder of documents")
    build.add_argument("--watch", action="store_true", help="go on, and build again whenever the corpus changes")
    build.add_argument("--allow-empty", action="store_true", help="let a corpus without documents empty the index")


def run(options: argparse.Namespace) -> int:
    """Builds and prints what has changed."""
    if options.watch:
        _watch(options)
    _print(_build(options), options.json)
    return 0


def _build(options: argparse.Namespace) -> BuildReport:
    from qa.building import build

    with progress_bar() as progress:
        return build(settings_of(options), progress, allow_empty=options.allow_empty)


def _watch(options: argparse.Namespace) -> None:
    """Builds after every change, until it is interrupted; a fault is told once and mended by the next change."""
    from qa.watch import Watch

    settings = settings_of(options)
    watch = Watch(settings.corpus_dir, settings.index_dir, (settings.glossary,))
    generation, told = "", ""
    print(f"watching {settings.corpus_dir}: Ctrl-C stops", file=sys.stderr)
    while True:
        watch.settle()
        try:
            report = _build(options)
        except QAError as error:
            if str(error) != told:
                print(f"qa: {error}", file=sys.stderr, flush=True)
            told = str(error)
            watch.wait(_RETRY_S)  # it may be mended elsewhere: another build has ended, the disk has room again
            continue
        if report.generation != generation or told:
            _print(report, options.json)
            sys.stdout.flush()
        generation, told = report.generation, ""
        watch.wait()


def _print(report: BuildReport, as_json: bool) -> None:
    if as_json:
        print_json(plain(report))
        return
    for file in report.skipped:
        print(f"skipped {file.path}: {file.reason}", file=sys.stderr)
    for remark in report.remarks:
        print(f"{remark.path} {remark.text}", file=sys.stderr)
    for why in report.renewed:
        print(f"everything was made anew: {why}")
    changes = (("added", report.added), ("changed", report.changed), ("removed", report.removed))
    for word, paths in changes:
        for path in paths:
            print(f"{word} {path}")
    summary = ", ".join(f"{len(paths)} {word}" for word, paths in changes)
    print(
        f"{report.documents} documents, {report.passages} passages in {', '.join(report.languages) or 'no language'}:"
        f" {summary}, {len(report.skipped)} skipped; {report.seconds:.1f} s"
    )
