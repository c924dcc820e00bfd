"""What the page is told while an answer comes, without a browser."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import gradio as gr
import pytest

from qa.assistant import Assistant
from qa.settings import Settings
from qa.web.asking.service import Service
from qa.web.drawing.turns import Turn
from qa.web.messages import catalogue
from qa.web.page.talk import Talk
from qa.web.page.visits import KEEP_S, Visits

STOPPED = catalogue("fi")("stopped")
LONG = "Tell me about this: The history of town twinning"


class Page:
    """One page of a service, without Gradio."""

    def __init__(self, settings: Settings, assistant: Assistant) -> None:
        self.talk = Talk(Service(settings, assistant))
        self.request = gr.Request(session_hash="0", query_params={"lang": "en"}, headers={})

    async def ask(self, question: str, stop_after: int | None = None) -> list[dict[str, Any]]:
        """All that is told of one question, stopped after so many pieces of news."""
        news: list[dict[str, Any]] = []
        async for told in self.talk.ask(question, self.request):
            news.append(json.loads(told))
            if len(news) == stop_after:
                await self.talk.stop(self.request)
        return news

    async def redrawn(self) -> list[str]:
        """The turns that are kept, in Finnish."""
        told, *_ = await self.talk.commanded("1:language:fi", self.request)
        turns: list[str] = json.loads(told)["turns"]
        return turns


@pytest.fixture
def page(settings: Settings, assistant: Assistant) -> Page:
    return Page(settings, assistant)


def told(page: Page, stop_after: int | None = None) -> tuple[list[dict[str, Any]], str]:
    """The news of a long answer, and the turn that is kept."""

    async def follow() -> tuple[list[dict[str, Any]], str]:
        await page.talk.opened(page.request)
        news = await page.ask(LONG, stop_after)
        [kept] = await page.redrawn()
        return news, kept

    return asyncio.run(follow())


def test_an_answer_grows_and_is_kept_when_it_is_complete(page: Page) -> None:
    news, kept = told(page)
    assert [piece["answering"] for piece in news] == [True] * (len(news) - 1) + [False]
    assert len(news) > 3
    assert [bool(piece["said"]) for piece in news] == [False] * (len(news) - 1) + [True]
    assert "blockquote" in kept
    assert 'class="next"' in kept
    assert STOPPED not in kept


def test_an_answer_is_stopped_before_it_is_there(page: Page) -> None:
    news, kept = told(page, stop_after=1)
    assert [piece["answering"] for piece in news] == [True, False]
    assert news[-1]["said"] == catalogue("en")("stopped")
    assert STOPPED in kept
    assert 'class="said"' not in kept


def test_an_answer_is_stopped_on_its_way(page: Page) -> None:
    news, kept = told(page, stop_after=3)
    assert [piece["answering"] for piece in news] == [True, True, True, False]
    assert STOPPED in kept
    assert 'class="said"' in kept


def test_a_stop_that_comes_too_late_stops_nothing_else(page: Page) -> None:
    async def follow() -> list[str]:
        await page.talk.opened(page.request)
        await page.ask(LONG)
        await page.talk.stop(page.request)
        await page.ask("When was CEMR founded?")
        return await page.redrawn()

    kept = asyncio.run(follow())
    assert len(kept) == 2
    assert not [turn for turn in kept if STOPPED in turn]


def test_a_page_that_is_not_known_is_told_so(page: Page) -> None:
    """The service has been started anew since it was opened, or it was left alone for hours."""
    assert [news["lost"] for news in asyncio.run(page.ask("When was CEMR founded?"))] == [True]
    [told, *others] = asyncio.run(page.talk.commanded("1:restart", page.request))
    assert json.loads(told)["lost"]
    assert len(others) == 3


def test_a_visit_is_let_go_when_it_was_not_used_for_long() -> None:
    now = 0.0

    async def visited() -> list[bool]:
        nonlocal now
        visits = Visits(lambda: now)
        visits.begin("left", "fi")
        visits.begin("used", "fi")
        now = KEEP_S - 1
        assert visits.of("used")
        now = KEEP_S
        visits.let_go()
        return [visits.of(name) is not None for name in ("left", "used")]

    assert asyncio.run(visited()) == [False, True]


def test_the_longest_unused_of_too_many_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qa.web.page.visits.MOST_TURNS", 3)

    async def visited() -> list[bool]:
        visits = Visits()
        for name in "abc":
            visits.begin(name, "fi")
        first = visits.of("a")
        assert first
        first.turns = (Turn("One?"), Turn("Two?"))
        visits.begin("d", "fi")
        return [visits.of(name) is not None for name in "abcd"]

    assert asyncio.run(visited()) == [True, False, False, True]
