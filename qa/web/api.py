"""The API: JSON in, JSON out, and a fault is always ``{"error": {"code": …, "message": …}}``."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from qa import __version__
from qa.errors import QAError, QuestionError
from qa.records import Turn
from qa.web.service import NotReady, Service

MAX_BODY_BYTES = 65_536
MAX_TURNS = 10
MAX_TURN_CHARS = 1_000
_CODES = {400: "bad_request", 404: "not_found", 405: "method_not_allowed", 413: "too_large", 422: "invalid"}


class EarlierTurn(BaseModel):
    """An answer's ``turn``, sent back as it came."""

    model_config = ConfigDict(extra="forbid")

    question: str
    language: str
    document: str | None = None
    person: str | None = None


class Ask(BaseModel):
    """What ``POST /api/ask`` takes."""

    model_config = ConfigDict(extra="forbid")

    question: str = Field(examples=["Milloin CEMR perustettiin?"])
    language: str | None = Field(None, description="Language of the question, when it is known.", examples=["fi"])
    page_language: str | None = Field(None, description="Language of the page: a hint where the question is unclear.")
    history: list[EarlierTurn] = Field(
        [], description=f"The `turn` of each earlier answer, oldest first, at most {MAX_TURNS}: for follow-ups."
    )


def make_api(service: Service) -> FastAPI:
    """The application with every path of the API; the page is mounted into it."""
    api = FastAPI(title=service.settings.name, version=__version__, docs_url=None, redoc_url=None)
    api.add_middleware(LimitBody)
    api.add_exception_handler(QAError, _known_fault)
    api.add_exception_handler(NotReady, _not_ready)
    api.add_exception_handler(RequestValidationError, _invalid)
    api.add_exception_handler(HTTPException, _http_fault)

    @api.post("/api/ask")
    def ask(request: Ask) -> dict[str, Any]:
        """The answer to one question, or that the documents don't tell."""
        answer = service.assistant.ask(
            request.question,
            language=request.language,
            page_language=request.page_language,
            history=_turns(request.history),
        )
        return answer.to_json()

    @api.get("/api/documents")
    def documents() -> list[dict[str, Any]]:
        """The documents that answers come from."""
        return [
            {key: getattr(document, key) for key in ("path", "id", "title", "language", "url", "source", "updated")}
            for document in service.assistant.documents
        ]

    @api.get("/healthz")
    def healthz() -> dict[str, str]:
        """The process is alive."""
        return {"status": "ok"}

    @api.get("/readyz")
    def readyz() -> dict[str, Any]:
        """The index is loaded; 503 until then."""
        return {"status": "ready", "documents": len(service.assistant.documents)}

    return api


def _turns(history: list[EarlierTurn]) -> tuple[Turn, ...]:
    """The earlier turns as records. Raises QuestionError when they are more or longer than any that were given out."""
    if len(history) > MAX_TURNS:
        raise QuestionError(f"history has {len(history)} turns; at most {MAX_TURNS} are read: send the latest")
    turns = tuple(Turn(**turn.model_dump()) for turn in history)
    for number, turn in enumerate(turns):
        longest = max(len(value or "") for value in (turn.question, turn.language, turn.document, turn.person))
        if longest > MAX_TURN_CHARS:
            told = f"history[{number}] has a text of {longest} characters; at most {MAX_TURN_CHARS} are read"
            raise QuestionError(f"{told}: send each turn as it came with its answer")
    return turns


def fault(status: int, code: str, message: str) -> JSONResponse:
    """A fault as JSON."""
    return JSONResponse({"error": {"code": code, "message": message}}, status_code=status)


class LimitBody:
    """Refuses a large request body to the API before it is read (an ASGI middleware)."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = None
        if scope["type"] == "http" and scope["method"] == "POST" and scope["path"].startswith("/api/"):
            length = Headers(scope=scope).get("content-length", "")
            if not length.isdigit():
                refusal = fault(411, "length_required", "send the Content-Length of the body")
            elif int(length) > MAX_BODY_BYTES:
                refusal = fault(413, "too_large", f"the body has {length} bytes; at most {MAX_BODY_BYTES} are read")
        await (refusal or self._app)(scope, receive, send)


async def _known_fault(_: Request, error: Exception) -> JSONResponse:
    return fault(400, "bad_question", str(error))


async def _not_ready(_: Request, error: Exception) -> JSONResponse:
    return fault(503, "not_ready", f"{error}: try again in a moment")


async def _invalid(_: Request, error: Exception) -> JSONResponse:
    first: Any = error.errors()[0] if isinstance(error, RequestValidationError) else {}
    # The input isn't echoed: it may be anything, lone surrogates included.
    where = ".".join(part for part in first.get("loc", ()) if isinstance(part, str))
    return fault(422, "invalid", f"{where}: {first.get('msg', 'can’t be read')}".encode("utf-8", "replace").decode())


async def _http_fault(_: Request, error: Exception) -> JSONResponse:
    status = error.status_code if isinstance(error, HTTPException) else 500
    detail = error.detail if isinstance(error, HTTPException) else "fault"
    return fault(status, _CODES.get(status, "fault"), str(detail))
