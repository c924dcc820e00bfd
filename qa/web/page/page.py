"""The chat page: Gradio carries the conversation, ``front`` is the document around it, ``static/`` looks and manners.

Of Gradio's components only those are used that evaluate no code in the browser (``gr.HTML`` does), so that the content
security policy can forbid it.
"""

from __future__ import annotations

import os
from typing import Any

# Before Gradio is imported, which reads them once: it must not report or look anything up anywhere.
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
# It would work out statistics of its last 10,000 events, with who caused them, at the end of each.
os.environ.setdefault("GRADIO_ANALYTICS_MAX_EVENTS", "1")
os.environ.setdefault("GRADIO_ANALYTICS_CACHE_FREQUENCY", str(1 << 62))

import gradio as gr
from fastapi import FastAPI
from starlette.routing import Mount

from qa.web.asking.service import Service
from qa.web.drawing.logo import add_logo
from qa.web.page.front import Front, marker
from qa.web.page.pages import add_pages
from qa.web.page.talk import Talk
from qa.web.page.theme import kysy_theme

_MOST_SESSIONS = 100  # that Gradio remembers; it keeps its whole configuration with each, and nothing that we need


def mount_page(app: FastAPI, service: Service) -> FastAPI:
    """The application with the page at ``/``."""
    add_pages(app, service)
    add_logo(app, service.settings)
    gr.mount_gradio_app(
        app,
        make_page(service),
        path="/",
        footer_links=[],
        run_history=False,
        ssr_mode=False,
        enable_monitoring=False,
        show_error=False,
        theme=kysy_theme(),
        max_file_size="1kb",
    )
    mount = app.routes[-1]
    assert isinstance(mount, Mount)
    mount.app = Front(mount.app, service)
    return app


def make_page(service: Service) -> gr.Blocks:
    """The page's components and what happens on them."""
    talk = Talk(service)
    page: gr.Blocks
    with gr.Blocks(title=service.settings.name, analytics_enabled=False) as page:
        with gr.Row(elem_id="composer"):
            box, send, stop = _composer()
        # What Python tells the page's scripts, and they tell Python: "7:restart", "8:language:fi".
        news = gr.Button("", elem_id="feed", visible="hidden")
        command = gr.Textbox("", label="", elem_id="command", visible="hidden", container=False)

        quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
        worded = [box, send, stop]
        # "multiple": Gradio passes over nothing. Whether another question is taken is for `static/page.js`, which sees
        # when the answer stands; Gradio is done with it only a round trip later.
        quiet |= {"trigger_mode": "multiple"}
        together: dict[str, Any] = {"concurrency_limit": None, **quiet}
        page.load(talk.opened, None, [news], **together)
        gr.on([box.submit, send.click], talk.ask, [box], [news], **together)
        # Not Gradio's way of cancelling, after which other events of the page can be lost.
        stop.click(talk.stop, None, None, **together)
        command.change(talk.commanded, [command], [news, *worded], **quiet)
    # Who may ask is for `Service`, which says so in the visitor's language; Gradio would only say that it is full.
    page.max_threads = 2 * service.settings.max_concurrent
    page.state_session_capacity = _MOST_SESSIONS
    page.queue(max_size=service.settings.max_connections, api_open=False)
    return page


def _composer() -> tuple[gr.Textbox, gr.Button, gr.Button]:
    # Without max_length, which cuts silently: a question that is too long stays in the box and is told so.
    box = gr.Textbox(
        label=marker("question_label"),
        placeholder=marker("question_placeholder"),
        lines=1,
        max_lines=5,
        elem_id="question",
        scale=1,
        container=False,
    )
    send = gr.Button(marker("send"), elem_id="send", variant="primary", scale=0, min_width=88)
    stop = gr.Button(marker("stop"), elem_id="stop", scale=0, min_width=88)
    return box, send, stop
