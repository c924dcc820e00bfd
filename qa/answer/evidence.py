"""Does a span hold what the question asks for: a year for *when*, a person for *who*, a number for *how many*?"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache

from qa.records import Passage
from qa.text import ADDRESS, PERSON, PHONE, folded, is_form_of, is_question

_YEAR = r"\b(?:1[5-9]|20)\d\d(?:-?\w{0,12})?(?:\s?[–-]\s?(?:1[5-9]|20)\d\d)?"
_DATE = r"\b\d{1,2}\.\s?\d{1,2}\.\s?\d{4}\b"
_FREQUENCY = (
    r"\b(?:every|joka|vart|hvert|kvart|alle|tous les|iga)\s(?:\w+\s)?"
    r"(?:years?|months?|vuosi|vuodessa|vuoden|kuukausi|år|måned|månad|jahre?|monate?|ans|mois|aasta|aasta tagant)\b"
    r"|\b(?:\w+ vuoden välein|vuosittain|annually|yearly|årligen|årlig|årligt|jährlich|igal aastal)\b"
)
_PERCENT = r"[ \u00a0]?(?:%|per ?cent|prosent|procent|prozent|pour ?cent|protsen)"
_NUMBER = rf"(?<![\w.,])(?!{_YEAR})\d+(?:[., \u00a0]\d{{3}})*(?:[.,]\d+)?(?!\w|{_PERCENT})"
_NUMBER_WORD = (
    r"\b(?:two|three|four|five|six|seven|eight|nine|ten|yksi|kaksi|kolme|neljä|viisi|kuusi|seitsemän|kahdeksan"
    r"|yhdeksän|kymmenen|två|tre|fyra|fem|sex|sju|åtta|nio|tio|to|fire|seks|syv|sju|otte|åtte|ni|ti"
    r"|zwei|drei|vier|fünf|sechs|sieben|acht|neun|zehn|deux|trois|quatre|cinq|six|sept|huit|neuf|dix"
    r"|kaks|kolm|neli|viis|kuus|seitse|kaheksa|üheksa|kümme)\b"
)

_CURRENCY = r"(?:€|eur\w*|euro\w*|kr\.?|kroner?|kronor|kruunu\w*|dollar\w*|usd|sek|nok|dkk|£|\$)"
_STREET = r"(?:katu|tie|gatan|vägen|gata|gate|gaten|vei|veien|vej|gade|straße|strasse|tänav|laan|plein)"
_BORN = r"\b(?:born|syntynyt|syntyi|född|föddes|født|fødd|geboren|née?|sündinud|sündis)\b"

_PATTERNS: Mapping[str, re.Pattern[str]] = {
    "frequency": re.compile(_FREQUENCY, re.IGNORECASE),
    "time": re.compile(rf"{_DATE}|{_YEAR}", re.IGNORECASE),
    "count": re.compile(rf"{_NUMBER}|{_NUMBER_WORD}", re.IGNORECASE),
    "share": re.compile(rf"\d[\d.,]*{_PERCENT}\w*", re.IGNORECASE),
    "person": PERSON,
    "email": ADDRESS,
    "phone": PHONE,
    "money": re.compile(rf"\d[\d., \u00a0]*(?:\w+ )?{_CURRENCY}(?!\w)|{_CURRENCY}\s?\d[\d., \u00a0]*", re.IGNORECASE),
    "street": re.compile(
        rf"\b[\w-]*{_STREET} \d+|\b\d+,? (?:rue|avenue|boulevard|place) |\b\d+ \w+ (?:street|road|avenue)\b"
        r"|\b(?:rue|avenue|square|place) [\w' -]+,? \d+",
        re.IGNORECASE,
    ),
    "birth": re.compile(_BORN, re.IGNORECASE),
    "hours": re.compile(r"\b\d{1,2}(?:[.:]\d\d)?\s?[–-]\s?\d{1,2}[.:]\d\d\b|\b\d{1,2}[.:]\d\d\b(?!\.)"),
}
# "X is …" near the start of a sentence: how most definitions open.
_DEFINES = re.compile(
    r"^(?:\S+\s){1,9}?(?:is|are|means|refers|on|ovat|tarkoittaa|är|betyder|avser|innebär"
    r"|er|betyr|vil si|ist|sind|bedeutet|est|sont)\s",
    re.IGNORECASE,
)
_THOUSANDS = re.compile(r"(?<=\d)[ .,\u00a0](?=\d{3}(?!\d))")
_ABOUT_A_CONTACT = 0.7
_DEFINITION = 0.8
_LONGEST_OPENING = 12
_OPENING_WORDS = 6
_UNASKED_CONTACT = -0.6
_QUESTION = -0.5  # a question in a document answers none


def evidence_spans(text: str, kind: str, question: str) -> list[tuple[int, int]]:
    """Where a text holds what a kind of question asks for and the question doesn't say itself.

    >>> evidence_spans("CEMR was founded in 1951.", "time", "When was CEMR founded?")
    [(20, 24)]
    """
    return [(start, end) for start, end in _held(text, kind) if text[start:end] not in question]


@lru_cache(maxsize=8_192)  # many questions are looked for in the same sentences
def _held(text: str, kind: str) -> tuple[tuple[int, int], ...]:
    """Where a text holds what a kind of question asks for."""
    pattern = _PATTERNS.get(kind)
    return tuple(match.span() for match in pattern.finditer(text)) if pattern else ()


def numbers_in(texts: Iterable[str]) -> frozenset[str]:
    """The numbers that stand in texts, thousands joined.

    >>> sorted(numbers_in(["The 26th congress", "1 300 towns, 1,951 members"]))
    ['1300', '1951', '26']
    """
    joined = (_THOUSANDS.sub("", text) for text in texts)
    return frozenset(number for text in joined for number in re.findall(r"\d+", text))


def is_under_question(passage: Passage) -> bool:
    """Whether a question stands over a passage: it says nothing of what stands under it (see ``faq``)."""
    heading = passage.headings[-1] if passage.headings else ""
    return is_question(heading) and passage.contact is None and passage.text != heading


def subject_of(text: str) -> str:
    """What stands before the first "is" of a sentence; its first words when there is none.

    >>> subject_of("CEMR, the Council of Municipalities, is the umbrella body of associations.")
    'CEMR, the Council of Municipalities,'
    """
    opening = _DEFINES.match(text)
    words = opening[0].split()[:-1] if opening else text.split()[:_OPENING_WORDS]
    return " ".join(words)


def evidence_in(
    text: str, kind: str, question: str, asked_about: Collection[str], *, is_contact: bool, is_listed: bool
) -> float:
    """1 when a text holds what is asked for, -1 when it must and doesn't, 0 when it can't be told.

    ``asked_about`` are names of contacts that the question mentions; ``is_contact`` says that the text is a contact,
    ``is_listed`` that it is an item of a list or introduces one.
    """
    is_theirs = any(_names(text, name) for name in asked_about)
    if kind in _PATTERNS and kind != "person":
        found = [text[start:end] for start, end in evidence_spans(text, kind, question)]
        if kind == "email" and asked_about:  # nobody else's address will do
            found = [address for address in found if any(_bears(address, name) for name in asked_about)]
        if kind == "phone" and asked_about and not is_theirs:
            found = []
        return 1.0 if found else -1.0
    if is_contact and asked_about:
        return _ABOUT_A_CONTACT if is_theirs else -1.0
    if kind == "contact":
        return 1.0 if is_contact else 0.5 if ADDRESS.search(text) else -0.5
    if kind == "person":
        return 1.0 if is_contact or evidence_spans(text, kind, question) else -1.0
    if is_contact:
        return _UNASKED_CONTACT
    if text.endswith("?") and kind != "list":
        return _QUESTION
    if kind == "definition":
        opening = _DEFINES.match(text)  # the shorter what stands before "is", the likelier it is what was asked for
        return _DEFINITION * (1 - len(opening[0].split()) / _LONGEST_OPENING) if opening else 0.0
    return 0.7 if kind == "list" and is_listed else 0.0


def _names(text: str, name: str) -> bool:
    family = name.split()[-1]
    return any(is_form_of(word.strip(".,;:()'’").lower(), family.lower()) for word in text.split())


def _bears(address: str, name: str) -> bool:
    return folded(name.split()[-1]) in folded(address)
