"""One request, one reply: limited in size, and in time as a whole. No cookie is kept, no redirect followed unasked."""

from __future__ import annotations

import asyncio
import datetime
import re
import ssl
from collections.abc import AsyncIterable, AsyncIterator, Callable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any

import httpcore

from qa import __version__
from qa.crawl.addresses import normalise
from qa.crawl.gunzip import Gunzip
from qa.errors import FetchFailed

AGENT = "KysyBot"
REDIRECTS = frozenset((301, 302, 303, 307, 308))
_TEMPORARY = frozenset((408, 425, 429, 500, 502, 503, 504))
_MAX_REDIRECTS = 5
_ACCEPT = "text/html,application/xhtml+xml,application/pdf,text/plain,text/markdown,text/csv,*/*;q=0.5"


@dataclass(frozen=True, slots=True)
class Reply:
    """What a server said; ``body`` is unpacked, and empty unless the status is 200."""

    url: str
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes = b""

    def header(self, name: str) -> str | None:
        """The first header of that name (in lower case)."""
        return next(iter(self.all(name)), None)

    def all(self, name: str) -> tuple[str, ...]:
        """All headers of that name (in lower case)."""
        return tuple(value for key, value in self.headers if key == name)

    @property
    def content_type(self) -> str:
        """The media type in lower case, or ""."""
        return (self.header("content-type") or "").split(";")[0].strip().lower()

    @property
    def charset(self) -> str | None:
        """The charset that the server names."""
        named = re.search(r"charset\s*=\s*[\"']?([A-Za-z0-9_.:-]+)", self.header("content-type") or "", re.IGNORECASE)
        return named[1].lower() if named else None

    @property
    def target(self) -> str | None:
        """Where a redirect leads. Raises AddressRefused."""
        location = self.header("location") if self.status in REDIRECTS else None
        if location is None:
            return None
        return normalise(location.encode("latin-1").decode("utf-8", "replace"), self.url)


Refuse = Callable[[Reply], str | None]
"""Looks at a reply before its body is read, and says why it isn't wanted."""


def user_agent(contact: str) -> str:
    """How the crawler names itself.

    >>> user_agent("webmaster@example.org").partition(" ")[2]
    '(webmaster@example.org)'
    """
    told = " ".join(contact.split())
    return f"{AGENT}/{__version__}" + (f" ({told})" if told else "")


class Fetcher:
    """Asks for addresses over a network; ``timeout_s`` is for a whole reply, however slowly it drips."""

    def __init__(
        self,
        network: httpcore.AsyncNetworkBackend,
        *,
        agent: str = AGENT,
        timeout_s: float = 30.0,
        max_bytes: int = 20_000_000,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        self._pool = httpcore.AsyncConnectionPool(
            network_backend=network, ssl_context=ssl_context, max_connections=None, keepalive_expiry=30.0
        )
        self._agent = agent
        self._timeout_s = timeout_s
        self._max_bytes = max_bytes
        self._received = 0

    def drain(self) -> int:
        """Bytes of bodies that came over the wire since this was last called, also of replies that were given up."""
        received, self._received = self._received, 0
        return received

    async def __aenter__(self) -> Fetcher:
        await self._pool.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._pool.__aexit__(kind, error, trace)

    async def get(
        self,
        url: str,
        headers: dict[str, str] | None = None,
        *,
        refuse: Refuse = lambda reply: None,
        max_bytes: int | None = None,
        cut: bool = False,
    ) -> Reply:
        """The reply to one request; a body over the limit is refused, or cut off there.

        Raises FetchFailed, also for statuses that may pass, and AddressRefused.
        """
        try:
            async with asyncio.timeout(self._timeout_s):
                return await self._get(url, headers or {}, refuse, max_bytes or self._max_bytes, cut)
        except (TimeoutError, httpcore.TimeoutException):
            raise FetchFailed("takes too long", is_temporary=True) from None
        except (httpcore.NetworkError, httpcore.ProtocolError, ssl.SSLError, OSError) as error:
            raise FetchFailed(_said(error), is_temporary=True) from None

    async def _get(self, url: str, headers: dict[str, str], refuse: Refuse, max_bytes: int, cut: bool) -> Reply:
        asked = {"Host": _host(url), "User-Agent": self._agent, "Accept": _ACCEPT, "Accept-Encoding": "gzip"} | headers
        sent = [(name.encode("ascii"), value.encode("latin-1", "replace")) for name, value in asked.items()]
        async with self._pool.stream("GET", url, headers=sent) as response:
            reply = Reply(url, response.status, _decoded(response.headers))
            if reply.status in _TEMPORARY:
                raise FetchFailed(
                    f"HTTP {reply.status}", is_temporary=True, wait_s=wait_of(reply.header("retry-after"))
                )
            if reply.status != 200:
                return reply
            if unwanted := refuse(reply):
                raise FetchFailed(unwanted)
            body = await _read(self._counted(response.aiter_stream()), reply, max_bytes, cut)
        return Reply(url, reply.status, reply.headers, body)

    async def _counted(self, stream: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
        async for chunk in stream:
            self._received += len(chunk)
            yield chunk

    async def follow(self, url: str, *, max_bytes: int, cut: bool = False) -> Reply:
        """The reply at the end of up to five redirects, to whatever public host. Raises as ``get``."""
        for _ in range(_MAX_REDIRECTS + 1):
            reply = await self.get(url, max_bytes=max_bytes, cut=cut)
            target = reply.target
            if target is None:
                return reply
            url = target
        raise FetchFailed("redirects too often")


def _host(url: str) -> str:
    return url.split("/", 3)[2]


def _decoded(headers: list[tuple[bytes, bytes]]) -> tuple[tuple[str, str], ...]:
    return tuple((key.decode("latin-1").lower(), value.decode("latin-1")) for key, value in headers)


async def _read(stream: AsyncIterator[bytes], reply: Reply, max_bytes: int, cut: bool) -> bytes:
    too_large = FetchFailed(f"is larger than {max_bytes / 1e6:g} MB")
    encoding = (reply.header("content-encoding") or "identity").strip().lower()
    if encoding not in ("identity", "gzip", "x-gzip"):
        raise FetchFailed(f"is encoded as {encoding[:20]}, which was not asked for")
    told = reply.header("content-length") or ""
    if not cut and told.isdecimal() and int(told[:20]) > max_bytes:
        raise too_large
    unpacker = Gunzip(max_bytes) if encoding != "identity" else None
    body = bytearray()
    async for chunk in stream:
        body += unpacker.feed(chunk) if unpacker else chunk
        if len(body) > max_bytes:
            if cut:
                return bytes(body[:max_bytes])
            raise too_large
    if unpacker and body:
        unpacker.finish()
    return bytes(body)


def wait_of(retry_after: str | None) -> float | None:
    """Seconds to wait, from a Retry-After header in either form.

    >>> wait_of("120"), wait_of("Wed, 21 Oct 2015 07:28:00 GMT"), wait_of("soon")
    (120.0, 0.0, None)
    """
    if retry_after is None:
        return None
    if retry_after.strip().isdecimal():
        return float(retry_after)
    try:
        when = parsedate_to_datetime(retry_after)
        return max(0.0, (when - datetime.datetime.now(datetime.UTC)).total_seconds())
    except (ValueError, TypeError, OverflowError):  # no date, one without a time zone, one beyond the calendar
        return None


def _said(error: Any) -> str:
    """The kind of a network's fault in words."""
    if isinstance(error, ssl.SSLError) or "CERTIFICATE" in str(error).upper() or "SSL" in str(error):
        return "its certificate or encryption fails"
    if isinstance(error, httpcore.ConnectError):
        return "its host can't be reached"
    return "the connection broke off"
