"""Contacts for an answer: the same person on several pages, and in several languages, is one card.

A card says what the pages say, never more: each field is copied from a page, in one language, and where pages
differ the newest one is believed. Each thing that any page tells of the person is among the card's sources.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from qa.answer.versions import readable
from qa.records import Contact, Document, Source
from qa.text import folded, is_form_of, sentences

_SPOKEN = ("title", "unit", "responsibilities")
"""Fields that are in a language; an address or a number is the same in all."""
_SINGLE = ("name", "title", "unit", "email", "phone")
_SHORTEST_PART = 2  # letters of a name: "Bo", "Ek"
_LONGEST_ENDING = 3
_MARKS = ".,;:!?¿¡()[]{}\"'“”„«»…–-"
_GENITIVE = re.compile(r"(?:'s|:n|:s)$")  # "Parsama's", "UCLG:n"


def person_key(name: str) -> str:
    """What the spellings of one person's name have in common.

    >>> person_key("PUUKKO,  Arja") == person_key("Arja Puukko"), person_key("Bjørn Åse")
    (True, 'bjorn ase')
    """
    family, comma, given = name.partition(",")
    return " ".join(folded(f"{given} {family}" if comma else name).lower().split())


def named_in_question(question: str, names: Collection[str]) -> frozenset[str]:
    """Names whose family name the question mentions, inflected or not.

    >>> named_in_question("Mikä on Arja Puukon titteli?", ["Arja Puukko", "Ida Sulin"])
    frozenset({'Arja Puukko'})
    """
    words = [word.strip(".,;:!?()\"'’").lower() for word in question.split()]
    return frozenset(name for name in names if any(is_form_of(word, name.split()[-1].lower()) for word in words))


@dataclass(frozen=True, slots=True)
class Proof:
    """What is quoted for a card: ``document.text[start:end]``; ``answer`` are offsets of the very thing asked for."""

    document: str
    start: int
    end: int
    answer: tuple[int, int]


@dataclass(frozen=True)
class Person:
    """Somebody with all that the documents tell of them: ``told`` in the order of the documents, at least one."""

    told: tuple[Contact, ...]
    documents: Mapping[str, Document]

    @cached_property
    def sources(self) -> tuple[Source, ...]:
        """Every fact of every page, with its place."""
        return tuple(source for contact in self.told for source in _sources(contact, self.documents[contact.document]))

    @cached_property
    def _last_told(self) -> Mapping[tuple[str, str], str]:
        """The last date on which each thing was told, so far as the pages have dates; else empty."""
        dates: dict[tuple[str, str], str] = defaultdict(str)
        for source in self.sources:
            dates[source.field, source.value] = max(dates[source.field, source.value], source.verified or "")
        return dates

    def tells(self, field: str) -> bool:
        """Whether any page gives a field."""
        return any(source.field == field for source in self.sources)

    def card(self, language: str, preferred: str | None = None) -> Contact:
        """One contact for a user of a language.

        The page ``preferred`` leads, else one in the user's language or in another that they can probably read. Title,
        unit and responsibilities are in the user's language when any page tells them so, else in the lead's, else in
        another; each in one language only.
        ``verified`` is a date on which all of the card was still told, None when a part has no date.
        """
        lead = min(self.told, key=lambda contact: self._distance(contact, language, preferred))
        order = (language, self.documents[lead.document].language, *readable(language))
        single = [self._newest(field, lead, order) for field in ("title", "unit", "email", "phone")]
        title, unit, email, phone = (source.value if source else None for source in single)
        duties = self._duties(lead, order)
        shown = [*filter(None, single), *duties]
        return replace(
            lead,
            title=title,
            unit=unit,
            responsibilities=tuple(duty.value for duty in duties),
            email=email,
            phone=phone,
            verified=min(self._last_told[fact.field, fact.value] for fact in shown) or None if shown else lead.verified,
            sources=_one_each(self.sources, lead),
        )

    def proof(self, card: Contact, fields: Collection[str] = ()) -> Proof:
        """Where the first of some fields that a card shows is told; without fields, what its leading page tells.

        The quote is all that the page says of the person; a sentence, when an address stands elsewhere on the page.
        """
        shown = [s for field in fields for s in self._of(field) if s.value in _values(card, field) and s.start < s.end]
        fact = next((s for s in shown if s.document == card.document), shown[0] if shown else None)
        if fact is None:
            return Proof(card.document, card.start, card.end, (card.start, card.start))
        told = (contact for contact in self.told if contact.document == fact.document)
        around = next((c for c in told if c.start <= fact.start and fact.end <= c.end), None)
        if around:
            return Proof(fact.document, around.start, around.end, (fact.start, fact.end))
        lines = sentences(self.documents[fact.document].text)
        start, end = next((a, b) for a, b in lines if a <= fact.start < b)
        return Proof(fact.document, start, max(end, fact.end), (fact.start, fact.end))

    def _distance(self, contact: Contact, language: str, preferred: str | None) -> tuple[bool, int, bool]:
        known = readable(language)
        code = self.documents[contact.document].language
        distance = known.index(code) if code in known else len(known)
        return contact.document != preferred, distance, not (contact.title or contact.responsibilities)

    def _newest(self, field: str, lead: Contact, order: Sequence[str]) -> Source | None:
        """What the newest page says of a field; of two as new the lead's."""
        told = self._spoken(field, order) if field in _SPOKEN else self._of(field)
        return max(told, key=lambda source: (source.verified or "", source.document == lead.document), default=None)

    def _duties(self, lead: Contact, order: Sequence[str]) -> list[Source]:
        """All that the person is said to do, each thing once, the lead's first."""
        told = sorted(self._spoken("responsibilities", order), key=lambda source: source.document != lead.document)
        once: dict[str, Source] = {}
        for source in told:
            once.setdefault(folded(" ".join(source.value.split())), source)
        return list(once.values())

    def _spoken(self, field: str, order: Sequence[str]) -> list[Source]:
        """What is told of a field in the first language of ``order`` that has any, else in any one language."""
        told = self._of(field)
        languages = dict.fromkeys((*order, *(source.language for source in told)))
        by_language = ([source for source in told if source.language == code] for code in languages)
        return next((found for found in by_language if found), [])

    def _of(self, field: str) -> list[Source]:
        return [source for source in self.sources if source.field == field]


class People:
    """Everybody who is a contact in some documents. It keeps no state but what it is made of."""

    def __init__(self, documents: Mapping[str, Document]) -> None:
        told: dict[str, list[Contact]] = defaultdict(list)
        for document in documents.values():
            for contact in document.contacts:
                told[person_key(contact.name)].append(contact)
        self.everybody = tuple(Person(tuple(contacts), documents) for contacts in told.values())
        self._by_key = dict(zip(told, self.everybody, strict=True))
        self._spellings = tuple({contact.name: key for key, all_of in told.items() for contact in all_of}.items())
        self.names = frozenset(name for name, _ in self._spellings)
        self._by_word: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for key in told:
            for part in key.split():
                if len(part) >= _SHORTEST_PART:
                    self._by_word[part[:_SHORTEST_PART]].append((part, key))

    def find(self, name: str) -> Person | None:
        """The person of that name, however it is spelt."""
        return self._by_key.get(person_key(name))

    def named_in(self, text: str) -> list[Person]:
        """Those whose whole name stands in a text, in the order of the text."""
        standing = sorted((text.index(name), key) for name, key in self._spellings if name in text)
        return [self._by_key[key] for key in dict.fromkeys(key for _, key in standing)]

    def reached_by(self, text: str) -> list[Person]:
        """Those whose e-mail address or number stands in a text."""

        def is_reached(person: Person) -> bool:
            return any(s.field in ("email", "phone") and s.value in text for s in person.sources)

        return [person for person in self.everybody if is_reached(person)]

    def asked_about(self, question: str) -> tuple[tuple[Person, ...], frozenset[str]]:
        """Those whom a question names, by as much of their name as any, and its words that are their names.

        >>> page = Document("en/a", "a", "A", "en", "", contacts=(Contact("Ida Sulin", "en/a"),))
        >>> people, words = People({"en/a": page}).asked_about("What is Sulin's title?")
        >>> people[0].told[0].name, sorted(words)
        ('Ida Sulin', ["Sulin's"])
        """
        said: dict[str, dict[str, str]] = defaultdict(
            dict
        )  # each person's parts of the name, with the word that says it
        perhaps: list[tuple[str, str, str]] = []
        for word in question.split():
            plain = _plain(word)
            for part, key in self._by_word.get(plain[:_SHORTEST_PART], ()):
                if is_form_of(plain, part):
                    said[key].setdefault(part, word)
                elif plain.startswith(part) and len(plain) <= len(part) + _LONGEST_ENDING:
                    perhaps.append((key, part, word))
        for key, part, word in perhaps:  # "Bergin" is a form of Berg next to "Ada"; alone, it may be anything
            if key in said:
                said[key].setdefault(part, word)
        most = max(map(len, said.values()), default=0)
        named = [key for key, parts in said.items() if len(parts) == most]
        return tuple(self._by_key[key] for key in named), frozenset(
            word for key in named for word in said[key].values()
        )


def _plain(word: str) -> str:
    """A word as it is compared with parts of names: "d’Arja", "Arja's" and "Arja:n" are Arja."""
    plain = _GENITIVE.sub("", folded(word.replace("’", "'").strip(_MARKS)))
    return plain.rpartition("'")[2]


def _values(card: Contact, field: str) -> tuple[str, ...]:
    value = getattr(card, field)
    return value if isinstance(value, tuple) else (value,)


def _sources(contact: Contact, document: Document) -> Iterator[Source]:
    told = [(field, value) for field in _SINGLE if (value := getattr(contact, field))]
    for field, value in (*told, *(("responsibilities", duty) for duty in contact.responsibilities)):
        start = _place(value, contact, document.text)
        end = start + len(value) if start >= 0 else 0
        yield Source(field, value, document.path, document.language, max(start, 0), end, contact.verified)


def _place(value: str, contact: Contact, text: str) -> int:
    """Where a value stands: among the contact's lines, else anywhere in the text; -1 when nowhere."""
    own = text.find(value, contact.start, contact.end)
    return own if own >= 0 else text.find(value)


def _one_each(sources: Sequence[Source], lead: Contact) -> tuple[Source, ...]:
    """One source for each thing told, in each language in which it is: the leading page, else the newest."""
    newest_first = sorted(sources, key=lambda source: source.verified or "", reverse=True)
    once: dict[tuple[str, str, str], Source] = {}
    for source in sorted(newest_first, key=lambda source: source.document != lead.document):
        language = source.language if source.field in _SPOKEN else ""
        once.setdefault((source.field, source.value, language), source)
    return tuple(once.values())
