"""Answer → HTML: pure functions from records to markup that is safe to insert.

Nothing here knows of Gradio or of a request. Every text from a document, a question or a setting passes
through ``markup.safe``; every quoted passage carries its ``lang``.
"""

from __future__ import annotations

from collections.abc import Mapping

from qa.answer.replies import interface_language
from qa.markup import safe, web_address
from qa.records import Answer, Citation, Contact, Document, Hit
from qa.text import sentences
from qa.web.drawing import icons
from qa.web.messages import Catalogue

MAX_PERHAPS = 3
_MOST_AROUND = 240  # characters


def answer(reply: Answer, words: Catalogue, documents: Mapping[str, Document], shown: int | None = None) -> str:
    """The first ``shown`` characters of an answer; with None also its contacts, quotes and passages."""
    if reply.status == "not_found":
        return refusal(reply, words, documents, shown)
    parts = [notice(reply.notice, interface_language(reply.language))]
    if shown is not None:
        parts.append(
            f'<p class="said" lang="{safe(reply.answer_language)}" dir="auto">{safe(reply.answer[:shown])}</p>'
        )
        return "".join(parts)
    by_cards = _told_by_cards(reply)
    by_quote = any(same_words(citation.quote, reply.answer) for citation in reply.citations)
    if not (by_cards or by_quote):
        parts.append(f'<p class="said" lang="{safe(reply.answer_language)}" dir="auto">{safe(reply.answer)}</p>')
    parts += [contact_card(contact, words, documents) for contact in reply.contacts]
    named = {path for contact in reply.contacts for path in told_in(contact)}
    notes = [c for c in reply.citations if c.document not in named]
    parts += (
        [source_note(c, words) for c in notes]
        if by_cards
        else [quote(c, words, says=reply.answer, around=_around(c, documents)) for c in reply.citations]
    )
    return "".join(parts)


def refusal(reply: Answer, words: Catalogue, documents: Mapping[str, Document], shown: int | None = None) -> str:
    """“The documents don't tell”, whom to ask instead, and the closest passages folded under it."""
    told = reply.answer if shown is None else reply.answer[:shown]
    text = f'<p class="refusal" lang="{safe(reply.answer_language)}">{safe(told)}</p>'
    if shown is not None:
        return text
    if reply.referral:
        text += f"<p>{safe(words('ask_instead'))}</p>{contact_card(reply.referral, words, documents)}"
    if not reply.passages:
        return text
    closest = "".join(passage(hit, words, documents) for hit in reply.passages[:MAX_PERHAPS])
    return f'{text}<details class="perhaps"><summary>{safe(words("perhaps"))}</summary>{closest}</details>'


def notice(text: str | None, language: str) -> str:
    """A notice with icon and words, or nothing."""
    return f'<p class="notice" lang="{language}">{icons.INFORMATION}<span>{safe(text)}</span></p>' if text else ""


def quote(citation: Citation, words: Catalogue, says: str = "", around: tuple[str, str] = ("", "")) -> str:
    """The verbatim quote with the answering words marked, and where it stands; large when it is all the answer says.

    ``around`` is the text just before and after it, which is told apart.
    """
    line = source_line(citation.title, citation.language, citation.updated, citation.url, citation.source, words)
    label = safe(words("quote_label", title=citation.title))
    size = " is-answer" if same_words(citation.quote, says) else ""
    before, after = around
    return (
        f'<figure class="quote{size}" aria-label="{label}">'
        f'<blockquote lang="{safe(citation.language)}" dir="auto">'
        f"{_aside(before)}{_marked(citation)}{_aside(after)}</blockquote>"
        f"<figcaption>{line}</figcaption></figure>"
    )


def source_note(citation: Citation, words: Catalogue) -> str:
    """Where a contact card's facts stand; the card itself is the quote."""
    line = source_line(citation.title, citation.language, citation.updated, citation.url, citation.source, words)
    return f'<p class="from">{line}</p>'


def _aside(text: str) -> str:
    return f'<span class="around">{safe(text)}</span>' if text else ""


def _around(citation: Citation, documents: Mapping[str, Document]) -> tuple[str, str]:
    """What stands before and after a quote in its paragraph, one sentence each, short enough to read along."""
    document = documents.get(citation.document)
    start, end = citation.start, citation.end
    if document is None or document.text[start:end] != citation.quote:  # the documents have changed since
        return "", ""
    within = [block for block in document.blocks if block.start <= start and end <= block.end]
    if not within or within[0].kind != "paragraph":
        return "", ""
    cut = sentences(document.text, within[0].start, within[0].end)
    first = max((a for a, b in cut if b <= start), default=start)
    last = min((b for a, b in cut if a >= end), default=end)
    before, after = document.text[first:start], document.text[end:last]
    return before if len(before) <= _MOST_AROUND else "", after if len(after) <= _MOST_AROUND else ""


def _marked(citation: Citation) -> str:
    start, end, text = citation.answer_start, citation.answer_end, citation.quote
    if not 0 <= start < end <= len(text):
        return safe(text)
    return f"{safe(text[:start])}<mark>{safe(text[start:end])}</mark>{safe(text[end:])}"


def passage(hit: Hit, words: Catalogue, documents: Mapping[str, Document]) -> str:
    """A passage that was considered, quoted as it stands."""
    found = hit.passage
    document = documents.get(found.document)
    url, updated, source = (document.url, document.updated, document.source) if document else (None,) * 3
    return quote(
        Citation(
            found.document,
            found.title,
            url,
            found.language,
            found.text,
            found.start,
            found.end,
            updated,
            source,
        ),
        words,
    )


def source_line(
    title: str, language: str, updated: str | None, url: str | None, source: str | None, words: Catalogue
) -> str:
    """``title · language · date · source`` as one quiet line; the title is the link when there is one."""
    named = f'<cite lang="{safe(language)}"><bdi>{safe(title)}</bdi></cite>'
    if address := web_address(url):
        hint = safe(words("open_source"))
        named = (
            f'<a href="{safe(address)}" target="_blank" rel="noopener noreferrer nofollow" '
            f'title="{hint}">{named}{icons.OUTSIDE}</a>'
        )
    parts = [named, safe(words.language_name(language))]
    if updated:
        when = safe(words("updated", date=words.date(updated)))
        parts.append(f'<time datetime="{safe(updated)}">{when}</time>')
    if source:
        parts.append(f"<bdi>{safe(words('source', source=source))}</bdi>")
    return ' <span aria-hidden="true">·</span> '.join(f'<span class="fact">{part}</span>' for part in parts)


def contact_card(contact: Contact, words: Catalogue, documents: Mapping[str, Document]) -> str:
    """A person: name large, then title, unit, responsibilities, the addresses exactly as written, and who tells it."""
    document = documents.get(contact.document)
    language = document.language if document else ""
    lines = [f'<h3 class="name"><bdi>{safe(contact.name)}</bdi></h3>']
    lines += [
        f'<p class="{kind}"{_language_of(contact, field, text)}>{safe(text)}</p>'
        for kind, field, text in (("role", "title", contact.title), ("unit", "unit", contact.unit))
        if text
    ]
    if contact.responsibilities:
        duties = ((_language_of(contact, "responsibilities", duty), duty) for duty in contact.responsibilities)
        items = "".join(f"<li{spoken}>{safe(duty)}</li>" for spoken, duty in duties)
        lines.append(f'<p class="label" lang="{words.language}">{safe(words("responsibilities"))}</p>')
        lines.append(f"<ul>{items}</ul>")
    lines.append(_address(words("email"), contact.email, words))
    lines.append(_address(words("phone"), contact.phone, words))
    if contact.verified:
        when = safe(words("verified", date=words.date(contact.verified)))
        lines.append(f'<p class="verified" lang="{words.language}">{when}</p>')
    for told in (documents[path] for path in told_in(contact) if path in documents):
        line = source_line(told.title, told.language, told.updated, told.url, told.source, words)
        lines.append(f'<p class="from" lang="{words.language}">{line}</p>')
    return f'<section class="contact" lang="{safe(language)}">{"".join(lines)}</section>'


def told_in(contact: Contact) -> tuple[str, ...]:
    """Documents that tell what stands on a card: the one that leads, and others for what it doesn't tell."""
    shown = {(field, getattr(contact, field)) for field in ("name", "title", "unit", "email", "phone")}
    shown |= {("responsibilities", duty) for duty in contact.responsibilities}
    telling: dict[tuple[str, str], str] = {}
    for source in sorted(contact.sources, key=lambda source: source.document != contact.document):
        if (source.field, source.value) in shown:
            telling.setdefault((source.field, source.value), source.document)
    return tuple(dict.fromkeys(telling.values()))


def _language_of(contact: Contact, field: str, value: str) -> str:
    """The ``lang`` of a field whose language is known."""
    language = contact.language_of(field, value)
    return f' lang="{safe(language)}"' if language else ""


def _address(label: str, value: str | None, words: Catalogue) -> str:
    """An e-mail address or number as the source writes it, with a button that copies exactly that."""
    if not value:
        return ""
    what = safe(words("copy_what", what=value))
    return (
        f'<p class="address" lang="{words.language}"><span class="label">{safe(label)}</span>'
        f'<span class="value" translate="no"><bdi>{safe(value)}</bdi></span>'
        f'<button type="button" class="copy" data-copy="{safe(value)}" data-copied="{safe(words("copied"))}"'
        f' aria-label="{what}">{icons.COPY}<span>{safe(words("copy"))}</span></button></p>'
    )


def same_words(one: str, other: str) -> bool:
    """Whether two texts differ in white space at most."""
    return one.split() == other.split()


def _told_by_cards(reply: Answer) -> bool:
    """Whether the answer's text says nothing beyond the contact cards or the quote that follow it."""
    if reply.contacts:
        fields = {text for contact in reply.contacts for text in _fields(contact)}
        lines = [line.lstrip("-*• ").strip() for line in reply.answer.splitlines()]
        return all(line in fields for line in lines if line)
    return False


def _fields(contact: Contact) -> tuple[str, ...]:
    singles = (contact.name, contact.title, contact.unit, contact.email, contact.phone)
    return (*(text for text in singles if text), *contact.responsibilities)
