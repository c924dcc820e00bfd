"""Writes the pages that are made from the code: ``python -m docs.generate`` (``--check`` only compares)."""

from __future__ import annotations

import argparse
import dataclasses
import os
import sys
from pathlib import Path

from qa.cli import build_parser
from qa.settings import PREFIX, PROJECT_DIR, Settings

DOCS_DIR = Path(__file__).parent


def settings_page() -> str:
    """Every setting as a table."""
    rows = []
    for field in dataclasses.fields(Settings):
        default = str(field.default).removeprefix(f"{PROJECT_DIR}/") or "(empty)"
        low, high = field.metadata["low"], field.metadata["high"]
        limits = f" ({low:g} to {high:g})" if low is not None else ""
        rows.append(f"| `{PREFIX}{field.name.upper()}` | `{default}` | {field.metadata['help']}{limits} |")
    head = "# Settings\n\nEnvironment variables; command-line options win over them. Made from `qa/settings.py`.\n\n"
    return head + "| name | default | meaning |\n|---|---|---|\n" + "\n".join(rows) + "\n"


def commands_page() -> str:
    """The help of every command."""
    os.environ["COLUMNS"] = "100"  # argparse wraps at the terminal's width
    parser = build_parser()
    commands = next(a for a in parser._actions if isinstance(a, argparse._SubParsersAction)).choices
    parts = [f"## qa {name}\n\n```\n{command.format_help().strip()}\n```\n" for name, command in commands.items()]
    return "# Commands\n\nMade from `qa/commands/`.\n\n" + "\n".join(parts)


PAGES = {"settings.md": settings_page, "commands.md": commands_page}


def main() -> int:
    """Writes the pages, or with ``--check`` exits 1 when one is not up to date."""
    stale = [name for name, page in PAGES.items() if not _is_current(DOCS_DIR / name, page())]
    if "--check" in sys.argv[1:]:
        for name in stale:
            print(f"docs/{name} is out of date: run `make docs`", file=sys.stderr)
        return 1 if stale else 0
    for name in stale:
        (DOCS_DIR / name).write_text(PAGES[name](), "utf-8")
    return 0


def _is_current(file: Path, text: str) -> bool:
    return file.is_file() and file.read_text("utf-8") == text


if __name__ == "__main__":
    raise SystemExit(main())
