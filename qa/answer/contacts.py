"""Contacts for an answer: the same person on several pages is one contact."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from qa.records import Contact, Document
from qa.text import is_form_of


def named_in(text: str, documents: Sequence[Document]) -> list[str]:
    """Names of the documents' contacts that stand whole in a text, in the order in which they stand there."""
    names = {contact.name for document in documents for contact in document.contacts}
    return sorted((name for name in names if name in text), key=text.index)


def named_in_question(question: str, names: Collection[str]) -> frozenset[str]:
    """Names whose family name the question mentions, inflected or not.

    >>> named_in_question("Mikä on Arja Puukon titteli?", ["Arja Puukko", "Ida Sulin"])
    frozenset({'Arja Puukko'})
    """
    words = [word.strip(".,;:!?()\"'’").lower() for word in question.split()]
    return frozenset(name for name in names if any(is_form_of(word, name.split()[-1].lower()) for word in words))


def contact_card(name: str, preferred: str | None, language: str, documents: Mapping[str, Document]) -> Contact | None:
    """What the documents tell of a person, as one contact; None when nobody has that name.

    The page ``preferred`` leads, else pages in the user's language. An address or number is taken from any page;
    a title or unit only from one in the same language as the lead.
    """
    told = [contact for document in documents.values() for contact in document.contacts if contact.name == name]
    if not told:
        return None

    def rank(contact: Contact) -> tuple[bool, bool, bool]:
        own = documents[contact.document].language == language
        return contact.document != preferred, not own, not (contact.title or contact.responsibilities)

    lead = min(told, key=rank)
    same = [c for c in told if documents[c.document].language == documents[lead.document].language]
    return replace(
        lead,
        title=_first(lead, same, "title"),
        unit=_first(lead, same, "unit"),
        responsibilities=lead.responsibilities or next((c.responsibilities for c in same if c.responsibilities), ()),
        email=_first(lead, told, "email"),
        phone=_first(lead, told, "phone"),
    )


def _first(lead: Contact, others: Sequence[Contact], field: str) -> str | None:
    return next((value for contact in (lead, *others) if (value := getattr(contact, field))), None)
