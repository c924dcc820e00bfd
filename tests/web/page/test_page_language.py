"""The page speaks the visitor's language, all of it, from the first byte."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from playwright import sync_api

from qa.settings import INTERFACE_LANGUAGES
from qa.web.messages import catalogue
from tests.web.service import needs_browser
from tests.web.visit import Visit

pytestmark = needs_browser


def test_the_menu_changes_every_word_and_the_address(visit: Visit) -> None:
    visit.ask("When was CEMR founded?")
    visit.page.select_option("select[data-tool='language']", "sv")
    visit.speaks("sv")
    visit.until("document.querySelector('#send').innerText === 'Fråga'")
    assert visit.page.get_attribute("#question textarea", "placeholder") == "Skriv din fråga"
    assert visit.page.locator("#turn-0 .asked").text_content() == catalogue("sv")("helpful")
    assert urlsplit(visit.page.url).query == "lang=sv"
    assert "documents?lang=sv" in (visit.page.get_attribute("#footnote a", "href") or "")


def test_the_language_of_the_question_is_offered_and_taken(visit: Visit) -> None:
    turn = visit.ask("Milloin CEMR perustettiin?")
    turn.locator(".offer [data-tool='language']").click()
    visit.speaks("fi")
    visit.until("document.querySelector('#send').innerText === 'Kysy'")
    assert visit.page.input_value("select[data-tool='language']") == "fi"
    assert visit.page.locator(".offer").count() == 0


def test_a_language_that_is_declined_is_not_offered_again(visit: Visit) -> None:
    visit.ask("Hvornår blev CEMR stiftet?").locator(".offer [data-tool='decline']").click()
    assert visit.page.locator(".offer").count() == 0
    assert visit.ask("Hvor mange venskabsbyer har de finske kommuner?").locator(".offer").count() == 0


@pytest.mark.parametrize(
    ("locale", "query", "expected"), [("nn-NO", "", "nb"), ("fi-FI", "?lang=da", "da"), ("is-IS", "", "en")]
)
def test_the_document_is_in_the_visitors_language_before_any_script(
    browser: sync_api.Browser, address: str, locale: str, query: str, expected: str
) -> None:
    context = browser.new_context(locale=locale, java_script_enabled=False)
    page = context.new_page()
    page.goto(address + query)
    words = catalogue(expected)
    assert page.get_attribute("html", "lang") == expected
    assert page.locator("h1").last.inner_text() == words("welcome_title")
    assert words("no_script") in page.inner_text("main")
    context.close()


@pytest.mark.parametrize("code", ["fi", "da"])
def test_nothing_english_is_ever_shown(browser: sync_api.Browser, address: str, code: str) -> None:
    """Gradio speaks no Danish, and some English to everybody: none of it may show, not even for a moment."""
    context = browser.new_context(locale=code)
    page = context.new_page()
    page.add_init_script(_WATCH)
    page.goto(address)
    page.wait_for_selector("body.ready")
    page.fill("#question textarea", catalogue(code).examples()["networks"][1])
    page.keyboard.press("Enter")
    page.wait_for_selector("body:not(.busy) #turn-0[aria-busy='false']")
    shown = " | ".join(page.evaluate("[...window.shown]"))
    english = (
        "Your question",
        "Textbox",
        "Loading",
        "processing",
        "queue",
        "Ask",
        "Submit",
        "Settings",
        "0.1s",
    )
    assert catalogue(code)("question_label") in shown
    assert [word for word in english if re.search(rf"\b{re.escape(word)}\b", shown)] == []
    context.close()


_WATCH = """
window.shown = new Set();
const isShown = element => element.checkVisibility({visibilityProperty: true});
const names = ["aria-label", "title", "placeholder", "alt"];
const look = () => {
  if (!document.body) return;
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const parent = texts.currentNode.parentElement;
    if (parent.closest("script, style, noscript, option") || !isShown(parent)) continue;
    window.shown.add(texts.currentNode.textContent.trim());
  }
  for (const element of document.querySelectorAll('[aria-label], [title], [placeholder], [alt]')) {
    if (!isShown(element)) continue;
    for (const name of names) window.shown.add(element.getAttribute(name) ?? '');
  }
};
new MutationObserver(look).observe(document, {childList: true, subtree: true, characterData: true, attributes: true});
"""


@pytest.mark.parametrize("code", INTERFACE_LANGUAGES)
def test_every_language_offers_itself_in_its_own_words(code: str) -> None:
    words = catalogue(code)
    assert words("offer_accept") != words("offer_decline")
