"""Kysy for existing chat clients: the requests and replies of OpenAI's chat completions, answered from the documents.

The last user message is the question, those before it are what a follow-up may borrow from. Instructions from other
roles are not followed, and what other models can be told (temperature, tools …) changes nothing.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from qa.answer.replies import interface_language
from qa.errors import QuestionError
from qa.web.api import models
from qa.web.api.markdown import as_markdown
from qa.web.api.respond import as_events, note
from qa.web.api.stream import event, pieces
from qa.web.asking.service import Inquiry, Service
from qa.web.drawing.transcript import reply_text
from qa.web.messages import catalogue

MODEL = "kysy"
_MAX_EARLIER = 3
_MAX_MESSAGES = 1_000
_FAULTS = models.describe(
    "bad_request", "bad_question", "origin_refused", "too_slow", "too_large", "invalid", "too_many_requests", "busy",
    "not_ready", "fault", openai=True,
)  # fmt: skip
# No model reads or writes tokens here.
_USAGE = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}


class Part(BaseModel):
    """A part of a message; only text is read."""

    model_config = ConfigDict(extra="allow")

    type: str
    text: str | None = None


class Message(BaseModel):
    """A message of the conversation."""

    model_config = ConfigDict(extra="allow")

    role: str = Field(examples=["user"])
    content: str | list[Part] | None = Field(None, examples=["When was CEMR founded?"])

    @property
    def words(self) -> str:
        """What it says."""
        if isinstance(self.content, list):
            return "\n".join(part.text for part in self.content if part.type == "text" and part.text)
        return self.content or ""


class StreamOptions(BaseModel):
    """How to stream."""

    model_config = ConfigDict(extra="allow")

    include_usage: bool | None = None


class Completion(BaseModel):
    """What ``POST /v1/chat/completions`` takes; other parameters are accepted and change nothing."""

    model_config = ConfigDict(extra="allow")

    messages: Annotated[list[Message], Field(min_length=1, max_length=_MAX_MESSAGES)]
    model: str = Field(MODEL, description="Any name will do.")
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    n: Annotated[int, Field(ge=1, le=1)] | None = None

    def inquiry(self) -> Inquiry:
        """The question with those before it. Raises QuestionError when nobody asks anything."""
        asked = [message.words for message in self.messages if message.role == "user"]
        if not asked:
            raise QuestionError("messages has none with the role 'user': the last of those is the question")
        return Inquiry(asked[-1], earlier=tuple(asked[-1 - _MAX_EARLIER : -1]))


def add_chat(api: FastAPI, service: Service) -> None:
    """The routes under ``/v1``."""

    @api.post("/v1/chat/completions", responses=_FAULTS)
    async def complete(body: Completion, request: Request) -> Response:
        """The reply to the last user message, with its sources."""
        reply = await service.ask(
            body.inquiry(), channel="chat", id=request.state.request_id, gone=request.is_disconnected
        )
        note(request, reply)
        words = catalogue(interface_language(reply.answer.language))
        text = as_markdown(reply_text(reply.answer, words, reply.documents))
        head = {"id": f"chatcmpl-{reply.id}", "created": int(time.time()), "model": MODEL}
        if not body.stream:
            choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
            return JSONResponse({**head, "object": "chat.completion", "choices": [choice], "usage": _USAGE})
        wants_usage = bool(body.stream_options and body.stream_options.include_usage)
        return as_events(_chunks({**head, "object": "chat.completion.chunk"}, text, wants_usage))

    @api.get("/v1/models")
    async def models_known() -> dict[str, Any]:
        """The one model there is."""
        return {"object": "list", "data": [_model(service)]}

    @api.get("/v1/models/{model}", responses=models.describe("not_found", openai=True))
    async def model_known(model: str) -> dict[str, Any]:
        """That model."""
        if model != MODEL:
            raise HTTPException(404)
        return _model(service)


def _model(service: Service) -> dict[str, Any]:
    owner = service.settings.organisation or service.settings.name
    return {"id": MODEL, "object": "model", "created": 0, "owned_by": owner}


def _chunks(head: dict[str, Any], text: str, wants_usage: bool) -> Iterator[str]:
    """The events of a streamed reply."""

    def chunk(delta: dict[str, str], finish: str | None = None) -> str:
        choices = [{"index": 0, "delta": delta, "finish_reason": finish}]
        return event(None, {**head, "choices": choices, **({"usage": None} if wants_usage else {})})

    yield chunk({"role": "assistant", "content": ""})
    for piece in pieces(text):
        yield chunk({"content": piece})
    yield chunk({}, "stop")
    if wants_usage:
        yield event(None, {**head, "choices": [], "usage": _USAGE})
    yield event(None, "[DONE]")
