"""Every fault of the API as JSON: ``{"error": {"code", "message", "detail"?, "request_id"?}}``.

``code`` is for programs, ``message`` for the visitor in their language, ``detail`` for whoever writes the program: one
line in English. What was sent is never repeated in full.
"""

from __future__ import annotations

from typing import Any

from fastapi.exceptions import RequestValidationError
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Scope

from qa.errors import QAError, QuestionError
from qa.web.messages import catalogue, choose_language

RETRY_AFTER_S = 2
CODES = {
    "bad_request": 400,
    "bad_question": 400,
    "ticket_refused": 401,
    "origin_refused": 403,
    "not_found": 404,
    "method_not_allowed": 405,
    "too_slow": 408,
    "too_large": 413,
    "invalid": 422,
    "too_many_requests": 429,
    "fault": 500,
    "busy": 503,
    "not_ready": 503,
}
"""Code → status. Each code has its message under ``error_<code>`` in ``messages/``."""

_CODE_OF_STATUS = {status: code for code, status in reversed(CODES.items())} | {400: "bad_request", 503: "busy"}
_OPENAI_TYPES = {429: "rate_limit_error", 500: "server_error", 503: "server_error"}
_MAX_DETAIL_CHARS = 200


def fault_json(
    code: str,
    message: str,
    detail: str | None = None,
    *,
    request_id: str | None = None,
    param: str | None = None,
    openai: bool = False,
) -> dict[str, Any]:
    """A fault as JSON, with what OpenAI's clients look for where they are the ones who ask."""
    error: dict[str, Any] = {"code": code, "message": message}
    if openai:
        error |= {"type": _OPENAI_TYPES.get(CODES[code], "invalid_request_error"), "param": param}
    if detail:
        # Lone surrogates can't be sent.
        error["detail"] = detail.encode("utf-8", "replace").decode()[:_MAX_DETAIL_CHARS]
    if request_id:
        error["request_id"] = request_id
    return {"error": error}


def refusal(
    scope: Scope,
    code: str,
    detail: str | None = None,
    *,
    param: str | None = None,
    retry_after_s: int | None = None,
) -> Response:
    """A fault told in the visitor's language, in the form that clients of its path expect."""
    status = CODES[code]
    again = RETRY_AFTER_S if retry_after_s is None and status == 503 else retry_after_s
    told = fault_json(
        code,
        catalogue(language_of(scope))(f"error_{code}"),
        detail,
        request_id=scope.get("state", {}).get("request_id"),
        param=param,
        openai=scope["path"].startswith("/v1/"),
    )
    return JSONResponse(told, status_code=status, headers={} if again is None else {"Retry-After": str(again)})


def language_of(scope: Scope) -> str:
    """The language to tell a fault in: the page's, when the request got so far as to tell it, else the browser's."""
    told = scope.get("state", {}).get("page_language")
    return choose_language(told, Headers(scope=scope).get("accept-language"))


async def question_fault(request: Request, error: Exception) -> Response:
    """A question that can't be taken as given, or another known fault."""
    if not isinstance(error, QuestionError):
        return refusal(request.scope, "not_ready", str(error) if isinstance(error, QAError) else None)
    return refusal(request.scope, "bad_question", str(error))


async def not_ready(request: Request, _: Exception) -> Response:
    """The index isn't loaded."""
    return refusal(request.scope, "not_ready")


async def busy(request: Request, _: Exception) -> Response:
    """Too many questions at once."""
    return refusal(request.scope, "busy")


async def gone(_request: Request, _error: Exception) -> Response:
    """Nobody reads this; the status is for the log."""
    return Response(status_code=499)


async def invalid(request: Request, error: Exception) -> Response:
    """JSON of the wrong shape; what was sent isn't echoed, it may be anything."""
    first: Any = error.errors()[0] if isinstance(error, RequestValidationError) else {}
    where = ".".join(str(part) for part in first.get("loc", ()))
    return refusal(
        request.scope, "invalid", f"{where}: {first.get('msg', 'can’t be read')}", param=where.removeprefix("body.")
    )


async def http_fault(request: Request, error: Exception) -> Response:
    """What Starlette and the middleware raise."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    code = _CODE_OF_STATUS.get(status, "bad_request" if status < 500 else "fault")
    reply = refusal(request.scope, code)
    reply.headers.update(getattr(error, "headers", None) or {})
    return reply
