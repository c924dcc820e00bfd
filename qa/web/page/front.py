"""The document around Gradio's page: ours from the first byte, in the visitor's language.

Gradio's own document is English, shows its loading, and refers to other hosts. ``Front`` puts our header,
welcome and footnote into it, so that the page can be read before any script has run and without JavaScript; Gradio
adds the question box. While the index is being read, a page that says so stands here instead.
"""

from __future__ import annotations

import json
import re

from starlette.datastructures import Headers, MutableHeaders, QueryParams
from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from qa.markup import safe
from qa.settings import Settings
from qa.web.asking.service import Service
from qa.web.drawing import shell
from qa.web.drawing.assets import address
from qa.web.messages import Catalogue, catalogue, choose_language
from qa.web.page import panels

STYLES = ("tokens.css", "page.css", "answer.css")
SCRIPTS = ("page.js", "log.js", "feedback.js", "share.js")
_RELOAD_S = 3
# Gradio reloads a page whose connection broke as soon as this address answers, and the conversation would be gone
# unasked. Our script says what happened and leaves it to the visitor.
_RELOADER = "/gradio_api/app_id"
# The base is where the page stands anyway.
_FOREIGN = re.compile(
    r'<meta\s+(?:property|name)="(?:og|twitter):[^>]*>|<link rel="manifest"[^>]*>|<base href="\./" />'
)
_MARKED = ("question_label", "question_placeholder", "send", "stop")
_MARKER = re.compile(rf"kysy:({'|'.join(_MARKED)})\b")


def marker(key: str) -> str:
    """What stands in a Gradio component for the words under a key (in ``_MARKED``) until the document is sent."""
    return f"kysy:{key}"


class Front:
    """Rewrites the document at ``/`` on its way to the visitor (ASGI, around the application that Gradio mounts)."""

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self._app = app
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"] if scope["type"] == "http" else ""
        if path == _RELOADER:
            await Response(status_code=404)(scope, receive, send)
        elif path != "/" or scope["method"] not in ("GET", "HEAD"):
            await self._app(scope, receive, send)
        elif not self._service.ready:
            await self._starting(_words(scope))(scope, receive, send)
        else:
            document = _Document(self._service.settings, _words(scope))
            await self._app(_uncompressed(scope), receive, _Rewriter(send, document))

    def _starting(self, words: Catalogue) -> HTMLResponse:
        title, text = words("starting_title"), words("starting_text")
        page = shell.Page("", title, text, f'<p class="lead">{safe(text)}</p>')
        response = shell.respond(page, words, self._service.settings)
        response.status_code = 503
        response.headers["Refresh"] = response.headers["Retry-After"] = str(_RELOAD_S)
        return response


class _Document:
    """Gradio's HTML → ours."""

    def __init__(self, settings: Settings, words: Catalogue) -> None:
        self._settings = settings
        self._words = words

    def __call__(self, html: str) -> str:
        html = _MARKER.sub(lambda found: _in_script(self._words(found[1])), _FOREIGN.sub("", html))
        html = html.replace('lang="en"', f'lang="{self._words.language}"', 1)
        html = html.replace("</head>", f"{self._head()}</head>", 1)
        opened = re.search(r"<body[^>]*>", html)
        if opened is None:
            return html
        html = f'{html[: opened.start()]}<body class="page">{self._body()}{html[opened.end() :]}'
        foot = f'<div id="footnote">{panels.footnote(self._words)}</div>'
        return html.replace("</gradio-app>", f"</gradio-app>{foot}", 1)

    def _head(self) -> str:
        words = self._words
        styles = "".join(f'<link rel="stylesheet" href="{address(name)}">' for name in STYLES)
        scripts = "".join(f'<script type="module" src="{address(name)}"></script>' for name in SCRIPTS)
        return (
            f"<title>{safe(self._settings.name)}</title>"
            f'<meta name="description" content="{safe(words("welcome_text"))}">'
            '<meta name="color-scheme" content="light dark">'
            f'<link rel="icon" type="image/svg+xml" href="{address("favicon.svg")}">{styles}{scripts}'
        )

    def _body(self) -> str:
        words = self._words
        return (
            f'<a class="skip" href="#room">{safe(words("skip"))}</a>'
            f'<div id="header">{panels.header(self._settings, words)}</div>'
            f'<main id="room"><div id="log">{panels.welcome(words)}</div>'
            f'<noscript><p class="no-script">{safe(words("no_script"))}</p></noscript></main>'
            f'<div id="notices">{panels.notices(words)}</div><div id="live" class="unseen" role="status"></div>'
        )


class _Rewriter:
    """Collects the body of a response, rewrites it and passes it on with its new length."""

    def __init__(self, send: Send, rewrite: _Document) -> None:
        self._send = send
        self._rewrite = rewrite
        self._start: Message = {}
        self._body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._start = message
            return
        self._body += message.get("body", b"")
        if message.get("more_body"):
            return
        headers = MutableHeaders(scope=self._start)
        if headers.get("content-type", "").startswith("text/html"):
            self._body = self._rewrite(self._body.decode()).encode() if self._body else b""
            headers["Content-Length"] = str(len(self._body))
            headers["Vary"] = "Accept-Language"
            headers["Cache-Control"] = "no-cache"
        await self._send(self._start)
        await self._send({"type": "http.response.body", "body": self._body})


def _in_script(text: str) -> str:
    """Inside a JSON string inside a script of the document."""
    return json.dumps(text)[1:-1].replace("<", "\\u003c")


def _uncompressed(scope: Scope) -> Scope:
    """The request without the wish for a compressed reply, which could not be rewritten."""
    return {**scope, "headers": [(name, value) for name, value in scope["headers"] if name != b"accept-encoding"]}


def _words(scope: Scope) -> Catalogue:
    asked = QueryParams(scope["query_string"]).get("lang")
    return catalogue(choose_language(asked, Headers(scope=scope).get("accept-language")))
