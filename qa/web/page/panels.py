"""The parts of the chat page around the conversation: header, welcome, notices and footnote."""

from __future__ import annotations

from datetime import UTC, datetime

from qa.markup import safe
from qa.settings import Settings
from qa.web.drawing import icons, logo
from qa.web.drawing.shell import FOOT, language_options
from qa.web.drawing.turns import example
from qa.web.messages import Catalogue


def header(settings: Settings, words: Catalogue) -> str:
    """Mark or logo, name and organisation; share, new conversation and the language menu."""
    organisation = settings.organisation or words("tagline")
    today = words.date(datetime.now(UTC).date().isoformat())
    shared = f' data-dated="{safe(today)}" data-saved="{safe(words("shared_as_file"))}"'
    return (
        f'<header class="bar"><p class="brand">{logo.image(settings)}<span><strong>{safe(settings.name)}</strong>'
        f"<small>{safe(organisation)}</small></span></p>"
        f'<h1 class="unseen">{safe(words("conversation_label"))}</h1>'
        f"{_tool('share', icons.SHARE, words('share'), shared)}"
        f"{_tool('restart', icons.RESTART, words('new_conversation'))}"
        f"{_language_menu(words)}</header>"
    )


def _tool(name: str, icon: str, label: str, more: str = "") -> str:
    text = safe(label)
    return (
        f'<button type="button" class="tool" data-tool="{name}" title="{text}"{more}>{icon}<span>{text}</span></button>'
    )


def _language_menu(words: Catalogue) -> str:
    label = safe(words("language_label"))
    return (
        f'<label class="tool language" title="{label}">{icons.LANGUAGE}<span class="unseen">{label}</span>'
        f'<select data-tool="language" autocomplete="off">{language_options(words)}</select></label>'
    )


def welcome(words: Catalogue) -> str:
    """The empty state: what this is, and questions that it does answer, by topic."""
    topics = "".join(
        f'<section class="topic" aria-labelledby="topic-{topic}">'
        f'<h2 id="topic-{topic}">{safe(words(f"topic_{topic}"))}</h2><ul>'
        + "".join(f"<li>{example(text)}</li>" for text in questions)
        + "</ul></section>"
        for topic, questions in words.examples().items()
    )
    return (
        f'<div class="welcome"><h1>{safe(words("welcome_title"))}</h1>'
        f'<p class="lead">{safe(words("welcome_text"))}</p>'
        f'<p class="label">{safe(words("examples_title"))}</p><div class="topics">{topics}</div></div>'
    )


def notices(words: Catalogue) -> str:
    """Places for what may have to be said beside the question box: a lost connection, a question that isn't taken."""
    return (
        f'<div id="lost" role="alert" hidden><p>{icons.WARNING}<span>{safe(words("connection_lost"))}</span></p>'
        f'<button type="button" class="solid" data-tool="reload">{safe(words("reload"))}</button></div>'
        '<p id="hint" role="alert"></p>'
    )


def footnote(words: Catalogue) -> str:
    """That this is an automated assistant, and the pages that tell more; they open beside the conversation."""
    beside = f'<span class="unseen"> {safe(words("new_tab"))}</span>'
    links = "".join(
        f'<li><a href="{path}?lang={words.language}" target="_blank" rel="noopener">{safe(words(key))}{beside}</a></li>'
        for path, key in FOOT
    )
    return (
        f'<footer class="footnote"><p>{icons.INFORMATION}{safe(words("footnote"))}</p>'
        f'<nav aria-label="{safe(words("more_pages"))}"><ul>{links}</ul></nav></footer>'
    )
