"""Contacts as typed data: from front matter, and from pages as people write them.

On a page a contact is a person's name on a line of its own, perhaps a title and a unit, then what the
person is responsible for as a list; or all of that on one line; or a name in running text with the title after it.
Everything is copied as it
stands, ``name(at)domain`` addresses too; only "Puukko, Arja" becomes Arja Puukko.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from qa.errors import DocumentError
from qa.ingest.layout import Part
from qa.ingest.one_line import has_role, is_named_in, name_and_title, person_of_line
from qa.ingest.person import Person
from qa.text import ADDRESS, PERSON, PHONE, clean, folded, is_person_name, sentences

# Headings over a list of responsibilities say nothing about the person.
_LABELS = frozenset(
    "responsibilities|areas of responsibility|vastuualueet|tehtävät|ansvarsområden|ansvarsområder|ansvarsområde"
    "|ansvar|zuständigkeiten|aufgaben|responsabilités|vastutusvaldkonnad|ülesanded|contact|yhteystiedot|kontakt".split(
        "|"
    )
)
_NO_ROLE = re.compile(
    r"^(?:who|som|joka|kes|qui|der|die|das)\b"
    r"|\b(?:former|ex|entinen|tidigare|förre|tidligere|tidlegare|ehemalig\w*|früher\w*|ancien\w*|endine)\b"
)
# Within a sentence, so that its first word isn't taken for a name; all in small letters, so that it is no other body's.
_IN_PROSE = re.compile(
    rf"(?<=[a-zß-öø-ÿ] )({PERSON.pattern}), ((?:EU|[a-zß-öø-ÿ])(?:[^\W\dA-ZÀ-ÖØ-Þ]|EU|[ '’:-]){{3,90}})(?=[,.;)]|$)"
)
_NO_NAME = ("item", "contact")
_MAX_DETAIL_CHARS = 120
_MAX_DETAILS = 4
_MAX_CARD_PARTS = 200


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

    name = natural_name(text("name") or "")
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


def split_contacts(parts: Sequence[Part]) -> tuple[Part, ...]:
    """Parts in which each person with what stands below is one part of kind ``contact``, with its person.

    The part keeps every line of the page but doubled names and labels; the person's fields are read from it.
    """
    parts = [replace(part, text=clean(part.text)) for part in parts]
    text = "\n".join(part.text for part in parts)
    addresses = ADDRESS.findall(text)
    small_words = {word for word in re.findall(r"\w+", ADDRESS.sub(" ", text)) if word.islower()}
    kept: list[Part] = []
    position = 0
    while position < len(parts):
        end = _end_of_contact(parts, position, addresses)
        person = _person_at(parts[position:end])
        # "Town Twinning" is nobody's name: its words are also written small on the page.
        if person and not small_words.issuperset(person.name.lower().split()):
            text = "\n".join(_lines(parts[position:end]))
            kept.append(Part("contact", text, person=with_address(person, addresses)))
            position = end
        else:
            kept.append(parts[position])
            position += 1
    return tuple(kept)


def with_people(parts: Sequence[Part], people: Sequence[Person]) -> tuple[Part, ...]:
    """The parts, with people who are known as data: what the page shows of them is completed, the others come last."""
    kept = list(parts)
    places = {folded(part.person.name): n for n, part in enumerate(kept) if part.person}
    for person in people:
        place = places.get(folded(person.name))
        if place is None:
            places[folded(person.name)] = len(kept)
            kept.append(Part.of_person(person))
        else:
            kept[place] = _completed(kept[place], person)
    return tuple(kept)


def _completed(part: Part, known: Person) -> Part:
    """A contact of the page with the address and number that only its data tell, each as a line below."""
    shown = part.person
    if shown is None:
        return part
    if known.email and not shown.email:
        shown, part = replace(shown, email=known.email), replace(part, text=f"{part.text}\n{known.email}")
    if known.phone and not shown.phone:
        shown, part = replace(shown, phone=known.phone), replace(part, text=f"{part.text}\n{known.phone}")
    return replace(part, person=shown)


def in_prose(text: str) -> Iterator[tuple[Person, int, int]]:
    """People who are named in running text with their title after it, and where their sentence stands.

    >>> [(person.name, person.title) for person, _, _ in in_prose("It is led by Ida Sulin, head of services.")]
    [('Ida Sulin', 'head of services')]
    """
    for start, end in sentences(text):
        for found in _IN_PROSE.finditer(text, start, end):
            title, before = found[2].strip(), text[start : found.start()].split()[-1]
            is_role = has_role(title) and not _NO_ROLE.search(title.lower())
            if is_role and before[0].islower():  # a capital before it may be the first part of the name
                yield Person(found[1], title), start, end


def natural_name(name: str) -> str:
    """A name with what comes after its comma first.

    >>> natural_name("Puukko, Arja"), natural_name("Arja Puukko"), natural_name("Berg, Ada, PhD")
    ('Arja Puukko', 'Arja Puukko', 'Berg, Ada, PhD')
    """
    family, comma, given = name.partition(", ")
    return f"{given} {family}" if comma and family and given and "," not in given else name


def _end_of_contact(parts: Sequence[Part], start: int, addresses: Sequence[str]) -> int:
    """The position after the contact that opens at a part; ``start`` itself when none does.

    After the name come a few short lines, then duties as a list, then lines with an address or a number. One of the
    last two there must be. A list item is a contact by itself, on one line or on several.
    """
    name = parts[start].text
    if person_of_line(name):
        return start + 1
    if parts[start].kind == "item":
        return _end_of_item(parts, start, addresses)
    if parts[start].kind == "contact":
        return start
    if not _is_name(name, addresses):
        is_named = name_and_title(name) and any(_reaches_somebody(part) for part in parts[start + 1 : start + 2])
        if not is_named:
            return start
    below = parts[start + 1 : start + 1 + next(_ends(parts, start), len(parts))]
    written = _first(ADDRESS, [part.text for part in below[: _MAX_DETAILS + 2]])
    count = 0
    while count < min(len(below), _MAX_DETAILS + 1) and _is_detail(
        below[count], name, addresses, written, is_first=count == 0
    ):
        written = None if ADDRESS.search(below[count].text) else written
        count += 1
    holds_more = any(_reaches(part.text) for part in below[:count])
    while count < len(below) and _goes_on(below[count]):
        holds_more = True
        count += 1
    return start + 1 + count if holds_more else start


def _end_of_item(parts: Sequence[Part], start: int, addresses: Sequence[str]) -> int:
    """The same for an item of several lines, whose first is a name."""
    end = start + 1
    while end < len(parts) and parts[end].kind == "item" and not parts[end].marker:
        end += 1
    is_card = parts[start].marker and _is_name(parts[start].text, addresses)
    is_reached = any(_reaches(part.text) for part in parts[start + 1 : end])
    return end if is_card and is_reached else start


def _is_name(line: str, addresses: Sequence[str]) -> bool:
    """Whether a line is a person's name; "Oulu, Finland" is none, "Puukko, Arja" is when an address bears it."""
    name = natural_name(line)
    return is_person_name(name) and (name == line or any(_bears(address, name) for address in addresses))


def _lines(parts: Sequence[Part]) -> list[str]:
    """The lines of a contact, the name once, duties with a marker."""
    name = parts[0].text
    others = (
        f"- {part.text}" if _is_duty(part) else part.text
        for part in parts[1:]
        if part.text != name and part.text.rstrip(":").lower() not in _LABELS
    )
    return [name, *others]


def _is_duty(part: Part) -> bool:
    """Whether an item says what somebody does, rather than how they are reached; one line of several is neither."""
    return part.kind == "item" and bool(part.marker) and not _reaches(part.text)


def _person_at(parts: Sequence[Part]) -> Person | None:
    """The person that the parts of a contact tell of, None when there are none."""
    if not parts:
        return None
    lines = _lines(parts)
    on_one_line = person_of_line(lines[0])
    if on_one_line:
        return on_one_line
    name, title = name_and_title(lines[0]) or (lines[0], None)
    duties = tuple(line.removeprefix("- ") for line in lines if line.startswith("- "))
    details = [line for line in lines[1:] if not line.startswith("- ")]
    email, phone = _first(ADDRESS, details), _first(PHONE, details)
    told = [title, *(line for line in details if not _holds(line, email, phone))]
    title, unit, *_ = [*filter(None, told), None, None]
    return Person(natural_name(name), title, unit, duties, email, phone)


def _holds(line: str, *values: str | None) -> bool:
    return any(value is not None and value in line for value in values)


def _is_detail(part: Part, name: str, addresses: Sequence[str], written: str | None, *, is_first: bool) -> bool:
    """Whether a line below a name is about them; ``written`` is the first address below, which tells whose they are."""
    text = part.text
    if part.kind in _NO_NAME or len(text) > _MAX_DETAIL_CHARS or text.endswith((".", "!", "?", "…")):
        return False
    if text == name or (is_first and has_role(text) and not person_of_line(text)):  # "Membership Manager" is a title
        return True
    if _is_name(text, addresses) or name_and_title(text):
        return is_named_in(written, name) and not is_named_in(written, text)  # "Abteilung Europa" is a unit
    return not person_of_line(text)


def _goes_on(part: Part) -> bool:
    """Whether a part below a contact's name and title still tells of it: a duty, an address, a number."""
    return not person_of_line(part.text) and (part.kind == "item" or _reaches_somebody(part))


def _ends(parts: Sequence[Part], start: int) -> Iterator[int]:
    """How many parts below a name stand before each heading that ends what belongs to it."""
    name = parts[start]
    for count, part in enumerate(parts[start + 1 : start + 1 + _MAX_CARD_PARTS]):
        is_over = part.kind == "heading" and (name.kind != "heading" or part.level < name.level)
        is_label = part.text.rstrip(":").lower() in _LABELS
        if (is_over and not is_label) or (part.kind == "item" and _is_name(part.text, ())):
            yield count


def _reaches_somebody(part: Part) -> bool:
    return part.kind not in _NO_NAME and len(part.text) <= _MAX_DETAIL_CHARS and _reaches(part.text)


def _reaches(text: str) -> bool:
    return bool(ADDRESS.search(text) or PHONE.search(text))


def _first(pattern: re.Pattern[str], lines: Sequence[str]) -> str | None:
    found = next((match for line in lines if (match := pattern.search(line))), None)
    return found[0].strip() if found else None


def with_address(person: Person, addresses: Sequence[str]) -> Person:
    """The person with the one of a page's addresses that bears their whole name, when they have none yet."""
    if person.email:
        return person
    own = next((address for address in addresses if _bears(address, person.name)), None)
    return replace(person, email=own) if own else person


def _bears(address: str, name: str) -> bool:
    """Whether an address is made of a whole name."""
    local = re.split(r"\s?(?:@|[\[(]a)", address, maxsplit=1)[0]
    return set(re.split(r"[ -]", folded(name))) <= set(re.split(r"[._\-+]", folded(local)))
