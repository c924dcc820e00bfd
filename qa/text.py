"""Text as such: made clean, cut into sentences, and what addresses, numbers and names look like in it."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

# C0/C1 controls and direction overrides would let a page show one thing and be another.
_UNWANTED = re.compile(
    r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufffe\uffff]"
)
_SPACES = re.compile(r"[^\S\n\u00a0]+")
_LINE_BREAKS = re.compile(r"[ \t]*\n[ \t\n]*")
_ABBREVIATIONS = frozenset(
    "dr mr mrs ms prof st nr no art bl.a t.ex f.eks z.b d.h esim mm m.fl ym jne s kl ca co inc ltd e.g i.e bzw usw"
    " vgl osv dvs mv vs fig p pp n fr jf evt inkl pkt".split()
)
_BOUNDARY = re.compile(r"(?<=[.!?…])[\"'”’»)\]]*[ \u00a0]+(?=[\"'“‘«(\[¿¡]*[A-ZÀ-ÖØ-ÞĀ-Ž0-9])|\n+")

# The bounds keep the search linear in texts that are no prose.
_AT = r"\s?(?:@|[\[({](?:at|a|ät|snabel-?a|alfakrøll|krøllalfa|arobase)[\])}]|(?-i:(?<= )AT(?= )))\s?"
_DOT = r"(?:\.|\s?[\[({](?:dot|piste|punkt|punktum|point)[\])}]\s?)"
ADDRESS = re.compile(rf"(?<![\w.+-])[\w.+-]{{1,64}}{_AT}[\w-]{{1,63}}(?:{_DOT}[\w-]{{1,63}}){{1,8}}", re.IGNORECASE)
"""E-mail addresses, also as they are written to be hidden from machines: "name (at) example.org"."""
_NO_PHONE = r"\d{1,2}\.\s?\d{1,2}\.\s?\d{4}|\d{4}\s?[-–]\s?\d{4}\b|\d{4}-\d\d-\d\d"  # dates and spans of years
PHONE = re.compile(rf"(?<![\w.])(?!{_NO_PHONE})\+?(?:\d[ ()/.\-\u00a0]{{0,2}}){{6,14}}\d(?![\w.]\d|\w)")

_NAME_WORD = r"(?:[DO]['’]|Ma?c)?[A-ZÀ-ÖØ-ÞĀ-Ž][a-zßà-öø-ÿā-ž'’]+(?:-[A-ZÀ-ÖØ-Þ][a-zßà-öø-ÿā-ž]+)*"
PERSON = re.compile(rf"{_NAME_WORD}(?: {_NAME_WORD}| [A-Z]\.| (?:af|av|de|der|la|van|von)(?= )){{1,3}}")
_HONORIFIC = r"(?:(?:Dr|Prof|Mr|Mrs|Ms|Hr|Ing|Mag)\.? |(?:Frau|Herr|Mme|M\.) )"
_NAMED = re.compile(rf"{_HONORIFIC}{{0,2}}{PERSON.pattern}")
_LONGEST_ENDING = 3
SHORTEST_STEM = 4


def clean(text: str) -> str:
    """Text in NFC without control characters, lone surrogates and doubled spaces; no-break spaces stay.

    >>> clean(" 1\\u00a0300   twin\\ttowns\\x00 ")
    '1\\xa0300 twin towns'
    """
    text = text.encode("utf-8", "ignore").decode("utf-8").replace("\r\n", "\n").replace("\r", "\n")
    text = unicodedata.normalize("NFC", _UNWANTED.sub("", text))
    return _LINE_BREAKS.sub("\n", _SPACES.sub(" ", text)).strip()


def sentences(text: str, start: int = 0, end: int | None = None) -> list[tuple[int, int]]:
    """Offsets of the sentences in ``text[start:end]``; each line is at least one sentence.

    >>> text = "CEMR was founded in 1951. Dr. Vang leads it. Why?"
    >>> [text[a:b] for a, b in sentences(text)]
    ['CEMR was founded in 1951.', 'Dr. Vang leads it.', 'Why?']
    """
    end = len(text) if end is None else end
    found: list[tuple[int, int]] = []
    opened = start
    for boundary in _BOUNDARY.finditer(text, start, end):
        stop = boundary.start() + len(boundary[0].rstrip("\n \u00a0"))
        if "\n" not in boundary[0] and _ends_in_abbreviation(text[max(opened, stop - 40) : stop]):
            continue
        if text[opened:stop].strip():
            found.append((opened, stop))
        opened = boundary.end()
    if text[opened:end].strip():
        found.append((opened, end))
    return found


def _ends_in_abbreviation(sentence: str) -> bool:
    words = sentence.rsplit(maxsplit=1)
    last = words[-1].lower().lstrip("(\"'“").rstrip(".") if words and words[-1].endswith(".") else ""
    # "den 26. Kongress", "J. Smith": an ordinal of one or two digits, an initial
    return bool(last) and (last in _ABBREVIATIONS or re.fullmatch(r"\d{1,2}|[^\W\d_]", last) is not None)


def is_question(line: str) -> bool:
    """Whether a line asks something.

    >>> is_question("Qui paie ?"), is_question("Who pays")
    (True, False)
    """
    return line.rstrip(" \"'”»)").endswith("?")


def is_person_name(line: str) -> bool:
    """Two to four capitalised words, perhaps after "Dr." and the like, and nothing else.

    >>> is_person_name("Gunn Marit Helgesen"), is_person_name("Town twinning"), is_person_name("Laura Parsama.")
    (True, False, False)
    """
    return _NAMED.fullmatch(line.strip()) is not None


@lru_cache(maxsize=4_096)  # of the same names, again and again
def folded(text: str) -> str:
    """Lower case without diacritics, as names are written in addresses."""
    decomposed = unicodedata.normalize("NFKD", text.lower().replace("ø", "o").replace("æ", "ae"))
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def is_form_of(word: str, term: str) -> bool:
    """Whether a word may be an inflected form of a term: alike but for a short ending.

    >>> is_form_of("ystävyyskunnista", "ystävyyskunta"), is_form_of("ort", "vänort")
    (True, False)
    """
    if word == term:
        return True
    stem = max(SHORTEST_STEM, len(term) - _LONGEST_ENDING)
    return len(term) > SHORTEST_STEM and word[:stem] == term[:stem] and len(word) <= len(term) + _LONGEST_ENDING
