from __future__ import annotations

import re
from dataclasses import replace

import lxml.html
from hypothesis import given
from hypothesis import strategies as st

from qa.markup import safe, web_address
from qa.records import Answer, Citation, Contact, Document, Hit, Passage, Source
from qa.web.drawing.render import contact_card, told_in
from qa.web.drawing.turns import Turn, announcement, draw
from qa.web.messages import catalogue

WORDS = catalogue("en")
QUOTE = "CEMR was founded in 1951."
CITATION = Citation("en/cemr", "CEMR", "https://example.org/cemr", "en", QUOTE, 10, 35, "2024-05-01", "A page", 20, 24)
ANSWER = Answer(QUOTE, "en", "answered", QUOTE, "en", None, (CITATION,), (), 0.9, (), {"total": 1.0})
ALLOWED = {"article", "h2", "h3", "span", "bdi", "div", "p", "figure", "blockquote", "mark", "figcaption", "a", "cite"}
ALLOWED |= {
    "time",
    "svg",
    "path",
    "circle",
    "rect",
    "section",
    "ul",
    "li",
    "button",
    "details",
    "summary",
    "form",
    "label",
    "textarea",
    "html",
    "body",
}

hostile = st.text() | st.sampled_from(
    [
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "![x](http://x)",
        "\u202egnp.exe",
        "{0}",
        "&lt;b&gt;",
    ]
)


def drawn(turn: Turn) -> lxml.html.HtmlElement:
    return lxml.html.document_fromstring(draw(turn, 0, WORDS, {}))


def test_the_answering_words_are_marked_and_the_source_is_told() -> None:
    page = drawn(Turn("When?", ANSWER))
    assert page.xpath("//mark/text()") == ["1951"]
    assert page.xpath("//blockquote/@lang") == ["en"]
    assert page.xpath("//a/@href") == ["https://example.org/cemr"]
    assert "1 May 2024" in page.xpath("//figcaption")[0].text_content()


@given(hostile, hostile, hostile)
def test_no_element_or_attribute_comes_from_a_text(question: str, quote: str, title: str) -> None:
    contact = Contact(title or "x", "d", quote, None, (quote,), quote, None)
    citation = replace(CITATION, quote=quote, title=title, url="javascript:alert(1)", answer_start=0, answer_end=3)
    hit = Hit(Passage("d", 0, 1, quote, title, "en", "d"), 1.0)
    for status in ("answered", "not_found"):
        answer = replace(
            ANSWER,
            status=status,
            answer=quote,
            notice=title,
            citations=(citation,),
            contacts=(contact,),
            passages=(hit,),
        )
        page = drawn(Turn(question, answer, id=question, suggestions=(quote,)))
        for element in page.iter(lxml.html.etree.Element):
            assert element.tag in ALLOWED
            assert not any(name.startswith("on") for name in element.attrib)
        assert not page.xpath("//a[starts-with(@href, 'javascript')]")


@given(st.text())
def test_safe_text_reads_the_same(text: str) -> None:
    escaped = safe(text)
    assert not re.search("[<>\"']", escaped)
    assert not re.search("[\u202a-\u202e\u2066-\u2069]", escaped)


def test_only_web_addresses_become_links() -> None:
    assert web_address("https://example.org") == "https://example.org"
    for url in ("javascript:alert(1)", "data:text/html,x", "//x", "http:", "http://[", None):
        assert web_address(url) is None


def test_while_it_is_shown_an_answer_grows() -> None:
    texts = [drawn(Turn("When?", ANSWER, shown=n)).xpath("//p[@class='said']")[0].text_content() for n in (4, 16, 25)]
    assert texts == [QUOTE[:4], QUOTE[:16], QUOTE]


def test_a_refusal_offers_the_closest_passages_folded() -> None:
    hits = tuple(Hit(Passage("d", 0, 5, f"text {n}", "T", "fi", "d"), 1.0 / n) for n in range(1, 6))
    page = drawn(Turn("?", replace(ANSWER, status="not_found", answer="No.", citations=(), passages=hits)))
    assert [quote.text_content() for quote in page.xpath("//details//blockquote")] == ["text 1", "text 2", "text 3"]


def test_a_refusal_says_whom_to_ask_instead_outside_the_fold() -> None:
    person = Contact("Ada Berg", "en/contacts", email="ada.berg(at)ks.no")
    refused = replace(ANSWER, status="not_found", answer="No.", citations=(), passages=(), referral=person)
    page = drawn(Turn("?", refused))
    (card,) = page.xpath("//*[contains(@class, 'contact')][not(ancestor::*[contains(@class, 'contact')])]")
    assert "Ada Berg" in card.text_content()
    assert "ada.berg(at)ks.no" in card.text_content()
    assert WORDS("ask_instead") in page.text_content()
    assert not card.xpath("ancestor::details")


def test_a_contact_is_copied_exactly() -> None:
    contact = Contact("Laura Parsama", "d", "Head", None, ("networks",), "laura.parsama(at)kuntaliitto.fi")
    page = drawn(Turn("?", replace(ANSWER, contacts=(contact,))))
    assert page.xpath("//button[@class='copy']/@data-copy") == ["laura.parsama(at)kuntaliitto.fi"]
    assert page.xpath("//*[@class='value']")[0].text_content() == "laura.parsama(at)kuntaliitto.fi"


CARD = Contact(
    "Laura Parsama", "en/a", "Chef", None, ("networks",), "laura(at)ks.no", None, "2024-05-01",
    sources=(
        Source("name", "Laura Parsama", "en/a", "en", 0, 13),
        Source("responsibilities", "networks", "en/a", "en", 14, 22),
        Source("responsibilities", "networks", "en/b", "en", 14, 22),
        Source("title", "Chef", "sv/a", "sv", 0, 4),
        Source("email", "laura(at)ks.no", "sv/a", "sv", 5, 19),
        Source("email", "old(at)ks.no", "fi/a", "fi", 5, 17),
    ),
)  # fmt: skip
PAGES = {path: Document(path, path, f"Title of {path}", path[:2], "text") for path in ("en/a", "en/b", "sv/a", "fi/a")}


def test_a_card_names_the_pages_that_tell_what_stands_on_it() -> None:
    assert told_in(CARD) == ("en/a", "sv/a")
    page = lxml.html.document_fromstring(contact_card(CARD, WORDS, PAGES))
    assert page.xpath("//p[@class='from']//cite//text()") == ["Title of en/a", "Title of sv/a"]
    assert page.xpath("//p[@class='from']//cite/@lang") == ["en", "sv"]
    assert "old(at)ks.no" not in page.text_content()


def test_each_field_of_a_card_bears_its_own_language() -> None:
    page = lxml.html.document_fromstring(contact_card(CARD, WORDS, PAGES))
    assert page.xpath("//section/@lang") == ["en"]
    assert page.xpath("//p[@class='role']/@lang") == ["sv"]
    assert page.xpath("//li/@lang") == ["en"]


def test_a_source_is_not_named_twice() -> None:
    citation = replace(CITATION, document="en/a", quote="networks")
    answer = replace(ANSWER, answer="networks", contacts=(CARD,), citations=(citation,))
    page = lxml.html.document_fromstring(draw(Turn("?", answer), 0, WORDS, PAGES))
    assert page.xpath("//cite//text()") == ["Title of en/a", "Title of sv/a"]
    elsewhere = replace(answer, citations=(replace(citation, document="en/c"),))
    page = lxml.html.document_fromstring(draw(Turn("?", elsewhere), 0, WORDS, PAGES))
    assert page.xpath("//cite//text()") == ["Title of en/a", "Title of sv/a", "CEMR"]


def test_one_announcement_when_the_answer_is_complete() -> None:
    assert announcement(Turn("When?", ANSWER), WORDS) == "CEMR was founded in 1951. Source: CEMR."
    assert announcement(Turn("When?"), WORDS) == ""
