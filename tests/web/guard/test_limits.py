from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from threading import Event, Thread

import pytest
from starlette.testclient import TestClient

from qa.assistant import Assistant
from qa.records import Answer
from qa.settings import Settings
from qa.web.api.api import make_api
from qa.web.asking.service import Gone, Inquiry, Service
from qa.web.guard.limits import Buckets

ASK = {"question": "When was CEMR founded?"}


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_bucket_gives_so_many_a_minute_and_tells_when_there_is_more() -> None:
    clock = Clock()
    buckets = Buckets(3, clock)
    assert [buckets.take("a") for _ in range(4)] == [0, 0, 0, 20]
    assert buckets.take("b") == 0
    clock.now = 19.0
    assert buckets.take("a") == pytest.approx(1)
    clock.now = 20.0
    assert buckets.take("a") == 0
    clock.now = 1_000.0
    assert [buckets.take("a") for _ in range(4)] == [0, 0, 0, 20]


def test_buckets_are_forgotten_rather_than_piled_up() -> None:
    buckets = Buckets(1, Clock())
    for number in range(20_000):
        buckets.take(str(number))
    assert len(buckets._filled) == 10_000


def test_no_rate_is_no_limit() -> None:
    assert {Buckets(0).take("a") for _ in range(1_000)} == {0}


def client_of(settings: Settings, assistant: Assistant, **changed: object) -> TestClient:
    service = Service(replace(settings, **changed), assistant)  # type: ignore[arg-type]
    return TestClient(make_api(service), raise_server_exceptions=False)


def test_who_asks_too_much_is_told_when_to_come_back(settings: Settings, assistant: Assistant) -> None:
    client = client_of(settings, assistant, client_rate_per_minute=3, trusted_proxies="0.0.0.0/0")
    replies = [client.post("/api/ask", json=ASK) for _ in range(5)]
    assert [reply.status_code for reply in replies] == [200, 200, 200, 429, 429]
    assert replies[-1].json()["error"]["code"] == "too_many_requests"
    assert 0 < int(replies[-1].headers["Retry-After"]) <= 20
    assert client.get("/api/documents").status_code == 200  # reading isn't counted


def test_a_site_is_limited_as_a_whole(settings: Settings, assistant: Assistant) -> None:
    origins = "https://a.example.org,https://b.example.org"
    client = client_of(settings, assistant, allowed_origins=origins, origin_rate_per_minute=1)
    sent = [
        client.post("/api/ask", json=ASK, headers={"Origin": f"https://{name}.example.org"}).status_code
        for name in "aab"
    ]
    assert sent == [200, 429, 200]
    assert client.post("/api/ask", json=ASK).status_code == 200


def pieces(size: int) -> Iterator[bytes]:
    """A body whose length isn't told beforehand."""
    yield b'{"question": "'
    for _ in range(size // 1_000):
        yield b"x" * 1_000
    yield b'"}'


def test_a_body_without_a_length_is_counted_as_it_comes(settings: Settings, assistant: Assistant) -> None:
    client = client_of(settings, assistant, max_body_bytes=10_000)
    headers = {"Content-Type": "application/json"}
    assert client.post("/api/ask", content=pieces(1_000), headers=headers).status_code == 200
    reply = client.post("/api/ask", content=pieces(1_000_000), headers=headers)
    assert (reply.status_code, reply.json()["error"]["code"]) == (413, "too_large")


@pytest.mark.parametrize("length", ["-1", "abc", "1" * 5_000, "99999999", "٣"])
def test_a_strange_length_is_refused(settings: Settings, assistant: Assistant, length: str) -> None:
    client = client_of(settings, assistant)
    headers = {"Content-Type": "application/json", "Content-Length": length.encode()}
    assert client.post("/api/ask", content=b"{}", headers=headers).status_code == 413  # type: ignore[arg-type]


class Slow:
    """An assistant that answers when it may."""

    def __init__(self, assistant: Assistant) -> None:
        self._assistant = assistant
        self.documents, self.by_path = assistant.documents, assistant.by_path
        self.edition, self.languages = assistant.edition, assistant.languages
        self.may = Event()
        self.asked: list[str] = []

    def ask(self, question: str, **hints: object) -> Answer:
        self.asked.append(question)
        self.may.wait(10)
        return self._assistant.ask(question)


def test_who_comes_when_too_many_wait_is_sent_away_at_once(settings: Settings, assistant: Assistant) -> None:
    slow = Slow(assistant)
    client = TestClient(make_api(Service(replace(settings, max_concurrent=1), slow)), raise_server_exceptions=False)
    with client:
        first: list[int] = []
        waiting = Thread(target=lambda: first.append(client.post("/api/ask", json=ASK).status_code))
        waiting.start()
        while not slow.asked:
            pass
        reply = client.post("/api/ask", json=ASK)
        assert (reply.status_code, reply.json()["error"]["code"]) == (503, "busy")
        assert int(reply.headers["Retry-After"]) > 0
        slow.may.set()
        waiting.join(10)
        assert first == [200]
        assert client.post("/api/ask", json=ASK).status_code == 200


def test_nothing_is_worked_out_for_those_who_have_left(settings: Settings, assistant: Assistant) -> None:
    slow = Slow(assistant)
    service = Service(settings, slow)

    async def left() -> bool:
        return True

    async def come_and_go() -> None:
        busy = [asyncio.create_task(service.ask(Inquiry("When was CEMR founded?"), channel="api")) for _ in range(4)]
        await asyncio.sleep(0)
        with pytest.raises(Gone, match="has left"):
            await service.ask(Inquiry("Who leads CEMR?"), channel="api", gone=left)
        given_up = asyncio.create_task(service.ask(Inquiry("Where is CEMR?"), channel="api"))
        await asyncio.sleep(0)
        given_up.cancel()
        slow.may.set()
        assert {(await task).answer.status for task in busy} == {"answered"}

    asyncio.run(come_and_go())
    assert set(slow.asked) == {"When was CEMR founded?"}
    assert service._asked == 0
