"""The service follows the index: when another generation becomes current, it is read beside the one that answers.

Only when it is whole does it take over, between two questions. What can't be used is refused and told, and the one
before goes on answering.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Iterator
from typing import Protocol

from qa.errors import QAError
from qa.search.generations import pointer
from qa.web.asking.service import Answers, Service

POLL_S = 0.5
_RETRY_S = 60.0  # what was damaged may have been mended where it lies
_log = logging.getLogger(__name__)


class Reloadable(Answers, Protocol):
    """An assistant that can make another one over what is now the current index."""

    def reloaded(self) -> Reloadable:
        """Raises QAError when that can't be used."""
        ...


class Reloader:
    """Looks which generation is current, and hands another one to the service once it is loaded."""

    def __init__(self, service: Service, assistant: Reloadable) -> None:
        self._service = service
        self._assistant = assistant
        current = _current(service)
        self._tried = current if current[0] == assistant.edition.generation else ("", "")
        self._retry_at = 0.0

    def look(self) -> None:
        """Opens the current generation unless it answers already or was refused a moment ago."""
        current = _current(self._service)
        is_refused = self._service.refused is not None
        if current == self._tried and not (is_refused and time.monotonic() >= self._retry_at):
            return
        try:
            assistant = self._assistant.reloaded()
        except QAError as error:
            if _current(self._service) == current:  # else a build has replaced it while it was read
                self._refuse(current, str(error))
        else:
            self._tried = (assistant.edition.generation, current[1])
            self._assistant = assistant
            self._service.open(assistant)
            _log.info("generation %s of the index answers", assistant.edition.generation)

    def _refuse(self, current: tuple[str, str], reason: str) -> None:
        if current != self._tried:
            serving = self._assistant.edition.generation
            _log.warning("generation %s is refused, %s goes on answering: %s", current[0] or "?", serving, reason)
        self._tried = current
        self._retry_at = time.monotonic() + _RETRY_S
        self._service.refuse(current[0] or "?")


def _current(service: Service) -> tuple[str, str]:
    try:
        return pointer(service.settings.index_dir)
    except QAError:
        return "", ""


@contextlib.contextmanager
def following(reloader: Reloader, poll_s: float = POLL_S) -> Iterator[None]:
    """While the block runs, a thread looks for another generation."""
    ended = threading.Event()

    def follow() -> None:
        while not ended.wait(poll_s):
            try:
                reloader.look()
            except Exception:  # a defect must not end the looking: the next generation may be in order
                _log.exception("the index can't be followed")

    thread = threading.Thread(target=follow, name="following the index", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(timeout=poll_s * 4)
