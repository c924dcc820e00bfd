"""The command line: parse, call, print. What the commands do stands in ``qa.commands``, one module a family.

Exit code 0: done; 1: a check failed (a floor of ``--min``, say); 2: a fault that a person can mend;
130 and 143: stopped by Ctrl-C and by SIGTERM.
"""

from __future__ import annotations

import argparse
import errno
import os
import signal
import sys
import threading
from collections.abc import Sequence
from io import TextIOWrapper
from types import FrameType

from qa import __version__
from qa.commands import ask, build, crawl, evaluate, index, questions, serve
from qa.errors import QAError

FAMILIES = (crawl, build, index, ask, evaluate, questions, serve)
"""In the order of the help."""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command; the exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # a terminal that can't show a letter shows a question mark
            stream.reconfigure(errors="replace")
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, _terminated)
    options = build_parser().parse_args(argv)
    try:
        code = int(options.run(options))
        print(end="", flush=True)
        return code
    except QAError as error:
        print(f"qa: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # the reader of our output has gone, as in `qa ask … | head -1`
        _say_no_more()
        return 0
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        print(f"qa: the output can't be written ({error.strerror})", file=sys.stderr)
        _say_no_more()
        return 2
    except KeyboardInterrupt:
        print("qa: stopped", file=sys.stderr)
        return 130


def _say_no_more() -> None:
    """Lets what is still to be printed go nowhere: Python would try once more when it ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _terminated(number: int, _: FrameType | None) -> None:
    """Ends the command as Ctrl-C does, so that nothing is left half done; a second signal ends it at once."""
    signal.signal(number, signal.SIG_DFL)
    raise SystemExit(128 + number)


def build_parser() -> argparse.ArgumentParser:
    """The parser of all commands."""
    parser = argparse.ArgumentParser(prog="qa", description="Kysy answers questions from your own documents.")
    parser.add_argument("--version", action="version", version=f"Kysy {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for family in FAMILIES:
        family.add(commands)
    return parser
