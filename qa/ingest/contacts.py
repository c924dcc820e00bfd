"""Contacts as typed data: from front matter, and from pages as people write them.

On a page a contact is a person's name on a line of its own, perhaps a title and a unit, then what the
person is responsible for as a list. Everything is copied as it stands, ``name(at)domain`` addresses too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from qa.errors import DocumentError
from qa.ingest.layout import Part
from qa.text import ADDRESS, PHONE, clean, folded, is_person_name

# Headings over a list of responsibilities say nothing about the person.
_LABELS = frozenset(
    "responsibilities|areas of responsibility|vastuualueet|tehtävät|ansvarsområden|ansvarsområder|ansvarsområde"
    "|ansvar|zuständigkeiten|aufgaben|responsabilités|vastutusvaldkonnad|ülesanded|contact|yhteystiedot|kontakt".split(
        "|"
    )
)
_MAX_DETAIL_CHARS = 120
_MAX_DETAILS = 4


@dataclass(frozen=True, slots=True)
class Person:
    """A contact before it has a place in a document."""

    name: str
    title: str | None = None
    unit: str | None = None
    responsibilities: tuple[str, ...] = ()
    email: str | None = None
    phone: str | None = None
    verified: str | None = None

    def as_part(self) -> Part:
        """The contact as text, a line for each thing known, so that it is searched and quoted like any text."""
        details = (self.name, self.title, self.unit, *(f"- {duty}" for duty in self.responsibilities))
        return Part("contact", "\n".join(line for line in (*details, self.email, self.phone) if line))


def from_front_matter(value: Any) -> tuple[Person, ...]:
    """People listed under ``contacts:``. Raises DocumentError when the list can't be read as people."""
    if not value:
        return ()
    if not isinstance(value, list) or not all(isinstance(entry, Mapping) for entry in value):
        raise DocumentError("front matter `contacts` must be a list of people, each with a name")
    return tuple(_person(entry) for entry in value)


def _person(entry: Mapping[str, Any]) -> Person:
    def text(key: str) -> str | None:
        return clean(str(entry[key])) or None if entry.get(key) is not None else None

    name = text("name")
    if not name:
        raise DocumentError("a contact in the front matter has no name: add `name:`")
    duties = entry.get("responsibilities") or ()
    duties = (duties,) if isinstance(duties, str) else duties
    if not isinstance(duties, Sequence):
        raise DocumentError(f"responsibilities of {name} must be a list")
    return Person(
        name,
        text("title"),
        text("unit"),
        tuple(clean(str(duty)) for duty in duties),
        text("email"),
        text("phone"),
        text("verified"),
    )


def split_contacts(parts: Sequence[Part]) -> tuple[tuple[Part, ...], tuple[Person, ...]]:
    """Parts in which each person with what stands below is one part of kind ``contact``; and those people, in order."""
    parts = [replace(part, text=clean(part.text)) for part in parts]
    kept: list[Part] = []
    people: list[Person] = []
    position = 0
    while position < len(parts):
        person, after = _person_at(parts, position)
        if person is None:
            kept.append(parts[position])
            position += 1
        else:
            kept.append(person.as_part())
            people.append(person)
            position = after
    text = "\n".join(part.text for part in parts)
    return tuple(kept), tuple(with_address(person, text) for person in people)


def _person_at(parts: Sequence[Part], start: int) -> tuple[Person | None, int]:
    """The contact that opens at a part and the position after it; None when none does."""
    name = parts[start].text.strip()
    if parts[start].kind == "item" or not is_person_name(name) or _is_common(name, parts):
        return None, start
    position = start + 1
    details: list[str] = []
    while position < len(parts) and _is_detail(parts[position]) and len(details) < _MAX_DETAILS:
        detail = parts[position].text.strip()
        if is_person_name(detail) and detail != name:
            break
        details += [detail] if detail != name else []
        position += 1
    duties_from = position
    while position < len(parts) and parts[position].kind == "item":
        position += 1
    duties = tuple(part.text.strip() for part in parts[duties_from:position])
    email, phone = _first(ADDRESS, details), _first(PHONE, details)
    if not (duties or email or phone):
        return None, start
    told = [line for line in details if line.rstrip(":").lower() not in _LABELS and not _holds(line, email, phone)]
    title, unit = told[0] if told else None, told[1] if len(told) > 1 else None
    return Person(name, title, unit, duties, email, phone), position


def _is_common(name: str, parts: Sequence[Part]) -> bool:
    """Whether all the words are written small somewhere on the page: "Town Twinning" is nobody's name."""
    text = ADDRESS.sub(" ", "\n".join(part.text for part in parts))
    return all(re.search(rf"\b{re.escape(word.lower())}\b", text) for word in name.split())


def _holds(line: str, *values: str | None) -> bool:
    return any(value is not None and value in line for value in values)


def _is_detail(part: Part) -> bool:
    text = part.text.strip()
    return part.kind != "item" and len(text) <= _MAX_DETAIL_CHARS and not text.endswith((".", "!", "?", "…"))


def _first(pattern: re.Pattern[str], lines: Sequence[str]) -> str | None:
    found = next((match for line in lines if (match := pattern.search(line))), None)
    return found[0].strip() if found else None


def with_address(person: Person, text: str) -> Person:
    """The person with the address in the text that bears their whole name, when they have none yet."""
    if person.email:
        return person
    names = set(folded(person.name).split())
    for address in ADDRESS.findall(text):
        local = re.split(r"\s?(?:@|[\[(]a)", address, maxsplit=1)[0]
        if names <= set(re.split(r"[._\-+]", folded(local))):
            return replace(person, email=address)
    return person
