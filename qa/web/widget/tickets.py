"""Tickets: what a widget shows with each question, so that it is known on whose page it stands.

A ticket is signed, lives for minutes, holds the host's origin and a random number for the session, and nothing about
the visitor. It is no secret kept from the host, and no proof that a program isn't pretending to be a browser.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass

MAX_TICKET_CHARS = 1_000


class TicketRefused(ValueError):
    """The ticket isn't ours, or is too old."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """What a ticket says: the origin it was given to, the session, and until when (seconds since 1970)."""

    host: str
    session: str
    until: float


class Tickets:
    """Gives out tickets and reads them. ``key`` signs; without one, tickets end with the process."""

    def __init__(self, key: str = "", life_s: float = 900.0, now: Callable[[], float] = time.time) -> None:
        self._key = key.encode() or secrets.token_bytes(32)
        self._life_s = life_s
        self._now = now

    def issue(self, host: str) -> str:
        """A ticket for a new session on a page of ``host`` (an origin)."""
        said = json.dumps([host, secrets.token_urlsafe(9), round(self._now() + self._life_s)])
        payload = _packed(said.encode())
        return f"{payload}.{self._signature(payload)}"

    def read(self, written: str) -> Ticket:
        """The ticket that was written. Raises TicketRefused when it was changed, isn't ours or is too old.

        >>> tickets = Tickets()
        >>> tickets.read(tickets.issue("https://example.org")).host
        'https://example.org'
        """
        payload, _, signature = written[:MAX_TICKET_CHARS].partition(".")
        if not hmac.compare_digest(self._signature(payload).encode(), signature.encode("utf-8", "replace")):
            raise TicketRefused("the ticket isn't one of this service")
        host, session, until = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        if until < self._now():
            raise TicketRefused("the ticket is too old")
        return Ticket(host, session, until)

    def _signature(self, payload: str) -> str:
        return _packed(hmac.digest(self._key, payload.encode("utf-8", "replace"), hashlib.sha256))


def _packed(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
