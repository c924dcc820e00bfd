"""What may be asked next is answered, and is neither what was asked nor what was said."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from qa.assistant import Assistant
from qa.records import Answer, Hit
from qa.settings import INTERFACE_LANGUAGES, Settings
from qa.web.asking.service import Service
from qa.web.asking.suggestions import MOST, Suggestions
from qa.web.messages import catalogue


@pytest.fixture(scope="module")
def suggestions(assistant: Assistant, settings: Settings) -> Suggestions:
    return Suggestions(Service(settings, assistant))


def after(suggestions: Suggestions, answer: Answer, asked: list[str]) -> tuple[str, ...]:
    return asyncio.run(suggestions.after(answer, asked))


@pytest.mark.parametrize("code", INTERFACE_LANGUAGES)
def test_each_is_answered_otherwise_than_what_came_before(
    code: str, assistant: Assistant, suggestions: Suggestions
) -> None:
    for questions in catalogue(code).examples().values():
        answer = assistant.ask(questions[0], page_language=code)
        found = after(suggestions, answer, [questions[0]])
        assert 1 <= len(found) <= MOST
        said = [assistant.ask(question, page_language=code) for question in found]
        assert {reply.status for reply in said} == {"answered"}
        texts = [answer.answer, *(reply.answer for reply in said)]
        assert len(set(texts)) == len(texts)


def test_what_was_asked_is_not_offered_however_it_was_written(assistant: Assistant, suggestions: Suggestions) -> None:
    answer = assistant.ask("When was CEMR founded?", page_language="en")
    first = after(suggestions, answer, ["when was  CEMR founded"])
    again = after(suggestions, answer, [question.upper() for question in first])
    assert first
    assert set(first).isdisjoint(again)


def test_a_refusal_still_has_something_to_offer(assistant: Assistant, suggestions: Suggestions) -> None:
    refused = assistant.ask("How much is a tram ticket?", page_language="en")
    assert refused.status == "not_found"
    assert len(after(suggestions, refused, [refused.question])) == MOST


def test_a_title_that_makes_no_question_is_passed_over(assistant: Assistant, suggestions: Suggestions) -> None:
    answer = assistant.ask("When was CEMR founded?", page_language="en")

    def titled(hit: Hit, title: str) -> Hit:
        return replace(hit, passage=replace(hit.passage, title=title, language="en", document="other.md"))

    hits = tuple(titled(hit, f"{'long ' * 1_000}{number}?") for number, hit in enumerate(answer.passages[:3]))
    expected = after(suggestions, replace(answer, passages=()), [])
    assert after(suggestions, replace(answer, passages=hits), []) == expected


def test_nothing_is_tried_while_too_many_ask(assistant: Assistant, settings: Settings) -> None:
    answer = assistant.ask("When was CEMR founded?", page_language="en")
    service = Service(replace(settings, max_concurrent=1), assistant)

    async def crowded() -> tuple[str, ...]:
        waiting = asyncio.create_task(service.try_out("When was CEMR founded?", "en"))
        await asyncio.sleep(0)
        found = await Suggestions(service).after(answer, [])
        await waiting
        return found

    assert asyncio.run(crowded()) == ()


def test_what_is_tried_out_is_not_counted_as_asked(assistant: Assistant, settings: Settings) -> None:
    service = Service(settings, assistant)
    asyncio.run(service.try_out("When was CEMR founded?", "en"))
    assert b"kysy_questions_total{" not in service.metrics.exposition()
