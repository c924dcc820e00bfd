"""The parts of the page around the conversation: header, welcome and “what I know”."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from qa.records import Document
from qa.settings import INTERFACE_LANGUAGES, Settings
from qa.web import icons
from qa.web.markup import safe
from qa.web.messages import DEFAULT_LANGUAGE, Catalogue, catalogue
from qa.web.render import source_line


def header(settings: Settings, words: Catalogue) -> str:
    """Mark, name and organisation; what I know, new conversation and the language menu."""
    organisation = settings.organisation or words("tagline")
    return (
        f'<div class="bar" role="banner" data-language="{words.language}" data-title="{safe(settings.name)}">'
        f'<p class="brand">{icons.MARK}<span><strong>{safe(settings.name)}</strong>'
        f"<small>{safe(organisation)}</small></span></p>"
        f"{_tool('about', icons.DOCUMENTS, words('about_button'))}"
        f"{_tool('restart', icons.RESTART, words('new_conversation'))}"
        f"{_language_menu(words)}</div>"
    )


def _tool(name: str, icon: str, label: str) -> str:
    text = safe(label)
    return f'<button type="button" class="tool" data-tool="{name}" title="{text}">{icon}<span>{text}</span></button>'


def _language_menu(words: Catalogue) -> str:
    """The languages, each under its own name."""
    options = "".join(
        f'<option value="{code}" lang="{code}"{" selected" if code == words.language else ""}>'
        f"{safe(catalogue(code)('native_name'))}</option>"
        for code in INTERFACE_LANGUAGES
    )
    label = safe(words("language_label"))
    return (
        f'<label class="tool language" title="{label}">{icons.LANGUAGE}<span class="unseen">{label}</span>'
        f'<select data-tool="language">{options}</select></label>'
    )


def welcome(settings: Settings, words: Catalogue) -> str:
    """The empty state: what this is, and questions that it does answer, by topic."""
    topics = "".join(
        f'<section class="topic"><h2>{safe(words(f"topic_{topic}"))}</h2>'
        + "".join(_example(text) for text in questions)
        + "</section>"
        for topic, questions in words.examples().items()
    )
    return (
        f'<div class="welcome">{icons.MARK}<h1>{safe(words("welcome_title"))}</h1>'
        f'<p class="lead">{safe(words("welcome_text"))}</p>'
        f'<p class="label">{safe(words("examples_title"))}</p><div class="topics">{topics}</div></div>'
    )


def _example(text: str) -> str:
    return f'<button type="button" class="example" data-ask="{safe(text)}">{safe(text)}</button>'


def about(documents: Iterable[Document], words: Catalogue) -> str:
    """A dialog: that this is an automated assistant, how it answers, and the documents with their dates."""
    every = tuple(documents)
    spoken = ", ".join(words.language_name(code) for code in INTERFACE_LANGUAGES)
    texts = (
        words("about_assistant"),
        words("about_check"),
        words("about_refusal"),
        words("about_language", languages=spoken),
    )
    body = "".join(f"<p>{safe(text)}</p>" for text in texts)
    close = safe(words("close"))
    return (
        '<dialog class="about" aria-labelledby="about-title"><div class="sheet">'
        f'<div class="top"><h2 id="about-title">{safe(words("about_title"))}</h2>'
        f'<button type="button" class="tool" data-tool="close" title="{close}" aria-label="{close}">'
        f"{icons.CLOSE}</button></div>{body}{_documents(every, words)}</div></dialog>"
    )


def _documents(documents: tuple[Document, ...], words: Catalogue) -> str:
    """The documents in the page's language, or else in the one that has most, and a line on the others."""
    if not documents:
        return ""
    count = Counter(document.language for document in documents)
    shown = words.language if count[words.language] else _widest(count)
    missing = "" if shown == words.language else words("documents_none", language=words.language_name(shown))
    others = [words.language_name(code) for code, _ in count.most_common() if code != shown]
    also = words("documents_also", languages=", ".join(others)) if others else ""
    listed = sorted((d for d in documents if d.language == shown), key=lambda d: d.title.casefold())
    items = "".join(f"<li>{_document(document, words)}</li>" for document in listed)
    notes = "".join(f'<p class="quiet">{safe(text)}</p>' for text in (missing, also) if text)
    return f'<h3>{safe(words("documents_title"))}</h3>{notes}<ul class="documents">{items}</ul>'


def _document(document: Document, words: Catalogue) -> str:
    line = source_line(document.title, document.language, document.updated, document.url, document.source, words)
    return line if document.updated else f'{line} · <span class="fact">{safe(words("undated"))}</span>'


def _widest(count: Counter[str]) -> str:
    """English when there is any (most visitors read it), else the language with most documents."""
    return DEFAULT_LANGUAGE if count[DEFAULT_LANGUAGE] else count.most_common(1)[0][0]
