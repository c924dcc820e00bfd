"""What happens on the chat page: each method gives the new values of the components that it is wired to.

Python never draws into Gradio's components. What is to be seen goes as JSON through the hidden ``feed``, and
``static/log.js`` puts it on the page: only what has changed is sent, and what has the focus stays where it is.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable
from dataclasses import replace
from itertools import count
from typing import Any, TypeVar

import gradio as gr

from qa.errors import QAError, QuestionError
from qa.records import Turn as Remembered
from qa.web.asking.service import Busy, Inquiry, NotReady, Service
from qa.web.asking.suggestions import Suggestions
from qa.web.drawing.turns import Turn, announcement, draw
from qa.web.messages import Catalogue, catalogue, choose_language, spoken
from qa.web.page import panels
from qa.web.page.visits import Visits

_PIECE_WORDS = 4
_PIECE_PAUSE_S = 0.03
MAX_TURNS = 50
_MAX_REMEMBERED = 10

_FAULTS = {QuestionError: "fault_unreadable", NotReady: "error_not_ready", Busy: "error_busy"}

_numbers = count()

Turns = tuple[Turn, ...]
_Given = TypeVar("_Given")


class Talk:
    """What the visitors of all pages do."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._settings = service.settings
        self._suggestions = Suggestions(service)
        self._visits = Visits()

    async def opened(self, request: gr.Request) -> str:
        """The visitor's language; every word is in the document already."""
        code = choose_language(request.query_params.get("lang"), request.headers.get("accept-language"))
        self._visits.begin(_session(request), code)
        return feed(language=code)

    async def commanded(self, order: str, request: gr.Request) -> list[Any]:
        """Another language or a new conversation: everything is drawn anew. Anything else opens a closed stream."""
        visit = self._visits.of(_session(request))
        name, value = (*order.split(":"), "", "")[1:3]
        if visit is None:
            return [feed(lost=True), *[gr.skip()] * 3]
        if name == "language":
            visit.language = spoken(value) or visit.language
        elif name == "restart":
            visit.turns = ()
        else:
            return [gr.skip()] * 4
        words = catalogue(visit.language)
        drawn = feed(
            language=visit.language,
            header=panels.header(self._settings, words),
            footnote=panels.footnote(words),
            notices=panels.notices(words),
            welcome=panels.welcome(words),
            first=0,
            turns=[self._draw(turn, number, words) for number, turn in enumerate(visit.turns)],
        )
        return [drawn, *_worded(words)]

    async def ask(self, question: str, request: gr.Request) -> AsyncIterator[str]:
        """The question, then the answer a few words at a time until it is complete or stopped; only then it is kept."""
        visit = self._visits.of(_session(request))
        if visit is None:
            yield feed(lost=True)
            return
        words, text = catalogue(visit.language), question.strip()
        hint = self._hint(text, len(visit.turns), words)
        if not text or hint:
            yield feed(answering=False, hint=hint)
            return
        before, stopped = visit.turns, visit.answering()
        yield self._grown(Turn(text), len(before), words)
        async for turn in self._growing(text, visit.language, before, stopped):
            if not turn.running:
                visit.turns = (*before, turn)
            yield self._grown(turn, len(before), words)

    async def stop(self, request: gr.Request) -> None:
        """Ends the answer that is being given, which then says so itself."""
        visit = self._visits.of(_session(request))
        if visit:
            visit.stop()

    def _hint(self, text: str, number: int, words: Catalogue) -> str:
        """Why a question isn't taken; it stays in the box."""
        if len(text) > self._settings.max_question_chars:
            return words("fault_too_long", max=self._settings.max_question_chars)
        return words("too_many_turns", max=MAX_TURNS) if number >= MAX_TURNS else ""

    def _grown(self, turn: Turn, number: int, words: Catalogue) -> str:
        """The newest turn; once it is complete with what a screen reader is told."""
        said = "" if turn.running else words("stopped") if turn.stopped else announcement(turn, words)
        drawn = [self._draw(turn, number, words)]
        return feed(answering=turn.running, first=number, turns=drawn, said=said, hint="")

    def _draw(self, turn: Turn, number: int, words: Catalogue) -> str:
        return draw(turn, number, words, self._service.documents)

    async def _growing(
        self, question: str, page_language: str, before: Turns, stopped: asyncio.Event
    ) -> AsyncIterator[Turn]:
        """The turn as it grows; while its words come it is looked for what may follow."""
        turn = await _unless(stopped, self._answered(question, page_language, before))
        if turn is None or turn.answer is None:
            yield turn or Turn(question, stopped=True)
            return
        asked = [*(earlier.question for earlier in before), question]
        following = asyncio.create_task(self._suggestions.after(turn.answer, asked))
        try:
            for shown in _pieces(turn.answer.answer):
                yield replace(turn, shown=shown)
                await _unless(stopped, asyncio.sleep(_PIECE_PAUSE_S))
                if stopped.is_set():
                    yield replace(turn, shown=shown, stopped=True)
                    return
            yield replace(turn, suggestions=await _unless(stopped, following) or ())
        finally:
            following.cancel()

    async def _answered(self, question: str, page_language: str, before: Turns) -> Turn:
        """The turn with its answer, or with words for why there is none."""
        inquiry = Inquiry(question, page_language=page_language, history=_remembered(before))
        try:
            reply = await self._service.ask(inquiry, channel="page")
        except (QAError, NotReady, Busy) as error:
            return Turn(question, fault=catalogue(page_language)(_FAULTS.get(type(error), "fault_unexpected")))
        return Turn(question, reply.answer, id=reply.id)


async def _unless(stopped: asyncio.Event, work: Awaitable[_Given]) -> _Given | None:
    """What the work gives, or None when it is stopped before."""
    working, stopping = asyncio.ensure_future(work), asyncio.create_task(stopped.wait())
    try:
        await asyncio.wait((working, stopping), return_when=asyncio.FIRST_COMPLETED)
        return working.result() if working.done() else None
    finally:
        stopping.cancel()
        working.cancel()


def _session(request: gr.Request) -> str:
    """The name, random and chosen by the page, under which Gradio knows it."""
    return str(request.session_hash)


def feed(**news: Any) -> str:
    """What ``static/log.js`` is told, as JSON; the number makes the same news told twice a change."""
    return json.dumps({"number": next(_numbers), **news}, ensure_ascii=False, separators=(",", ":"))


def _worded(words: Catalogue) -> list[Any]:
    """Question box, send and stop in a language."""
    box = gr.update(label=words("question_label"), placeholder=words("question_placeholder"))
    return [box, words("send"), words("stop")]


def _remembered(turns: Turns) -> tuple[Remembered, ...]:
    """What a follow-up needs of the turns before it."""
    answers = [turn.answer for turn in turns[-_MAX_REMEMBERED:] if turn.answer]
    return tuple(answer.turn for answer in answers if answer.turn)


def _pieces(text: str) -> list[int]:
    """After how many characters the answer pauses while it is shown."""
    ends = [position for position, letter in enumerate(text) if letter.isspace()]
    return ends[_PIECE_WORDS - 1 :: _PIECE_WORDS]
