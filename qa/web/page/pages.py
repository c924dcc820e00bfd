"""Our pages about the assistant: what it knows, how it answers, how accessible it is. Readable without JavaScript."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from datetime import UTC, date, datetime, timedelta

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse

from qa import __version__
from qa.answer.smalltalk import general_contact
from qa.errors import SettingsError
from qa.markup import safe, web_address
from qa.records import Document
from qa.settings import INTERFACE_LANGUAGES, Settings
from qa.web.asking.service import Service
from qa.web.drawing import shell
from qa.web.messages import DEFAULT_LANGUAGE, Catalogue

_ABOUT = ("assistant", "how", "check", "refusal", "language", "privacy")
_TESTED = ("axe", "keyboard", "zoom", "announce", "motion")
_LIMITS = ("script", "documents", "manual")


def add_pages(api: FastAPI, service: Service) -> None:
    """The routes of the pages. Raises SettingsError for a date of review that is none."""
    settings = service.settings
    reviewed = read_date(settings.accessibility_reviewed)

    @api.get("/documents", include_in_schema=False)
    def documents(request: Request) -> HTMLResponse:
        words = shell.words_for(request)
        key = f"page {words.language}"
        body = service.once(key, lambda documents: documents_body(tuple(documents.values()), words))
        return _respond("documents", "documents_page", body, words, settings)

    @api.get("/about", include_in_schema=False)
    def about(request: Request) -> HTMLResponse:
        words = shell.words_for(request)
        return _respond("about", "about", about_body(settings.retention_days, words), words, settings)

    @api.get("/accessibility", include_in_schema=False)
    def accessibility(request: Request) -> HTMLResponse:
        words = shell.words_for(request)
        contact = service.once("contact", lambda documents: feedback_to(settings.feedback_address, documents.values()))
        return _respond("accessibility", "accessibility", accessibility_body(contact, words, reviewed), words, settings)


def _respond(path: str, key: str, body: str, words: Catalogue, settings: Settings) -> HTMLResponse:
    page = shell.Page(path, words(f"{key}_title"), words(f"{key}_description"), body, styles=("pages.css",))
    return shell.respond(page, words, settings)


def documents_body(documents: tuple[Document, ...], words: Catalogue) -> str:
    """The documents by language, the reader's own first, each with its date and source."""
    count = Counter(document.language for document in documents)
    total = words("documents_total", documents=len(documents), languages=len(count))
    lead = words("documents_missing") if words.language not in count and documents else ""
    order = sorted(count, key=lambda code: (code != words.language, code != DEFAULT_LANGUAGE, -count[code], code))
    ways = "".join(
        f'<li><a href="#{code}">{safe(_capital(words.language_name(code)))} ({count[code]})</a></li>' for code in order
    )
    jump = f'<nav aria-label="{safe(words("documents_by_language"))}"><ul class="jump">{ways}</ul></nav>'
    lists = "".join(_listed(code, [d for d in documents if d.language == code], words) for code in order)
    paragraphs = "".join(f"<p>{safe(text)}</p>" for text in (total, lead) if text)
    return f"{paragraphs}{jump if len(order) > 1 else ''}{lists}"


def _listed(code: str, documents: Iterable[Document], words: Catalogue) -> str:
    named = sorted(documents, key=lambda document: document.title.casefold())
    items = "".join(f"<li>{_document(document, words)}</li>" for document in named)
    return f'<h2 id="{safe(code)}">{safe(_capital(words.language_name(code)))}</h2><ul class="documents">{items}</ul>'


def _document(document: Document, words: Catalogue) -> str:
    """The title, which leads to the page where there is one, and below it the date and the source."""
    title = f'<cite lang="{safe(document.language)}"><bdi>{safe(document.title)}</bdi></cite>'
    if address := web_address(document.url):
        title = f'<a href="{safe(address)}" rel="noopener noreferrer nofollow">{title}</a>'
    when = words("updated", date=words.date(document.updated)) if document.updated else words("undated")
    facts = [when] + ([words("source", source=document.source)] if document.source else [])
    return f'{title}<p class="quiet">{" · ".join(f"<bdi>{safe(fact)}</bdi>" for fact in facts)}</p>'


def about_body(retention_days: int, words: Catalogue) -> str:
    """That this is an automated assistant, how it answers, in which languages, and what becomes of questions."""
    spoken = ", ".join(words.language_name(code) for code in INTERFACE_LANGUAGES)
    texts = {part: words(f"about_{part}", languages=spoken) for part in _ABOUT}
    if retention_days:
        texts["privacy"] = words("about_privacy_kept", days=retention_days)
    return "".join(f"<h2>{safe(words(f'about_{part}_title'))}</h2><p>{safe(text)}</p>" for part, text in texts.items())


def read_date(told: str) -> str:
    """The date of a review, ISO, or nothing. Raises SettingsError for what is no date or has yet to come."""
    try:
        tomorrow = datetime.now(UTC).date() + timedelta(days=1)  # where it was told it may be that already
        is_past = not told or date.fromisoformat(told) <= tomorrow
    except ValueError:
        is_past = False
    if not is_past:
        raise SettingsError(
            f"accessibility_reviewed: {told!r} is no date of a review: write the day as 2026-05-31, or leave it empty"
        )
    return told


def accessibility_body(contact: str, words: Catalogue, reviewed: str = "") -> str:
    """The standard, what each version is tested for, what is known not to work, and whom to tell.

    ``contact`` is HTML; ``reviewed`` is when whoever runs the service went through it themselves, ISO.
    """
    tested = "".join(f"<li>{safe(words(f'tested_{part}'))}</li>" for part in _TESTED)
    limits = "".join(f"<li>{safe(words(f'limit_{part}'))}</li>" for part in _LIMITS)
    review = f"<p>{safe(words('accessibility_reviewed', date=words.date(reviewed)))}</p>" if reviewed else ""
    tell = contact or safe(words("accessibility_nobody"))
    return (
        f"<p>{safe(words('accessibility_standard'))}</p>"
        f"<h2>{safe(words('accessibility_tested_title'))}</h2>"
        f"<p>{safe(words('accessibility_tested', version=__version__))}</p><ul>{tested}</ul>{review}"
        f"<h2>{safe(words('accessibility_limits_title'))}</h2><ul>{limits}</ul>"
        f"<h2>{safe(words('accessibility_feedback_title'))}</h2>"
        f"<p>{safe(words('accessibility_feedback'))}</p><p>{tell}</p>"
    )


def feedback_to(told: str, documents: Collection[Document]) -> str:
    """Whom to tell of barriers, as HTML: the address told, else the documents' general contact, else nothing."""
    if told:
        address = web_address(told) or (f"mailto:{told}" if "@" in told else "")
        return f'<a href="{safe(address)}">{safe(told)}</a>' if address else safe(told)
    name = general_contact(documents)
    ways = (c for document in documents for c in document.contacts if c.name == name)
    reach = next((way for c in ways for way in (c.email, c.phone) if way), None)
    return f"{safe(name)}, <bdi>{safe(reach)}</bdi>" if name and reach else ""


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
