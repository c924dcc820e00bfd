"""How much one client and one site may ask of the service; what is beyond is refused at once.

Reading pages and files is cheap and not counted. Everything else is: questions, feedback and what the page sends. How
many questions are worked on at once is the service's own affair.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import Counter, OrderedDict
from collections.abc import Callable

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from qa.web.asking.service import Service
from qa.web.guard.clients import Clients
from qa.web.guard.faults import refusal

_MAX_BUCKETS = 10_000
_PATIENCE_READING = 6  # the page's files are large, and phones can be slow
_READING = ("GET", "HEAD", "OPTIONS")
_STREAMS = "/gradio_api/queue/data"
# What the page needs of Gradio; uploads, files, proxies, direct calls and the rest stay closed.
_GRADIO_OPEN = (
    "/gradio_api/queue/",
    "/gradio_api/cancel",
    "/gradio_api/reset",
    "/gradio_api/startup-events",
    "/gradio_api/app_id",
)
_GRADIO_CLOSED = ("/gradio_api/", "/login", "/logout", "/monitoring", "/svelte/")


class Buckets:
    """A token bucket a name: ``per_minute`` tokens fit in, and as many come back in a minute.

    Only the most recently used names are remembered; a forgotten one starts full again.
    """

    def __init__(self, per_minute: int, now: Callable[[], float] = time.monotonic) -> None:
        self._size = float(per_minute)
        self._now = now
        self._filled: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, name: str) -> float:
        """0 when a token was taken, else the seconds until there is one."""
        if not self._size:
            return 0.0
        now = self._now()
        tokens, then = self._filled.pop(name, (self._size, now))
        tokens = min(self._size, tokens + (now - then) * self._size / 60)
        taken = tokens >= 1
        self._filled[name] = (tokens - taken, now)
        if len(self._filled) > _MAX_BUCKETS:
            self._filled.popitem(last=False)
        return 0.0 if taken else (1 - tokens) * 60 / self._size


class Limits:
    """Bounds the size, the rate and the duration of requests (ASGI middleware)."""

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self._app = app
        self._service = service
        self._settings = settings = service.settings
        self._clients = Clients.parse(settings.trusted_proxies)
        self._by_client = Buckets(settings.client_rate_per_minute)
        self._by_origin = Buckets(settings.origin_rate_per_minute)
        self._streams: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif is_closed(scope["path"]):
            await refusal(scope, "not_found")(scope, receive, send)
        elif scope["method"] not in _READING:
            await self._work(scope, receive, send)
        elif scope["path"].startswith(_STREAMS):
            await self._stream(scope, receive, send)
        else:
            await self._in_time(scope, receive, send, _PATIENCE_READING * self._settings.request_timeout_s)

    async def _work(self, scope: Scope, receive: Receive, send: Send) -> None:
        wait_s = self._by_client.take(self._clients.of(scope))
        origin = scope.get("state", {}).get("origin")
        if origin and not wait_s:
            wait_s = self._by_origin.take(origin)
        if wait_s:
            await refusal(scope, "too_many_requests", retry_after_s=math.ceil(wait_s))(scope, receive, send)
            return
        length = Headers(scope=scope).get("content-length", "0")
        if not length.isdecimal() or int(length[:20]) > self._settings.max_body_bytes:
            told = f"the body has {length[:20]} bytes; at most {self._settings.max_body_bytes} are read"
            await refusal(scope, "too_large", told)(scope, receive, send)
            return
        await self._in_time(scope, self._counted(receive), send, self._settings.request_timeout_s)

    async def _stream(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A page that waits for news costs a connection, and no more than so many a client."""
        client = self._clients.of(scope)
        if self._streams[client] >= self._settings.client_streams:
            await refusal(scope, "too_many_requests", retry_after_s=60)(scope, receive, send)
            return
        self._streams[client] += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._streams[client] -= 1
            if not self._streams[client]:
                del self._streams[client]

    async def _in_time(self, scope: Scope, receive: Receive, send: Send, timeout_s: float) -> None:
        """Ends a request that takes too long to come or whose reply is taken too slowly."""
        begun = False

        async def noting(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            async with asyncio.timeout(timeout_s):
                await self._app(scope, receive, noting)
        except TimeoutError:
            if not begun:
                reply = refusal(scope, "too_slow")
                reply.headers["Connection"] = "close"
                await reply(scope, receive, send)

    def _counted(self, receive: Receive) -> Receive:
        """``receive`` that stops at the longest body, also where no length was told beforehand."""
        left = self._settings.max_body_bytes

        async def counting() -> Message:
            nonlocal left
            message = await receive()
            left -= len(message.get("body", b""))
            if left < 0:
                raise HTTPException(413)
            return message

        return counting


def is_closed(path: str) -> bool:
    """Whether a path of Gradio's is none of the few that the page needs.

    >>> is_closed("/gradio_api/upload"), is_closed("/gradio_api/queue/join"), is_closed("/assets/index.js")
    (True, False, False)
    """
    return path.startswith(_GRADIO_CLOSED) and not path.startswith(_GRADIO_OPEN)
