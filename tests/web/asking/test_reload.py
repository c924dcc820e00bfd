"""The running service follows the index: wholly old or wholly new, never in between, and never a damaged one."""

from __future__ import annotations

import asyncio
import gc
import re
import signal
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import httpx
import pytest
from starlette.testclient import TestClient

from qa.assistant import Assistant
from qa.building import build
from qa.cli import main
from qa.search.commit import new_generation
from qa.search.generations import current
from qa.settings import Settings
from qa.web.api.api import make_api
from qa.web.asking.reload import Reloader, following
from qa.web.asking.service import Service
from qa.web.asking.suggestions import Suggestions
from tests.conftest import SmallCorpus
from tests.web.service import free_port, start

FOUNDED = "When was CEMR founded?"
AT_ONCE_S = 2.0


def corpus_of(year: int) -> dict[str, str | bytes]:
    """Two pages and a glossary that all tell the year."""
    return {
        "en/cemr.md": f"# CEMR {year}\n\nCEMR was founded in {year}.\n",
        "en/staff.md": f"# Staff\n\nCEMR had {year} members when it was founded.\n",
        "glossary.csv": f"concept,en,fi\ncemr,CEMR {year},Euroopan kuntien liitto {year}\n",
    }


@pytest.fixture
def settings(small_corpus: SmallCorpus) -> Settings:
    settings = small_corpus(corpus_of(1951))
    build(settings)
    return settings


class Followed:
    """A service and what follows the index for it, without a thread."""

    def __init__(self, settings: Settings) -> None:
        assistant = Assistant.load(settings)
        self.service = Service(settings, assistant)
        self.reloader = Reloader(self.service, assistant)
        self.client = TestClient(make_api(self.service))

    def year(self) -> str:
        return self.service.assistant.ask(FOUNDED).answer[-5:-1]

    def ready(self) -> dict[str, object]:
        told: dict[str, object] = self.client.get("/readyz").json()
        return told

    def gauge(self, name: str) -> float:
        lines = self.client.get("/metrics").text.splitlines()
        return next(float(line.split()[1]) for line in lines if line.startswith(f"{name} "))


@pytest.fixture
def followed(settings: Settings) -> Followed:
    return Followed(settings)


def damage(settings: Settings, name: str = "vectors.npy") -> Path:
    """Flips a bit of the current generation; the file."""
    file = current(settings.index_dir).folder / name
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    return file


def test_a_new_generation_takes_over_with_all_that_belongs_to_it(followed: Followed, small_corpus: SmallCorpus) -> None:
    before = followed.service.snapshot
    build(small_corpus({**corpus_of(1952), "en/new.md": "# New\n\nA new page."}))
    assert followed.year() == "1951"
    followed.reloader.look()
    assert followed.year() == "1952"
    assert set(followed.service.documents) == {"en/cemr", "en/staff", "en/new"}
    assert before.documents["en/cemr"].title == "CEMR 1951"
    listed = followed.client.get("/api/documents").json()
    assert "CEMR 1952" in {document["title"] for document in listed}
    ready = followed.ready()
    assert (ready["generation"], ready["documents"], ready["passages"], ready["refused"]) == ("000002", 3, 3, None)
    assert (followed.gauge("kysy_index_generation"), followed.gauge("kysy_index_refused")) == (2, 0)


def test_what_has_not_changed_is_not_read_again(followed: Followed) -> None:
    before = followed.service.snapshot
    for _ in range(3):
        followed.reloader.look()
    assert followed.service.snapshot is before


def test_a_generation_that_was_replaced_is_let_go(followed: Followed, small_corpus: SmallCorpus) -> None:
    old = weakref.ref(followed.service.assistant)
    suggestions = Suggestions(followed.service)
    assert asyncio.run(suggestions.after(followed.service.assistant.ask(FOUNDED), [FOUNDED])) is not None
    build(small_corpus(corpus_of(1952)))
    followed.reloader.look()
    gc.collect()
    assert old() is None
    assert asyncio.run(suggestions.after(followed.service.assistant.ask(FOUNDED), [FOUNDED])) is not None


def test_a_damaged_generation_is_refused_and_told(
    followed: Followed, small_corpus: SmallCorpus, caplog: pytest.LogCaptureFixture
) -> None:
    settings = small_corpus(corpus_of(1952))
    build(settings)
    damage(settings)
    for _ in range(3):
        followed.reloader.look()
    assert followed.year() == "1951"
    assert (followed.ready()["generation"], followed.ready()["refused"]) == ("000001", "000002")
    assert followed.gauge("kysy_index_refused") == 1
    [warning] = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert warning.startswith("generation 000002 is refused, 000001 goes on answering: ")
    assert "vectors.npy was altered" in warning
    assert build(settings).generation == "000003"
    followed.reloader.look()
    assert (followed.year(), followed.ready()["refused"]) == ("1952", None)


def test_a_service_that_starts_over_a_damaged_index_answers_from_the_one_before(
    settings: Settings, small_corpus: SmallCorpus
) -> None:
    build(small_corpus(corpus_of(1952)))
    damage(settings)
    followed = Followed(settings)
    followed.reloader.look()
    assert followed.year() == "1951"
    assert (followed.ready()["generation"], followed.ready()["refused"]) == ("000001", "000002")


@pytest.mark.parametrize("content", [b"", b"000001", b"\xff\x00", b"000009 0123\n"])
def test_a_pointer_that_is_damaged_changes_nothing(followed: Followed, settings: Settings, content: bytes) -> None:
    (settings.index_dir / "CURRENT").write_bytes(content)
    followed.reloader.look()
    assert followed.year() == "1951"
    assert followed.ready()["refused"] is not None


def test_a_rollback_is_followed_and_stays(followed: Followed, small_corpus: SmallCorpus) -> None:
    settings = small_corpus(corpus_of(1952))
    build(settings)
    followed.reloader.look()
    assert main(["index", "rollback", "--index", str(settings.index_dir)]) == 0
    for _ in range(3):
        followed.reloader.look()
    assert (followed.year(), followed.ready()["generation"]) == ("1951", "000001")


def test_an_index_of_another_format_is_refused(followed: Followed, settings: Settings) -> None:
    pointer = settings.index_dir / "CURRENT"
    kept = pointer.read_bytes()
    with new_generation(settings.index_dir) as draft:
        draft.about.update({"format": 99})
    followed.reloader.look()
    assert (followed.year(), followed.ready()["refused"]) == ("1951", "000002")
    pointer.write_bytes(kept)
    followed.reloader.look()
    assert followed.ready()["refused"] is None


def test_a_thread_follows_until_the_block_ends(followed: Followed, small_corpus: SmallCorpus) -> None:
    with following(followed.reloader, poll_s=0.01):
        build(small_corpus(corpus_of(1952)))
        wait_until(lambda: followed.year() == "1952", AT_ONCE_S)
    build(small_corpus(corpus_of(1953)))
    time.sleep(0.1)
    assert followed.year() == "1952"


def wait_until(is_so: Callable[[], bool], timeout_s: float) -> float:
    """How long it took; fails when it takes longer."""
    started = time.monotonic()
    while not is_so():
        assert time.monotonic() - started < timeout_s, "it took too long"
        time.sleep(0.02)
    return time.monotonic() - started


# --- Under load: a real server, asked all the time ----------------------------------------------------------


class Askers:
    """Threads that ask all the time and keep every reply."""

    def __init__(self, address: str, n: int) -> None:
        self.replies: list[httpx.Response] = []
        self.faults: list[str] = []
        self._ended = threading.Event()
        self._address = address
        self._threads = [threading.Thread(target=self._ask) for _ in range(n)]

    def __enter__(self) -> Askers:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def have(self, n: int) -> bool:
        return len(self.replies) >= n

    def _ask(self) -> None:
        with httpx.Client(base_url=self._address, timeout=30) as client:
            while not self._ended.is_set():
                try:
                    self.replies.append(client.post("/api/ask", json={"question": FOUNDED}))
                except httpx.HTTPError as error:
                    self.faults.append(repr(error))


@pytest.fixture
def address(settings: Settings) -> Iterator[str]:
    port = free_port()
    with start(settings.index_dir, port) as service:
        assert service.stdout
        assert service.stdout.readline().startswith("ready: ")
        yield f"http://127.0.0.1:{port}"
        service.send_signal(signal.SIGTERM)
        assert service.wait(timeout=10) == 0


@pytest.mark.slow
def test_every_reply_is_wholly_old_or_wholly_new(address: str, settings: Settings, small_corpus: SmallCorpus) -> None:
    """Each generation tells one year, in its titles, sentences and passages: no reply may hold two."""
    years = range(1952, 1959)
    took_s = []
    with Askers(address, 3) as askers:
        for year in years:
            n_enough = len(askers.replies) + 4  # on a busy machine a generation may be gone before it was asked

            def was_asked(n_enough: int = n_enough) -> bool:
                return len(askers.replies) >= n_enough

            wait_until(was_asked, 20.0)
            generation = build(small_corpus(corpus_of(year))).generation
            took_s.append(wait_until(partial(serves, address, generation), 20.0))
            later = len(askers.replies) + 4  # of which one at least was asked after the change
            wait_until(partial(askers.have, later), 20.0)
    assert askers.faults == []
    assert {reply.status_code for reply in askers.replies} == {200}
    told = [set(map(int, re.findall(r"(?:CEMR|in|had) (\d{4})", reply.text))) for reply in askers.replies]
    assert {len(found) for found in told} == {1}
    assert all(f"had {min(found)} members" in reply.text for found, reply in zip(told, askers.replies, strict=True))
    assert set.union(*told) == {1951, *years}
    assert min(took_s) < AT_ONCE_S  # the others too, on a machine that has nothing else to do


def serves(address: str, generation: str) -> bool:
    return bool(httpx.get(f"{address}/readyz").json()["generation"] == generation)
