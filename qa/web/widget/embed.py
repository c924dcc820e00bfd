"""The widget's own page: the conversation without Gradio, drawn here once and then led by ``static/embed.js``."""

from __future__ import annotations

import json
from dataclasses import dataclass

from qa.markup import safe
from qa.settings import Settings
from qa.web.drawing import icons, logo, shell
from qa.web.drawing.assets import PREFIX
from qa.web.drawing.shell import language_options
from qa.web.drawing.turns import MAX_COMMENT_CHARS, example
from qa.web.messages import Catalogue

IMPORTED = ("colour.js", "copying.js", "host.js", "judging.js", "service.js", "stream.js")
"""What ``static/embed.js`` imports, by these very addresses; fetched together with it."""

_SCRIPT_WORDS = {
    "stopped": "stopped",
    "fault": "fault_unexpected",
    "announce": "announce_answer",
    "deleted": "conversation_deleted",
    "thanks": "feedback_thanks",
}
"""Name in ``static/embed.js`` → key in ``messages/``."""


@dataclass(frozen=True, slots=True)
class Frame:
    """Where the widget stands: the origin of the host's page, the ticket for it, and what the host chose."""

    host: str
    ticket: str
    topics: tuple[str, ...] = ()
    theme: str = ""


def draw(frame: Frame, words: Catalogue, settings: Settings) -> str:
    """The page as HTML."""
    page = shell.Page(
        "embed", words("widget_frame"), words("widget_description"), "", ("answer.css", "embed.css"), ("embed.js",),
        ("tokens.css",), frame.theme,
    )  # fmt: skip
    imported = "".join(f'<link rel="modulepreload" href="{PREFIX}/{name}">' for name in IMPORTED)
    return (
        f"{shell.head(page, words, settings, extra=imported)}"
        f'<body data-host="{safe(frame.host)}" data-ticket="{safe(frame.ticket)}">'
        f"{_bar(words, settings)}<main>{_welcome(frame, words)}"
        f'<div id="log" role="log" aria-live="off" aria-label="{safe(words("conversation_label"))}"></div></main>'
        f"{_dock(words, settings)}"
        f'<div id="status" class="unseen" role="status" aria-live="polite"></div>'
        f"{_turn(words)}{_judging(words)}{_words(words)}<noscript>{safe(words('no_script'))}</noscript></body></html>"
    )


def _bar(words: Catalogue, settings: Settings) -> str:
    close = safe(words("close"))
    return (
        f'<header class="bar" data-part="bar"><h1 id="title" tabindex="-1">{logo.image(settings)}{safe(settings.name)}'
        f"</h1>{_language_menu(words)}"
        f'<button type="button" class="tool" id="close" data-do="close" title="{close}" aria-label="{close}" hidden>'
        f"{icons.CLOSE}</button></header>"
    )


def _language_menu(words: Catalogue) -> str:
    label = safe(words("language_label"))
    return (
        f'<label class="tool" title="{label}">{icons.LANGUAGE}<span class="unseen">{label}</span>'
        f'<select id="language">{language_options(words)}</select></label>'
    )


def _welcome(frame: Frame, words: Catalogue) -> str:
    """What this is, and questions that it does answer; only those of the host's topics when it chose any."""
    every = words.examples()
    chosen = {topic: every[topic] for topic in frame.topics if topic in every} or every
    topics = "".join(
        f'<section class="topic"><h3>{safe(words(f"topic_{topic}"))}</h3>{"".join(map(example, questions))}</section>'
        for topic, questions in chosen.items()
    )
    return (
        f'<section class="welcome" data-part="welcome"><h2>{safe(words("welcome_title"))}</h2>'
        f'<p class="lead">{safe(words("welcome_text"))}</p>{topics}</section>'
    )


def _dock(words: Catalogue, settings: Settings) -> str:
    label, hint = safe(words("question_label")), safe(words("question_placeholder"))
    return (
        f'<form class="dock" id="composer" data-part="dock" aria-label="{label}"><div class="row">'
        f'<label class="unseen" for="question">{label}</label>'
        f'<textarea id="question" rows="1" maxlength="{settings.max_question_chars}" placeholder="{hint}"'
        ' autocomplete="off" enterkeyhint="send"></textarea>'
        f'<button class="act" id="send">{safe(words("send"))}</button>'
        f'<button type="button" class="act" id="stop" data-do="stop" hidden>{safe(words("stop"))}</button></div>'
        f'<p class="foot"><span>{safe(words("footnote"))}</span>'
        f'<button type="button" data-do="delete">{icons.DELETE}{safe(words("delete_conversation"))}</button></p></form>'
    )


def _turn(words: Catalogue) -> str:
    """What stands in the conversation from the moment a question is asked."""
    return (
        '<template id="turn" data-part="turn"><article class="turn" aria-busy="true"><h2 class="question">'
        f'<span class="unseen">{safe(words("you_asked"))} </span><bdi></bdi></h2>'
        f'<div class="reply"><p class="searching">{safe(words("searching"))}</p></div></article></template>'
    )


def _judging(words: Catalogue) -> str:
    """Whether it helped; the remark's field comes after a “no”."""
    remark = safe(f"{words('comment_label')} {words('comment_hint')}")
    return (
        '<template id="judging" data-part="judging"><form class="judging">'
        f'<div class="verdicts" role="group" aria-label="{safe(words("helpful"))}">'
        f'<span aria-hidden="true">{safe(words("helpful"))}</span>'
        f'<button type="button" data-do="up">{safe(words("helpful_yes"))}</button>'
        f'<button type="button" data-do="down">{safe(words("helpful_no"))}</button></div>'
        '<p class="thanks" role="status"></p>'
        f'<div class="remark" hidden><label>{remark}<textarea rows="2" maxlength="{MAX_COMMENT_CHARS}">'
        f"</textarea></label><button>{safe(words('feedback_send'))}</button></div></form></template>"
    )


def _words(words: Catalogue) -> str:
    """The words that the script needs, as data: a template such as “{answer}” is filled in there."""
    told = {name: str(words.words[key]) for name, key in _SCRIPT_WORDS.items()} | {"language": words.language}
    data = json.dumps(told, ensure_ascii=False).replace("<", "\\u003c")
    return f'<script type="application/json" id="words" data-part="words">{data}</script>'
