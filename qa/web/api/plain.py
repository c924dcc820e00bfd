"""Answer → text with its source lines, for chat clients, which show Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterator

from qa.records import Answer, Citation, Contact
from qa.web.drawing.markup import web_address
from qa.web.messages import DEFAULT_LANGUAGE, Catalogue, catalogue, spoken

# Links, images and tags; a document must not make a client fetch anything.
_LIVE = re.compile(r"(?<=\])(?=[(\[:])|(?=<[A-Za-z/!?])")


def reply_text(answer: Answer) -> str:
    """What is to be known about the source, the verbatim quote or the refusal, whom to ask, and where it stands."""
    words = catalogue(spoken(answer.language) or DEFAULT_LANGUAGE)
    parts = [answer.notice, inert(answer.answer)]
    parts += [_contact(contact, answer.answer) for contact in answer.contacts]
    if answer.referral:
        parts.append(f"{words('ask_instead')}\n{_contact(answer.referral, '')}")
    parts += [source_line(citation, words) for citation in answer.citations]
    return "\n\n".join(part for part in parts if part)


def source_line(citation: Citation, words: Catalogue) -> str:
    """``Source: title · language · date · publisher · link`` in the reader's language."""
    updated = words("updated", date=words.date(citation.updated)) if citation.updated else None
    facts = (citation.title, words.language_name(citation.language), updated, citation.source)
    line = words("source", source=inert(" · ".join(fact for fact in facts if fact)))
    address = web_address(citation.url)
    return f"{line} · {address}" if address else line


def inert(text: str) -> str:
    """``text`` with the Markdown that would link, load or format taken for what it is; shown, it is the same text.

    >>> inert("![](https://example.org/a.png)")
    '![]\\\\(https://example.org/a.png)'
    """
    return _LIVE.sub(r"\\", text)


def _contact(contact: Contact, told: str) -> str:
    """What a card tells beyond what is told already."""
    return "\n".join(inert(field) for field in _fields(contact) if field not in told)


def _fields(contact: Contact) -> Iterator[str]:
    yield contact.name
    yield from filter(None, (contact.title, contact.unit, contact.email, contact.phone))
