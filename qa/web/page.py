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
from qa.settings import Settings
from qa.web import icons, panels
from qa.web.messages import DEFAULT_LANGUAGE, Catalogue, catalogue, choose_language, spoken
from qa.web.render import Turn, announcement, conversation
from qa.web.service import Service
from qa.web.theme import kysy_theme

STATIC = Path(__file__).parent / "static"
_PIECE_WORDS = 4
_PIECE_PAUSE_S = 0.03
_MAX_TURNS = 50

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
        css_paths=[STATIC / "page.css"],
        head=_head(service.settings),
        favicon_path=str(STATIC / "favicon.svg"),
        max_file_size="1kb",
    )
    return mounted


def _head(settings: Settings) -> str:
    script = (STATIC / "page.js").read_text("utf-8")
    return f'<meta name="color-scheme" content="light dark"><script type="module">{script}</script>'


def make_page(service: Service) -> gr.Blocks:
    """The page's components and what happens on them."""
    settings = service.settings
    words = catalogue(DEFAULT_LANGUAGE)
    page: gr.Blocks
    with gr.Blocks(title=settings.name, analytics_enabled=False, fill_height=True) as page:
        language = gr.State(DEFAULT_LANGUAGE)
        turns = gr.State(())
        # Empty until the visitor's language is known: nothing flickers, and nothing is replaced under a finger.
        header = gr.HTML("", elem_id="header")
        log = gr.HTML("", elem_id="log")
        live = gr.HTML("", elem_id="live")
        with gr.Column(elem_id="dock"):
            with gr.Row(elem_id="composer"):
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
            footnote = gr.HTML("", elem_id="footnote")
        about = gr.HTML("", elem_id="about")
        # Written by static/page.js, which can't call Python itself: "7:restart", "8:language:fi", "9:When …?".
        command = gr.Textbox(elem_id="command", visible="hidden", container=False)
        example = gr.Textbox(elem_id="example", visible="hidden", container=False)

        worded = [header, box, send, stop, footnote, about]

        def in_language(code: str) -> list[Any]:
            chosen = catalogue(code)
            return [
                panels.header(settings, chosen),
                gr.update(label=chosen("question_label"), placeholder=chosen("question_placeholder")),
                chosen("send"),
                chosen("stop"),
                _footnote(chosen),
                panels.about(service.assistant.documents, chosen),
            ]

        def draw(done: Turns, code: str) -> str:
            chosen = catalogue(code)
            return conversation(done, chosen, service.documents) if done else panels.welcome(settings, chosen)

        def opened(request: gr.Request) -> list[Any]:
            code = choose_language(request.query_params.get("lang"), request.headers.get("accept-language"))
            return [code, draw((), code), *in_language(code)]

        def commanded(order: str, code: str, done: Turns) -> list[Any]:
            name, value = (*order.split(":"), "", "")[1:3]
            if name == "language":
                code = spoken(value) or code
            elif name == "restart":
                done = ()
            return [code, done, draw(done, code), "", *in_language(code)]

        async def ask(question: str, code: str, done: Turns) -> AsyncIterator[list[Any]]:
            """Yields the conversation as it grows: the question, then the answer a few words at a time."""
            busy = [gr.update(visible=False), gr.update(visible=True)]
            idle = [gr.update(visible=True), gr.update(visible=False)]
            if not question.strip():
                yield [gr.skip(), gr.skip(), gr.skip(), gr.skip(), *idle]
                return
            done = done[-_MAX_TURNS:]
            turn = Turn(question.strip())
            yield ["", (*done, replace(turn, stopped=True)), draw((*done, turn), code), "", *busy]
            turn = await asyncio.to_thread(_answered, service, turn, code)
            for shown in _pieces(turn):
                growing = (*done, replace(turn, shown=shown))
                yield [gr.skip(), (*done, replace(turn, stopped=True)), draw(growing, code), gr.skip(), *busy]
                await asyncio.sleep(_PIECE_PAUSE_S)
            finished = (*done, turn)
            yield [gr.skip(), finished, draw(finished, code), announcement(turn, catalogue(code)), *idle]

        async def ask_example(order: str, code: str, done: Turns) -> AsyncIterator[list[Any]]:
            async for update in ask(order.partition(":")[2], code, done):
                yield update

        def stopped(done: Turns, code: str) -> list[Any]:
            return [draw(done, code), gr.update(visible=True), gr.update(visible=False)]

        page.load(opened, None, [language, log, *worded], show_progress="hidden", api_visibility="private")
        asked = [
            gr.on(
                triggers,
                handler,
                [field, language, turns],
                [box, turns, log, live, send, stop],
                show_progress="hidden",
                concurrency_limit=None,
                trigger_mode="once",
                api_visibility="private",
            )
            for handler, field, triggers in (
                (ask, box, [box.submit, send.click]),
                (ask_example, example, [example.change]),
            )
        ]
        stop.click(
            stopped,
            [turns, language],
            [log, send, stop],
            cancels=asked,
            show_progress="hidden",
            api_visibility="private",
        )
        command.change(
            commanded,
            [command, language, turns],
            [language, turns, log, live, *worded],
            show_progress="hidden",
            api_visibility="private",
        )
    return page


def _answered(service: Service, turn: Turn, page_language: str) -> Turn:
    """The turn with its answer, or with words for why there is none."""
    words = catalogue(page_language)
    try:
        return replace(turn, answer=service.assistant.ask(turn.question, page_language=page_language))
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


def _footnote(words: Catalogue) -> str:
    return f"<p>{icons.INFORMATION}{words('footnote')}</p>"
