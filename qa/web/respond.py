"""How the API's routes reply."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable

from fastapi import Request
from fastapi.responses import StreamingResponse

from qa.web.service import Reply

EVENTS = "text/event-stream"


def note(request: Request, reply: Reply) -> None:
    """For the request's line in the log."""
    request.state.answer_language = reply.answer.language
    request.state.outcome = "smalltalk" if reply.answer.smalltalk else reply.answer.status


def as_events(lines: Iterable[str]) -> StreamingResponse:
    """Server-sent events; proxies are asked to pass them on at once."""

    async def sent() -> AsyncIterator[bytes]:
        for line in lines:
            yield line.encode()

    return StreamingResponse(
        sent(), media_type=EVENTS, headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    )
