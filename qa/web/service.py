"""What the page and the API ask: the assistant, once it is loaded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from qa.records import Answer, Document, Turn
from qa.settings import Settings


class Answers(Protocol):
    """The side of ``qa.assistant.Assistant`` that the web rests on."""

    @property
    def documents(self) -> tuple[Document, ...]:
        """The documents in the index."""
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


class Service:
    """The settings from the start, the assistant as soon as it is loaded."""

    def __init__(self, settings: Settings, assistant: Answers | None = None) -> None:
        self.settings = settings
        self._assistant = assistant
        self._by_path: dict[str, Document] = {}
        if assistant is not None:
            self.open(assistant)

    def open(self, assistant: Answers) -> None:
        """From now on questions are answered."""
        self._by_path = {document.path: document for document in assistant.documents}
        self._assistant = assistant

    @property
    def ready(self) -> bool:
        """Whether questions can be asked."""
        return self._assistant is not None

    @property
    def assistant(self) -> Answers:
        """The assistant; NotReady before it is loaded."""
        if self._assistant is None:
            raise NotReady("the index is being read")
        return self._assistant

    @property
    def documents(self) -> dict[str, Document]:
        """Path → document."""
        return self._by_path
