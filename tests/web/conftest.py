"""One service over the shipped index and one browser a module for the tests of the web."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright import sync_api

from tests.web.guest import Guest, Sites
from tests.web.hosts import host
from tests.web.service import CHROMIUM, QUIET, START_S, free_port, start
from tests.web.visit import WAIT_MS, Visit

sync_api.expect.set_options(timeout=WAIT_MS)  # a loaded machine is no fault of the page


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


@pytest.fixture(scope="module")
def shared(browser: sync_api.Browser, address: str) -> Iterator[Visit]:
    """A visitor of the page, on a phone."""
    visited = Visit(browser, address)
    yield visited
    visited.close()


@pytest.fixture
def visit(shared: Visit) -> Visit:
    """The visitor, as if they had just come."""
    shared.restart()
    return shared


@pytest.fixture(scope="session")
def sites(built_index: Path) -> Iterator[Sites]:
    """A service and the sites around it: two in its list, one that isn't, one that means harm."""
    port = free_port()
    names = ("localhost", "127.0.0.1", "refused.localhost", "hostile.localhost")
    with ExitStack() as stack:
        allowed, neighbour, refused, hostile = (stack.enter_context(host(name)) for name in names)
        origins = f"{allowed.origin}, {neighbour.origin}"
        with start(built_index, port, KYSY_ALLOWED_ORIGINS=origins) as service:
            assert service.stdout
            service.stdout.readline()
            yield Sites(f"http://127.0.0.1:{port}", allowed, neighbour, refused, hostile)
            service.send_signal(signal.SIGTERM)
            service.communicate(timeout=START_S)


@pytest.fixture
def open_page(browser: sync_api.Browser, sites: Sites) -> Iterator[Callable[..., Guest]]:
    """A function that opens an address as a visitor would; whatever goes wrong on the page fails the test."""
    guests: list[Guest] = []

    def open_one(address: str, **context: Any) -> Guest:
        guests.append(Guest(browser, sites, address, **context))
        return guests[-1]

    yield open_one
    for guest in guests:
        guest.context.close()
        assert guest.errors == []
