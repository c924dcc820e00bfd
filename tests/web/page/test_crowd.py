"""Many pages at once, in Gradio's own protocol: nobody is turned away by Gradio, who only says so in English."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from qa.web.messages import catalogue
from tests.web.service import START_S, free_port, start

PAGES = 24
OPENED, ASK = 0, 1  # the events of the page, in the order of `page.py`


@pytest.fixture(scope="module")
def narrow(built_index: Path) -> Iterator[str]:
    """A service that works on few questions at once."""
    port = free_port()
    with start(built_index, port, KYSY_MAX_CONCURRENT="3") as process:
        assert process.stdout
        process.stdout.readline()
        yield f"http://127.0.0.1:{port}"
        process.send_signal(signal.SIGTERM)
        _, complaints = process.communicate(timeout=START_S)
        assert (process.returncode, complaints) == (0, "")


async def event(client: httpx.AsyncClient, session: str, number: int, data: list[Any]) -> list[dict[str, Any]]:
    """All that the page is told of an event."""
    order = {"data": data, "fn_index": number, "session_hash": session, "trigger_id": None, "event_data": None}
    (await client.post("/gradio_api/queue/join", json=order)).raise_for_status()
    told: list[dict[str, Any]] = []
    async with client.stream("GET", "/gradio_api/queue/data", params={"session_hash": session}) as stream:
        stream.raise_for_status()
        async for line in stream.aiter_lines():
            message = json.loads(line[5:]) if line.startswith("data:") else {"msg": ""}
            if message["msg"] == "close_stream":
                break
            told.append(message)
    return told


async def visited(address: str, number: int) -> str:
    """The last news of one page that opens and asks."""
    session = f"session{number}"
    async with httpx.AsyncClient(base_url=address, timeout=60) as client:
        await event(client, session, OPENED, [])
        told = await event(client, session, ASK, ["When was CEMR founded?"])
    assert all(message.get("success", True) for message in told)
    return json.dumps(told, ensure_ascii=False)


def test_whoever_comes_when_too_many_ask_is_told_so_and_nobody_is_turned_away(narrow: str) -> None:
    async def crowd() -> list[str]:
        return await asyncio.gather(*(visited(narrow, number) for number in range(PAGES)))

    told = asyncio.run(crowd())
    busy = [news for news in told if catalogue("en")("error_busy") in news]
    answered = [news for news in told if " 1951" in news]
    assert len(busy) + len(answered) == PAGES
    assert answered
