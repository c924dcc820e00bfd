"""The real service in a process of its own, visited with a real browser."""

from __future__ import annotations

import re
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright import sync_api

from tests.web.service import START_S, free_port, needs_browser, start


class Visit:
    """One visitor's page, with everything it fetched and every error it made."""

    def __init__(self, browser: sync_api.Browser, address: str, locale: str = "en-GB", query: str = "") -> None:
        self.context = browser.new_context(locale=locale, viewport={"width": 390, "height": 844})
        self.page = self.context.new_page()
        self.fetched: list[str] = []
        self.errors: list[str] = []
        self.page.on("request", lambda request: self.fetched.append(request.url))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.goto(address + query)
        self.page.wait_for_selector(".welcome .example")

    def ask(self, question: str) -> sync_api.Locator:
        """The reply, once it is complete."""
        self.page.fill("#question textarea", question)
        self.page.keyboard.press("Enter")
        return self.reply()

    def reply(self, number: int = -1) -> sync_api.Locator:
        self.page.wait_for_selector(".turn[aria-busy='false']:last-child", timeout=15_000)
        return self.page.locator(".turn .reply").nth(number)

    def stored(self) -> list[object]:
        stored: list[object] = self.page.evaluate("[localStorage.length, sessionStorage.length, document.cookie]")
        return stored


@pytest.fixture
def visit(browser: sync_api.Browser, address: str) -> Iterator[Visit]:
    visited = Visit(browser, address)
    yield visited
    visited.context.close()
    assert visited.errors == []


@needs_browser
def test_a_question_in_finnish_is_answered_with_its_source(visit: Visit) -> None:
    reply = visit.ask("Milloin CEMR perustettiin?")
    assert reply.locator("mark").inner_text() == "1951"
    assert reply.locator("blockquote").get_attribute("lang") == "fi"
    assert "Hva er CEMR? (KS)" in reply.locator("figcaption").inner_text()


@needs_browser
def test_a_question_in_norwegian_finds_the_person(visit: Visit) -> None:
    reply = visit.ask("Hvem kan jeg kontakte om vennskapskommuner?")
    assert reply.locator(".contact .name").first.inner_text() == "Arja Puukko"


@needs_browser
def test_a_source_in_another_language_is_announced(visit: Visit) -> None:
    reply = visit.ask("Wie viele Partnerstädte haben finnische Gemeinden?")
    assert re.search(r"auf (Englisch|Schwedisch|Dänisch|Finnisch|Norwegisch)", reply.locator(".notice").inner_text())
    assert "300" in reply.locator("mark").inner_text()


@needs_browser
def test_an_example_asks_itself_and_a_new_conversation_clears(visit: Visit) -> None:
    visit.page.locator(".example").first.click()
    assert visit.reply().inner_text()
    visit.page.locator("[data-tool='restart']").click()
    visit.page.wait_for_selector(".welcome")
    assert visit.page.locator(".turn").count() == 0


@needs_browser
def test_the_menu_changes_every_word(visit: Visit) -> None:
    visit.page.select_option("select[data-tool='language']", "sv")
    visit.page.wait_for_function("document.documentElement.lang === 'sv'")
    assert visit.page.locator("#send").inner_text() == "Fråga"
    assert "visste" not in visit.page.locator(".welcome h1").inner_text()
    assert visit.page.locator(".welcome h1").inner_text() != "What would you like to know?"
    assert visit.page.get_attribute("#question textarea", "placeholder") == "Skriv din fråga"


@needs_browser
@pytest.mark.parametrize(
    ("locale", "query", "expected"), [("fi-FI", "", "fi"), ("nn-NO", "", "nb"), ("fi-FI", "?lang=da", "da")]
)
def test_the_page_speaks_the_visitors_language(
    browser: sync_api.Browser, address: str, locale: str, query: str, expected: str
) -> None:
    visit = Visit(browser, address, locale, query)
    visit.page.wait_for_function(f"document.documentElement.lang === '{expected}'")
    visit.context.close()


@needs_browser
def test_a_refusal_is_in_the_visitors_language(visit: Visit) -> None:
    reply = visit.ask("Paljonko pullapitko maksaa torilla?")
    assert "Asiakirjoista ei löydy" in reply.locator(".refusal").inner_text()
    assert reply.locator("details.perhaps").count() == 1


@needs_browser
def test_hostile_questions_are_shown_and_do_nothing(visit: Visit) -> None:
    question = "<img src=x onerror=\"document.title='caught'\"> <script>document.title='caught'</script> CEMR?"
    visit.ask(question)
    assert visit.page.locator(".question bdi").inner_text() == question
    assert visit.page.locator(".question img").count() == 0
    assert visit.page.title() == "Kysy"


@needs_browser
def test_nothing_is_fetched_from_elsewhere_or_stored(visit: Visit, address: str) -> None:
    assert visit.stored() == [0, 0, ""]
    visit.ask("When was CEMR founded?")
    assert visit.stored() == [0, 0, ""]
    hosts = {urlsplit(url).netloc for url in visit.fetched if urlsplit(url).scheme in ("http", "https", "ws")}
    assert hosts == {urlsplit(address).netloc}


@needs_browser
def test_the_answer_is_announced_once_to_screen_readers(visit: Visit) -> None:
    visit.ask("When was CEMR founded?")
    live = visit.page.locator("#live[role='status'][aria-live='polite']")
    visit.page.wait_for_function("document.querySelector('#live').innerText.includes('1951')")
    assert live.count() == 1


@needs_browser
def test_the_keyboard_reaches_question_examples_and_tools(visit: Visit) -> None:
    reached = set()
    for _ in range(14):
        visit.page.keyboard.press("Tab")
        reached.add(visit.page.evaluate("document.activeElement.className + document.activeElement.tagName"))
    assert {"exampleBUTTON", "toolBUTTON"} <= reached
    assert any("TEXTAREA" in name for name in reached)


@needs_browser
def test_what_i_know_lists_the_documents(visit: Visit) -> None:
    visit.page.locator("[data-tool='about']").click()
    dialog = visit.page.locator("dialog.about[open]")
    assert dialog.locator(".documents li").count() == 18
    visit.page.keyboard.press("Escape")
    visit.page.wait_for_function("!document.querySelector('dialog.about').open")


@needs_browser
def test_the_newest_question_and_its_reply_are_in_sight(visit: Visit) -> None:
    for question in (
        "When was CEMR founded?",
        "Who should I contact about town twinning?",
        "How much is a tram ticket?",
    ):
        visit.ask(question)
    in_sight = """() => {
        const turn = document.querySelector('.turn:last-child');
        const bar = document.querySelector('#header').getBoundingClientRect();
        const dock = document.querySelector('#dock').getBoundingClientRect();
        const question = turn.querySelector('.question').getBoundingClientRect();
        const reply = turn.querySelector('.reply').getBoundingClientRect();
        return question.top >= bar.bottom && reply.bottom <= dock.top;
    }"""
    visit.page.wait_for_function(in_sight)


@needs_browser
def test_nothing_overflows_on_a_narrow_phone(visit: Visit) -> None:
    visit.page.set_viewport_size({"width": 320, "height": 640})
    visit.ask("Who should I contact about town twinning?")
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= 320


@needs_browser
def test_the_service_stops_quietly_while_pages_are_open(browser: sync_api.Browser, built_index: Path) -> None:
    port = free_port()
    with start(built_index, port) as service:
        assert service.stdout
        service.stdout.readline()
        visit = Visit(browser, f"http://127.0.0.1:{port}/")
        service.send_signal(signal.SIGTERM)
        _, complaints = service.communicate(timeout=5)
        visit.context.close()
    assert (service.returncode, complaints) == (0, "")


def test_a_port_in_use_is_one_clear_line(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with start(tmp_path / "index", port) as service:
            _, complaint = service.communicate(timeout=START_S)
    assert service.returncode == 2
    assert complaint == f"qa: port {port} is in use: choose another with --port, or stop what uses it\n"
    assert not (tmp_path / "index").exists()


def test_the_service_builds_its_index_when_there_is_none(tmp_path: Path) -> None:
    port = free_port()
    with start(tmp_path / "index", port) as service:
        assert service.stdout
        assert service.stdout.readline() == f"ready: http://127.0.0.1:{port}/\n"
        service.send_signal(signal.SIGTERM)
        assert service.wait(timeout=5) == 0
