"""A reply as server-sent events: language, passages, the answer in pieces, and done with the whole of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

PIECE_WORDS = 4


def event(name: str | None, data: Any) -> str:
    """One event; ``data`` is JSON on a single line, or a ready text.

    >>> event("language", {"language": "fi"})
    'event: language\\ndata: {"language": "fi"}\\n\\n'
    """
    text = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)
    return (f"event: {name}\n" if name else "") + f"data: {text}\n\n"


def pieces(text: str) -> Iterator[str]:
    """A few words at a time; joined they are exactly the text.

    >>> list(pieces("It was founded in 1951, in Geneva."))
    ['It was founded in ', '1951, in Geneva.']
    """
    start = words = 0
    for position, letter in enumerate(text):
        if letter.isspace():
            words += 1
            if words == PIECE_WORDS:
                yield text[start : position + 1]
                start, words = position + 1, 0
    if text[start:]:
        yield text[start:]


def events(reply: dict[str, Any]) -> Iterator[str]:
    """The events of an answer's JSON."""
    yield event("language", {"language": reply["language"]})
    yield event("passages", reply["passages"])
    for piece in pieces(reply["answer"]):
        yield event("answer", {"text": piece, "language": reply["answer_language"]})
    yield event("done", reply)
