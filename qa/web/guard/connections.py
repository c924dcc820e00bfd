"""Connections that wait for a request only so long: who sends headers a byte at a time holds none for ever."""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_MAX_HEAD_BYTES = 65_536


class PatientProtocol(HttpToolsProtocol):
    """HTTP/1.1 as uvicorn speaks it, with an end to waiting for the first line and the headers, and to their length."""

    timeout_s = 20.0
    _timer: asyncio.TimerHandle | None = None
    _head_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._watch(0)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._watch(len(data))

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_watching()
        super().connection_lost(exc)

    def _watch(self, received: int) -> None:
        """The clock starts with the connection or the first byte, and stops when a request is there."""
        is_waiting = self.cycle is None or self.cycle.response_complete
        if not is_waiting:
            self._stop_watching()
            return
        self._head_bytes += received
        if self._head_bytes > _MAX_HEAD_BYTES:
            self.transport.abort()
        elif self._timer is None:
            self._timer = self.loop.call_later(self.timeout_s, self.transport.abort)

    def _stop_watching(self) -> None:
        self._head_bytes = 0
        if self._timer:
            self._timer.cancel()
            self._timer = None


def patient(timeout_s: float) -> type[PatientProtocol]:
    """The protocol with its timeout, in the form that uvicorn's ``Config(http=…)`` takes."""
    return type("Patient", (PatientProtocol,), {"timeout_s": timeout_s})
