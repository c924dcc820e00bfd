"""What browsers are told to forbid. Our own pages allow nothing but their own files; Gradio's page needs a little more.

A page that needs other rules than these sets the header itself; it is then left as it is.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from hashlib import sha256

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from qa.web.guard.origins import Origins

_STRICT = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self';"
    " manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-src {frames}; frame-ancestors {ancestors}"
)
# Gradio sets styles in its page. Its scripts are let in one by one, and none may evaluate anything.
_GRADIO = (
    "default-src 'none'; script-src 'self' {scripts}; style-src 'self' 'unsafe-inline';"
    " img-src 'self' data:; font-src 'self' data:; connect-src 'self'; manifest-src 'self'; worker-src 'self';"
    " base-uri 'none'; form-action 'self'; frame-ancestors 'self'"
)
_INLINE = re.compile(r"<script\b[^>]*>(.*?)</script>", re.DOTALL | re.IGNORECASE)
_CONFIG = re.compile(r"\s*window\.gradio_config = (\{.*\});?\s*", re.DOTALL)
_EMBED = "/embed"
_FOR_OTHER_SITES = (_EMBED, "/widget.js", "/widget/")
_ALWAYS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"x-permitted-cross-domain-policies", b"none"),
)


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

        if path == "/":
            await self._page(scope, receive, send)
            return

        async def sender(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._add(message, path, self._embed if path == _EMBED else self._own)
            await send(message)

        await self._app(scope, receive, sender)

    async def _page(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The page as a whole, since its policy names the scripts that stand in it."""
        start: Message = {}
        parts: list[bytes] = []

        async def sender(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                start = message
                return
            parts.append(message.get("body", b""))
            if not message.get("more_body"):
                body = b"".join(parts)
                self._add(start, "/", _GRADIO.format(scripts=" ".join(script_hashes(body.decode("utf-8", "replace")))))
                await send(start)
                await send({"type": "http.response.body", "body": body})

        scope["headers"] = [(name, value) for name, value in scope["headers"] if name != b"accept-encoding"]
        await self._app(scope, receive, sender)

    @staticmethod
    def _add(start: Message, path: str, policy: str) -> None:
        headers = start["headers"] = list(start.get("headers", ()))
        shared = b"cross-origin" if path.startswith(_FOR_OTHER_SITES) else b"same-origin"
        own = {name.lower() for name, _ in headers}
        told = (
            *_ALWAYS,
            (b"content-security-policy", policy.encode("latin-1")),
            (b"cross-origin-resource-policy", shared),
        )
        headers += [header for header in told if header[0] not in own]


def script_hashes(page: str) -> list[str]:
    """The sources, for a policy, of the scripts that stand in a page, and in what Gradio's configuration adds to it.

    >>> script_hashes("<script src='a.js'></script><script>1</script>")
    ["'sha256-a4ayc/80/OGda4BO/1o/V0etpOqiLx1JwB5S3beHW0s='"]
    """
    found = [script for script in _INLINE.findall(page) if script]
    for script in found[:]:
        if config := _CONFIG.match(script):
            found += [added for added in _INLINE.findall(_head_in(config[1])) if added]
    return [f"'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'" for script in found]


def _head_in(config: str) -> str:
    try:
        return str(json.loads(config).get("head") or "")
    except (ValueError, AttributeError):
        return ""
