"""What the commands share: how one is added to the parser, its settings, and JSON on standard output."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from qa.settings import Settings


def add_command(commands: Any, name: str, run: Any, help: str, example: str) -> argparse.ArgumentParser:
    """A command with ``--index`` and, unless it serves, ``--json``; ``run(options)`` gives the exit code."""
    parser: argparse.ArgumentParser = commands.add_parser(
        name, help=help, description=help[0].upper() + help[1:] + ".", epilog=f"Example: {example}"
    )
    parser.add_argument("--index", type=Path, metavar="DIR", help="folder of the index")
    if name != "serve":
        parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=run)
    return parser


def add_group(commands: Any, name: str, help: str, actions: str) -> tuple[argparse.ArgumentParser, Any]:
    """A command of several ``actions``, and what those are added to; its help is complete with ``usages``."""
    parser: argparse.ArgumentParser = commands.add_parser(
        name,
        help=help,
        description=help[0].upper() + help[1:] + ".",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    return parser, parser.add_subparsers(required=True, metavar=actions)


def usages(*actions: argparse.ArgumentParser) -> str:
    """How each action of a command is called, a paragraph for its help."""
    return "".join(action.format_usage().replace("usage: ", "").replace("\n       ", "\n") for action in actions)


def settings_of(options: argparse.Namespace) -> Settings:
    """The settings from the environment and the options of a command, which win."""
    return Settings.from_environ(
        index_dir=options.index,
        corpus_dir=getattr(options, "corpus", None),
        crawl_dir=getattr(options, "crawl_dir", None),
        host=getattr(options, "host", None),
        port=getattr(options, "port", None),
    )


def print_json(value: Any) -> None:
    """Prints a value as indented JSON."""
    print(json.dumps(value, ensure_ascii=False, indent=1))


def plain(report: Any) -> dict[str, Any]:
    """A dataclass as a dict, inner ones too."""
    return asdict(report)
