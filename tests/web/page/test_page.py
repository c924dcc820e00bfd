"""The conversation on the page: the real service in a process of its own, visited with a real browser."""

from __future__ import annotations

import json
import re
import signal
import time
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from playwright import sync_api

from qa.web.messages import catalogue
from tests.web.service import free_port, needs_browser, start
from tests.web.visit import Visit

pytestmark = needs_browser


@pytest.mark.parametrize(
    ("question", "language", "expected"),
    [
        ("Milloin CEMR perustettiin?", "fi", "1951"),
        ("När grundades CEMR?", "sv", "1951"),
        ("Hvem kan jeg kontakte om vennskapskommuner?", "nb", "Arja Puukko"),
        ("Hvor mange venskabsbyer har de finske kommuner?", "da", "300"),
        ("Wie viele Partnerstädte haben finnische Gemeinden?", "de", "300"),
    ],
)
def test_a_question_is_answered_in_its_language(visit: Visit, question: str, language: str, expected: str) -> None:
    turn = visit.ask(question)
    assert expected in turn.locator(".reply").inner_text()
    assert turn.locator(".question bdi").get_attribute("lang") == language
    assert visit.page.locator(".offer").get_attribute("lang") == language


def test_the_answer_stands_marked_in_its_paragraph_with_its_source(visit: Visit) -> None:
    turn = visit.ask("Milloin CEMR perustettiin?")
    assert turn.locator("mark").inner_text() == "1951"
    assert turn.locator("blockquote").get_attribute("lang") == "fi"
    assert turn.locator("blockquote .around").inner_text().strip().startswith("Kuntaliiton mukaan")
    assert "Hva er CEMR? (KS)" in turn.locator("figcaption").inner_text()


def test_a_source_in_another_language_is_announced_in_the_visitors(visit: Visit) -> None:
    notice = visit.ask("Wie viele Partnerstädte haben finnische Gemeinden?").locator(".notice")
    assert re.search(r"auf (Englisch|Schwedisch|Dänisch|Finnisch|Norwegisch)", notice.inner_text())
    assert notice.get_attribute("lang") == "de"


def test_a_follow_up_keeps_its_topic(visit: Visit) -> None:
    visit.ask("When was CEMR founded?")
    assert "UCLG" in visit.ask("And UCLG?").locator(".reply").inner_text()


def test_an_example_asks_itself_and_a_new_conversation_clears(visit: Visit) -> None:
    visit.page.locator(".example").first.click()
    assert visit.turn(0).locator(".reply").inner_text()
    visit.page.locator("[data-tool='restart']").click()
    visit.page.wait_for_selector(".welcome")
    assert visit.page.locator(".turn").count() == 0


def test_what_to_ask_next_is_answered(visit: Visit) -> None:
    turn = visit.ask("Milloin CEMR perustettiin?")
    offered = turn.locator(".next .example").all_inner_texts()
    assert 1 <= len(offered) <= 3
    for number, question in enumerate(offered, 1):
        follow = visit.ask(question)
        assert follow.locator(".refusal").count() == 0, question
        assert question not in follow.locator(".next .example").all_inner_texts()
        assert visit.page.locator(".turn").count() == number + 1


def test_a_refusal_offers_a_person_and_the_closest_passages(visit: Visit) -> None:
    turn = visit.ask("Paljonko pullapitko maksaa torilla?")
    assert "Asiakirjoista ei löydy" in turn.locator(".refusal").inner_text()
    assert turn.locator(".contact .value").count() >= 1
    turn.locator("details.perhaps summary").click()
    assert turn.locator("details.perhaps blockquote").first.is_visible()


def test_feedback_is_given_once(visit: Visit) -> None:
    turn = visit.ask("When was CEMR founded?")
    turn.locator("[data-helpful='false']").click()
    turn.locator("textarea").fill("The year is right.")
    with visit.page.expect_request("**/api/feedback") as sent:
        turn.locator("form.feedback [type='submit']").click()
    turn.locator(".thanks").wait_for()
    told = json.loads(sent.value.post_data or "")
    assert (told["verdict"], told["comment"], told["language"]) == ("down", "The year is right.", "en")
    assert sent.value.response().status == 202  # type: ignore[union-attr]
    assert turn.locator("form").count() == 0
    visit.page.select_option("select[data-tool='language']", "fi")
    visit.speaks("fi")
    assert visit.page.locator("#turn-0 form").count() == 0
    assert visit.page.locator("#turn-0 .thanks").inner_text() == catalogue("fi")("feedback_thanks")


def test_feedback_that_could_not_be_sent_can_be_tried_again(visit: Visit) -> None:
    turn = visit.ask("When was CEMR founded?")
    visit.page.route("**/api/feedback", lambda route: route.fulfill(status=503))
    turn.locator("[data-helpful='true']").click()
    turn.locator("form.feedback [type='submit']").click()
    visit.page.wait_for_selector(".failed:not(:empty)")
    visit.page.unroute("**/api/feedback")
    turn.locator("form.feedback [type='submit']").click()
    turn.locator(".thanks").wait_for()
    assert "503" in visit.errors.pop()  # the browser's own word for it


def test_an_answer_is_copied_with_its_source(browser: sync_api.Browser, address: str) -> None:
    visit = Visit(browser, address, permissions=["clipboard-read", "clipboard-write"])
    turn = visit.ask("When was CEMR founded?")
    turn.locator(".deeds [data-copy]").click()
    visit.until("document.querySelector('#live').innerText === 'Copied'")
    copied = visit.page.evaluate("navigator.clipboard.readText()")
    assert "1951" in copied
    assert "Source: CEMR" in copied
    visit.close()


def test_the_conversation_is_shared_as_a_text_file(visit: Visit, tmp_path: Path) -> None:
    visit.ask("When was CEMR founded?")
    visit.ask("Who should I contact about town twinning?")
    with visit.page.expect_download() as download:
        visit.page.locator("[data-tool='share']").click()
    download.value.save_as(tmp_path / "shared.txt")
    text = (tmp_path / "shared.txt").read_text("utf-8")
    assert text.startswith("Kysy – ")
    for expected in ("When was CEMR founded?", "1951", "Source: ", "Arja Puukko"):
        assert expected in text


def test_where_the_device_can_share_it_is_asked_to(visit: Visit) -> None:
    visit.ask("When was CEMR founded?")
    visit.page.evaluate("navigator.share = async (told) => { window.told = told; }")
    visit.page.locator("[data-tool='share']").click()
    visit.until("window.told?.text.includes('1951') && window.told.title === 'Kysy'")
    visit.page.evaluate("delete navigator.share")


def test_a_thumb_without_a_comment_counts_when_the_visitor_leaves(browser: sync_api.Browser, address: str) -> None:
    def judged() -> float:
        lines = httpx.get(f"{address}metrics").text.splitlines()
        return sum(float(line.split()[-1]) for line in lines if line.startswith("kysy_feedback_total{"))

    before = judged()
    visit = Visit(browser, address)
    visit.ask("When was CEMR founded?").locator("[data-helpful='true']").click()
    visit.page.goto(f"{address}about")
    deadline = time.monotonic() + 10
    while judged() == before:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert judged() == before + 1
    visit.close()


def test_hostile_questions_are_shown_and_do_nothing(visit: Visit) -> None:
    question = "<img src=x onerror=\"document.title='caught'\"> <script>document.title='caught'</script> CEMR?"
    visit.ask(question)
    assert visit.page.locator(".question bdi").inner_text() == question
    assert visit.page.locator(".question img").count() == 0
    assert visit.page.title() == "Kysy"


def test_nothing_is_fetched_from_elsewhere_or_stored(visit: Visit, address: str) -> None:
    visit.ask("When was CEMR founded?")
    assert visit.stored() == [0, 0, ""]
    hosts = {urlsplit(url).netloc for url in visit.fetched if urlsplit(url).scheme in ("http", "https", "ws")}
    assert hosts == {urlsplit(address).netloc}


def test_the_answer_is_announced_once(visit: Visit) -> None:
    visit.page.evaluate(
        "window.said = []; new MutationObserver(() => window.said.push(document.querySelector('#live').textContent))"
        ".observe(document.querySelector('#live'), {childList: true, characterData: true, subtree: true})"
    )
    visit.ask("When was CEMR founded?")
    visit.until("window.said.some(text => text.includes('1951'))")
    assert len([text for text in visit.page.evaluate("window.said") if text]) == 1
    assert visit.page.locator("#live[role='status']").count() == 1


def test_two_quick_submits_ask_once_and_a_stopped_question_can_be_followed(slow: Visit) -> None:
    slow.page.evaluate("window.slow = 300")
    slow.page.fill("#question textarea", "Tell me about this: The history of town twinning")  # a long answer
    slow.page.keyboard.press("Enter")
    slow.page.keyboard.press("Enter")
    slow.page.wait_for_selector("body.busy")
    slow.page.keyboard.press("Escape")
    slow.turn(0)
    assert "1951" in slow.ask("When was CEMR founded?").inner_text()
    assert slow.page.locator(".turn").count() == 2


def test_the_next_question_is_taken_as_soon_as_the_answer_stands(slow: Visit) -> None:
    asked = [("When was CEMR founded?", "1951"), ("Who is Arja Puukko?", "Arja Puukko")]
    for number, (question, told) in enumerate(asked):
        slow.page.fill("#question textarea", question)
        slow.page.keyboard.press("Enter")
        assert told in slow.turn(number).locator(".reply").inner_text()


@pytest.mark.slow
def test_what_is_typed_before_anything_is_heard_stays_and_what_was_asked_goes(slow: Visit) -> None:
    slow.page.evaluate("window.slow = 500")
    slow.page.fill("#question textarea", "When was CEMR founded?")
    slow.page.keyboard.press("Enter")
    slow.page.fill("#question textarea", "Who is Arja")
    slow.page.keyboard.press("Enter")  # too early: nothing is sent, nothing lost
    slow.turn(0)
    assert slow.page.input_value("#question textarea") == "Who is Arja"
    slow.page.fill("#question textarea", "Who is Arja Puukko?")
    slow.page.keyboard.press("Enter")
    assert "Arja Puukko" in slow.turn(1).locator(".reply").inner_text()
    assert slow.page.input_value("#question textarea") == ""


@pytest.mark.slow
@pytest.mark.parametrize("when", [".busy", "[aria-busy='true']"])
def test_an_answer_is_stopped_at_any_moment_and_the_next_question_waits_for_it(slow: Visit, when: str) -> None:
    slow.page.evaluate("window.slow = 300")
    slow.page.fill("#question textarea", "Tell me about this: The history of town twinning")
    slow.page.keyboard.press("Enter")
    slow.page.wait_for_selector(when)
    slow.page.keyboard.press("Escape")
    slow.page.fill("#question textarea", "When was CEMR founded?")
    slow.page.keyboard.press("Enter")
    assert "1951" in slow.turn(1).locator(".reply").inner_text()
    assert slow.page.locator("#turn-1 .stopped").count() == 0
    assert slow.page.input_value("#question textarea") == ""


@pytest.mark.slow
def test_what_is_chosen_during_an_answer_waits_for_it(slow: Visit) -> None:
    slow.page.evaluate("window.slow = 300")
    slow.page.fill("#question textarea", "When was CEMR founded?")
    slow.page.keyboard.press("Enter")
    slow.page.select_option("select[data-tool='language']", "sv")
    slow.speaks("sv")
    assert "1951" in slow.turn(0).locator(".reply").inner_text()
    assert slow.page.locator("#turn-0 .asked").text_content() == catalogue("sv")("helpful")
    slow.page.fill("#question textarea", "Who is Arja Puukko?")
    slow.page.keyboard.press("Enter")
    slow.page.locator("[data-tool='restart']").click()
    slow.page.wait_for_selector(".welcome")
    assert slow.page.locator(".turn").count() == 0


@pytest.mark.slow
def test_a_connection_that_was_only_slow_is_not_lost(slow: Visit) -> None:
    slow.page.evaluate("window.slow = 3_500")
    slow.page.fill("#question textarea", "When was CEMR founded?")
    slow.page.keyboard.press("Enter")
    slow.page.wait_for_selector("#lost:not([hidden])")
    slow.page.evaluate("window.slow = 0")
    assert "1951" in slow.turn(0).locator(".reply").inner_text()
    assert slow.page.locator("#lost").is_hidden()


@pytest.mark.slow
def test_a_visitor_may_have_many_pages_open(browser: sync_api.Browser, address: str) -> None:
    """Browsers allow six connections to one host."""
    context = browser.new_context(locale="en-GB")
    for _ in range(7):
        page = context.new_page()
        page.goto(address)
        page.wait_for_selector("body.ready")
    page.locator(".example").first.click()
    page.wait_for_selector("#turn-0[aria-busy='false']")
    context.close()


def test_a_question_that_is_too_long_stays_in_the_box(visit: Visit) -> None:
    long = "Why? " * 500
    visit.page.fill("#question textarea", long)
    visit.page.keyboard.press("Enter")
    visit.page.wait_for_selector("#hint:not(:empty)")
    assert "2000" in visit.page.inner_text("#hint")
    assert visit.page.input_value("#question textarea") == long
    visit.ask("When was CEMR founded?")
    assert visit.page.locator("#hint").text_content() == ""


def test_shift_enter_makes_a_line_and_a_composition_is_not_sent(visit: Visit) -> None:
    box = visit.page.locator("#question textarea")
    box.fill("When was")
    box.press("Shift+Enter")
    box.press_sequentially("CEMR founded?")
    assert box.input_value() == "When was\nCEMR founded?"
    visit.page.evaluate(
        "document.querySelector('#question textarea').dispatchEvent("
        "new KeyboardEvent('keydown', {key: 'Enter', isComposing: true, bubbles: true, cancelable: true}))"
    )
    assert visit.page.locator(".turn").count() == 0
    box.press("Enter")
    assert "1951" in visit.turn(0).inner_text()


def test_a_lost_connection_is_told_in_the_visitors_language(browser: sync_api.Browser, address: str) -> None:
    visit = Visit(browser, address, "fi-FI")
    visit.ask("Milloin CEMR perustettiin?")
    visit.context.set_offline(True)
    visit.page.fill("#question textarea", "Kuka on Arja Puukko?")
    visit.page.keyboard.press("Enter")
    visit.page.wait_for_selector("#lost:not([hidden])", timeout=30_000)
    assert catalogue("fi")("connection_lost") in visit.page.inner_text("#lost")
    assert visit.page.locator(".toast-body:visible").count() == 0
    visit.context.set_offline(False)
    visit.page.wait_for_timeout(2_500)  # in which Gradio would have reloaded the page, unasked
    assert "1951" in visit.page.inner_text("#turn-0")
    visit.page.locator("[data-tool='reload']").click()
    visit.page.wait_for_selector("body.ready .welcome")
    visit.context.close()


@pytest.mark.slow
def test_after_a_restart_of_the_service_the_conversation_stays_until_the_visitor_reloads(
    browser: sync_api.Browser, built_index: Path
) -> None:
    port = free_port()
    with start(built_index, port) as service:
        assert service.stdout
        service.stdout.readline()
        visit = Visit(browser, f"http://127.0.0.1:{port}/", "fi-FI")
        visit.ask("Milloin CEMR perustettiin?")
        service.send_signal(signal.SIGTERM)
        service.communicate(timeout=10)
    with start(built_index, port) as service:
        assert service.stdout
        service.stdout.readline()
        visit.page.fill("#question textarea", "Kuka on Arja Puukko?")
        visit.page.keyboard.press("Enter")
        visit.page.wait_for_selector("#lost:not([hidden])")
        assert "1951" in visit.page.inner_text("#turn-0")
        assert visit.page.input_value("#question textarea") == "Kuka on Arja Puukko?"
        visit.context.close()
        service.send_signal(signal.SIGTERM)
        service.communicate(timeout=10)


@pytest.mark.slow
def test_fifty_turns_and_then_a_word_about_it(visit: Visit) -> None:
    for number in range(50):
        visit.page.fill("#question textarea", f"When was CEMR founded? {number}")
        visit.page.keyboard.press("Enter")
        visit.turn(number)
    visit.page.fill("#question textarea", "Once more?")
    visit.page.keyboard.press("Enter")
    visit.page.wait_for_selector("#hint:not(:empty)")
    assert "50" in visit.page.inner_text("#hint")
    assert visit.page.locator(".turn").count() == 50
