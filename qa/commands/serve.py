"""``qa serve``: the page and the API."""

from __future__ import annotations

import argparse
from typing import Any

from qa.commands.common import add_command, settings_of


def add(commands: Any) -> None:
    """Adds the command to the parser."""
    serve = add_command(commands, "serve", run, "start the page and the API", "qa serve --port 8080")
    serve.add_argument("--host", metavar="H", help="address to listen on")
    serve.add_argument("--port", type=int, metavar="P", help="port to listen on")


def run(options: argparse.Namespace) -> int:
    """Serves until it is told to stop."""
    settings = settings_of(options)
    from qa.web.server import serve

    serve(settings)
    return 0
