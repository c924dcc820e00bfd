"""Answer → HTML: pure functions from records to markup that is safe to insert.

Nothing here knows of Gradio or of a request. Every text from a document, a question or a setting passes
through ``markup.safe``; every quoted passage carries its ``lang``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from qa.records import Answer, Citation, Contact, Document, Hit
from qa.web import icons
from qa.web.markup import safe, web_address
from qa.web.messages import Catalogue

MAX_PERHAPS = 3


@dataclass(frozen=True)
class Turn:
    """One question and what came of it; ``shown`` characters of the answer are out (None: all of it).

    ``fault`` is the message for a question that got no answer.
    """

    question: str
    answer: Answer | None = None
    shown: int | None = None
    fault: str | None = None
    stopped: bool = False

    @property
    def running(self) -> bool:
        """Whether more is to come."""
        pending = self.answer is None or self.shown is not None
        return pending and not self.stopped and self.fault is None


def conversation(turns: tuple[Turn, ...], words: Catalogue, documents: Mapping[str, Document]) -> str:
    """All turns, oldest first, as one HTML string."""
    return "".join(
        f'<article class="turn" id="turn-{number}" aria-busy="{str(turn.running).lower()}">'
        f"{question(turn.question, words)}{reply(turn, words, documents)}</article>"
        for number, turn in enumerate(turns)
    )


def question(text: str, words: Catalogue) -> str:
    """The visitor's question, a heading so that one can jump from turn to turn."""
    hidden = f'<span class="unseen">{safe(words("you_asked"))} </span>'
    return f'<h2 class="question">{hidden}<bdi>{safe(text)}</bdi></h2>'


def reply(turn: Turn, words: Catalogue, documents: Mapping[str, Document]) -> str:
    """What stands under a question: waiting, a fault, or the answer as far as it is shown."""
    if turn.fault is not None:
        body = f'<p class="fault">{icons.WARNING}<span>{safe(turn.fault)}</span></p>'
    elif turn.answer is None:
        body = "" if turn.stopped else f'<p class="searching">{safe(words("searching"))}</p>'
    else:
        body = answer(turn.answer, words, documents, turn.shown)
    stopped = f'<p class="stopped">{safe(words("stopped"))}</p>' if turn.stopped else ""
    return f'<div class="reply">{body}{stopped}</div>'


def answer(reply: Answer, words: Catalogue, documents: Mapping[str, Document], shown: int | None = None) -> str:
    """The first ``shown`` characters of an answer; with None also its contacts, quotes and passages."""
    if reply.status == "not_found":
        return refusal(reply, words, documents, shown)
    parts = [notice(reply.notice)]
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
        else [quote(c, words, says=reply.answer) for c in reply.citations]
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


def notice(text: str | None) -> str:
    """A notice with icon and words, or nothing."""
    return f'<p class="notice">{icons.INFORMATION}<span>{safe(text)}</span></p>' if text else ""


def quote(citation: Citation, words: Catalogue, says: str = "") -> str:
    """The verbatim quote with the answering words marked, and where it stands; large when it is all the answer says."""
    line = source_line(citation.title, citation.language, citation.updated, citation.url, citation.source, words)
    label = safe(words("quote_label", title=citation.title))
    size = " is-answer" if same_words(citation.quote, says) else ""
    return (
        f'<figure class="quote{size}" aria-label="{label}">'
        f'<blockquote lang="{safe(citation.language)}" dir="auto">{_marked(citation)}</blockquote>'
        f"<figcaption>{line}</figcaption></figure>"
    )


def source_note(citation: Citation, words: Catalogue) -> str:
    """Where a contact card's facts stand; the card itself is the quote."""
    line = source_line(citation.title, citation.language, citation.updated, citation.url, citation.source, words)
    return f'<p class="from">{line}</p>'


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


def announcement(turn: Turn, words: Catalogue) -> str:
    """What a screen reader is told once, when the reply is complete."""
    if turn.fault is not None or turn.answer is None:
        return safe(turn.fault or "")
    told = turn.answer.answer
    if turn.answer.citations:
        told = words("announce_answer", answer=told, title=turn.answer.citations[0].title)
    return safe(" ".join(part for part in (turn.answer.notice, told) if part))


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
