"""One service over the shipped index and one browser a module for the tests of the web."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright import sync_api

from tests.web.service import CHROMIUM, QUIET, free_port, start


@pytest.fixture(scope="session")
def address(built_index: Path) -> Iterator[str]:
    """The address of a running service over the shipped index."""
    port = free_port()
    with start(built_index, port) as service:
        assert service.stdout
        line = service.stdout.readline()
        assert line == f"ready: http://127.0.0.1:{port}/\n"
        yield line.removeprefix("ready: ").strip()
        service.send_signal(signal.SIGTERM)
        assert service.wait(timeout=5) == 0


@pytest.fixture(scope="module")  # no longer: while it lives, nothing else in this thread can run an event loop
def browser() -> Iterator[sync_api.Browser]:
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield chromium
        chromium.close()
