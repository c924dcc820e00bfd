"""What to ask next: questions that the documents are known to answer, because they have just been asked.

Candidates are the examples in the question's language and the documents nearest to the one that answered. Each is put
to the assistant before it is offered; what would be refused, or would say the same again, is not.
"""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from itertools import islice

from qa.answer.replies import interface_language
from qa.errors import QuestionError
from qa.records import Answer
from qa.web.asking.service import Answers, Busy, Service
from qa.web.messages import Catalogue, catalogue

MOST = 3
_MOST_TRIED = 8  # questions put to the assistant for one answer
_PATIENCE_S = 2.0
_MOST_KEPT = 2_000


class Suggestions:
    """Finds questions that may follow; remembers what the assistant said to each."""

    def __init__(self, service: Service) -> None:
        self._service = service
        # By whom, as a weak reference (an index that was replaced is to be let go), and what was said.
        self._kept: tuple[Callable[[], Answers | None], dict[tuple[str, str], Answer | None]] = (lambda: None, {})

    async def after(self, answer: Answer, asked: Iterable[str]) -> tuple[str, ...]:
        """At most three questions in the language of the one that was answered, none of them asked before.

        As many as are found while it is worth waiting: they are tried between the questions of others.
        """
        words = catalogue(interface_language(answer.language))
        known = {_plain(question) for question in asked}
        seen = [_proof(answer)]
        found: list[str] = []
        candidates = (text for text in _candidates(answer, words) if _plain(text[0]) not in known)
        with suppress(TimeoutError, Busy):
            async with asyncio.timeout(_PATIENCE_S):
                for text, document in islice(dict(candidates).items(), _MOST_TRIED):
                    said = await self._said(text, words.language)
                    is_apt = said and said.status == "answered" and document in (None, _document(said))
                    if said and is_apt and _proof(said) not in seen:
                        seen.append(_proof(said))
                        found.append(text)
                    if len(found) == MOST:
                        break
        return tuple(found)

    async def _said(self, question: str, language: str) -> Answer | None:
        """What is said to a question, or None where a title makes none."""
        assistant = self._service.assistant
        by, said = self._kept
        if assistant is not by() or len(said) > _MOST_KEPT:  # other documents say other things
            said = {}
            self._kept = (weakref.ref(assistant), said)
        key = (question, language)
        if key not in said:
            try:
                said[key] = await self._service.try_out(question, language)
            except QuestionError:
                said[key] = None
        return said[key]


def _candidates(answer: Answer, words: Catalogue) -> Iterator[tuple[str, str | None]]:
    """Questions with the document that must answer them (None: any), the likeliest to be of use first."""
    examples = words.examples()
    asked = _plain(answer.question)
    same = [topic for topic, texts in examples.items() if asked in map(_plain, texts)]
    near = answer.passages if answer.status == "answered" else ()
    for passage in (hit.passage for hit in near if hit.passage.language == words.language):
        if passage.document != _document(answer):
            title = passage.title
            yield title if title.endswith("?") else words("tell_about", title=title), passage.document
    for topic in sorted(examples, key=lambda topic: topic not in same):
        yield from ((text, None) for text in examples[topic])


def _document(answer: Answer) -> str | None:
    return answer.citations[0].document if answer.citations else None


def _proof(answer: Answer) -> object:
    """What an answer rests on: two with the same say the same."""
    return [(c.document, c.start) for c in answer.citations] or answer.answer


def _plain(question: str) -> str:
    return " ".join(question.casefold().split()).rstrip("?!. ")
