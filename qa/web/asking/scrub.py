"""Takes out of a text what could tell who wrote it. What it can't recognise it can't take out: names stay."""

from __future__ import annotations

import re

from qa.text import ADDRESS, PHONE

# Finland 131052-308T, Sweden 811218-9876 and 19811218-9876, Denmark 070761-4285
_PERSON_SEPARATED = r"\d{6}(?:\d\d)?\s?[-+A-FU-Y]\s?\d{3}[\dA-Z]"
# Norway 070761 42854, Estonia 37605030299, Sweden without a hyphen; Denmark has ten digits too
_PERSON_TOGETHER = r"\d{6}\s?\d{5}|\d{12}|\d{10}"
_ACCOUNT = r"[A-Z]{2}\d\d(?:\s?[A-Z0-9]){11,30}"
_CARD = r"\d(?:[ -]?\d){12,18}"
_KINDS = (
    ("[email]", ADDRESS),
    ("[account]", re.compile(rf"(?<!\w)(?:{_ACCOUNT})(?!\w)", re.IGNORECASE)),
    ("[card]", re.compile(rf"(?<![\w-])(?:{_CARD})(?![\w-])")),
    ("[person]", re.compile(rf"(?<![\w+-])(?:{_PERSON_SEPARATED}|{_PERSON_TOGETHER})(?![\w-])", re.IGNORECASE)),
    ("[phone]", PHONE),
)


def scrub(text: str) -> str:
    """``text`` with addresses, numbers of phones, people, cards and accounts replaced by what they were.

    >>> scrub("I am 131052-308T, call +358 40 123 4567 or write to maija@example.org")
    'I am [person], call [phone] or write to [email]'
    """
    for sign, pattern in _KINDS:
        text = pattern.sub(sign, text)
    return text
