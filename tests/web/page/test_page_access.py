"""Everybody can use the page: keyboard alone, screen readers, narrow and dark screens. axe finds nothing."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright import sync_api

from qa.web.messages import catalogue
from tests.web.service import needs_browser
from tests.web.visit import Visit

pytestmark = needs_browser

SCREENS: dict[str, dict[str, Any]] = {
    "phone": {"viewport": {"width": 390, "height": 844}, "has_touch": True},
    "desktop": {"viewport": {"width": 1280, "height": 900}},
    "dark": {"viewport": {"width": 1280, "height": 900}, "color_scheme": "dark"},
    "narrow": {"viewport": {"width": 320, "height": 640}},
    "zoomed": {"viewport": {"width": 640, "height": 450}, "device_scale_factor": 2},
    "forced": {"viewport": {"width": 1280, "height": 900}, "forced_colors": "active"},
    "contrast": {"viewport": {"width": 1280, "height": 900}, "contrast": "more"},
}

SLOW = {"offline": False, "latency": 0, "downloadThroughput": 1_500, "uploadThroughput": -1}
TOO_SMALL = """
[...document.querySelectorAll('button, select, summary, textarea')].filter(element => element.checkVisibility())
  .map(element => [element.textContent, element.getBoundingClientRect()])
  .filter(([, box]) => box.width < 24 || box.height < 24).map(([text]) => text)
"""


@pytest.fixture(scope="module")
def shared(browser: sync_api.Browser, address: str) -> Iterator[Visit]:
    visited = Visit(browser, address, viewport={"width": 1280, "height": 900})
    yield visited
    visited.close()


def states(visit: Visit) -> Iterator[str]:
    """Every state of the page, one after the other."""
    yield "empty"
    line = visit.context.new_cdp_session(visit.page)
    line.send("Network.enable")
    line.send("Network.emulateNetworkConditions", SLOW)
    visit.page.fill("#question textarea", "When was CEMR founded?")
    visit.page.keyboard.press("Enter")
    visit.page.wait_for_selector(".turn[aria-busy='true']")
    yield "answering"
    assert visit.page.locator(".turn[aria-busy='true']").count() == 1  # it was all the while
    line.send("Network.emulateNetworkConditions", {**SLOW, "downloadThroughput": -1})
    turn = visit.turn(0)
    yield "answered"
    turn.locator("[data-helpful='true']").click()
    yield "feedback"
    visit.ask("Hvem kan jeg kontakte om vennskapskommuner?")
    yield "contact in another language"
    visit.ask("What is Laura Parsama’s e-mail address?")
    yield "address"
    visit.ask("How much is a tram ticket?").locator("summary").click()
    yield "refusal"
    visit.page.fill("#question textarea", "Why? " * 500)
    visit.page.keyboard.press("Enter")
    visit.page.wait_for_selector("#hint:not(:empty)")
    yield "hint"


@pytest.mark.parametrize("screen", ["phone", pytest.param("dark", marks=pytest.mark.slow)])
def test_axe_finds_nothing_in_the_states_that_matter_most(browser: sync_api.Browser, address: str, screen: str) -> None:
    visit = Visit(browser, address, **SCREENS[screen])
    assert visit.violations() == []
    visit.ask("When was CEMR founded?").locator("[data-helpful='true']").click()
    visit.ask("How much is a tram ticket?").locator("summary").click()
    assert visit.violations() == []
    visit.close()


@pytest.mark.slow
@pytest.mark.parametrize("screen", SCREENS)
def test_no_state_has_a_barrier(browser: sync_api.Browser, address: str, screen: str) -> None:
    """axe finds nothing, nothing is cut off, and nothing is too small to hit."""
    visit = Visit(browser, address, "fi-FI", **SCREENS[screen])
    found = {}
    for state in states(visit):
        found[state] = visit.violations()
        wide = visit.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        found[f"{state}: cut off"] = [f"{wide} pixels"] * (wide > 0)
        found[f"{state}: too small"] = visit.page.evaluate(TOO_SMALL)
    for path in ("about", "documents", "accessibility"):
        visit.page.goto(f"{address}{path}?lang=fi")
        found[path] = visit.violations()
    visit.close()
    assert {state: lines for state, lines in found.items() if lines} == {}


@pytest.mark.slow
@pytest.mark.parametrize("screen", ["phone", "desktop"])
def test_a_picture_of_the_page(browser: sync_api.Browser, address: str, screen: str, tmp_path: Path) -> None:
    visit = Visit(browser, address, **SCREENS[screen])
    visit.ask("When was CEMR founded?")
    visit.page.screenshot(path=tmp_path / f"{screen}.png")
    picture = Image.open(io.BytesIO((tmp_path / f"{screen}.png").read_bytes())).convert("RGB")
    size = SCREENS[screen]["viewport"]
    assert picture.size == (size["width"], size["height"])
    assert len(picture.getcolors(1 << 24) or ()) > 100  # not blank
    # The newest question stands on top, its reply above the question box.
    visit.ask("How many countries have members in UCLG?")
    visit.until(
        """(() => {
          const box = (selector) => document.querySelector(selector).getBoundingClientRect();
          const question = box('.turn:last-child .question');
          return question.top >= box('#header').bottom && box('.turn:last-child .quote').bottom <= box('#dock').top;
        })()"""
    )
    visit.close()


@pytest.mark.parametrize("locale", ["fi-FI", "de-DE"])
def test_on_the_narrowest_screen_nothing_of_the_question_box_is_cut(
    browser: sync_api.Browser, address: str, locale: str
) -> None:
    visit = Visit(browser, address, locale, **SCREENS["narrow"])
    heights = visit.page.evaluate(
        "(() => { const box = document.querySelector('#question textarea');"
        " return [box.offsetHeight, box.scrollHeight - box.clientHeight]; })()"
    )
    assert heights == [48, 0]  # one line
    for selector in ("#send", "#question textarea"):
        cut = f"(e => e.scrollWidth - e.clientWidth)(document.querySelector('{selector}'))"
        assert visit.page.evaluate(cut) <= 0, selector
    visit.ask(catalogue(visit.language()).examples()["networks"][1])
    assert visit.page.locator("#turn-0 .asked").is_visible()
    visit.close()


def tab_to(visit: Visit, wanted: str, back: bool = False) -> None:
    """Presses Tab until what has the focus is told so."""
    for _ in range(60):
        visit.page.keyboard.press("Shift+Tab" if back else "Tab")
        if wanted in visit.focused():
            return
    raise AssertionError(f"{wanted} is never reached; last was {visit.focused()}")


def test_the_keyboard_alone_does_everything(visit: Visit) -> None:
    page = visit.page
    page.locator("#question textarea").focus()
    tab_to(visit, "example", back=True)
    page.keyboard.press("Enter")
    visit.turn(0)
    assert "TEXTAREA" in visit.focused()  # the example is gone, the question box has the focus
    tab_to(visit, "deed", back=True)
    tab_to(visit, "example")
    page.keyboard.press("Enter")
    visit.turn(1)
    assert "TEXTAREA" in visit.focused()
    page.locator("#turn-1 [data-helpful='true']").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.type("Good")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector("#turn-1 .thanks:focus")
    tab_to(visit, "restart", back=True)
    page.keyboard.press("Enter")
    page.wait_for_selector(".welcome")
    visit.until("document.activeElement.tagName === 'TEXTAREA'")


# How many of 49 points of what has the focus are seen: neither beyond the window nor below the header or the dock.
_SEEN = """
(() => {
  const held = document.activeElement;
  const box = held.getBoundingClientRect();
  const steps = [0, 1, 2, 3, 4, 5, 6];
  const points = steps.flatMap(i => steps.map(j =>
    [box.left + 1 + (box.width - 2) * i / 6, box.top + 1 + (box.height - 2) * j / 6]));
  const layer = element => element?.closest('#dock, #header')?.id;
  return held === document.body ? 49 : points.filter(([x, y]) => {
    const hit = document.elementFromPoint(x, y);
    return hit && layer(hit) === layer(held);
  }).length;
})()
"""


@pytest.mark.slow
@pytest.mark.parametrize("size", [(390, 700), (320, 256), (1280, 720)])
def test_nothing_hides_what_has_the_focus(browser: sync_api.Browser, address: str, size: tuple[int, int]) -> None:
    """WCAG 2.2, 2.4.11: the header and the question box stay where they are and lie over the conversation."""
    visit = Visit(browser, address, viewport=dict(zip(("width", "height"), size, strict=True)))
    visit.ask("When was CEMR founded?")
    visit.ask("Hvem kan jeg kontakte om vennskapskommuner?").locator("[data-helpful='true']").click()
    visit.ask("How much is a tram ticket?").locator("summary").click()
    hidden = []
    for key, start in (("Shift+Tab", "#question textarea"), ("Tab", ".skip")):
        visit.page.locator(start).focus()
        for _ in range(60):
            visit.page.keyboard.press(key)
            if visit.page.evaluate(_SEEN) < 25:
                hidden.append(f"{key}: {visit.focused()}")
    visit.close()
    assert hidden == []


def test_stop_is_reached_while_answering(slow: Visit) -> None:
    slow.page.evaluate("window.slow = 300")
    slow.page.fill("#question textarea", "Tell me about this: The history of town twinning")
    slow.page.keyboard.press("Enter")
    slow.page.wait_for_selector("#stop")
    slow.page.keyboard.press("Tab")
    assert "stop" in slow.focused()
    slow.page.keyboard.press("Enter")
    slow.turn(0)
    slow.until("document.activeElement.tagName === 'TEXTAREA'")


def test_on_a_touched_screen_no_keyboard_opens_over_the_answer(browser: sync_api.Browser, address: str) -> None:
    visit = Visit(browser, address, has_touch=True, is_mobile=True)
    visit.page.locator(".example").first.tap()
    visit.turn(0)
    visit.until("document.activeElement.id === 'question-0'")
    visit.close()


def test_the_focus_is_seen(visit: Visit) -> None:
    for selector in (".example", "select", "#question textarea", "#send", "#footnote a"):
        visit.page.keyboard.press("Tab")  # so that the browser shows the focus
        visit.page.locator(selector).first.focus()
        outline = visit.page.evaluate("getComputedStyle(document.activeElement).outline")
        assert "3px" in outline, selector
        assert "solid" in outline, selector
