"""How the API's routes reply."""

from __future__ import annotations

from collections.abc import Iterable

from fastapi import Request
from fastapi.responses import Response

from qa.web.asking.service import Reply

EVENTS = "text/event-stream"


def note(request: Request, reply: Reply) -> None:
    """For the request's line in the log."""
    request.state.answer_language = reply.answer.language
    request.state.outcome = "smalltalk" if reply.answer.smalltalk else reply.answer.status


def as_events(events: Iterable[str]) -> Response:
    """Server-sent events. They are all known by now, so they go in one piece; proxies are asked to pass them on."""
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return Response("".join(events), media_type=EVENTS, headers=headers)
