"""Answer → plain text, for copying and sharing: what was said, the quotes, and where they stand."""

from __future__ import annotations

from collections.abc import Mapping

from qa.records import Answer, Citation, Contact, Document
from qa.web.drawing.markup import web_address
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
    lines += [source_text(d.title, d.language, d.updated, d.url, words) for d in told]
    return "\n".join(line for line in lines if line)


def _proof(citation: Citation, says: str, words: Catalogue) -> str:
    source = source_text(citation.title, citation.language, citation.updated, citation.url, words)
    return source if same_words(citation.quote, says) else f"“{citation.quote}”\n{source}"


def source_text(title: str, language: str, updated: str | None, url: str | None, words: Catalogue) -> str:
    """``Source: title (language, date)`` and the address on a line of its own."""
    facts = [words.language_name(language)] + ([words("updated", date=words.date(updated))] if updated else [])
    line = words("source", source=f"{title} ({', '.join(facts)})")
    address = web_address(url)
    return f"{line}\n{address}" if address else line
