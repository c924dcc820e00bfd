"""The widget on a site that may show it: what a visitor sees, what the host is told, what is kept."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Route, expect

from qa.settings import INTERFACE_LANGUAGES
from qa.web.messages import catalogue
from tests.web.guest import Guest, Sites
from tests.web.service import needs_browser

Visit = Callable[..., Guest]
pytestmark = needs_browser
WORDS = catalogue("en")


def test_nothing_is_fetched_stored_or_set_before_it_is_opened(open_page: Visit, sites: Sites) -> None:
    guest = open_page(sites.allowed.put("/quiet", body=sites.tag()))
    guest.launcher.wait_for()
    fetched = [url for url in guest.fetched if url.startswith(sites.service)]
    assert fetched == [f"{sites.service}/widget.js"]
    assert guest.stored() == [0, 0, ""]
    assert guest.page.evaluate("Object.keys(window).filter((name) => /kysy/i.test(name))") == []
    assert guest.page.evaluate("Kysy.version") == 1


def test_a_visitor_asks_and_the_host_learns_no_words(open_page: Visit, sites: Sites) -> None:
    guest = open_page(sites.allowed.put("/ask", head=sites.tag(), lang="fi")).open()
    reply = guest.ask("Milloin CEMR perustettiin?")
    assert reply.locator("mark").inner_text() == "1951"
    assert reply.locator("blockquote").get_attribute("lang") == "fi"
    guest.inside.get_by_role("button", name=catalogue("fi")("helpful_yes")).click()
    expect(guest.inside.locator(".thanks")).to_have_text(catalogue("fi")("feedback_thanks"))
    expect(guest.inside.locator("#status")).to_contain_text("1951")
    _, answer, feedback = guest.hears("open", "answer", "feedback")
    assert (answer["status"], answer["language"]) == ("answered", "fi")
    assert feedback == {"id": answer["id"], "verdict": "up"}
    assert set(answer) == {"id", "status", "language"}
    assert not any(guest.stored())


@pytest.mark.slow
def test_a_follow_up_a_contact_and_a_refusal(open_page: Visit, sites: Sites) -> None:
    guest = open_page(sites.allowed.put("/talk", body=sites.tag())).open()
    guest.ask("When was CEMR founded?")
    assert "Stefano Bonaccini" in guest.ask("Who is its president?").inner_text()
    card = guest.ask("What is Laura Parsama’s e-mail address?").locator(".contact").first
    guest.context.grant_permissions(["clipboard-read", "clipboard-write"])
    card.locator("[data-copy]").first.click()
    expect(card.locator("[data-copy]").first).to_have_text(WORDS("copied"))
    guest.inside.locator("#question").press("Control+v")
    assert guest.inside.locator("#question").input_value() == "laura.parsama(at)kuntaliitto.fi"
    refusal = guest.ask("How much is a tram ticket?")
    assert refusal.locator(".refusal").count() == refusal.locator("details.perhaps").count() == 1
    guest.frame.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(); }")  # a host may forbid it
    card.locator("[data-copy]").last.click()
    expect(card.locator("[data-copy]").last).to_have_text(WORDS("copied"))
    for link in guest.inside.locator("a[href^='http']").all():
        assert link.get_attribute("target") == "_blank"
        assert "noopener" in str(link.get_attribute("rel"))


@pytest.mark.slow
def test_a_no_may_be_explained_and_counts_once(open_page: Visit, sites: Sites) -> None:
    guest = open_page(sites.allowed.put("/no", body=sites.tag())).open()
    guest.ask("When was CEMR founded?")
    with guest.page.expect_request("**/api/feedback") as sent:
        guest.inside.get_by_role("button", name=WORDS("helpful_no")).click()
        guest.inside.locator(".remark textarea").fill("The year is missing")
        guest.inside.get_by_role("button", name=WORDS("feedback_send")).click()
    assert (sent.value.post_data_json["verdict"], sent.value.post_data_json["comment"]) == (
        "down", "The year is missing",
    )  # fmt: skip
    guest.ask("Who is its president?")
    with guest.page.expect_request("**/api/feedback") as sent:
        guest.inside.locator(".judging").nth(1).get_by_role("button", name=WORDS("helpful_no")).click()
        guest.ask("When was CEMR founded?")
    assert sent.value.post_data_json["comment"] == ""
    expect(guest.inside.locator(".thanks").nth(1)).to_have_text(WORDS("feedback_thanks"))
    guest.hears("open", "answer", "feedback", "answer", "feedback", "answer")


@pytest.mark.slow
def test_a_ticket_is_renewed_unseen(open_page: Visit, sites: Sites) -> None:
    guest = open_page(sites.allowed.put("/renew", body=sites.tag())).open()
    statuses: list[int] = []
    guest.page.on("response", lambda r: statuses.append(r.status) if r.url.endswith("/api/ask") else None)
    guest.page.route(
        "**/api/ask",
        lambda route: route.continue_(headers={**route.request.headers, "x-kysy-ticket": "too.old"}),
        times=1,
    )
    assert guest.ask("When was CEMR founded?").locator("mark").inner_text() == "1951"
    assert statuses == [401, 200]


def test_a_conversation_is_kept_only_if_the_host_asks_and_the_visitor_has_asked(open_page: Visit, sites: Sites) -> None:
    guest = open_page(sites.neighbour.put("/keep", body=sites.tag('data-keep="session"'))).open()
    assert not any(guest.stored())
    guest.ask("When was CEMR founded?")
    kept = guest.frame.evaluate("({ ...sessionStorage })")
    assert list(kept) == [f"kysy {sites.neighbour.origin}"]
    guest.page.reload()
    guest.open()
    assert guest.reply().locator("mark").inner_text() == "1951"
    assert "Stefano Bonaccini" in guest.ask("Who is its president?").inner_text()
    guest.inside.get_by_role("button", name=WORDS("delete_conversation")).click()
    expect(guest.inside.locator(".turn")).to_have_count(0)
    expect(guest.inside.locator("#status")).to_have_text(WORDS("conversation_deleted"))
    assert not any(guest.stored())


@pytest.mark.slow
def test_an_answer_can_be_stopped(open_page: Visit, sites: Sites) -> None:
    guest = open_page(sites.allowed.put("/stop", body=sites.tag())).open()
    guest.page.route("**/api/ask", lambda _: None)  # never answered
    guest.inside.locator("#question").fill("When was CEMR founded?")
    guest.inside.locator("#question").press("Enter")
    guest.inside.locator("#stop").click()
    expect(guest.inside.locator(".stopped")).to_have_text(WORDS("stopped"))
    expect(guest.inside.locator("#send")).to_be_visible()
    guest.page.unroute_all()
    assert guest.ask("When was CEMR founded?").locator("mark").inner_text() == "1951"


@pytest.mark.slow
def test_what_is_deleted_while_it_is_being_answered_stays_deleted(open_page: Visit, sites: Sites) -> None:
    guest = open_page(sites.neighbour.put("/gone", body=sites.tag('data-keep="session"'))).open()

    def answer_late(route: Route) -> None:
        guest.frame.evaluate("document.querySelector('[data-do=delete]').click()")
        route.continue_()

    guest.page.route("**/api/ask", answer_late)
    guest.inside.locator("#question").fill("When was CEMR founded?")
    guest.inside.locator("#question").press("Enter")
    expect(guest.inside.locator("#status")).to_have_text(WORDS("conversation_deleted"))
    guest.page.wait_for_timeout(500)
    assert guest.inside.locator(".turn").count() == 0
    assert not any(guest.stored())
    assert guest.heard[1:] == []


@pytest.mark.slow
def test_a_fault_is_told_and_the_conversation_goes_on(open_page: Visit, sites: Sites) -> None:
    guest = open_page(sites.allowed.put("/fault", body=sites.tag())).open()
    guest.page.route("**/api/ask", lambda route: route.abort())
    assert guest.ask("When was CEMR founded?").inner_text().strip() == WORDS("fault_unexpected")
    expect(guest.inside.locator("#status")).to_have_text(WORDS("fault_unexpected"))
    expect(guest.inside.locator("#question")).to_have_value("When was CEMR founded?")
    guest.inside.locator("#language").select_option("sv")
    guest.page.route("**/embed?**", lambda route: route.abort())
    guest.inside.locator("#language").select_option("fi")
    expect(guest.inside.locator("#language")).to_have_value("sv")
    expect(guest.inside.locator("#status")).to_have_text(catalogue("sv")("fault_unexpected"))
    guest.page.unroute_all()
    guest.inside.locator("#question").press("Enter")
    assert guest.reply(1).locator("mark").inner_text() == "1951"


@pytest.mark.slow
def test_the_focus_goes_from_ask_to_stop_and_never_out_of_the_hosts_page(open_page: Visit, sites: Sites) -> None:
    guest = open_page(
        sites.allowed.put("/focus", body=f"<input id=own>{sites.tag()}"), viewport={"width": 1000, "height": 800}
    ).open()
    held: list[Route] = []
    guest.page.route("**/api/ask", lambda route: held.append(route))
    guest.inside.locator("#question").fill("When was CEMR founded?")
    guest.inside.locator("#send").focus()
    guest.page.keyboard.press("Enter")
    expect(guest.inside.locator("#stop")).to_be_focused()
    guest.page.keyboard.press("Enter")
    expect(guest.inside.locator("#question")).to_be_focused()
    guest.inside.get_by_role("button", name=WORDS("delete_conversation")).click()
    guest.inside.locator(".example").first.click()
    guest.page.locator("#own").focus()
    guest.page.wait_for_function("document.activeElement.id === 'own'")
    expect(guest.inside.locator(".searching")).to_be_visible()
    held[-1].continue_()
    guest.reply()
    assert guest.page.evaluate("document.activeElement.id") == "own"


@pytest.mark.slow
def test_the_answer_to_a_long_question_is_seen(open_page: Visit, sites: Sites) -> None:
    guest = open_page(sites.allowed.put("/long", body=sites.tag()), viewport={"width": 390, "height": 844}).open()
    for number, question in enumerate(["Donaudampfschifffahrt" * 90, "When was CEMR founded? " * 85]):
        guest.ask(question)
        reply = guest.inside.locator(".turn").nth(number).locator(".reply > *").first
        expect(reply).to_be_in_viewport()
    assert guest.frame.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.slow
def test_what_the_host_asks_meanwhile_waits_in_the_field(open_page: Visit, sites: Sites) -> None:
    guest = open_page(sites.allowed.put("/meanwhile", body=sites.tag())).open()
    guest.page.route("**/api/ask", lambda _: None)
    guest.page.evaluate("Kysy.ask('When was CEMR founded?'); Kysy.ask('Who is its president?')")
    expect(guest.inside.locator("#question")).to_have_value("Who is its president?")
    assert guest.inside.locator(".turn").count() == 1


@pytest.mark.slow
def test_another_language_changes_every_word_and_keeps_the_conversation(open_page: Visit, sites: Sites) -> None:
    guest = open_page(sites.allowed.put("/speak", body=sites.tag())).open()
    guest.ask("When was CEMR founded?")
    guest.inside.locator("#question").fill("half a question")
    guest.inside.locator("#language").select_option("sv")
    expect(guest.inside.locator("html")).to_have_attribute("lang", "sv")
    expect(guest.inside.locator("#send")).to_have_text("Fråga")
    assert guest.inside.locator("#question").input_value() == "half a question"
    assert guest.inside.locator(".turn").count() == 1
    assert guest.inside.locator("#close").is_visible()
    assert "Stefano Bonaccini" in guest.ask("Who is its president?").inner_text()


@pytest.mark.slow
@pytest.mark.parametrize("code", [*INTERFACE_LANGUAGES, "nn-NO", "is"])
def test_it_speaks_the_pages_language(open_page: Visit, sites: Sites, code: str) -> None:
    spoken = {"nn-NO": "nb", "is": "en"}.get(code, code)
    guest = open_page(sites.allowed.put(f"/lang-{code}", body=sites.tag(), lang=code)).open()
    assert guest.launcher.inner_text() == catalogue(spoken)("widget_launch")
    assert guest.inside.locator("html").get_attribute("lang") == spoken
    assert guest.inside.locator("h2").first.inner_text() == catalogue(spoken)("welcome_title")
    assert guest.panel.get_attribute("aria-label") == catalogue(spoken)("widget_frame")


@pytest.mark.slow
def test_options_are_taken(open_page: Visit, sites: Sites) -> None:
    attributes = (
        'data-language="fi" data-position="bottom-left" data-accent="#ffcc00" data-label="Kysy kunnalta"'
        ' data-greeting="Hei &lt;b>sinä&lt;/b>!" data-topic="contacts" data-theme="dark" data-z-index="7"'
    )
    guest = open_page(
        sites.allowed.put("/options", body=sites.tag(attributes)), viewport={"width": 1000, "height": 800}
    )
    guest.open()
    assert guest.launcher.inner_text() == "Kysy kunnalta"
    box = guest.launcher.bounding_box()
    assert box
    assert box["x"] < 100
    colours = "(button) => [getComputedStyle(button).backgroundColor, getComputedStyle(button).color]"
    assert guest.launcher.evaluate(colours) == ["rgb(255, 204, 0)", "rgb(20, 33, 61)"]
    assert guest.page.locator("kysy-widget").evaluate("(root) => getComputedStyle(root).zIndex") == "7"
    assert guest.inside.locator("html").get_attribute("data-theme") == "dark"
    expect(guest.inside.locator(".welcome h2")).to_have_text("Hei <b>sinä</b>!")
    assert guest.inside.locator(".topic").count() == 1


@pytest.mark.slow
@pytest.mark.parametrize("accent", ["#777777", "#fff", "#FF8800", "red"])
def test_the_words_on_the_button_can_be_read_whatever_the_accent(open_page: Visit, sites: Sites, accent: str) -> None:
    guest = open_page(sites.allowed.put("/accent", body=sites.tag(f'data-accent="{accent}"')))
    ground, words = guest.launcher.evaluate(
        "(button) => [getComputedStyle(button).backgroundColor, getComputedStyle(button).color]"
    )
    assert contrast(ground, words) >= 4.5
    is_colour = bool(re.fullmatch("#([0-9a-fA-F]{3}){1,2}", accent))
    assert any("is no colour" in line for line in guest.console) != is_colour


def contrast(one: str, other: str) -> float:
    """WCAG 2.1 contrast of two colours as ``rgb(r, g, b)``."""

    def luminance(colour: str) -> float:
        parts = [float(part) / 255 for part in re.findall(r"[\d.]+", colour)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.slow
def test_the_host_opens_asks_and_closes_it(open_page: Visit, sites: Sites) -> None:
    own = '<button id="own" onclick="Kysy.ask(\'When was CEMR founded?\')">Ask</button>'
    guest = open_page(sites.allowed.put("/own", body=own + sites.tag('data-hidden="true" async')))
    guest.page.wait_for_function("window.Kysy")
    assert guest.launcher.is_hidden()
    guest.page.click("#own")
    assert guest.reply().locator("mark").inner_text() == "1951"
    guest.page.evaluate("Kysy.close()")
    assert guest.panel.is_hidden()
    assert guest.page.evaluate("document.activeElement.id") == "own"
    guest.page.evaluate("Kysy.open()")
    assert guest.inside.locator(".turn").count() == 1


@pytest.mark.slow
def test_open_from_the_start_takes_no_focus_and_spares_phones(open_page: Visit, sites: Sites) -> None:
    address = sites.allowed.put("/start", body=sites.tag("data-open"))
    guest = open_page(address, viewport={"width": 1000, "height": 800})
    guest.inside.locator("#question").wait_for()
    guest.page.wait_for_timeout(200)
    assert guest.page.evaluate("document.activeElement === document.body")
    phone = open_page(address, viewport={"width": 390, "height": 844})
    phone.launcher.wait_for()
    assert phone.panel.is_hidden()
    assert not any("/embed" in url for url in phone.fetched)


@pytest.mark.slow
def test_the_tag_is_made_on_the_page_that_gives_it(open_page: Visit, sites: Sites) -> None:
    guest = open_page(f"{sites.service}/widget?lang=sv", viewport={"width": 1000, "height": 900})
    guest.page.fill("[name=site]", "https://www.kommun.example.org/start?a=b")
    guest.page.fill("[name=greeting]", 'Hej "du" & <du>')
    guest.page.select_option("[name=topic]", "twinning")
    guest.page.check("[name=open]")
    tag = f'<script src="{sites.service}/widget.js" data-greeting="Hej &quot;du&quot; &amp; &lt;du>" '
    expect(guest.page.locator("#tag")).to_have_text(tag + 'data-topic="twinning" data-open="true" async></script>')
    expect(guest.page.locator("#allow")).to_have_text("KYSY_ALLOWED_ORIGINS=https://www.kommun.example.org")
    for typed, origin in {
        "kommun.example.org/start": "https://kommun.example.org",
        "http://127.0.0.1:8080/": "http://127.0.0.1:8080",
        "https://Åmål.example/": "https://xn--ml-xiab.example",
        "javascript:alert(1)": "https://www.example.org",
        "ftp://example.org": "https://www.example.org",
        "": "https://www.example.org",
    }.items():
        guest.page.fill("[name=site]", typed)
        expect(guest.page.locator("#allow")).to_have_text(f"KYSY_ALLOWED_ORIGINS={origin}")
    expect(guest.page.locator("#policy")).to_have_text(f"script-src {sites.service}; frame-src {sites.service}")
    tried = guest.page.frame_locator("#preview").frame_locator("kysy-widget iframe")
    expect(tried.locator(".welcome h2")).to_have_text('Hej "du" & <du>')
    assert tried.locator(".topic").count() == 1
