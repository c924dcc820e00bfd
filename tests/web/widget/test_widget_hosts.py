"""The widget on pages that may not show it, mean harm, or are just written badly."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.web.guest import Guest, Sites
from tests.web.service import needs_browser

Visit = Callable[..., Guest]
pytestmark = needs_browser
slow = pytest.mark.slow

ALIEN = "<p>Nothing to see</p>"
LEAKS = """async (address) => {
    const told = [];
    for (const [path, options] of [
        ["/embed", {}], ["/embed?host=ALLOWED", { credentials: "include" }], ["/api/documents", {}],
        ["/api/ask", { method: "POST", body: "{}", headers: { "Content-Type": "application/json" } }],
        ["/api/ask", { method: "POST", body: '{"question": "CEMR?"}' }],
    ]) {
        const reply = await fetch(address + path, options).then((reply) => reply.text(), () => null);
        if (reply !== null) told.push([path, reply.slice(0, 80)]);
    }
    return told;
}"""


def test_where_it_is_not_allowed_it_steps_aside(open_page: Visit, sites: Sites) -> None:
    guest = open_page(sites.refused.put("/", body=sites.tag()))
    guest.launcher.click()
    expect(guest.page.locator("kysy-widget")).to_have_count(0)
    (said,) = [line for line in guest.console if line.startswith("Kysy:")]
    assert f"KYSY_ALLOWED_ORIGINS hold {sites.refused.origin}" in said
    guest.hears("open", "close", "unavailable")
    guest.page.evaluate("Kysy.open(); Kysy.ask('anybody?'); Kysy.close()")
    assert guest.page.locator("kysy-widget").count() == 0


def test_a_page_that_means_harm_reads_nothing(open_page: Visit, sites: Sites) -> None:
    guest = open_page(sites.hostile.put("/fetch", body=ALIEN))
    assert guest.page.evaluate(LEAKS.replace("ALLOWED", sites.allowed.origin), sites.service) == []


@pytest.mark.parametrize("query", ["?host=ALLOWED", *(pytest.param(q, marks=slow) for q in ("", "?host=HOSTILE"))])
def test_a_page_that_means_harm_frames_nothing(open_page: Visit, sites: Sites, query: str) -> None:
    query = query.replace("ALLOWED", sites.allowed.origin).replace("HOSTILE", sites.hostile.origin)
    told = "<script>const told = []; addEventListener('message', (event) => told.push(event.data))</script>"
    frame = f'<iframe src="{sites.service}/embed{query}" referrerpolicy="no-referrer"></iframe>'
    guest = open_page(sites.hostile.put("/frame", body=told + frame))
    guest.page.wait_for_timeout(500)
    (framed,) = guest.page.frames[1:]
    assert framed.locator("#question").count() == 0
    assert guest.page.evaluate("told") == []


@slow
@pytest.mark.parametrize("path", ["/", "/widget", "/widget/preview"])
def test_no_other_page_is_framed_anywhere(open_page: Visit, sites: Sites, path: str) -> None:
    for site in (sites.allowed, sites.hostile):
        guest = open_page(site.put("/frame-page", body=f'<iframe src="{sites.service}{path}"></iframe>'))
        guest.page.wait_for_timeout(300)
        assert guest.page.frames[1].locator("body *").filter(has_text="Kysy").count() == 0


@slow
def test_a_stranger_in_between_may_not_frame_it_through_an_allowed_page(open_page: Visit, sites: Sites) -> None:
    inner = sites.allowed.put("/inner", body=sites.tag("data-open"))
    guest = open_page(sites.hostile.put("/outer", body=f'<iframe src="{inner}" width="900" height="700"></iframe>'))
    between = guest.page.frame_locator("iframe")
    between.locator("kysy-widget dialog").wait_for()
    expect(between.locator("kysy-widget")).to_have_count(0)
    assert any("did not open here" in line for line in guest.console)


def test_forged_messages_are_heard_by_neither_side(open_page: Visit, sites: Sites) -> None:
    stranger = sites.hostile.put(
        "/forge",
        body="<script>setInterval(() => { for (const type of ['close', 'answer', 'feedback', 'ready'])"
        " parent.postMessage({ kysy: 1, type, id: 'forged' }, '*') }, 20)</script>",
    )
    body = sites.tag() + f'<iframe src="{stranger}"></iframe><iframe id="own" src="about:blank"></iframe>'
    guest = open_page(sites.allowed.put("/forged", body=body)).open()
    guest.page.evaluate("""() => {
        const frame = document.querySelector('kysy-widget').shadowRoot.querySelector('iframe').contentWindow;
        window.told = frame;
        const forger = document.querySelector('#own').contentWindow;
        forger.eval("parent.told.postMessage({ kysy: 1, type: 'ask', text: 'forged' }, '*')");
        frame.postMessage({ kysy: 2, type: 'ask', text: 'another version' }, '*');
        frame.postMessage({ kysy: 1, type: 'constructor' }, '*');
        frame.postMessage(null, '*');
        postMessage({ kysy: 1, type: 'close' }, '*');
    }""")
    guest.page.wait_for_timeout(400)
    assert guest.inside.locator(".turn").count() == 0
    assert guest.panel.is_visible()
    assert [name for name, _ in guest.heard] == ["open"]


@slow
def test_opened_in_a_window_of_its_own_it_listens_to_nobody(open_page: Visit, sites: Sites) -> None:
    guest = open_page(sites.hostile.put("/opener", body=ALIEN))
    with guest.page.expect_popup() as opened:
        guest.page.evaluate(f"window.popup = open('{sites.service}/embed?host={sites.hostile.origin}')")
    assert opened.value.locator("#question").count() == 0
    with guest.page.expect_popup() as opened:
        guest.page.evaluate(f"window.popup = open('{sites.service}/embed')")
    popup: Page = opened.value
    popup.locator("#question").wait_for()
    guest.page.evaluate("popup.postMessage({ kysy: 1, type: 'ask', text: 'forged' }, '*')")
    popup.wait_for_timeout(200)
    assert popup.locator(".turn").count() == 0


HOSTILE_CSS = {
    "unset": "* { all: unset !important }",
    "no buttons": "button, dialog, iframe { display: none !important }",
    "hidden by name": "kysy-widget { display: none !important; opacity: 0 !important; pointer-events: none !important;"
    " transform: scale(0) !important; position: static !important; z-index: -1 !important;"
    " clip-path: circle(0) !important; animation: gone 1s forwards !important; visibility: hidden !important }"
    " @keyframes gone { to { opacity: 0 } }",
    "layered": "@layer a { kysy-widget, * { display: none !important } html, body { display: block !important } }",
    "overlay": "body::after { content: ''; position: fixed; inset: 0; z-index: 2147483647; background: #fffc }",
    "tiny root": "html { font-size: 4px } body { transform: rotate(2deg); filter: blur(1px); overflow: hidden }",
    "last child": "html > :last-child, body > :last-child { display: none !important }",
    "inherited": "html { visibility: hidden; color: transparent; cursor: none; text-indent: -9999px; direction: rtl;"
    " letter-spacing: 2em; text-transform: uppercase; line-height: 9; pointer-events: none }",
}


@pytest.mark.parametrize(
    "css", [pytest.param(css, id=name, marks=() if name == "unset" else slow) for name, css in HOSTILE_CSS.items()]
)
def test_styles_of_the_host_do_no_harm(open_page: Visit, sites: Sites, css: str) -> None:
    body = sites.tag() + '<div style="position: fixed; inset: 0; z-index: 2147483647"></div>'
    address = sites.allowed.put("/css", head=f"<style>{css}</style>", body=body)
    guest = open_page(address, viewport={"width": 1000, "height": 800})
    calm = open_page(sites.allowed.put("/calm", body=sites.tag()), viewport={"width": 1000, "height": 800})
    assert guest.launcher.bounding_box() == calm.launcher.bounding_box()
    look = "(e) => ['color', 'backgroundColor', 'fontSize', 'letterSpacing'].map((name) => getComputedStyle(e)[name])"
    assert guest.launcher.evaluate(look) == calm.launcher.evaluate(look)
    guest.open()
    calm.open()
    assert guest.panel.bounding_box() == calm.panel.bounding_box()
    assert guest.ask("When was CEMR founded?").locator("mark").inner_text() == "1951"


@slow
def test_the_hosts_page_looks_the_same_with_it(open_page: Visit, sites: Sites) -> None:
    without = open_page(sites.allowed.put("/without", body="<button>Own</button>")).page
    guest = open_page(sites.allowed.put("/with", body="<button>Own</button>" + sites.tag())).open()
    script = """() => [...document.querySelectorAll('body, body *:not(script)')].map((element) => {
        const { x, y, width, height } = element.getBoundingClientRect();
        return [element.tagName, x, y, width, height, element.ownerDocument.documentElement.scrollWidth];
    })"""
    assert guest.page.evaluate(script) == without.evaluate(script)


@pytest.mark.parametrize("nonce", [None, pytest.param("bm9uY2U", marks=slow)])
def test_a_strict_policy_needs_two_directives(open_page: Visit, sites: Sites, nonce: str | None) -> None:
    source = f"'nonce-{nonce}'" if nonce else sites.service
    policy = (
        f"default-src 'none'; script-src {source}; frame-src {sites.service};"
        " require-trusted-types-for 'script'; trusted-types 'none'"
    )
    address = sites.allowed.put(
        "/strict", body=sites.tag(f'nonce="{nonce}" async' if nonce else "async"), Content_Security_Policy=policy
    )
    guest = open_page(address, viewport={"width": 1000, "height": 800}).open()
    assert guest.ask("When was CEMR founded?").locator("mark").inner_text() == "1951"
    box = guest.launcher.bounding_box()
    assert box
    assert box["x"] > 800  # it is styled
    assert [line for line in guest.console if "violates" in line or "Refused" in line] == []


@slow
def test_an_isolated_host_may_show_it(open_page: Visit, sites: Sites) -> None:
    isolation = {"Cross_Origin_Embedder_Policy": "require-corp", "Cross_Origin_Opener_Policy": "same-origin"}
    guest = open_page(sites.allowed.put("/isolated", body=sites.tag(), **isolation)).open()
    assert guest.page.evaluate("crossOriginIsolated")
    assert guest.ask("When was CEMR founded?").locator("mark").inner_text() == "1951"


@slow
def test_a_policy_without_frame_src_is_named(open_page: Visit, sites: Sites) -> None:
    policy = f"default-src 'none'; script-src {sites.service}"
    guest = open_page(sites.allowed.put("/half", body=sites.tag(), Content_Security_Policy=policy))
    guest.launcher.click()
    expect(guest.page.locator("kysy-widget")).to_have_count(0)
    assert any(f"frame-src {sites.service}" in line for line in guest.console if line.startswith("Kysy:"))


@slow
@pytest.mark.parametrize("attributes", ["", "async", "defer"])
@pytest.mark.parametrize("place", ["head", "body"])
def test_the_tag_may_stand_anywhere(open_page: Visit, sites: Sites, place: str, attributes: str) -> None:
    guest = open_page(sites.allowed.put("/place", **{place: sites.tag(attributes)})).open()
    assert guest.page.evaluate("document.documentElement.lastElementChild.tagName") == "KYSY-WIDGET"


@slow
def test_a_second_tag_is_ignored_with_a_warning(open_page: Visit, sites: Sites) -> None:
    address = sites.allowed.put(
        "/twice", head=sites.tag('data-label="First"'), body=sites.tag('data-label="Second"') * 2
    )
    guest = open_page(address).open()
    assert guest.launcher.all_inner_texts() == ["First"]
    assert len([line for line in guest.console if "already" in line]) == 2


@slow
def test_errors_of_the_host_do_no_harm(open_page: Visit, sites: Sites) -> None:
    broken = """<script>Object.prototype.extra = 1; Array.prototype.extra = () => { throw new Error('mine'); };
        document.addEventListener('click', () => { throw new Error('mine'); });
        document.addEventListener('kysy:open', () => { throw new Error('mine'); });
        </script><script>nothing.at.all()</script><div id="Kysy"></div>"""
    guest = open_page(sites.allowed.put("/broken", head=broken, body=broken + sites.tag()))
    guest.open()
    assert guest.ask("When was CEMR founded?").locator("mark").inner_text() == "1951"
    assert guest.errors
    guest.errors.clear()


NAVIGATIONS = {
    "content": "document.body.innerHTML = '<h1>Another page</h1>'",
    "body": "document.body = document.createElement('body')",
    "replaced": "document.body.replaceWith(document.createElement('body'))",
    "address": "history.pushState({}, '', '/another')",
}


@slow
@pytest.mark.parametrize("script", NAVIGATIONS.values(), ids=NAVIGATIONS)
def test_a_conversation_outlives_a_change_of_page_within_the_page(open_page: Visit, sites: Sites, script: str) -> None:
    guest = open_page(sites.allowed.put("/spa", head=sites.tag()), viewport={"width": 1000, "height": 800}).open()
    guest.ask("When was CEMR founded?")
    guest.page.evaluate(script)
    assert "Stefano Bonaccini" in guest.ask("Who is its president?").inner_text()


@slow
@pytest.mark.parametrize(
    "script", ["document.querySelector('kysy-widget').remove()", "document.documentElement.innerHTML = ''"]
)
def test_a_launcher_that_was_cleared_away_returns(open_page: Visit, sites: Sites, script: str) -> None:
    guest = open_page(sites.allowed.put("/clear", head=sites.tag()), viewport={"width": 1000, "height": 800}).open()
    guest.page.evaluate(script)
    expect(guest.panel).to_be_hidden()
    guest.open()
    assert guest.ask("When was CEMR founded?").locator("mark").inner_text() == "1951"
