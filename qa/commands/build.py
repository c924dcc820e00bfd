"""``qa build``: a corpus becomes an index."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from qa.commands.common import add_command, plain, print_json, settings_of
from qa.progress import progress_bar


def add(commands: Any) -> None:
    """Adds the command to the parser."""
    build = add_command(commands, "build", run, "read a corpus and build the index", "qa build --corpus corpus")
    build.add_argument("--corpus", type=Path, metavar="DIR", help="folder of documents")


def run(options: argparse.Namespace) -> int:
    """Builds and prints what has changed."""
    from qa.assistant import build

    with progress_bar() as progress:
        report = build(settings_of(options), progress)
    if options.json:
        print_json(plain(report))
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
