"""The association's logo: a file that a setting names, checked once and sent as an image and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from qa.errors import SettingsError
from qa.settings import Settings
from qa.web.drawing import icons

_MOST_BYTES = 500_000
_PNG = b"\x89PNG\r\n\x1a\n"
# An SVG file may hold scripts. As an image they never run; opened by its address they must not either.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"


@dataclass(frozen=True)
class Logo:
    """The file as it is sent."""

    content: bytes
    media_type: str

    @property
    def digest(self) -> str:
        """Changes with the content."""
        return sha256(self.content).hexdigest()[:16]


@lru_cache(maxsize=8)
def read_logo(path: str) -> Logo:
    """The logo in a file. Raises SettingsError when it is no SVG or PNG, too large, or can't be read."""
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise SettingsError(f"logo={path!r} can't be read ({error.strerror}): name an SVG or PNG file") from None
    if len(content) > _MOST_BYTES:
        raise SettingsError(f"logo={path!r} has {len(content)} bytes: at most {_MOST_BYTES} are sent with a page")
    if content.startswith(_PNG):
        return Logo(content, "image/png")
    if b"<svg" in content[:2_000]:
        return Logo(content, "image/svg+xml")
    raise SettingsError(f"logo={path!r} is neither SVG nor PNG: convert it to one of them")


def image(settings: Settings) -> str:
    """The logo, or else our own mark; the name beside it says what it shows."""
    if not settings.logo:
        return icons.MARK
    return f'<img class="logo" src="logo?v={read_logo(settings.logo).digest}" alt="">'


def add_logo(api: FastAPI, settings: Settings) -> None:
    """The route of the logo. Raises SettingsError for a file that is none: the service doesn't start with it."""
    found = read_logo(settings.logo) if settings.logo else None

    @api.get("/logo", include_in_schema=False)
    def logo(request: Request) -> Response:
        if found is None:
            raise HTTPException(404, "no logo is set")
        is_lasting = request.query_params.get("v") == found.digest
        age = "public, max-age=31536000, immutable" if is_lasting else "public, max-age=300"
        headers = {"Cache-Control": age, "Content-Security-Policy": _POLICY, "X-Content-Type-Options": "nosniff"}
        return Response(found.content, media_type=found.media_type, headers=headers)
