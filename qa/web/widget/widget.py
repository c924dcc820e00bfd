"""The widget's routes: the launcher for other sites, the page in its frame, and the page with the tag to copy."""

from __future__ import annotations

import json
import math
import re
from functools import cache
from urllib.parse import urlsplit

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, Response

from qa.settings import INTERFACE_LANGUAGES, Settings
from qa.web.drawing import assets, shell
from qa.web.guard.clients import Clients
from qa.web.guard.faults import refusal
from qa.web.guard.headers import policy
from qa.web.guard.limits import Buckets
from qa.web.guard.origins import Origins, is_own, normalised
from qa.web.messages import catalogue
from qa.web.widget import configure, embed
from qa.web.widget.gate import TicketGate
from qa.web.widget.tickets import Tickets

_AN_HOUR = "public, max-age=3600"
_THEMES = ("light", "dark")
_NOT_SENT = re.compile(r"^\s*/\*.*?\*/\n|^[ \t]+", re.DOTALL | re.MULTILINE)
"""Comments with lines of their own, and indentation: a tenth of the launcher is for its readers only."""


def add_widget(api: FastAPI, settings: Settings, origins: Origins) -> None:
    """Adds the routes, and the gate that lets the widget ask only with a ticket given out here."""
    tickets = Tickets(settings.widget_secret, settings.widget_ticket_minutes * 60.0)
    api.add_middleware(TicketGate, tickets=tickets, origins=origins, per_minute=settings.widget_rate_per_minute)
    _add_loader(api)
    _add_embed(api, settings, origins, tickets)
    _add_configure(api, settings)


@cache
def loader() -> assets.Asset:
    """The launcher's script with the words of its button in every language."""
    words = {code: [catalogue(code)(key) for key in ("widget_launch", "widget_frame")] for code in INTERFACE_LANGUAGES}
    script = _NOT_SENT.sub("", (assets.STATIC / "widget.js").read_text("utf-8"))
    filled = script.replace('"WORDS"', json.dumps(words, ensure_ascii=False, separators=(",", ":")))
    return assets.Asset.of("widget.js", filled.encode())


def host_of(request: Request, origins: Origins) -> str | None:
    """The origin of the page that the widget stands on, or None when it may not stand there.

    The launcher says it; what the browser says beside it must not differ. That the page really stands there is for the
    browser to see to, which is given this one origin as ``frame-ancestors``.
    """
    own_host = request.headers.get("host", "")
    said = request.query_params.get("host") or f"{request.url.scheme}://{own_host}"
    host = normalised(said)
    if host is None or is_own(host, own_host):
        return host
    referer = urlsplit(request.headers.get("referer", ""))
    seen = normalised(f"{referer.scheme}://{referer.netloc}")
    is_true = seen in (None, host) or is_own(seen or "", own_host)
    return host if is_true and origins.allows(host) else None


def _add_loader(api: FastAPI) -> None:
    @api.get("/widget.js", include_in_schema=False)
    async def widget_js(request: Request) -> Response:
        return assets.respond(loader(), request, _AN_HOUR)


def _add_embed(api: FastAPI, settings: Settings, origins: Origins, tickets: Tickets) -> None:
    clients = Clients.parse(settings.trusted_proxies)
    visits = Buckets(settings.client_rate_per_minute)

    @api.get("/embed", include_in_schema=False)
    async def embed_page(request: Request) -> Response:
        words = shell.words_for(request)
        if wait_s := visits.take(clients.of(request.scope)):
            return refusal(request.scope, "too_many_requests", retry_after_s=math.ceil(wait_s))
        host = host_of(request, origins)
        headers = {
            "Cache-Control": "no-store",
            "Content-Security-Policy": policy(host or "'none'"),
            "Cross-Origin-Embedder-Policy": "require-corp",  # else hosts that require it couldn't show the frame
        }
        if host is None:
            return Response(words("widget_refused"), 403, headers, "text/plain")
        asked = request.query_params
        theme = asked.get("theme", "")
        topics = tuple(topic.strip() for topic in asked.get("topic", "").split(","))
        frame = embed.Frame(host, tickets.issue(host), topics, theme if theme in _THEMES else "")
        return HTMLResponse(embed.draw(frame, words, settings), headers=headers)


def _add_configure(api: FastAPI, settings: Settings) -> None:
    headers = {"Content-Security-Policy": policy("'self'", frames="'self'")}

    @api.get("/widget", include_in_schema=False)
    async def widget_page(request: Request) -> Response:
        words = shell.words_for(request)
        return shell.respond(configure.page(str(request.base_url), words), words, settings, headers)

    @api.get("/widget/preview", include_in_schema=False)
    async def preview(request: Request) -> Response:
        words = shell.words_for(request)
        return HTMLResponse(configure.draw_preview(request.query_params, words, settings), headers=headers)
