"""What the page is told while an answer comes, without a browser."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from qa.assistant import Assistant
from qa.settings import Settings
from qa.web.asking.service import Service
from qa.web.page.talk import Brake, Talk

LONG = "Tell me about this: The history of town twinning"


def told(settings: Settings, assistant: Assistant, stop_after: int | None = None) -> tuple[list[dict[str, Any]], Any]:
    """All that is told of one question, stopped after so many pieces of news, and the turns that are kept."""
    talk, brake = Talk(Service(settings, assistant)), Brake()

    async def follow() -> tuple[list[dict[str, Any]], Any]:
        news: list[dict[str, Any]] = []
        keeping: list[Any] = []
        async for kept, feed in talk.ask(LONG, "en", (), brake):
            news.append(json.loads(feed))
            keeping.append(kept)
            if len(news) == stop_after:
                await talk.stop(brake)
        return news, keeping[-1]

    return asyncio.run(follow())


def test_an_answer_grows_and_is_kept_when_it_is_complete(settings: Settings, assistant: Assistant) -> None:
    news, (turn,) = told(settings, assistant)
    assert [piece["answering"] for piece in news] == [True] * (len(news) - 1) + [False]
    assert len(news) > 3
    assert [bool(piece["said"]) for piece in news] == [False] * (len(news) - 1) + [True]
    assert turn.answer.status == "answered"
    assert turn.suggestions
    assert not turn.stopped


def test_an_answer_is_stopped_before_it_is_there(settings: Settings, assistant: Assistant) -> None:
    news, (turn,) = told(settings, assistant, stop_after=1)
    assert [piece["answering"] for piece in news] == [True, False]
    assert news[-1]["said"] == "You stopped the answer."
    assert turn.stopped
    assert turn.answer is None


def test_an_answer_is_stopped_on_its_way(settings: Settings, assistant: Assistant) -> None:
    news, (turn,) = told(settings, assistant, stop_after=3)
    assert [piece["answering"] for piece in news] == [True, True, True, False]
    assert turn.stopped
    assert 0 < turn.shown < len(turn.answer.answer)


def test_a_stop_that_comes_too_late_stops_nothing_else(settings: Settings, assistant: Assistant) -> None:
    talk, brake = Talk(Service(settings, assistant)), Brake()

    async def follow() -> list[Any]:
        await talk.stop(brake)
        return [kept async for kept, _ in talk.ask("When was CEMR founded?", "en", (), brake)]

    assert not asyncio.run(follow())[-1][0].stopped
