"""Whether a span holds what a question asks for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.answer.evidence import evidence_in, evidence_spans
from qa.answer.question import OTHER

KINDS = [
    "time",
    "count",
    "share",
    "person",
    "email",
    "phone",
    "contact",
    "list",
    "definition",
    "reason",
    "place",
    OTHER,
]


def found(text: str, kind: str, question: str = "?") -> list[str]:
    return [text[start:end] for start, end in evidence_spans(text, kind, question)]


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        ("time", "CEMR was founded in 1951.", ["1951"]),
        ("time", "for the term 2017–2019", ["2017–2019"]),
        ("time", "for the term 2017 – 2019", ["2017 – 2019"]),
        ("time", "alkoi 1930-luvulla", ["1930-luvulla"]),
        ("time", "den 2.12.2021 i Helsingfors", ["2.12.2021"]),
        ("frequency", "A congress is held every three years.", ["every three years"]),
        ("frequency", "Kongressi pidetään joka kolmas vuosi.", ["joka kolmas vuosi"]),
        ("time", "It has 1,300 towns in 40 countries.", []),
        ("count", "about 1,300 twin towns", ["1,300"]),
        ("count", "noin 1\u00a0300 ystävyyskuntaa", ["1\u00a0300"]),
        ("count", "150.000 kommuner", ["150.000"]),
        ("count", "five thematic areas", ["five"]),
        ("count", "viisi teemaa", ["viisi"]),
        ("count", "founded in 1951", []),
        ("count", "about 90 % of them", []),
        ("share", "about 90 % of them", ["90 %"]),
        ("share", "noin 90 prosentilla", ["90 prosentilla"]),
        ("share", "omkring 90\u00a0procent", ["90\u00a0procent"]),
        ("share", "90 towns", []),
        ("person", "Its president is Stefano Bonaccini.", ["Stefano Bonaccini"]),
        ("person", "Presidenten heter Gunn Marit Helgesen, sier de.", ["Gunn Marit Helgesen"]),
        ("person", "it has no president", []),
        ("email", "Write to laura.parsama(at)kuntaliitto.fi.", ["laura.parsama(at)kuntaliitto.fi"]),
        ("phone", "Tel. +358 9 771 2011.", ["+358 9 771 2011"]),
        ("phone", "on 2.12.2021", []),
        ("definition", "CEMR is an umbrella body from 1951.", []),
        (OTHER, "Laura Parsama 1951", []),
    ],
)
def test_evidence_is_found_where_it_stands(kind: str, text: str, expected: list[str]) -> None:
    assert found(text, kind) == expected


def test_what_the_question_says_itself_is_no_evidence() -> None:
    text = "Finland joined in 1989, and in 1994 the Congress began."
    assert found(text, "time", "What happened in 1994 and when did Finland join?") == ["1989"]


def judged(
    text: str, kind: str, asked_about: tuple[str, ...] = (), *, is_contact: bool = False, is_listed: bool = False
) -> float:
    return evidence_in(text, kind, "?", asked_about, is_contact=is_contact, is_listed=is_listed)


CARD = "Ada Berg\nHead\n- networks\nada.berg@ks.no\n+47 24 13 26 00"


@pytest.mark.parametrize(
    ("kind", "better", "worse"),
    [
        ("time", "It was founded in 1951.", "It was founded long ago."),
        ("count", "It has 41 members.", "It has many members."),
        ("share", "It is 90 percent.", "It is 90."),
        ("person", "The president is Ada Berg.", "The president is elected."),
        ("email", "Write to ada@ks.no.", "Write to us."),
        ("phone", "Call 24 13 26 00.", "Call us."),
    ],
)
def test_a_text_with_evidence_is_better_than_one_without(kind: str, better: str, worse: str) -> None:
    assert judged(better, kind) == 1.0
    assert judged(worse, kind) == -1.0


def test_a_contact_is_evidence_when_people_are_asked_for_and_speaks_against_otherwise() -> None:
    assert judged(CARD, "contact", is_contact=True) == 1.0
    assert judged(CARD, "person", is_contact=True) == 1.0
    assert judged("Networks are useful.", "contact") < 0
    for kind in ("definition", "reason", "place", "list", OTHER):
        assert judged(CARD, kind, is_contact=True) < judged("Networks are useful.", kind)


def test_nobody_elses_address_or_number_will_do() -> None:
    assert judged(CARD, "email", ("Ada Berg",), is_contact=True) == 1.0
    assert judged(CARD, "email", ("Nils Lund",), is_contact=True) == -1.0
    assert judged(CARD, "phone", ("Ada Berg",), is_contact=True) == 1.0
    assert judged(CARD, "phone", ("Nils Lund",), is_contact=True) == -1.0


def test_nobody_elses_contact_will_do() -> None:
    assert judged(CARD, "contact", ("Ada Berg",), is_contact=True) > 0
    assert judged(CARD, "contact", ("Nils Lund",), is_contact=True) == -1.0


def test_items_are_evidence_for_lists() -> None:
    assert judged("climate", "list", is_listed=True) > judged("climate", "list")


@given(st.text(max_size=80), st.sampled_from(KINDS), st.text(max_size=30), st.booleans(), st.booleans())
def test_any_text_is_judged_between_minus_one_and_one(
    text: str, kind: str, question: str, is_contact: bool, is_listed: bool
) -> None:
    for asked_about in ((), ("Ada Berg",)):
        value = evidence_in(text, kind, question, asked_about, is_contact=is_contact, is_listed=is_listed)
        assert -1.0 <= value <= 1.0
    for start, end in evidence_spans(text, kind, question):
        assert 0 <= start < end <= len(text)
