"""What may be asked next is answered, and is neither what was asked nor what was said."""

from __future__ import annotations

import pytest

from qa.assistant import Assistant
from qa.settings import INTERFACE_LANGUAGES, Settings
from qa.web.asking.service import Service
from qa.web.asking.suggestions import MOST, Suggestions
from qa.web.messages import catalogue


@pytest.fixture(scope="module")
def suggestions(assistant: Assistant, settings: Settings) -> Suggestions:
    return Suggestions(Service(settings, assistant))


@pytest.mark.parametrize("code", INTERFACE_LANGUAGES)
def test_each_is_answered_otherwise_than_what_came_before(
    code: str, assistant: Assistant, suggestions: Suggestions
) -> None:
    for questions in catalogue(code).examples().values():
        answer = assistant.ask(questions[0], page_language=code)
        found = suggestions.after(answer, [questions[0]])
        assert 1 <= len(found) <= MOST
        said = [assistant.ask(question, page_language=code) for question in found]
        assert {reply.status for reply in said} == {"answered"}
        texts = [answer.answer, *(reply.answer for reply in said)]
        assert len(set(texts)) == len(texts)


def test_what_was_asked_is_not_offered_however_it_was_written(assistant: Assistant, suggestions: Suggestions) -> None:
    answer = assistant.ask("When was CEMR founded?", page_language="en")
    first = suggestions.after(answer, ["when was  CEMR founded"])
    again = suggestions.after(answer, [question.upper() for question in first])
    assert first
    assert set(first).isdisjoint(again)


def test_a_refusal_still_has_something_to_offer(assistant: Assistant, suggestions: Suggestions) -> None:
    refused = assistant.ask("How much is a tram ticket?", page_language="en")
    assert refused.status == "not_found"
    assert len(suggestions.after(refused, [refused.question])) == MOST
