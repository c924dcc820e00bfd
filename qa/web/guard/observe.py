"""Every request has a random id, is counted, and is logged where that is wanted; a defect becomes a plain 500."""

from __future__ import annotations

import logging
import time
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from qa.web.asking.service import Service, new_id
from qa.web.guard.faults import refusal

_METHODS = frozenset(("GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE"))
_log = logging.getLogger("qa.web")


class Observed:
    """Gives each request an id, counts it and writes its line (ASGI middleware, the outermost)."""

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self._app = app
        self._metrics = service.metrics
        self._journal = service.journal

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        state: dict[str, Any] = scope.setdefault("state", {})
        state["request_id"] = request_id = new_id()
        started, status = time.perf_counter(), 0

        async def sender(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-ID"] = request_id
                self._metrics.replied(route_of(scope), time.perf_counter() - started)
            await send(message)

        self._metrics.began()
        try:
            await self._app(scope, receive, sender)
        except Exception:
            _log.exception("request %s failed", request_id)
            if status:  # too late for another reply: the connection is cut
                raise
            await refusal(scope, "fault")(scope, receive, sender)
        finally:
            method = scope["method"] if scope["method"] in _METHODS else "other"
            self._metrics.ended(method, route_of(scope), status)
            self._journal.requested(
                {
                    "id": request_id,
                    "method": method,
                    "path": route_of(scope),
                    "status": status,
                    "ms": round((time.perf_counter() - started) * 1000, 1),
                    "language": state.get("answer_language"),
                    "outcome": state.get("outcome"),
                }
            )


def route_of(scope: Scope) -> str:
    """The template of the route that served a request, which has few values; what was asked for may hold anything."""
    return str(getattr(scope.get("route"), "path", "other"))
