"""The widget for everybody: axe in every state, keyboard, screen readers, small screens, large text, reduced motion."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Frame, Page, expect

from qa.settings import INTERFACE_LANGUAGES
from qa.web.messages import catalogue
from tests.web.guest import Guest, Sites
from tests.web.service import CHROMIUM, QUIET, needs_browser
from tests.web.visit import RULES, STAY

Visit = Callable[..., Guest]
pytestmark = needs_browser
slow = pytest.mark.slow
DESKTOP: dict[str, Any] = {"viewport": {"width": 1000, "height": 800}}
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
LOOKS: dict[str, dict[str, Any]] = {
    "light": {**DESKTOP, "color_scheme": "light"},
    "dark": {**DESKTOP, "color_scheme": "dark"},
    "forced colours": {**DESKTOP, "forced_colors": "active"},
    "phone": PHONE,
    "phone, dark": {**PHONE, "color_scheme": "dark"},
}


def violations(page: Page | Frame, rules: Sequence[str] = RULES) -> list[str]:
    """What axe finds, one line a rule; best practices too."""
    options = {"iframes": False, "resultTypes": ["violations"], "runOnly": rules}
    page.evaluate(STAY, "static")
    found = Axe().run(page, options=options).response["violations"]
    page.evaluate(STAY, "")
    return [f"{rule['id']}: {[node['html'][:120] for node in rule['nodes']]}" for rule in found]


@pytest.mark.parametrize("look", [pytest.param(name, marks=() if name == "light" else slow) for name in LOOKS])
def test_axe_finds_nothing_in_any_state(open_page: Visit, sites: Sites, look: str) -> None:
    guest = open_page(sites.allowed.put("/axe", body=sites.tag()), **LOOKS[look])
    guest.launcher.wait_for()
    assert violations(guest.page) == [], "closed"
    guest.open()
    assert violations(guest.page) == [], "open"
    assert violations(guest.frame) == [], "welcome"
    for question in (
        "When was CEMR founded?",
        "Who should I contact about town twinning?",
        "How much is a tram ticket?",
        "Wie viele Partnerstädte haben finnische Gemeinden?",
    ):
        guest.ask(question)
        assert violations(guest.frame) == [], question
    guest.inside.locator("details").first.evaluate("(details) => { details.open = true; }")
    guest.inside.get_by_role("button", name=catalogue("en")("helpful_no")).first.click()
    assert violations(guest.frame) == [], "with passages and a remark"


@slow
@pytest.mark.parametrize("code", INTERFACE_LANGUAGES)
def test_axe_finds_nothing_in_any_language(open_page: Visit, sites: Sites, code: str) -> None:
    guest = open_page(sites.allowed.put(f"/axe-{code}", body=sites.tag(), lang=code), **DESKTOP).open()
    assert violations(guest.page) == violations(guest.frame) == []
    for example in catalogue(code).examples()["contacts"]:
        guest.ask(example)
    assert violations(guest.frame) == []
    tag = open_page(f"{sites.service}/widget?lang={code}", **LOOKS["dark" if code == "en" else "light"])
    assert violations(tag.page) == []


@slow
def test_every_target_is_large_enough(open_page: Visit, sites: Sites) -> None:
    guest = open_page(sites.allowed.put("/targets", body=sites.tag()), **PHONE).open()
    for question in ("When was CEMR founded?", "What is Laura Parsama’s e-mail address?", "How much is a tram ticket?"):
        guest.ask(question)
    # What is half under the bar just now can be scrolled; its own size is what counts.
    guest.frame.evaluate("for (const part of document.querySelectorAll('.bar, .dock')) part.style.position = 'static'")
    assert violations(guest.page, ["wcag22aa"]) == violations(guest.frame, ["wcag22aa"]) == []


@slow
@pytest.mark.parametrize("accent", ["#ffcc00", "#101010"])
@pytest.mark.parametrize("look", ["light", "dark"])
def test_every_accent_can_be_read(open_page: Visit, sites: Sites, accent: str, look: str) -> None:
    guest = open_page(sites.allowed.put("/accents", body=sites.tag(f'data-accent="{accent}"')), **LOOKS[look]).open()
    guest.ask("Who should I contact about town twinning?")
    guest.ask("How much is a tram ticket?")
    assert violations(guest.page) == violations(guest.frame) == []


def focused(guest: Guest) -> str:
    """The id or tag of what has the focus, within the widget where it is there."""
    script = "(document.activeElement.shadowRoot || document).activeElement"
    found = guest.page.evaluate(f"{script}.id || {script}.tagName")
    return str(guest.frame.evaluate("document.activeElement.id || 'BODY'") if found == "IFRAME" else found)


def test_the_keyboard_alone_is_enough(open_page: Visit, sites: Sites) -> None:
    guest = open_page(sites.allowed.put("/keys", body=sites.tag()), **DESKTOP)
    keys = guest.page.keyboard
    guest.launcher.wait_for()
    keys.press("Tab")
    keys.press("Tab")
    assert focused(guest) == "BUTTON"
    assert guest.launcher.get_attribute("aria-expanded") == "false"
    assert guest.launcher.get_attribute("aria-controls") == guest.panel.get_attribute("id")
    keys.press("Enter")
    expect(guest.inside.locator("#question")).to_be_focused()
    assert guest.launcher.get_attribute("aria-expanded") == "true"
    keys.type("When was CEMR founded?")
    keys.press("Enter")
    guest.reply()
    assert focused(guest) == "question"
    keys.press("Escape")
    expect(guest.panel).to_be_hidden()
    assert (focused(guest), guest.launcher.get_attribute("aria-expanded")) == ("BUTTON", "false")
    keys.press("Space")
    expect(guest.inside.locator("#question")).to_be_focused()
    keys.press("Shift+Tab")
    guest.inside.locator("#close").focus()
    keys.press("Enter")
    expect(guest.launcher).to_be_focused()


@slow
def test_escape_on_the_button_closes_and_the_host_keeps_its_own(open_page: Visit, sites: Sites) -> None:
    counting = "addEventListener('keydown', (event) => { escapes += event.key === 'Escape'; })"
    own = f"<script>let escapes = 0; {counting}</script>"
    guest = open_page(sites.allowed.put("/escape", body=own + sites.tag()), **DESKTOP).open()
    guest.launcher.focus()
    guest.page.keyboard.press("Escape")
    expect(guest.panel).to_be_hidden()
    guest.page.keyboard.press("Escape")
    assert guest.page.evaluate("escapes") == 1


@slow
def test_on_a_phone_it_fills_the_screen_and_holds_the_focus(open_page: Visit, sites: Sites) -> None:
    guest = open_page(sites.allowed.put("/phone", body=sites.tag()), **PHONE)
    guest.launcher.tap()
    guest.inside.locator("#question").wait_for()
    assert guest.panel.bounding_box() == {"x": 0, "y": 0, "width": 390, "height": 844}
    expect(guest.inside.locator("#title")).to_be_focused()
    assert guest.panel.evaluate("(panel) => panel.matches(':modal')")
    for _ in range(20):
        guest.page.keyboard.press("Tab")
        assert guest.page.evaluate(
            "[document.body, document.querySelector('kysy-widget')].includes(document.activeElement)"
        )
    guest.inside.locator("#close").tap()
    expect(guest.panel).to_be_hidden()
    assert focused(guest) == "BUTTON"


@slow
def test_turning_the_screen_keeps_the_conversation(open_page: Visit, sites: Sites) -> None:
    guest = open_page(sites.allowed.put("/turn", body=sites.tag()), **DESKTOP).open()
    guest.ask("When was CEMR founded?")
    guest.page.set_viewport_size({"width": 400, "height": 800})
    guest.page.wait_for_function("document.querySelector('kysy-widget').shadowRoot.querySelector('dialog:modal')")
    guest.page.set_viewport_size({"width": 1000, "height": 800})
    guest.page.wait_for_function("document.querySelector('kysy-widget').shadowRoot.querySelector('dialog:not(:modal)')")
    assert "Stefano Bonaccini" in guest.ask("Who is its president?").inner_text()
    assert guest.launcher.get_attribute("aria-expanded") == "true"


@slow
def test_the_keyboard_of_a_phone_leaves_room_and_zooming_takes_none(open_page: Visit, sites: Sites) -> None:
    guest = open_page(sites.allowed.put("/typing", body=sites.tag()), **PHONE)
    guest.launcher.tap()
    guest.inside.locator("#question").wait_for()
    shown = """([height, offsetTop, scale]) => {
        for (const [name, value] of Object.entries({ height, offsetTop, scale }))
            Object.defineProperty(visualViewport, name, { value, configurable: true });
        visualViewport.dispatchEvent(new Event('resize'));
        const panel = document.querySelector('kysy-widget').shadowRoot.querySelector('dialog').getBoundingClientRect();
        return [panel.top, panel.height];
    }"""
    assert guest.page.evaluate(shown, [500, 40, 1]) == [40, 500]
    expect(guest.inside.locator("#close")).to_be_in_viewport()
    expect(guest.inside.locator("#send")).to_be_in_viewport()
    assert guest.page.evaluate(shown, [400, 40, 2]) == [0, 844]
    assert guest.page.evaluate(shown, [844, 0, 1]) == [0, 844]


HEARD = """
- banner:
  - heading "Kysy" [level=1]
  - text: Language
  - combobox "Language"
  - button "Close"
- main:
  - log "Conversation":
    - article:
      - 'heading "You asked: When was CEMR founded?" [level=2]'
      - figure /Quoted from “.+”/:
        - blockquote
      - group "Did this help?":
        - button "Yes"
        - button "No"
- form "Your question":
  - text: Your question
  - textbox "Your question"
  - button "Ask"
  - paragraph:
    - button "Delete conversation"
- status: /1951.+Source/
"""


@slow
def test_a_screen_reader_finds_every_part_by_role_and_name(open_page: Visit, sites: Sites) -> None:
    guest = open_page(sites.allowed.put("/heard", body=sites.tag()), **DESKTOP).open()
    guest.ask("When was CEMR founded?")
    expect(guest.inside.locator("body")).to_match_aria_snapshot(HEARD)
    outside = '- dialog "Questions and answers":\n  - iframe\n- button "Ask us" [expanded]'
    expect(guest.page.locator("kysy-widget")).to_match_aria_snapshot(outside)


def test_an_answer_is_announced_once_and_politely(open_page: Visit, sites: Sites) -> None:
    guest = open_page(sites.allowed.put("/once", body=sites.tag()), **DESKTOP).open()
    log = guest.inside.locator("[role=log]")
    assert log.get_attribute("aria-live") == "off"
    guest.frame.evaluate("""() => {
        window.said = [];
        new MutationObserver(() => said.push(document.querySelector('#status').textContent))
            .observe(document.querySelector('#status'), { childList: true, characterData: true, subtree: true });
    }""")
    guest.ask("When was CEMR founded?")
    guest.page.wait_for_timeout(200)
    (said,) = [text for text in guest.frame.evaluate("said") if text]
    assert "1951" in said
    speaking = "#log :is([aria-live]:not([aria-live=off]), [role=status], [role=alert]):not(:empty)"
    assert guest.inside.locator(speaking).count() == 0
    assert guest.inside.locator("#status").get_attribute("aria-live") == "polite"


@slow
@pytest.mark.parametrize("percent", [100, 200])
def test_nothing_is_cut_off_on_a_narrow_screen_or_with_large_text(open_page: Visit, sites: Sites, percent: int) -> None:
    guest = open_page(sites.allowed.put("/narrow", body=sites.tag()), viewport={"width": 320, "height": 640}).open()
    guest.frame.evaluate(f"document.documentElement.style.fontSize = '{percent}%'")
    for question in ("Who should I contact about town twinning?", "How much is a tram ticket?"):
        guest.ask(question)
    assert guest.frame.evaluate("document.documentElement.scrollWidth") <= 320
    assert guest.page.evaluate("document.documentElement.scrollWidth") <= 320
    cut = """() => [...document.querySelectorAll('button, h1, h2, p, li')].filter((element) =>
        element.checkVisibility() && !element.closest('.unseen') && element.scrollWidth > element.clientWidth + 1
        && getComputedStyle(element).display !== 'inline').map((element) => element.outerHTML.slice(0, 90))"""
    assert guest.frame.evaluate(cut) == []
    guest.inside.locator("#send").scroll_into_view_if_needed()
    assert guest.inside.locator("#send").is_visible()


@slow
@pytest.mark.parametrize("width", [1000, 390, 320])
def test_text_that_the_browser_makes_twice_as_large_has_room(browser: Browser, sites: Sites, width: int) -> None:
    large = browser.browser_type.launch(executable_path=CHROMIUM, args=[*QUIET, "--blink-settings=defaultFontSize=32"])
    address = sites.allowed.put("/large", body=sites.tag())
    guest = Guest(large, sites, address, viewport={"width": width, "height": 800}).open()
    guest.ask("Who should I contact about town twinning?")
    close, title = (guest.inside.locator(name).bounding_box() for name in ("#close", "#title"))
    button, panel = guest.launcher.bounding_box(), guest.panel.bounding_box()
    assert close and title and button and panel  # noqa: PT018 - each is on the page
    assert title["x"] + title["width"] <= close["x"] < width
    assert abs(title["y"] + title["height"] / 2 - close["y"] - close["height"] / 2) < 2
    assert width < 640 or panel["y"] + panel["height"] <= button["y"]
    assert guest.frame.evaluate("document.documentElement.scrollWidth <= innerWidth")
    large.close()


@slow
def test_nothing_moves_under_reduced_motion(open_page: Visit, sites: Sites) -> None:
    guest = open_page(sites.allowed.put("/still", body=sites.tag()), reduced_motion="reduce", **DESKTOP).open()
    guest.ask("When was CEMR founded?")
    moving = """(root) => [...root.querySelectorAll('*')].filter((element) => {
        const { transitionDuration, animationName } = getComputedStyle(element);
        return animationName !== 'none' || !/^0s(, 0s)*$/.test(transitionDuration);
    }).length"""
    assert guest.frame.evaluate(f"({moving})(document)") == 0
    assert guest.page.evaluate(f"({moving})(document.querySelector('kysy-widget').shadowRoot)") == 0
