"""One turn of the conversation → HTML: the question, the reply under it, and what can be done with the reply."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from qa.answer.replies import interface_language
from qa.markup import safe
from qa.records import Answer, Document
from qa.web.drawing import icons
from qa.web.drawing.render import answer
from qa.web.drawing.transcript import reply_text
from qa.web.messages import Catalogue, catalogue

MAX_COMMENT_CHARS = 1_000
_FEWEST_WORDS = 3  # the language of "CEMR?" is no reason to offer another one


@dataclass(frozen=True)
class Turn:
    """One question and what came of it; ``shown`` characters of the answer are out (None: all of it).

    ``fault`` is the message for a question that got no answer. ``id`` is what feedback on the answer names, and
    ``suggestions`` are questions that may follow.
    """

    question: str
    answer: Answer | None = None
    shown: int | None = None
    fault: str | None = None
    stopped: bool = False
    id: str | None = None
    suggestions: tuple[str, ...] = ()

    @property
    def running(self) -> bool:
        """Whether more is to come."""
        pending = self.answer is None or self.shown is not None
        return pending and not self.stopped and self.fault is None


def draw(turn: Turn, number: int, words: Catalogue, documents: Mapping[str, Document]) -> str:
    """A turn as it stands: while it is running without tools."""
    complete = not turn.running and not turn.stopped and turn.answer is not None
    busy = str(turn.running).lower()
    return (
        f'<article class="turn" id="turn-{number}" aria-labelledby="question-{number}" aria-busy="{busy}">'
        f"{_question(turn, number, words)}{reply(turn, words, documents)}"
        f"{_after(turn, number, words, documents) if complete else ''}</article>"
    )


def _question(turn: Turn, number: int, words: Catalogue) -> str:
    """The visitor's question, a heading so that one can jump from turn to turn."""
    hidden = f'<span class="unseen">{safe(words("you_asked"))} </span>'
    spoken = f' lang="{safe(turn.answer.language)}"' if turn.answer and turn.answer.language != "und" else ""
    text = f"<bdi{spoken}>{safe(turn.question)}</bdi>"
    return f'<h2 class="question" id="question-{number}" tabindex="-1">{hidden}{text}</h2>'


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


def _after(turn: Turn, number: int, words: Catalogue, documents: Mapping[str, Document]) -> str:
    """The tools under a complete reply, another language for the page, and what to ask next."""
    assert turn.answer is not None
    copied = safe(reply_text(turn.answer, words, documents))
    copy = (
        f'<button type="button" class="deed" data-copy="{copied}" data-copied="{safe(words("copied"))}">'
        f"{icons.COPY}<span>{safe(words('copy_answer'))}</span></button>"
    )
    deeds = f'<div class="deeds">{copy}{_feedback(turn, number, words)}</div>'
    return f"{_offer(turn, words)}{deeds}{_next(turn, words)}"


def _feedback(turn: Turn, number: int, words: Catalogue) -> str:
    """Did it help? Yes or no, and room for a comment once that is said (``static/feedback.js`` sends it)."""
    if turn.id is None or (turn.answer and turn.answer.smalltalk):
        return ""
    thumbs = "".join(
        f'<button type="button" class="deed" data-helpful="{value}" aria-pressed="false">'
        f"{icon}<span>{safe(words(key))}</span></button>"
        for value, icon, key in (("true", icons.THUMB_UP, "helpful_yes"), ("false", icons.THUMB_DOWN, "helpful_no"))
    )
    field = f"comment-{number}"
    return (
        f'<form class="feedback" data-answer="{safe(turn.id)}" data-thanks="{safe(words("feedback_thanks"))}" '
        f'data-failed="{safe(words("feedback_failed"))}">'
        f'<div class="thumbs" role="group" aria-label="{safe(words("helpful"))}">'
        f'<span class="asked" aria-hidden="true">{safe(words("helpful"))}</span>{thumbs}</div>'
        f'<div class="comment" hidden><label for="{field}">{safe(words("comment_label"))}</label>'
        f'<textarea id="{field}" rows="3" maxlength="{MAX_COMMENT_CHARS}" aria-describedby="{field}-hint"></textarea>'
        f'<p class="hint" id="{field}-hint">{safe(words("comment_hint"))}</p>'
        f'<button type="submit" class="solid">{safe(words("feedback_send"))}</button>'
        f'<button type="button" class="deed" data-cancel>{safe(words("cancel"))}</button>'
        f'<p class="failed" role="alert"></p></div></form>'
    )


def _offer(turn: Turn, words: Catalogue) -> str:
    """Another language for the page when the question was in one, said in that language."""
    code = offered_language(turn, words.language)
    if code is None:
        return ""
    theirs = catalogue(code)
    return (
        f'<p class="offer" lang="{code}">{icons.LANGUAGE}<span>{safe(theirs("offer_language"))}</span>'
        f'<button type="button" class="deed" data-tool="language" data-language="{code}">'
        f"{safe(theirs('offer_accept'))}</button>"
        f'<button type="button" class="deed" data-tool="decline" data-language="{code}">'
        f"{safe(theirs('offer_decline'))}</button></p>"
    )


def offered_language(turn: Turn, page_language: str) -> str | None:
    """The interface language of a question that isn't in the page's; None for one too short to tell."""
    if turn.answer is None or len(turn.question.split()) < _FEWEST_WORDS:
        return None
    spoken = interface_language(turn.answer.language)
    is_spoken = spoken == turn.answer.language or turn.answer.language == "nn"
    return spoken if is_spoken and spoken != page_language else None


def _next(turn: Turn, words: Catalogue) -> str:
    """Questions that the documents answer too."""
    if not turn.suggestions or turn.answer is None:
        return ""
    spoken = interface_language(turn.answer.language)
    items = "".join(f'<li lang="{spoken}">{example(text)}</li>' for text in turn.suggestions)
    return f'<section class="next"><h3>{safe(words("ask_next"))}</h3><ul>{items}</ul></section>'


def example(text: str) -> str:
    """A question that asks itself at a click."""
    return f'<button type="button" class="example" data-ask="{safe(text)}">{safe(text)}</button>'


def announcement(turn: Turn, words: Catalogue) -> str:
    """What a screen reader is told once, when the reply is complete: plain text."""
    if turn.fault is not None or turn.answer is None:
        return turn.fault or ""
    told = turn.answer.answer
    if turn.answer.citations:
        told = words("announce_answer", answer=told, title=turn.answer.citations[0].title)
    return " ".join(part for part in (turn.answer.notice, told) if part)
