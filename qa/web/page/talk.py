"""What happens on the chat page: each method gives the new values of the components that it is wired to.

Python never draws into Gradio's components. What is to be seen goes as JSON through the hidden ``feed``, and
``static/log.js`` puts it on the page: only what has changed is sent, and what has the focus stays where it is.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from itertools import count
from typing import Any

import gradio as gr

from qa.errors import QAError, QuestionError
from qa.records import Turn as Remembered
from qa.web.asking.service import Busy, Inquiry, NotReady, Service
from qa.web.asking.suggestions import Suggestions
from qa.web.drawing.turns import Turn, announcement, draw
from qa.web.messages import Catalogue, catalogue, choose_language, spoken
from qa.web.page import panels

_PIECE_WORDS = 4
_PIECE_PAUSE_S = 0.03
MAX_TURNS = 50
_MAX_REMEMBERED = 10

_FAULTS = {QuestionError: "fault_unreadable", NotReady: "error_not_ready", Busy: "error_busy"}

_numbers = count()

Turns = tuple[Turn, ...]


class Talk:
    """One visitor's page: its language and its turns are kept in their session and nowhere else."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._settings = service.settings
        self._suggestions = Suggestions(service)

    def opened(self, request: gr.Request) -> list[Any]:
        """The visitor's language; every word is in the document already."""
        code = choose_language(request.query_params.get("lang"), request.headers.get("accept-language"))
        return [code, feed(language=code)]

    def commanded(self, order: str, code: str, turns: Turns) -> list[Any]:
        """Another language, a new conversation, or a stopped answer: everything is drawn anew."""
        if not code:
            return [gr.skip(), gr.skip(), feed(lost=True), *[gr.skip()] * 3]
        name, value = (*order.split(":"), "", "")[1:3]
        if name == "language":
            code = spoken(value) or code
        elif name == "restart":
            turns = ()
        words = catalogue(code)
        drawn = feed(
            language=code,
            header=panels.header(self._settings, words),
            footnote=panels.footnote(words),
            notices=panels.notices(words),
            welcome=panels.welcome(words),
            first=0,
            turns=[self._draw(turn, number, words) for number, turn in enumerate(turns)],
            said=words("stopped") if name == "stopped" else "",
        )
        return [code, turns, drawn, *_worded(words)]

    async def ask(self, question: str, code: str, turns: Turns) -> AsyncIterator[list[Any]]:
        """The question, then the answer a few words at a time.

        Until the answer is complete the turn that is kept counts as stopped: that is what it is if the visitor stops.
        """
        if not code:  # the service has been started anew since the page was opened
            yield [gr.skip(), gr.skip(), feed(lost=True), gr.skip(), gr.skip()]
            return
        words, text = catalogue(code), question.strip()
        hint = self._hint(text, len(turns), words)
        if not text or hint:
            yield [gr.skip(), gr.skip(), feed(hint=hint), gr.skip(), gr.skip()]
            return
        number, turn = len(turns), Turn(text)
        kept = (*turns, replace(turn, stopped=True))
        yield ["", kept, self._grown(turn, number, words), gr.update(visible=False), gr.update(visible=True)]
        turn = await self._answered(turn, code, turns)
        for shown in _pieces(turn):
            growing = replace(turn, shown=shown)
            kept = (*turns, replace(growing, stopped=True))
            yield [gr.skip(), kept, self._grown(growing, number, words), gr.skip(), gr.skip()]
            await asyncio.sleep(_PIECE_PAUSE_S)
        yield [gr.skip(), (*turns, turn), self._grown(turn, number, words), gr.skip(), gr.skip()]

    def idle(self) -> list[Any]:
        """Ready for the next question; if the visitor stopped the one before, the page then orders it to be drawn."""
        return [gr.update(visible=True), gr.update(visible=False)]

    def _hint(self, text: str, number: int, words: Catalogue) -> str:
        """Why a question isn't taken; it stays in the box."""
        if len(text) > self._settings.max_question_chars:
            return words("fault_too_long", max=self._settings.max_question_chars)
        return words("too_many_turns", max=MAX_TURNS) if number >= MAX_TURNS else ""

    def _grown(self, turn: Turn, number: int, words: Catalogue) -> str:
        """The newest turn; once it is complete with what a screen reader is told."""
        said = "" if turn.running else words("stopped") if turn.stopped else announcement(turn, words)
        return feed(first=number, turns=[self._draw(turn, number, words)], said=said, hint="")

    def _draw(self, turn: Turn, number: int, words: Catalogue) -> str:
        return draw(turn, number, words, self._service.documents)

    async def _answered(self, turn: Turn, page_language: str, before: Turns) -> Turn:
        """The turn with its answer and what may follow, or with words for why there is none."""
        words = catalogue(page_language)
        inquiry = Inquiry(turn.question, page_language=page_language, history=_remembered(before))
        try:
            reply = await self._service.ask(inquiry, channel="page")
            asked = [earlier.question for earlier in (*before, turn)]
            follow = await asyncio.to_thread(self._suggestions.after, reply.answer, asked)
        except (QAError, NotReady, Busy) as error:
            return replace(turn, fault=words(_FAULTS.get(type(error), "fault_unexpected")))
        return replace(turn, answer=reply.answer, id=reply.id, suggestions=follow)


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


def _pieces(turn: Turn) -> list[int]:
    """After how many characters the answer pauses while it is shown."""
    if turn.answer is None:
        return []
    text = turn.answer.answer
    ends = [position for position, letter in enumerate(text) if letter.isspace()]
    return ends[_PIECE_WORDS - 1 :: _PIECE_WORDS]
