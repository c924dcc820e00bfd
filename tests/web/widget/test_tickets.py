from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.web.widget.tickets import TicketRefused, Tickets

HOST = "https://example.org"


def test_a_ticket_says_whom_it_was_given_to() -> None:
    tickets = Tickets("key", 60.0, lambda: 1_000.0)
    first, second = (tickets.read(tickets.issue(HOST)) for _ in range(2))
    assert (first.host, first.until) == (HOST, 1_060)
    assert first.session != second.session


def test_a_ticket_ends() -> None:
    now = [1_000.0]
    tickets = Tickets("key", 60.0, lambda: now[0])
    ticket = tickets.issue(HOST)
    now[0] = 1_060.0
    assert tickets.read(ticket).host == HOST
    now[0] = 1_060.5
    with pytest.raises(TicketRefused, match="too old"):
        tickets.read(ticket)


def test_only_whoever_knows_the_key_reads_it() -> None:
    ticket = Tickets("key").issue(HOST)
    assert Tickets("key").read(ticket).host == HOST
    for other in (Tickets("other"), Tickets()):
        with pytest.raises(TicketRefused, match="isn't one of this service"):
            other.read(ticket)


@given(st.text(max_size=40))
def test_what_was_made_up_is_refused(written: str) -> None:
    for forged in (written, f"{written}.{written}"):
        with pytest.raises(TicketRefused, match="isn't one of this service"):
            Tickets("key").read(forged)


@given(st.data())
def test_what_was_changed_is_refused(data: st.DataObject) -> None:
    ticket = Tickets("key", now=lambda: 0.0).issue(HOST)
    place = data.draw(st.integers(0, len(ticket) - 1))
    letter = data.draw(st.sampled_from("Aa0-._").filter(lambda letter: letter != ticket[place]))
    with pytest.raises(TicketRefused, match="isn't one of this service"):
        Tickets("key", now=lambda: 0.0).read(ticket[:place] + letter + ticket[place + 1 :])
