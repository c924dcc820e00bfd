"""The widget on pages as content systems make them: their globals, how they put the tag in, how they go on."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from qa.web.messages import catalogue
from tests.web.guest import Guest, Sites
from tests.web.service import needs_browser

Visit = Callable[..., Guest]
pytestmark = needs_browser
slow = pytest.mark.slow
LABEL = "Ask the town"

GLOBALS = {
    "URL": "var URL = '/start', origin = 'a', name = 'b', status = 'c', parent = 'd', top = 'e'; function open() {}",
    "Prototype": "Array.prototype.reduce = function () { return this.length > 1 ? this : this[0] };"
    " Array.prototype.each = Array.prototype.toJSON = function () { return this };",
    "Object": "for (const name of ['hidden', 'open', 'label', 'keep', 'kysy']) Object.prototype[name] = () => 1;",
    "requests": "window.fetch = window.XMLHttpRequest = () => { throw new Error('no') };",
}


@pytest.mark.parametrize(
    "script", [pytest.param(js, id=name, marks=() if name == "URL" else slow) for name, js in GLOBALS.items()]
)
def test_what_a_page_has_overwritten_does_no_harm(open_page: Visit, sites: Sites, script: str) -> None:
    tag = sites.tag('data-accent="#777777"')
    guest = open_page(sites.allowed.put("/globals", head=f"<script>{script}</script>", body=tag))
    assert guest.launcher.inner_text() == catalogue("en")("widget_launch")
    colour = "(button) => getComputedStyle(button).backgroundColor"
    assert guest.launcher.evaluate(colour) != "rgb(119, 119, 119)"  # white words on it would be too faint
    guest.launcher.click()
    guest.inside.locator("#question").wait_for()
    guest.errors.clear()  # the browser's debugger stumbles over such pages too


BESIDE = '<script src="https://elsewhere.invalid/widget.js" data-label="Another’s" async></script>'
MADE = "const tag = document.createElement('script'); tag.src = 'SERVICE/widget.js'; "
INSERTED = {
    "written": "<script>document.write('<script src=\"SERVICE/widget.js\" data-label=\"LABEL\"><\\/script>')</script>",
    "base": '<base href="https://elsewhere.invalid/a/"><script src="SERVICE/widget.js" data-label="LABEL"></script>',
    "module": f'{BESIDE}<script type="module" src="SERVICE/widget.js" data-label="LABEL"></script>',
    "consent": '<script type="text/plain" data-consent="a" src="SERVICE/widget.js" data-label="LABEL"></script>'
    "<script>setTimeout(() => { const old = document.querySelector('[data-consent]'), tag = old.cloneNode();"
    " tag.type = 'text/javascript'; old.replaceWith(tag); })</script>",
    "jQuery": '<script type="kept/off" src="SERVICE/widget.js" data-label="LABEL"></script>'
    f"<script>{MADE} tag.src += '?_=1700000000'; document.head.append(tag); tag.remove();</script>",
    "shadow root": "<div></div><script>" + MADE.replace("widget.js", "widget.js?label=Ask%20the%20town")
    + "document.querySelector('div').attachShadow({ mode: 'open' }).append(tag)</script>",
    "attributes stripped": f"{BESIDE}<script>{MADE.replace('widget.js', 'widget.js?label=Ask+the+town&hidden=false')}"
    "document.body.append(tag)</script>",
}  # fmt: skip


@pytest.mark.parametrize(
    "html", [pytest.param(html, id=name, marks=() if name == "module" else slow) for name, html in INSERTED.items()]
)
def test_the_tag_is_found_however_it_was_put_in(open_page: Visit, sites: Sites, html: str) -> None:
    body = html.replace("SERVICE", sites.service).replace("LABEL", LABEL)
    guest = open_page(sites.allowed.put("/inserted", body=body)).open()
    assert guest.launcher.inner_text() == LABEL


@slow
def test_a_script_joined_with_others_says_why_it_does_nothing(open_page: Visit, sites: Sites) -> None:
    script = open_page(f"{sites.service}/widget.js").page.inner_text("body")
    sites.allowed.pages["/joined.js"] = (script, {"Content-Type": "text/javascript; charset=utf-8"})
    guest = open_page(sites.allowed.put("/joined", body='<script src="/joined.js"></script>'))
    assert guest.page.evaluate("window.Kysy") is None
    assert any("a tag of its own" in line for line in guest.console)


@slow
def test_a_page_written_into_a_frame_shows_it_and_a_sandboxed_one_does_not(open_page: Visit, sites: Sites) -> None:
    written = f"srcdoc='{sites.tag().replace('async', 'data-open')}' width=900 height=700"
    guest = open_page(sites.allowed.put("/written", body=f"<iframe {written}></iframe>"))
    within = guest.page.frame_locator("iframe").frame_locator("kysy-widget iframe")
    within.locator("#question").wait_for()
    guest = open_page(sites.allowed.put("/boxed", body=f"<iframe sandbox='allow-scripts' {written}></iframe>"))
    guest.says("KYSY_ALLOWED_ORIGINS hold null")
    expect(guest.page.frame_locator("iframe").locator("kysy-widget")).to_have_count(0)


@slow
def test_in_a_frame_that_is_shown_later_it_opens_then(open_page: Visit, sites: Sites) -> None:
    written = f"srcdoc='{sites.tag('data-open')}' width=900 height=700 hidden"
    guest = open_page(sites.allowed.put("/later", body=f"<iframe {written}></iframe>"))
    within = guest.page.frames[1]
    within.wait_for_selector("kysy-widget", state="attached")
    assert within.evaluate("document.querySelector('kysy-widget').shadowRoot.querySelector('dialog').open") is False
    guest.page.evaluate("document.querySelector('iframe').hidden = false")
    guest.page.frame_locator("iframe").frame_locator("kysy-widget iframe").locator("#question").wait_for()


def test_nothing_stands_in_a_document_that_a_framework_takes_over(open_page: Visit, sites: Sites) -> None:
    watch = "addEventListener('load', () => { parts = [...document.documentElement.children].map((e) => e.tagName) })"
    guest = open_page(sites.allowed.put("/hydrated", head=f"<script>{watch}</script>{sites.tag()}"))
    guest.launcher.wait_for()
    assert guest.page.evaluate("parts") == ["HEAD", "BODY"]


@slow
def test_a_document_written_anew_keeps_a_launcher_that_works(open_page: Visit, sites: Sites) -> None:
    guest = open_page(sites.allowed.put("/anew", body=sites.tag())).open()
    guest.page.evaluate("document.open(); document.write('<title>Anew</title><h1>Anew</h1>'); document.close()")
    expect(guest.panel).to_be_hidden()
    guest.open()
    assert guest.ask("When was CEMR founded?").locator("mark").inner_text() == "1951"


@slow
def test_it_follows_the_page_into_another_language(open_page: Visit, sites: Sites) -> None:
    guest = open_page(sites.allowed.put("/turn", body=sites.tag()), viewport={"width": 1000, "height": 800}).open()
    guest.ask("When was CEMR founded?")
    guest.page.evaluate("document.documentElement.lang = 'fi-FI'")
    expect(guest.launcher).to_have_text(catalogue("fi")("widget_launch"))
    expect(guest.panel).to_have_attribute("aria-label", catalogue("fi")("widget_frame"))
    expect(guest.inside.locator("html")).to_have_attribute("lang", "fi")
    assert guest.inside.locator(".turn").count() == 1
    chosen = open_page(sites.allowed.put("/chosen", body=sites.tag('data-language="sv"')))
    chosen.launcher.wait_for()
    chosen.page.evaluate("document.documentElement.lang = 'fi'")
    assert chosen.launcher.inner_text() == catalogue("sv")("widget_launch")


@slow
def test_a_page_in_a_language_of_its_own_is_answered_in_the_browsers(open_page: Visit, sites: Sites) -> None:
    guest = open_page(sites.allowed.put("/sami", body=sites.tag(), lang="se"), locale="fi-FI").open()
    assert guest.launcher.inner_text() == catalogue("fi")("widget_launch")
    assert guest.inside.locator("html").get_attribute("lang") == "fi"


@slow
def test_where_nothing_is_reached_the_next_click_tries_again(open_page: Visit, sites: Sites) -> None:
    guest = open_page(sites.allowed.put("/offline", body=sites.tag()), viewport={"width": 1000, "height": 800})
    guest.launcher.wait_for()
    guest.context.set_offline(True)
    guest.launcher.click()
    expect(guest.panel).to_be_hidden()
    guest.hears("open", "close", "unavailable")
    expect(guest.launcher).to_be_focused()
    guest.context.set_offline(False)
    guest.open()
    assert guest.ask("When was CEMR founded?").locator("mark").inner_text() == "1951"


@slow
@pytest.mark.parametrize(
    "attributes",
    [
        'data-language="constructor" data-position="__proto__" data-theme="&quot;><b>" data-open="false"',
        f'data-label="{"Verwaltungsgemeinschaftsangelegenheiten" * 20}" data-z-index="1; color: red"',
        f'data-topic="{"x" * 5_000}" data-greeting="{"y" * 5_000}" data-accent="url(javascript:alert(1))"',
    ],
)
def test_values_that_make_no_sense_do_no_harm(open_page: Visit, sites: Sites, attributes: str) -> None:
    address = sites.allowed.put("/senseless", body=sites.tag(attributes))
    guest = open_page(address, viewport={"width": 320, "height": 640})
    box = guest.launcher.bounding_box()
    assert box
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 320
    assert box["height"] <= 200
    assert guest.launcher.evaluate("(button) => button.scrollWidth <= button.clientWidth")
    guest.open()
    assert guest.frame.evaluate("document.documentElement.scrollWidth <= innerWidth")


@slow
def test_storage_that_is_forbidden_is_done_without(open_page: Visit, sites: Sites) -> None:
    guest = open_page(sites.neighbour.put("/forbidden", body=sites.tag('data-keep="session"')))
    guest.context.add_init_script(
        "Object.defineProperty(window, 'sessionStorage', { get() { throw new DOMException('no', 'SecurityError'); } })"
    )
    guest.open()
    assert guest.ask("When was CEMR founded?").locator("mark").inner_text() == "1951"
    guest.inside.get_by_role("button", name=catalogue("en")("delete_conversation")).click()
    expect(guest.inside.locator(".turn")).to_have_count(0)


@slow
def test_it_is_not_printed(open_page: Visit, sites: Sites) -> None:
    guest = open_page(sites.allowed.put("/printed", body=sites.tag()), viewport={"width": 1000, "height": 800}).open()
    guest.page.emulate_media(media="print")
    expect(guest.launcher).to_be_hidden()
    expect(guest.panel).to_be_hidden()


@slow
@pytest.mark.parametrize("zoom", [0.5, 2])
def test_a_page_that_zooms_itself_keeps_it_on_the_screen(open_page: Visit, sites: Sites, zoom: float) -> None:
    style = f"<style>html {{ zoom: {zoom} }}</style>"
    guest = open_page(
        sites.allowed.put("/zoomed", head=style, body=sites.tag()), viewport={"width": 1000, "height": 800}
    ).open()
    for part in (guest.launcher, guest.panel):
        box = part.bounding_box()
        assert box
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 1000
        assert box["y"] >= 0
        assert box["y"] + box["height"] <= 800
