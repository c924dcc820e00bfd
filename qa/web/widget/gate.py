"""Lets the widget ask only with a ticket that says on whose page it stands, and only so often."""

from __future__ import annotations

import math

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from qa.web.guard.faults import refusal
from qa.web.guard.limits import Buckets
from qa.web.guard.origins import Origins, is_own
from qa.web.widget.tickets import TicketRefused, Tickets

HEADER = "x-kysy-ticket"
ASKING = "/api/ask"
GUARDED = (ASKING, "/api/feedback")


class TicketGate:
    """Refuses what the widget's page sends without a good ticket (ASGI middleware).

    Other clients of the API need none: programs, and sites in the list of allowed origins. Pages of this very service
    need one to ask; browsers say that a request comes from one (``Sec-Fetch-Site``), and a script can't deny it.
    """

    def __init__(self, app: ASGIApp, tickets: Tickets, origins: Origins, per_minute: int) -> None:
        self._app = app
        self._tickets = tickets
        self._origins = origins
        self._by_session = Buckets(per_minute)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_guarded = scope["type"] == "http" and scope["method"] == "POST" and scope["path"] in GUARDED
        refused = self._refused(scope) if is_guarded else None
        await (refused or self._app)(scope, receive, send)

    def _refused(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        written = headers.get(HEADER)
        if written is None:
            is_ours = scope["path"] == ASKING and headers.get("sec-fetch-site") == "same-origin"
            return refusal(scope, "ticket_refused", "a page of this service sends a ticket") if is_ours else None
        try:
            ticket = self._tickets.read(written)
        except TicketRefused as error:
            return refusal(scope, "ticket_refused", str(error))
        if not (self._origins.allows(ticket.host) or is_own(ticket.host, headers.get("host", ""))):
            return refusal(scope, "origin_refused")
        if wait_s := self._by_session.take(ticket.session):
            return refusal(scope, "too_many_requests", retry_after_s=math.ceil(wait_s))
        return None
