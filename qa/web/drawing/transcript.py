"""Answer → plain text, for copying, sharing and chat clients: what was said, the quotes, and where they stand."""

from __future__ import annotations

from collections.abc import Mapping

from qa.markup import web_address
from qa.records import Answer, Citation, Contact, Document
from qa.web.drawing.render import same_words, told_in
from qa.web.messages import Catalogue


def reply_text(reply: Answer, words: Catalogue, documents: Mapping[str, Document]) -> str:
    """The answer as a person would paste it into a letter, each source on its own line."""
    people = reply.contacts or ((reply.referral,) if reply.referral else ())
    parts = [reply.notice or ""]
    if not reply.contacts or reply.smalltalk:
        parts.append(reply.answer)
    if reply.referral:
        parts.append(words("ask_instead"))
    parts += [_card(contact, words, documents) for contact in people]
    named = {path for contact in people for path in told_in(contact)}
    parts += [_proof(c, reply.answer, words) for c in reply.citations if c.document not in named]
    return "\n\n".join(part for part in parts if part)


def _card(contact: Contact, words: Catalogue, documents: Mapping[str, Document]) -> str:
    lines = [contact.name, contact.title, contact.unit, *(f"– {duty}" for duty in contact.responsibilities)]
    lines += [f"{words(key)}: {value}" for key, value in (("email", contact.email), ("phone", contact.phone)) if value]
    told = (documents[path] for path in told_in(contact) if path in documents)
    lines += [source_text(document, words) for document in told]
    return "\n".join(line for line in lines if line)


def _proof(citation: Citation, says: str, words: Catalogue) -> str:
    source = source_text(citation, words)
    return source if same_words(citation.quote, says) else f"“{citation.quote}”\n{source}"


def source_text(told: Citation | Document, words: Catalogue) -> str:
    """``Source: title · language · date · publisher``, and the address on a line of its own."""
    updated = words("updated", date=words.date(told.updated)) if told.updated else None
    facts = (told.title, words.language_name(told.language), updated, told.source)
    line = words("source", source=" · ".join(fact for fact in facts if fact))
    address = web_address(told.url)
    return f"{line}\n{address}" if address else line
