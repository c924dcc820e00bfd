"""What browsers are told to forbid. Our own pages allow nothing but their own files; Gradio's page needs a little more.

A page that needs other rules than these sets the header itself; it is then left as it is.
"""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from qa.web.origins import Origins

_STRICT = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self';"
    " manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-src {frames}; frame-ancestors {ancestors}"
)
# Gradio writes its configuration and styles into the page, and compiles its templates there.
_GRADIO = (
    "default-src 'none'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline';"
    " img-src 'self' data:; font-src 'self' data:; connect-src 'self'; manifest-src 'self'; worker-src 'self';"
    " base-uri 'self'; form-action 'self'; frame-ancestors 'self'"
)
_EMBED = "/embed"
_FOR_OTHER_SITES = (_EMBED, "/widget.js", "/widget/")
_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Permitted-Cross-Domain-Policies": "none",
}


def policy(ancestors: str, frames: str = "'none'") -> str:
    """The Content-Security-Policy of a page of ours: who may frame it, and what it may frame."""
    return _STRICT.format(ancestors=ancestors, frames=frames)


class SecurityHeaders:
    """Adds to every reply what browsers should forbid (ASGI middleware)."""

    def __init__(self, app: ASGIApp, origins: Origins) -> None:
        self._app = app
        self._own = policy("'self'")
        self._embed = policy(origins.ancestors())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path = scope["path"]

        async def sender(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _ALWAYS.items():
                    headers.setdefault(name, value)
                headers.setdefault("Content-Security-Policy", self._policy(path))
                shared = "cross-origin" if path.startswith(_FOR_OTHER_SITES) else "same-origin"
                headers.setdefault("Cross-Origin-Resource-Policy", shared)
            await send(message)

        await self._app(scope, receive, sender)

    def _policy(self, path: str) -> str:
        if path == _EMBED or path.startswith(f"{_EMBED}/"):
            return self._embed
        return _GRADIO if path == "/" else self._own
