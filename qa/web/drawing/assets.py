"""Our own files for the browser, each under one address that changes with its content.

Only the names in ``NAMES`` are given out, so no path leads elsewhere. They stand under ``/kysy/``: ``/static`` and
``/assets`` are Gradio's.
"""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.responses import Response
from starlette.exceptions import HTTPException

STATIC = Path(__file__).parent.parent / "static"
PREFIX = "kysy"
NAMES = (
    "answer.css",
    "colour.js",
    "configure.css",
    "configure.js",
    "copying.js",
    "embed.css",
    "embed.js",
    "favicon.svg",
    "feedback.js",
    "host.js",
    "judging.js",
    "log.js",
    "page.css",
    "page.js",
    "pages.css",
    "service.js",
    "share.js",
    "shell.css",
    "stream.js",
    "tokens.css",
)
_KINDS = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_FOR_EVER = "public, max-age=31536000, immutable"
_ASK_AGAIN = "no-cache"  # also scripts that scripts import: all of one version, always


@dataclass(frozen=True)
class Asset:
    """A file as it is sent: plain and gzipped, with the digest of its content."""

    name: str
    plain: bytes
    packed: bytes
    digest: str

    @classmethod
    def of(cls, name: str, plain: bytes) -> Asset:
        """The file with that content."""
        return cls(name, plain, gzip.compress(plain, 9, mtime=0), sha256(plain).hexdigest()[:16])

    @property
    def kind(self) -> str:
        """The media type."""
        return _KINDS[Path(self.name).suffix]


@cache
def asset(name: str) -> Asset:
    """The file of that name in ``static/``, read once."""
    return Asset.of(name, (STATIC / name).read_bytes())


def address(name: str) -> str:
    """Where our pages find a file, relative to them (so that a path in front of the service does no harm)."""
    return f"{PREFIX}/{name}?v={asset(name).digest}"


def add_assets(api: FastAPI) -> None:
    """The route of the files."""

    @api.get(f"/{PREFIX}/{{name}}", include_in_schema=False)
    def file(name: str, request: Request) -> Response:
        if name not in NAMES:
            raise HTTPException(404, f"there is no {name[:50]!r}")
        found = asset(name)
        is_lasting = request.query_params.get("v") == found.digest
        return respond(found, request, _FOR_EVER if is_lasting else _ASK_AGAIN)


def respond(sent: Asset, request: Request, cache_control: str) -> Response:
    """The file, gzipped where the browser takes it; nothing but 304 when it has it already."""
    headers = {"ETag": f'"{sent.digest}"', "Cache-Control": cache_control, "Vary": "Accept-Encoding"}
    if sent.digest in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    is_packed = "gzip" in request.headers.get("accept-encoding", "")
    if is_packed:
        headers["Content-Encoding"] = "gzip"
    body = sent.packed if is_packed else sent.plain
    return Response(body, media_type=f"{sent.kind}; charset=utf-8", headers=headers)
