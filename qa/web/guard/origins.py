"""Which sites may use the service from their visitors' browsers: those in the list and its own; there is no wildcard.

One list for three questions: who may read the API's replies (CORS), whose requests are taken at all, and who may frame
the widget. Gradio would answer for itself and let anybody in, so nothing behind this middleware learns the origin.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from qa.errors import SettingsError
from qa.web.guard.faults import refusal

_DEFAULT_PORTS = {"http": 80, "https": 443}
_LABEL = "[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"  # containers have names with underscores
_HOST = re.compile(rf"(?:{_LABEL}\.)*{_LABEL}|\[[0-9a-f:.]+\]")
_OPEN_TO_OTHERS = ("/api/", "/v1/", "/widget.js")
_METHODS = "GET, POST"
_HEADERS = "Accept, Accept-Language, Authorization, Content-Type"
_NAMES = re.compile(r"[\w-]+(?: ?, ?[\w-]+)*", re.ASCII)
_MAX_AGE_S = 600


def normalised(origin: str) -> str | None:
    """``scheme://host[:port]`` in lower case without a default port, or None when it is nothing of the kind.

    >>> normalised("HTTPS://Example.org:443"), normalised("https://example.org/page"), normalised("null")
    ('https://example.org', None, None)
    """
    try:
        parts = urlsplit(origin.strip().lower())
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return None
    host = f"[{host}]" if ":" in host else host
    rest = parts.path or parts.query or parts.fragment or parts.username is not None
    if parts.scheme not in _DEFAULT_PORTS or rest or not _HOST.fullmatch(host):
        return None
    return f"{parts.scheme}://{host}" + (f":{port}" if port and port != _DEFAULT_PORTS[parts.scheme] else "")


@dataclass(frozen=True, slots=True)
class Origins:
    """The other sites that may embed the widget and call the API, normalised."""

    allowed: tuple[str, ...] = ()

    @classmethod
    def parse(cls, setting: str) -> Origins:
        """From the setting ``allowed_origins``. Raises SettingsError, naming the first that can't be used."""
        found = []
        for written in filter(None, (part.strip() for part in setting.split(","))):
            # A final slash is what people copy from the address bar.
            origin = normalised(written.removesuffix("/"))
            if origin is None:
                raise SettingsError(
                    f"allowed_origins: {written!r} is no origin: write scheme, host and port only,"
                    " such as https://example.org; there is no wildcard"
                )
            found.append(origin)
        return cls(tuple(dict.fromkeys(found)))

    def allows(self, origin: str) -> bool:
        """Whether the value of an Origin header is in the list."""
        return normalised(origin) in self.allowed

    def ancestors(self) -> str:
        """Who may frame the widget, as ``frame-ancestors`` of a Content-Security-Policy says it."""
        return " ".join(("'self'", *self.allowed))


def is_own(origin: str, host: str) -> bool:
    """Whether an Origin is the very host that was asked.

    A proxy in front may have taken the encryption off, so the scheme can't be compared.

    >>> is_own("https://kysy.example.org", "kysy.example.org"), is_own("https://example.org", "kysy.example.org")
    (True, False)
    """
    known = normalised(origin)
    scheme = (known or "").partition(":")[0]
    return known is not None and known == normalised(f"{scheme}://{host}")


class OriginGuard:
    """Refuses requests sent by other sites' pages, and lets those in the list read the API (ASGI middleware)."""

    def __init__(self, app: ASGIApp, origins: Origins) -> None:
        self._app = app
        self._origins = origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        sent = headers.getlist("origin")
        origin = ", ".join(sent)
        if not sent or is_own(origin, headers.get("host", "")):
            await self._app(_without_origin(scope), receive, send)
            return
        is_open = scope["path"].startswith(_OPEN_TO_OTHERS)
        if not (is_open and self._origins.allows(origin)):
            if scope["method"] in ("GET", "HEAD") and not is_open:  # a script or font asked for "anonymously"
                await self._app(_without_origin(scope), receive, send)
                return
            await refusal(scope, "origin_refused")(scope, receive, send)
            return
        scope.setdefault("state", {})["origin"] = normalised(origin)
        if scope["method"] == "OPTIONS" and "access-control-request-method" in headers:
            names = headers.get("access-control-request-headers", "")
            await Response(status_code=204, headers=_preflight(origin, names))(scope, receive, send)
            return
        await self._app(_without_origin(scope), receive, _readable(send, origin))


def _without_origin(scope: Scope) -> Scope:
    scope["headers"] = [(name, value) for name, value in scope["headers"] if name != b"origin"]
    return scope


def _preflight(origin: str, names: str) -> dict[str, str]:
    """Whoever is in the list may send any headers: chat clients have dozens of their own, and none of them counts."""
    return {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Allow-Methods": _METHODS,
        "Access-Control-Allow-Headers": names if _NAMES.fullmatch(names) else _HEADERS,
        "Access-Control-Max-Age": str(_MAX_AGE_S),
        "Vary": "Origin, Access-Control-Request-Headers",
    }


def _readable(send: Send, origin: str) -> Send:
    async def sender(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers["Access-Control-Allow-Origin"] = origin
            headers["Access-Control-Expose-Headers"] = "Retry-After, X-Request-ID"
            headers.add_vary_header("Origin")
        await send(message)

    return sender
