"""A table → parts that can be read one by one.

A row becomes a line with the heads of its columns ("Municipality: Espoo; Twin town: Køge"), so that it still makes
sense when it is quoted alone. A table of people becomes contacts, one of questions and answers headings and
paragraphs. Which column is which is told by its head, in all our languages (``columns.toml``).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import groupby
from pathlib import Path

from qa.ingest.contacts import natural_name
from qa.ingest.layout import Part
from qa.ingest.one_line import person_of_line
from qa.ingest.person import Person
from qa.text import ADDRESS, PHONE, clean, is_person_name

Row = Sequence[str]
_MAX_HEAD_CHARS = 60
_NUMBER = re.compile(r"\W*(?:[\d.]+|[^\W\d]|[ivx]{1,4})\W*", re.IGNORECASE)  # "12.", "§ 3", "b)"
_SENTENCE_END = (".", "!", "?", "…")
_NOTE = re.compile(r"\s*[(\[][^()\[\]]*[)\]]$")  # "Question (English)"
_REACHES_SOMEBODY = frozenset(("email", "phone", "title", "responsibilities"))


def table_parts(rows: Sequence[Row], has_head: bool | None = None) -> list[Part]:
    """Parts of a table; ``has_head`` says whether its first row holds the heads of the columns, None to guess.

    >>> [part.text for part in table_parts([["Municipality", "Twin town"], ["Espoo", "Køge"]], has_head=True)]
    ['Municipality: Espoo; Twin town: Køge']
    """
    told, body = _parted(rows)
    parts = [Part("paragraph", cell) for cell in told]
    if not body:
        return parts
    head = [_one_line(cell) for cell in body[0]]
    known = {} if has_head is False else _known_columns(head)
    if has_head or (has_head is None and (len(known) > 1 or _looks_like_head(head, body[1:]))):
        return parts + [part for row in body[1:] for part in _row_parts(head, known, row)]
    return parts + [_bare_part(row) for row in body]


def caption(rows: Sequence[Row]) -> str | None:
    """What is written over a table, its first line.

    >>> caption([["Twin towns", ""], ["Municipality", "Town"], ["Espoo", "Køge"]])
    'Twin towns'
    """
    told, _ = _parted(rows)
    return _one_line(told[0]) if told else None


def _parted(rows: Sequence[Row]) -> tuple[list[str], list[list[str]]]:
    """What stands over a table, rows of one cell that say what it is about, and the table; all clean."""
    filled = [[clean(cell) for cell in row] for row in rows if any(cell.strip() for cell in row)]
    captions = 0
    while captions < len(filled) and len(filled) > 1 and sum(map(bool, filled[captions])) == 1 < _width(filled):
        captions += 1
    return [cell for row in filled[:captions] for cell in row if cell], filled[captions:]


def untabbed(parts: Iterable[Part]) -> Iterator[Part]:
    """The parts, with lines that tabs cut into columns read as the rows they are.

    >>> [part.text for part in untabbed([Part("paragraph", "Fee\\t100 €"), Part("paragraph", "Course\\t\\t50 €")])]
    ['Fee: 100 €', 'Course: 50 €']
    """
    for is_tabbed, run in groupby(parts, key=_is_tabbed):
        if is_tabbed:
            rows = [[cell.strip() for cell in re.split(r"\t+", part.text.strip())] for part in run]
            yield from table_parts(rows, None if len(_known_columns(rows[0])) > 1 else False)
        else:
            yield from run


def _is_tabbed(part: Part) -> bool:
    """Whether a line has columns; a number that a tab parts from its sentence is none."""
    first, tab, _ = part.text.strip().partition("\t")
    return part.kind == "paragraph" and bool(tab) and not _NUMBER.fullmatch(first)


def _width(rows: Sequence[Row]) -> int:
    return max(sum(map(bool, row)) for row in rows)


def _row_parts(head: Row, known: Mapping[str, int], row: Row) -> Iterator[Part]:
    """The parts that one row is: a question and its answer, a contact, or a line."""
    cells = [*row, *[""] * (len(head) - len(row))]
    told = {role: cells[column] for role, column in known.items() if cells[column]}
    others = [
        _labelled(head, column, cell) for column, cell in enumerate(cells) if cell and column not in known.values()
    ]
    if {"question", "answer"} <= told.keys():
        yield Part("heading", _one_line(told["question"]), 3)
        yield from (Part("paragraph", line) for line in (*told["answer"].split("\n"), *others))
        return
    shown = _person(told)
    person = shown and _reached(shown, [cell for column, cell in enumerate(cells) if column not in known.values()])
    if shown and person and (_REACHES_SOMEBODY & told.keys() or person.email or person.phone):
        yield Part("contact", "\n".join((shown.as_text(), *others)), person=person)
        return
    yield Part("paragraph", "; ".join(_labelled(head, column, cell) for column, cell in enumerate(cells) if cell))


def _reached(person: Person, others: Sequence[str]) -> Person:
    """The person with an address and a number from columns whose heads aren't known; of a town, figures are figures."""
    if not is_person_name(person.name):
        return person
    email = next((cell for cell in others if ADDRESS.fullmatch(cell)), None)
    phone = next((cell for cell in others if PHONE.fullmatch(cell)), None)
    return replace(person, email=person.email or email, phone=person.phone or phone)


def _person(told: Mapping[str, str]) -> Person | None:
    line = {role: _one_line(cell) for role, cell in told.items()}
    # "Nom" beside "Prénom" is the family's name.
    given, family = line.get("given_name"), line.get("family_name") or line.get("name")
    name = " ".join(filter(None, (given, family))) if given else natural_name(line.get("name") or family or "")
    duties = told.get("responsibilities", "").replace(";", "\n").split("\n")
    cleaned = tuple(duty for duty in (clean(duty).lstrip("-•* ") for duty in duties) if duty)
    return (
        Person(name, line.get("title"), line.get("unit"), cleaned, line.get("email"), line.get("phone"))
        if name
        else None
    )


def _labelled(head: Row, column: int, cell: str) -> str:
    label = head[column].rstrip(":") if column < len(head) else ""
    return f"{label}: {_one_line(cell)}" if label else _one_line(cell)


def _bare_part(row: Row) -> Part:
    """A row without heads: a contact when it is a name with an address or number that belongs to it, else a line."""
    cells = [_one_line(cell) for cell in row if cell]
    person = person_of_line("; ".join(cells)) if len(cells) > 1 else None
    return Part("contact", "\n".join(cells), person=person) if person else Part("paragraph", _bare_line(row))


def _bare_line(row: Row) -> str:
    """A row without heads; of two cells the first says what the second is."""
    cells = [_one_line(cell) for cell in row if cell]
    if len(cells) == 2 and row[0] and not cells[0].endswith(_SENTENCE_END):
        return f"{cells[0].rstrip(':')}: {cells[1]}"
    return "; ".join(cells)


def _one_line(cell: str) -> str:
    """
    >>> _one_line("Main street 1\\n00100 Helsinki")
    'Main street 1, 00100 Helsinki'
    """
    lines = cell.split("\n")
    return "".join(
        line + ("" if last else " " if line.endswith((*_SENTENCE_END, ",", ";", ":")) else ", ")
        for line, last in ((line, n == len(lines) - 1) for n, line in enumerate(lines))
    )


def _looks_like_head(head: Row, rows: Sequence[Row]) -> bool:
    """Whether a first row names columns: full and short, without figures and addresses."""
    is_full = len(head) > 1 and all(head) and len(set(head)) == len(head)
    are_short = all(len(cell) <= _MAX_HEAD_CHARS and not cell.endswith(_SENTENCE_END) for cell in head)
    are_words = not any(ADDRESS.search(cell) or any(map(str.isdigit, cell)) for cell in head)
    return is_full and are_short and are_words and len(rows) > (len(head) == 2) and not head[0].endswith(":")


def _known_columns(head: Row) -> dict[str, int]:
    """What is known of the columns: role → number of the first that bears it."""
    found: dict[str, int] = {}
    for column, cell in enumerate(head):
        role = _roles().get(_NOTE.sub("", cell).lower().strip("*: "))
        if role and role not in found:
            found[role] = column
    if "question" not in found or "answer" not in found:
        found = {role: column for role, column in found.items() if role not in ("question", "answer")}
    return found


@lru_cache(maxsize=1)
def _roles() -> dict[str, str]:
    with Path(__file__).with_name("columns.toml").open("rb") as opened:
        return {word: role for role, words in tomllib.load(opened).items() for word in words}
