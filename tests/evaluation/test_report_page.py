"""The report in a real browser, as a file: keyboard, assistive technology, paper, small screens, no script."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from qa.evaluation.compare import compare
from qa.evaluation.report import report_html
from tests.evaluation.test_report import HOSTILE, PAGES, small_evaluation, strangers_text

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed: apt-get install chromium")

Open = Callable[..., "sync_api.Page"]


@pytest.fixture(scope="module")
def browser() -> Iterator[sync_api.Browser]:
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small report with a comparison, as a file."""
    after = small_evaluation()
    before = {found.question.id: after.outcomes[0].answer for found in after.outcomes}
    file = tmp_path_factory.mktemp("report") / "report.html"
    file.write_text(report_html(after, compare(before, after.outcomes, PAGES)), "utf-8")
    return file


@pytest.fixture
def visit(browser: sync_api.Browser, report: Path) -> Iterator[Open]:
    """A function that opens a report; whatever it complains of or fetches fails the test."""
    complaints: list[str] = []
    contexts = []

    def opened(file: Path = report, **options: Any) -> sync_api.Page:
        contexts.append(browser.new_context(**options))
        page = contexts[-1].new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: complaints.append(request.url) if "http" in request.url[:4] else None)
        page.goto(file.as_uri())
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []


def tab_to(page: sync_api.Page, selector: str) -> None:
    """Presses Tab until the element has the focus."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    pytest.fail(f"Tab never reaches {selector}")


def shown(page: sync_api.Page) -> list[str]:
    """Ids of the questions in sight."""
    return [card.inner_text() for card in page.locator(".card:not([hidden]) .id").all()]


def test_the_search_is_worked_by_keyboard_and_announced(visit: Open) -> None:
    page = visit()
    sync_api.expect(page.locator("#shown[aria-live=polite]")).to_have_text("Questions shown: 7 of 7")
    tab_to(page, "#sought")
    page.keyboard.type("HAMBURGER cost")
    sync_api.expect(page.locator("#shown")).to_have_text("Questions shown: 1 of 7")
    assert shown(page) == ["invented"]
    page.keyboard.type(" nowhere")
    page.locator("#nothing").wait_for()
    assert shown(page) == []
    tab_to(page, "#again")
    page.keyboard.press("Enter")
    assert len(shown(page)) == 7
    assert page.evaluate("document.activeElement.id") == "sought"


def test_outcomes_and_languages_are_chosen_by_keyboard(visit: Open) -> None:
    page = visit()
    tab_to(page, "#language")
    page.keyboard.press("F")
    sync_api.expect(page.locator("#language")).to_have_value("fi")
    assert shown(page) == ["sure", "unsure"]
    tab_to(page, "[name=kind]")
    page.keyboard.press("ArrowRight")
    assert shown(page) == ["sure"]
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    assert shown(page) == ["unsure"]
    assert page.locator("#shown").inner_text() == "Questions shown: 1 of 7"


def test_the_heat_map_switches_and_the_cards_fold(visit: Open) -> None:
    page = visit()
    assert page.locator("#heat-answer").is_visible()
    assert page.locator("#heat-found").is_hidden()
    tab_to(page, "[name=measure]")
    page.keyboard.press("ArrowRight")
    assert page.locator("#heat-answer").is_hidden()
    assert page.locator("#heat-found").is_visible()
    page.locator("#fold").click()
    assert page.locator(".more[open]").count() == 0
    page.locator("#unfold").click()
    assert page.locator(".more[open]").count() == 7


def test_the_focus_is_seen_and_the_page_can_be_skipped_to(visit: Open) -> None:
    page = visit()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    assert page.locator(".skip").bounding_box()["y"] >= 0
    outline = "getComputedStyle(document.activeElement).outline"
    assert page.evaluate(outline) == "rgb(31, 90, 166) solid 3px"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"


def test_without_script_everything_is_there(visit: Open) -> None:
    page = visit(java_script_enabled=False)
    assert page.locator(".card").count() == page.locator(".card:visible").count() == 7
    assert page.locator("#heat-answer").is_visible()
    assert page.locator("#heat-found").is_visible()
    assert page.locator(".controls:visible").count() == 0


@pytest.mark.parametrize("script", [True, False])
def test_paper_holds_everything_and_no_controls(visit: Open, script: bool) -> None:
    page = visit(java_script_enabled=script, color_scheme="dark")
    page.emulate_media(media="print")
    for selector in (".controls", "summary", ".skip", "nav"):
        assert page.locator(f"{selector}:visible").count() == 0, selector
    assert page.locator("#heat-answer").is_visible()
    assert page.locator("#heat-found").is_visible()
    assert page.locator(".passages:visible").count() == page.locator(".passages").count() == 7
    assert page.locator("#measures-table").is_visible()


def test_a_filtered_list_is_printed_as_shown_and_says_so(visit: Open) -> None:
    page = visit()
    page.locator("label", has_text="Wrong answer").click()
    page.emulate_media(media="print")
    assert page.locator(".card:visible").count() == 2
    assert page.locator("#shown").inner_text() == "Questions shown: 2 of 7"


@pytest.mark.parametrize(
    "options",
    [
        pytest.param({"color_scheme": "light", "viewport": {"width": 320, "height": 640}}, id="phone"),
        *(
            pytest.param(options, id=name, marks=pytest.mark.slow)
            for name, options in {
                "light": {"color_scheme": "light"},
                "dark": {"color_scheme": "dark"},
                "dark phone": {"color_scheme": "dark", "viewport": {"width": 320, "height": 640}},
                "reduced motion": {"reduced_motion": "reduce"},
                "forced colours": {"forced_colors": "active"},
            }.items()
        ),
    ],
)
def test_axe_finds_nothing_and_nothing_overflows(visit: Open, options: dict[str, Any]) -> None:
    page = visit(**options)
    page.locator("#unfold").click()
    page.evaluate("document.querySelectorAll('details').forEach(details => { details.open = true; })")
    # Cards out of sight aren't drawn, and what isn't drawn has no contrast to measure.
    page.evaluate("document.querySelectorAll('.card').forEach(card => { card.style.contentVisibility = 'visible'; })")
    found = axe.Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_does_nothing(visit: Open, tmp_path: Path, text: str) -> None:
    file = tmp_path / "report.html"
    file.write_text(report_html(strangers_text(text)), "utf-8")
    page = visit(file)
    assert page.title() == "Kysy evaluation – 1 question"
    assert page.locator("main script, main style, main img, main [onclick]").count() == 0
    assert page.locator("#shown").inner_text() == "Questions shown: 1 of 1"
