"""Documents and passages ↔ lists of their fields, as they stand in the index.

Names of fields would take up a third of the file, and most of the time that reading it takes.
"""

from __future__ import annotations

from qa.records import Block, Contact, Document, Passage, Source
from qa.search.rows import Plain


def plain_document(document: Document) -> Plain:
    """The fields of a document in their order."""
    blocks = [[block.kind, block.start, block.end, block.level] for block in document.blocks]
    contacts = [_plain_contact(contact) for contact in document.contacts]
    d = document
    return [d.path, d.id, d.title, d.language, d.text, blocks, contacts, d.url, d.source, d.updated]


def document_of(plain: Plain) -> Document:
    """The document that ``plain_document`` was given."""
    path, page, title, language, text, blocks, contacts, url, source, updated = plain
    told = tuple(Block(*block) for block in blocks), tuple(map(_contact, contacts))
    return Document(path, page, title, language, text, *told, url, source, updated)


def plain_passage(passage: Passage) -> Plain:
    """The fields of a passage in their order."""
    p = passage
    told = [p.document, p.start, p.end, p.text, p.title, p.language, p.version_of]
    return [*told, p.headings, p.contact, p.sentences]


def passage_of(plain: Plain) -> Passage:
    """The passage that ``plain_passage`` was given."""
    document, start, end, text, title, language, page, headings, contact, sentences = plain
    spans = tuple((first, last) for first, last in sentences)
    return Passage(document, start, end, text, title, language, page, tuple(headings), contact, spans)


def _plain_contact(contact: Contact) -> Plain:
    c = contact
    sources = [[s.field, s.value, s.document, s.language, s.start, s.end, s.verified] for s in c.sources]
    told = [c.name, c.document, c.title, c.unit, c.responsibilities, c.email, c.phone, c.verified]
    return [*told, c.start, c.end, sources]


def _contact(plain: Plain) -> Contact:
    name, document, title, unit, responsibilities, email, phone, verified, start, end, sources = plain
    duties, told = tuple(responsibilities), tuple(Source(*source) for source in sources)
    return Contact(name, document, title, unit, duties, email, phone, verified, start, end, told)
