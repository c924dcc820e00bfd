"""``qa ask``: one question, one answer."""

from __future__ import annotations

import argparse
from typing import Any

from qa.commands.common import add_command, print_json, settings_of


def add(commands: Any) -> None:
    """Adds the command to the parser."""
    ask = add_command(commands, "ask", run, "answer one question", 'qa ask "Milloin CEMR perustettiin?"')
    ask.add_argument("question", metavar="QUESTION")
    ask.add_argument("--language", metavar="CODE", help="language of the question (default: detected)")


def run(options: argparse.Namespace) -> int:
    """Prints the answer with whom to contact and where it stands."""
    from qa.assistant import Assistant

    answer = Assistant.load(settings_of(options)).ask(options.question, language=options.language)
    if options.json:
        print_json(answer.to_json())
        return 0
    print(answer.answer)
    for contact in answer.contacts:
        print("\n" + "\n".join(filter(None, (contact.name, contact.title, contact.email, contact.phone))))
    for citation in answer.citations:
        print("\n" + " · ".join(filter(None, (citation.title, citation.language, citation.updated, citation.url))))
    if answer.notice:
        print(answer.notice)
    return 0
