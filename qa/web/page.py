"""The chat page: Gradio carries the conversation, ``render`` and ``panels`` draw it, ``static/`` styles it.

One page is one visit: its language and its turns are kept in the visitor's session and nowhere else.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

# Before Gradio is imported, which reads them once: it must not report or look anything up anywhere.
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
os.environ.setdefault("HF_HUB_OFFLINE", "1")

import gradio as gr
from fastapi import FastAPI

from qa.errors import QAError, QuestionError
from qa.records import Turn as Remembered
from qa.settings import Settings
from qa.web import icons, panels
from qa.web.messages import DEFAULT_LANGUAGE, catalogue, choose_language, spoken
from qa.web.render import Turn, announcement, conversation
from qa.web.service import Service
from qa.web.theme import kysy_theme

STATIC = Path(__file__).parent / "static"
_PIECE_WORDS = 4
_PIECE_PAUSE_S = 0.03
_MAX_TURNS = 50
_MAX_REMEMBERED = 10

Turns = tuple[Turn, ...]


def mount_page(app: FastAPI, service: Service) -> FastAPI:
    """The application with the page at ``/``."""
    mounted: FastAPI = gr.mount_gradio_app(
        app,
        make_page(service),
        path="/",
        footer_links=[],
        run_history=False,
        ssr_mode=False,
        enable_monitoring=False,
        show_error=False,
        theme=kysy_theme(),
        css_paths=[STATIC / name for name in ("tokens.css", "page.css", "answer.css")],
        head=_head(),
        favicon_path=str(STATIC / "favicon.svg"),
        max_file_size="1kb",
    )
    return mounted


def _head() -> str:
    script = (STATIC / "page.js").read_text("utf-8")
    return f'<meta name="color-scheme" content="light dark"><script type="module">{script}</script>'


def make_page(service: Service) -> gr.Blocks:
    """The page's components and what happens on them."""
    talk = _Talk(service)
    page: gr.Blocks
    with gr.Blocks(title=service.settings.name, analytics_enabled=False, fill_height=True) as page:
        language = gr.State(DEFAULT_LANGUAGE)
        turns = gr.State(())
        # Empty until the visitor's language is known: nothing flickers, and nothing is replaced under a finger.
        header = gr.HTML("", elem_id="header")
        log = gr.HTML("", elem_id="log")
        live = gr.HTML("", elem_id="live")
        with gr.Column(elem_id="dock"):
            with gr.Row(elem_id="composer"):
                box, send, stop = _composer(service.settings)
            footnote = gr.HTML("", elem_id="footnote")
        about = gr.HTML("", elem_id="about")
        # Written by static/page.js, which can't call Python itself: "7:restart", "8:language:fi", "9:When …?".
        command = gr.Textbox(elem_id="command", visible="hidden", container=False)
        example = gr.Textbox(elem_id="example", visible="hidden", container=False)

        quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
        asking: dict[str, Any] = {"concurrency_limit": None, "trigger_mode": "once", **quiet}
        worded = [header, box, send, stop, footnote, about]
        replied = [box, turns, log, live, send, stop]
        page.load(talk.opened, None, [language, log, *worded], **quiet)
        typed = gr.on([box.submit, send.click], talk.ask, [box, language, turns], replied, **asking)
        chosen = example.change(talk.ask_example, [example, language, turns], replied, **asking)
        stop.click(talk.stopped, [turns, language], [log, send, stop], cancels=[typed, chosen], **quiet)
        command.change(talk.commanded, [command, language, turns], [language, turns, log, live, *worded], **quiet)
    return page


def _composer(settings: Settings) -> tuple[gr.Textbox, gr.Button, gr.Button]:
    words = catalogue(DEFAULT_LANGUAGE)
    box = gr.Textbox(
        label=words("question_label"),
        placeholder=words("question_placeholder"),
        lines=1,
        max_lines=5,
        max_length=settings.max_question_chars,
        elem_id="question",
        scale=1,
        container=False,
    )
    send = gr.Button(words("send"), elem_id="send", variant="primary", scale=0, min_width=88)
    stop = gr.Button(words("stop"), elem_id="stop", visible=False, scale=0, min_width=88)
    return box, send, stop


class _Talk:
    """What happens on the page; each method gives the new values of the components that it is wired to."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._settings = service.settings

    def opened(self, request: gr.Request) -> list[Any]:
        """Everything in the visitor's language."""
        code = choose_language(request.query_params.get("lang"), request.headers.get("accept-language"))
        return [code, self._drawn((), code), *self._worded(code)]

    def commanded(self, order: str, code: str, turns: Turns) -> list[Any]:
        """Another language, or a new conversation."""
        name, value = (*order.split(":"), "", "")[1:3]
        if name == "language":
            code = spoken(value) or code
        elif name == "restart":
            turns = ()
        return [code, turns, self._drawn(turns, code), "", *self._worded(code)]

    async def ask(self, question: str, code: str, turns: Turns) -> AsyncIterator[list[Any]]:
        """The conversation as it grows: the question, then the answer a few words at a time.

        Until the answer is complete the turn that is kept counts as stopped: that is what it is if the visitor stops.
        """
        busy = [gr.update(visible=False), gr.update(visible=True)]
        idle = [gr.update(visible=True), gr.update(visible=False)]
        if not question.strip():
            yield [gr.skip(), gr.skip(), gr.skip(), gr.skip(), *idle]
            return
        before = turns[-_MAX_TURNS:]
        turn = Turn(question.strip())
        yield ["", (*before, replace(turn, stopped=True)), self._drawn((*before, turn), code), "", *busy]
        turn = await asyncio.to_thread(_answered, self._service, turn, code, _remembered(before))
        for shown in _pieces(turn):
            growing = (*before, replace(turn, shown=shown))
            yield [gr.skip(), (*before, replace(turn, stopped=True)), self._drawn(growing, code), gr.skip(), *busy]
            await asyncio.sleep(_PIECE_PAUSE_S)
        finished = (*before, turn)
        yield [gr.skip(), finished, self._drawn(finished, code), announcement(turn, catalogue(code)), *idle]

    async def ask_example(self, order: str, code: str, turns: Turns) -> AsyncIterator[list[Any]]:
        """As ``ask``, for a question that was chosen rather than written."""
        async for update in self.ask(order.partition(":")[2], code, turns):
            yield update

    def stopped(self, turns: Turns, code: str) -> list[Any]:
        """The conversation as it was when the visitor stopped it."""
        return [self._drawn(turns, code), gr.update(visible=True), gr.update(visible=False)]

    def _drawn(self, turns: Turns, code: str) -> str:
        words = catalogue(code)
        return conversation(turns, words, self._service.documents) if turns else panels.welcome(self._settings, words)

    def _worded(self, code: str) -> list[Any]:
        words = catalogue(code)
        return [
            panels.header(self._settings, words),
            gr.update(label=words("question_label"), placeholder=words("question_placeholder")),
            words("send"),
            words("stop"),
            f"<p>{icons.INFORMATION}{words('footnote')}</p>",
            panels.about(self._service.assistant.documents, words),
        ]


def _remembered(turns: Turns) -> tuple[Remembered, ...]:
    """What a follow-up needs of the turns before it."""
    answers = [turn.answer for turn in turns[-_MAX_REMEMBERED:] if turn.answer]
    return tuple(answer.turn for answer in answers if answer.turn)


def _answered(service: Service, turn: Turn, page_language: str, history: tuple[Remembered, ...]) -> Turn:
    """The turn with its answer, or with words for why there is none."""
    words = catalogue(page_language)
    try:
        answer = service.assistant.ask(turn.question, page_language=page_language, history=history)
        return replace(turn, answer=answer)
    except QuestionError:
        limit = service.settings.max_question_chars
        too_long = len(turn.question) > limit
        return replace(turn, fault=words("fault_too_long", max=limit) if too_long else words("fault_unreadable"))
    except QAError:
        return replace(turn, fault=words("fault_unexpected"))


def _pieces(turn: Turn) -> list[int]:
    """After how many characters the answer pauses while it is shown."""
    if turn.answer is None:
        return []
    text = turn.answer.answer
    ends = [position for position, letter in enumerate(text) if letter.isspace()]
    return ends[_PIECE_WORDS - 1 :: _PIECE_WORDS]
