"""A visitor of a page with the widget on it, in the real browser."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from playwright import sync_api

from tests.web.hosts import Host
from tests.web.visit import WAIT_MS


@dataclass(frozen=True)
class Sites:
    """The service's address (without slash), and the sites that put the widget on their pages."""

    service: str
    allowed: Host
    neighbour: Host
    refused: Host
    hostile: Host

    def tag(self, attributes: str = "async") -> str:
        """The tag, with attributes as they stand in HTML."""
        return f'<script src="{self.service}/widget.js" {attributes}></script>'


class Guest:
    """One visit: the page, everything it fetched, said on the console, and every error."""

    def __init__(self, browser: sync_api.Browser, sites: Sites, address: str, **context: Any) -> None:
        self.context = browser.new_context(**({"locale": "en-GB"} | context))
        self.page = self.context.new_page()
        self.fetched: list[str] = []
        self.errors: list[str] = []
        self.console: list[str] = []
        self.heard: list[list[Any]] = []
        self._service = sites.service
        self.page.on("request", lambda request: self.fetched.append(request.url))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", lambda message: self.console.append(message.text))
        self.page.expose_function("hear", lambda name, detail: self.heard.append([name, detail]))
        self.page.add_init_script(
            "for (const name of ['open', 'close', 'answer', 'feedback', 'unavailable'])"
            " document.addEventListener(`kysy:${name}`, ({ detail }) => window.hear?.(name, detail))"
        )
        self.page.goto(address)

    @property
    def launcher(self) -> sync_api.Locator:
        return self.page.locator("kysy-widget button")

    @property
    def panel(self) -> sync_api.Locator:
        return self.page.locator("kysy-widget dialog")

    @property
    def inside(self) -> sync_api.FrameLocator:
        return self.page.frame_locator("kysy-widget iframe")

    @property
    def frame(self) -> sync_api.Frame:
        """The frame of the conversation, for scripts."""
        (found,) = [frame for frame in self.page.frames if frame.url.startswith(f"{self._service}/embed")]
        return found

    def open(self) -> Guest:
        self.launcher.click()
        self.inside.locator("#question").wait_for()
        return self

    def ask(self, question: str) -> sync_api.Locator:
        """The reply, once it is complete."""
        asked = self.inside.locator(".turn").count()
        self.inside.locator("#question").fill(question)
        self.inside.locator("#question").press("Enter")
        return self.reply(asked)

    def reply(self, number: int = 0) -> sync_api.Locator:
        turn = self.inside.locator(".turn").nth(number)
        turn.locator(".judging, .fault").first.wait_for()
        return turn.locator(".reply")

    def hears(self, *names: str) -> list[Any]:
        """Waits until the host's page has been told just these events, in whatever order, and gives their details."""
        deadline = time.monotonic() + WAIT_MS / 1_000
        while sorted(name for name, _ in self.heard) != sorted(names):
            assert time.monotonic() < deadline, f"heard {self.heard}, not {names}"
            self.page.wait_for_timeout(20)
        return [detail for _, detail in self.heard]

    def says(self, words: str) -> None:
        """Waits until a line with these words stands on the console."""
        deadline = time.monotonic() + WAIT_MS / 1_000
        while not any(words in line for line in self.console):
            assert time.monotonic() < deadline, f"said {self.console}, not {words!r}"
            self.page.wait_for_timeout(20)

    def stored(self) -> list[object]:
        """What lies in the browser, for the host's page and for the frame if there is one."""
        script = """() => {
            try {
                return [localStorage.length, sessionStorage.length, document.cookie];
            } catch {
                return [0, 0, ""]; // forbidden to frames of other sites
            }
        }"""
        frames = [frame for frame in self.page.frames if not frame.url.startswith("about:")]
        return [value for frame in frames for value in frame.evaluate(script)] + self.context.cookies()
