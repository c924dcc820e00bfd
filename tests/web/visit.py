"""A visitor with a real browser: what the tests of the page share."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import axe_playwright_python
from playwright import sync_api

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text("utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# What stays in view lies over whatever is scrolled below it, which axe takes for targets that are too small.
STAY = """
(position) => {
  for (const bar of document.querySelectorAll("#header, #dock, .bar, .dock")) bar.style.position = position;
}
"""
WAIT_MS = 15_000


class Visit:
    """One visitor's page, with everything it fetched and every error it made."""

    def __init__(
        self,
        browser: sync_api.Browser,
        address: str,
        locale: str = "en-GB",
        query: str = "",
        script: str = "",
        **context: Any,
    ) -> None:
        # `bypass_csp` would hide what the policy forbids, so axe comes in by the debugger's own way.
        self.context = browser.new_context(
            **{"locale": locale, "viewport": {"width": 390, "height": 844}, "reduced_motion": "reduce", **context}
        )
        self.page = self.context.new_page()
        self.page.set_default_timeout(WAIT_MS)
        self.fetched: list[str] = []
        self.errors: list[str] = []
        self.page.on("request", lambda request: self.fetched.append(request.url))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", lambda said: said.type == "error" and self.errors.append(said.text))
        if script:  # runs before the page's own
            self.page.add_init_script(script)
        self.page.goto(address + query)
        self.page.wait_for_selector("body.ready")

    def ask(self, question: str) -> sync_api.Locator:
        """The newest turn, once its reply is complete."""
        number = self.page.locator(".turn").count()
        self.page.fill("#question textarea", question)
        self.page.keyboard.press("Enter")
        return self.turn(number)

    def turn(self, number: int) -> sync_api.Locator:
        """The turn of that number, once its reply is complete."""
        self.page.wait_for_selector(f"body:not(.busy) #turn-{number}[aria-busy='false']")
        return self.page.locator(f"#turn-{number}")

    def restart(self, language: str = "en") -> None:
        """As if the visitor had just come."""
        if self.page.locator(".turn").count():
            self.page.locator("[data-tool='restart']").click()
            self.page.wait_for_selector(".welcome")
        if self.language() != language:
            self.page.select_option("select[data-tool='language']", language)
            self.speaks(language)

    def speaks(self, language: str) -> None:
        """Waits until the page is in a language, its question box too."""
        self.page.wait_for_selector(f"html[lang='{language}']", state="attached")

    def until(self, condition: str) -> None:
        """Waits until a JavaScript expression holds (`wait_for_function` needs `eval`, which the page forbids)."""
        deadline = time.monotonic() + WAIT_MS / 1_000
        while not self.page.evaluate(condition):
            assert time.monotonic() < deadline, f"never: {condition}"
            self.page.wait_for_timeout(20)

    def language(self) -> str:
        spoken: str = self.page.evaluate("document.documentElement.lang")
        return spoken

    def focused(self) -> str:
        """What has the focus: its tag, id and classes."""
        told: str = self.page.evaluate(
            "(e => [e.tagName, e.id || e.closest('[id]')?.id, e.className, e.dataset?.tool].join(' '))"
            "(document.activeElement)"
        )
        return told

    def stored(self) -> list[object]:
        stored: list[object] = self.page.evaluate("[localStorage.length, sessionStorage.length, document.cookie]")
        return stored

    def violations(self) -> list[str]:
        """What axe finds, one line each."""
        self.page.evaluate(AXE)
        self.page.evaluate(STAY, "static")
        found: list[str] = self.page.evaluate(
            "rules => axe.run(document, {resultTypes: ['violations'], runOnly: rules}).then(result => "
            "result.violations.map(v => `${v.id}: ${v.nodes.map(n => n.target.join(' ')).join(', ')}`))",
            RULES,
        )
        self.page.evaluate(STAY, "")
        return found

    def close(self) -> None:
        self.context.close()
        assert self.errors == []
