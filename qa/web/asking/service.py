"""The one way in which the web asks: page, widget, API and chat clients all call ``Service.ask``.

It holds the assistant, keeps the work within bounds, counts it and notes it down. It never looks at who asks.
"""

from __future__ import annotations

import asyncio
import secrets
import threading
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, TypeVar

from qa.errors import QuestionError
from qa.records import Answer, Document, Edition, Turn
from qa.settings import Settings
from qa.web.asking.journal import Journal
from qa.web.asking.metrics import Metrics

Channel = Literal["page", "widget", "api", "chat"]
Verdict = Literal["up", "down"]
_Done = TypeVar("_Done")
_LOOK_S = 0.5  # how often it is looked whether somebody who waits is still there


class Answers(Protocol):
    """The side of ``qa.assistant.Assistant`` that the web rests on."""

    @property
    def by_path(self) -> Mapping[str, Document]:
        """The documents in the index, each read when it is asked for."""
        ...

    @property
    def languages(self) -> Mapping[str, int]:
        """How many documents there are in each language."""
        ...

    @property
    def edition(self) -> Edition:
        """Which generation of the index that is."""
        ...

    def ask(
        self,
        question: str,
        *,
        language: str | None = None,
        page_language: str | None = None,
        history: Sequence[Turn] = (),
    ) -> Answer:
        """The answer to one question, given the turns before it; QuestionError when it can't be taken as given."""
        ...


class NotReady(RuntimeError):
    """The index is still being built or loaded."""


class Busy(RuntimeError):
    """More questions wait already than may."""


class Gone(RuntimeError):
    """Whoever asked has left before it was their turn."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One assistant and the documents that it answers from, path → document: always of the same generation.

    ``opened`` is when it began to answer, Unix time. ``remembered`` is what ``once`` has made.
    """

    assistant: Answers
    documents: Mapping[str, Document]
    opened: float
    remembered: dict[str, Any] = field(default_factory=dict, compare=False)
    lock: threading.Lock = field(default_factory=threading.Lock, compare=False)

    def once(self, key: str, make: Callable[[Mapping[str, Document]], _Done]) -> _Done:
        """What is worked out of all documents, each of which must be read for it: the first time only."""
        with self.lock:
            if key not in self.remembered:
                self.remembered[key] = make(self.documents)
        made: _Done = self.remembered[key]
        return made


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer, its random id, and the documents it was read from."""

    id: str
    answer: Answer
    documents: Mapping[str, Document]

    def to_json(self) -> dict[str, Any]:
        """The answer's JSON with the id."""
        return self.answer.to_json() | {"id": self.id}


@dataclass(frozen=True, slots=True)
class Inquiry:
    """One question as it came. ``earlier`` are questions before it whose turns the client doesn't have."""

    question: str
    language: str | None = None
    page_language: str | None = None
    history: tuple[Turn, ...] = ()
    earlier: tuple[str, ...] = ()

    def put_to(self, assistant: Answers) -> Answer:
        """The answer; earlier questions are asked again for what a follow-up borrows from them."""
        history = self.history
        for question in self.earlier:
            with suppress(QuestionError):  # that one wasn't answered then either
                turn = assistant.ask(question, page_language=self.page_language, history=history).turn
                history = (*history, turn) if turn else history
        return assistant.ask(self.question, language=self.language, page_language=self.page_language, history=history)


def new_id() -> str:
    """A random name for a request and its answer: 32 hexadecimal digits that tell nothing about anybody."""
    return secrets.token_hex(16)


class Service:
    """The settings from the start, the assistant as soon as it is loaded. Safe to share between threads."""

    def __init__(
        self,
        settings: Settings,
        assistant: Answers | None = None,
        *,
        metrics: Metrics | None = None,
        journal: Journal | None = None,
    ) -> None:
        self.settings = settings
        self.metrics = metrics or Metrics()
        self.journal = journal or Journal.from_settings(settings)
        self.draining = False
        self.refused: str | None = None
        self._snapshot: Snapshot | None = None
        self._pool = ThreadPoolExecutor(settings.asking_threads, "asking")
        self._asked = 0
        self._lock = threading.Lock()
        if assistant is not None:
            self.open(assistant)

    def open(self, assistant: Answers) -> None:
        """From now on questions are answered by this assistant; those being answered keep the one they began with."""
        self._snapshot = Snapshot(assistant, assistant.by_path, time.time())
        self.refused = None
        self.metrics.opened(assistant.languages, assistant.edition)

    def refuse(self, generation: str) -> None:
        """The generation that should answer can't be used; the one before goes on."""
        self.refused = generation
        self.metrics.refused()

    def drain(self) -> None:
        """The service is about to stop: it answers, but is not ready for more."""
        self.draining = True

    @property
    def ready(self) -> bool:
        """Whether questions can be asked."""
        return self._snapshot is not None

    @property
    def snapshot(self) -> Snapshot:
        """Assistant and documents of one generation; NotReady before they are loaded."""
        if self._snapshot is None:
            raise NotReady("the index is being read")
        return self._snapshot

    @property
    def assistant(self) -> Answers:
        """The assistant; NotReady before it is loaded."""
        return self.snapshot.assistant

    def once(self, key: str, make: Callable[[Mapping[str, Document]], _Done]) -> _Done:
        """What is worked out of all documents: once, for as long as they are answered from."""
        return self._snapshot.once(key, make) if self._snapshot else make({})

    @property
    def documents(self) -> Mapping[str, Document]:
        """Path → document; empty before they are loaded."""
        return self._snapshot.documents if self._snapshot else {}

    async def ask(
        self,
        inquiry: Inquiry,
        *,
        channel: Channel,
        id: str | None = None,
        gone: Callable[[], Awaitable[bool]] | None = None,
    ) -> Reply:
        """The reply to a question; ``id`` is a new one by default.

        Raises QuestionError, NotReady, Busy when too many wait, and Gone when ``gone`` says that whoever asked has left
        before it was their turn.
        """
        waiting = self._submit(lambda snapshot: self._answer(snapshot, inquiry, channel, id or new_id()))
        future = asyncio.wrap_future(waiting)
        try:
            while not (await asyncio.wait([future], timeout=_LOOK_S))[0]:
                if gone and await gone() and waiting.cancel():
                    raise Gone("the client has left")
            return await future
        finally:
            future.cancel()

    async def try_out(self, question: str, language: str) -> Answer:
        """What is said to a question that nobody has asked, so it is neither counted nor noted down.

        Raises what ``ask`` does, save Gone.
        """
        return await asyncio.wrap_future(self._submit(lambda by: by.assistant.ask(question, page_language=language)))

    def feedback(self, id: str, verdict: Verdict, *, comment: str = "", language: str | None = None) -> None:
        """Counts whether an answer helped; the comment is kept only where the settings say so."""
        self.metrics.judged(verdict)
        self.journal.judged(id, verdict, comment, language)

    def _submit(self, work: Callable[[Snapshot], _Done]) -> Future[_Done]:
        snapshot = self.snapshot
        with self._lock:
            if self._asked >= self.settings.max_concurrent:
                raise Busy("too many questions at once")
            self._asked += 1
        waiting = self._pool.submit(work, snapshot)
        waiting.add_done_callback(self._finished)
        return waiting

    def _finished(self, _: Future[Any]) -> None:
        with self._lock:
            self._asked -= 1

    def _answer(self, snapshot: Snapshot, inquiry: Inquiry, channel: Channel, id: str) -> Reply:
        started = time.perf_counter()
        answer = inquiry.put_to(snapshot.assistant)
        self.metrics.answered(answer, channel, time.perf_counter() - started)
        self.journal.answered(id, answer, channel)
        return Reply(id, answer, snapshot.documents)
