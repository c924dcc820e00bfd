"""The API's routes. Each parses, asks the service and replies; what goes wrong is told by ``faults``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException
from starlette.routing import Match, Route

from qa import __version__
from qa.errors import QAError, QuestionError
from qa.records import Document, Turn
from qa.text import clean
from qa.web.api import models
from qa.web.api.chat_completions import add_chat
from qa.web.api.respond import EVENTS, as_events, note
from qa.web.api.stream import events
from qa.web.asking.metrics import CONTENT_TYPE
from qa.web.asking.service import Busy, Gone, Inquiry, NotReady, Reply, Service
from qa.web.drawing import turns
from qa.web.guard import faults
from qa.web.guard.headers import SecurityHeaders
from qa.web.guard.limits import Limits
from qa.web.guard.observe import Observed
from qa.web.guard.origins import OriginGuard, Origins
from qa.web.messages import catalogue
from qa.web.widget.widget import add_widget

_ASK_FAULTS = models.describe(
    "bad_request", "bad_question", "ticket_refused", "origin_refused", "too_slow", "too_large", "invalid",
    "too_many_requests", "busy", "not_ready", "fault",
)  # fmt: skip
_FEEDBACK_FAULTS = models.describe(
    "bad_request",
    "ticket_refused",
    "origin_refused",
    "too_slow",
    "too_large",
    "invalid",
    "too_many_requests",
    "busy",
    "fault",
)
_READ_FAULTS = models.describe("origin_refused", "not_ready", "fault")
_DOCUMENT_REPLIES: dict[int | str, dict[str, Any]] = {
    304: {"description": "Nothing has changed since the list whose `ETag` was sent in `If-None-Match`."},
    **_READ_FAULTS,
}
_ASK_REPLIES: dict[int | str, dict[str, Any]] = {
    200: {
        "model": models.AnswerBody,
        "description": "The answer, or that the documents don't tell; as events when `Accept` asks for them.",
        "content": {EVENTS: {"schema": {"type": "string"}}},
    },
    **_ASK_FAULTS,
}


def make_api(service: Service) -> FastAPI:
    """The application with every path of the API and all that guards it; the page is mounted into it.

    Raises SettingsError for a list of origins or proxies that can't be used.
    """
    settings = service.settings
    api = FastAPI(title=settings.name, version=__version__, docs_url=None, redoc_url=None)
    origins = Origins.parse(settings.allowed_origins)
    # The last one added is the outermost.
    add_widget(api, settings, origins)
    api.add_middleware(Limits, service=service)
    api.add_middleware(OriginGuard, origins=origins)
    api.add_middleware(SecurityHeaders, origins=origins)
    api.add_middleware(Observed, service=service)
    for error, handler in (
        (QAError, faults.question_fault),
        (NotReady, faults.not_ready),
        (Busy, faults.busy),
        (Gone, faults.gone),
        (RequestValidationError, faults.invalid),
        (HTTPException, faults.http_fault),
    ):
        api.add_exception_handler(error, handler)
    _add_asking(api, service)
    add_chat(api, service)
    _add_operations(api, service)
    _add_unknown(api)
    return api


def _add_asking(api: FastAPI, service: Service) -> None:
    @api.post("/api/ask", responses=_ASK_REPLIES)
    async def ask(body: models.Ask, request: Request) -> Response:
        """The answer to one question, or that the documents don't tell."""
        request.state.page_language = body.draw or body.page_language or body.language
        inquiry = Inquiry(body.question, body.language, body.page_language, turns_of(body.history))
        reply = await service.ask(
            inquiry,
            channel="widget" if body.draw else "api",
            id=request.state.request_id,
            gone=request.is_disconnected,
        )
        note(request, reply)
        told = reply.to_json() | ({"html": drawn(reply, body.draw)} if body.draw else {})
        if EVENTS in request.headers.get("accept", ""):
            return as_events(events(told))
        return JSONResponse(told)

    @api.post("/api/feedback", status_code=202, responses=_FEEDBACK_FAULTS)
    async def feedback(body: models.Feedback) -> models.Received:
        """Counts whether an answer helped."""
        service.feedback(body.id, body.verdict, comment=body.comment, language=body.language)
        return models.Received()

    @api.get("/api/documents", responses=_DOCUMENT_REPLIES, response_model=list[models.DocumentBody])
    def documents(request: Request) -> Response:
        """The documents that answers come from; the same until another generation of the index answers."""
        snapshot = service.snapshot
        edition = snapshot.assistant.edition
        headers = {"ETag": f'"{edition.generation}-{edition.created}"', "Cache-Control": "no-cache"}
        if headers["ETag"] in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        return Response(snapshot.once("api", _listed), media_type="application/json", headers=headers)


def _listed(documents: Mapping[str, Document]) -> bytes:
    keys = models.DocumentBody.model_fields
    told = [{key: getattr(document, key) for key in keys} for document in documents.values()]
    return bytes(JSONResponse(told).body)


def _add_operations(api: FastAPI, service: Service) -> None:
    @api.get("/healthz")
    async def healthz() -> models.Alive:
        """The process is alive."""
        return models.Alive(status="ok")

    @api.get("/readyz", responses=models.describe("not_ready"))
    async def readyz() -> models.Ready:
        """Questions can be asked; 503 until the index is loaded, and once the service is about to stop."""
        ready = models.Ready.of(service)
        if service.draining:
            raise NotReady("the service is about to stop")
        return ready

    @api.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
    async def metrics() -> Response:
        """The counters, in Prometheus' text format."""
        return Response(service.metrics.exposition(), media_type=CONTENT_TYPE)


def _add_unknown(api: FastAPI) -> None:
    """What begins like the API but is none of it: a fault as JSON, before the page takes all other paths."""

    async def unknown(request: Request) -> Response:
        others = [route for route in api.router.routes if isinstance(route, Route) and route.endpoint is not unknown]
        allowed = {
            method
            for route in others
            if route.matches(request.scope)[0] is Match.PARTIAL
            for method in route.methods or ()
        }
        if allowed:
            raise HTTPException(405, headers={"Allow": ", ".join(sorted(allowed))})
        raise HTTPException(404)

    methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"]
    for path in ("/api/{path:path}", "/v1/{path:path}", "/healthz", "/readyz", "/metrics", "/openapi.json"):
        api.add_api_route(path, unknown, methods=methods, include_in_schema=False)


def turns_of(history: list[models.EarlierTurn]) -> tuple[Turn, ...]:
    """The earlier turns as records. Raises QuestionError when they are more or longer than any that were given out."""
    if len(history) > models.MAX_TURNS:
        raise QuestionError(f"history has {len(history)} turns; at most {models.MAX_TURNS} are read: send the latest")
    turns = tuple(Turn(**{name: text and clean(text) for name, text in turn.model_dump().items()}) for turn in history)
    for number, turn in enumerate(turns):
        longest = max(len(value or "") for value in (turn.question, turn.language, turn.document, turn.person))
        if longest > models.MAX_TURN_CHARS:
            told = f"history[{number}] has a text of {longest} characters; at most {models.MAX_TURN_CHARS} are read"
            raise QuestionError(f"{told}: send each turn as it came with its answer")
    return turns


def drawn(reply: Reply, language: str) -> str:
    """The reply as the page draws it."""
    turn = turns.Turn(reply.answer.question, reply.answer)
    return turns.reply(turn, catalogue(language), reply.documents)
