"""HTML → parts."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.errors import DocumentError
from qa.ingest.contacts import split_contacts, with_people
from qa.ingest.corpus import read_document
from qa.ingest.html import read_html
from qa.ingest.layout import lay_out
from qa.ingest.person import Person
from qa.settings import PROJECT_DIR


def told(markup: str) -> list[tuple[str, str]]:
    """Kind and text of the parts of a page."""
    return [(part.kind, part.text) for part in read_html(markup).parts]


def text_of(markup: str) -> str:
    return lay_out(read_html(markup).parts)[0]


PAGE = """<!doctype html>
<html lang="sv-FI">
<head>
  <title>
    Vänorter
    | Kommunförbundet
  </title>
  <link rel="canonical" href="https://example.org/vanorter">
  <style>p { color: red }</style><script>alert("script")</script>
</head>
<body>
  <header>Sidhuvud</header><nav><ul><li>Meny</li></ul></nav>
  <main>
    <h1>Vänorter</h1>
    <p>Finland har <b>1&nbsp;300</b> vänorter<!-- en kommentar --> i <a href="/x">40 länder</a>.</p>
    <h2>Teman</h2>
    <ol><li>kultur</li><li>skola &amp; idrott</li></ol>
    <ul><li>unga</li></ul>
    <table><tr><th>År</th><td>1951</td></tr></table>
    <form><p>Sök</p></form>
  </main>
  <aside>Reklam</aside><footer>Sidfot</footer>
</body>
</html>"""


def test_a_page_gives_its_content_and_not_its_furniture() -> None:
    assert told(PAGE) == [
        ("heading", "Vänorter"),
        ("paragraph", "Finland har 1\u00a0300 vänorter i 40 länder."),
        ("heading", "Teman"),
        ("item", "kultur"),
        ("item", "skola & idrott"),
        ("item", "unga"),
        ("paragraph", "År: 1951"),
    ]
    assert [part.marker for part in read_html(PAGE).parts if part.kind == "item"] == ["1. ", "2. ", "- "]


def test_a_page_tells_its_title_language_and_address() -> None:
    page = read_html(PAGE)
    assert (page.title, page.language, page.url) == (
        "Vänorter | Kommunförbundet",
        "sv",
        "https://example.org/vanorter",
    )


def test_a_bare_page_tells_none_of_them() -> None:
    page = read_html("<p>Text.</p>")
    assert (page.title, page.language, page.url) == (None, None, None)


def test_heading_levels() -> None:
    parts = read_html("".join(f"<h{n}>H{n}</h{n}>" for n in range(1, 7))).parts
    assert [part.level for part in parts] == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        ("<p>one<br>two</p>", ["one", "two"]),
        ("<p><b>Laura Parsama<br>Head</b></p>", ["Laura Parsama", "Head"]),
        ("<div>loose <p>inner</p> tail</div>", ["loose", "inner", "tail"]),
        ("<ul><li>outer<ul><li>inner</li></ul></li></ul>", ["outer", "inner"]),
        ("<p>a<span>b</span>c <i>d</i></p>", ["abc d"]),
        ("<P>UPPER <B>case</B></P>", ["UPPER case"]),
        ("<p>one<p>two<p>three", ["one", "two", "three"]),
        ("<ul><li>one<li>two</ul>", ["one", "two"]),
        ("plain words", ["plain words"]),
        ("<p>1 &lt; 2</p>", ["1 < 2"]),
        ("<dl><dt>UCLG</dt><dd>world body</dd></dl>", ["UCLG", "world body"]),
        ("<p>a</p><!-- <p>b</p> --><p>c</p>", ["a", "c"]),
    ],
)
def test_running_text(markup: str, expected: list[str]) -> None:
    assert [text for _, text in told(markup)] == expected


_COURSE, _REGISTER = "- Kurs i kommunalrätt", "- Anmäl dig senast fredag"
PAGES = sorted((PROJECT_DIR / "tests" / "data" / "pages").glob("*.html"))


@pytest.mark.parametrize("file", PAGES, ids=lambda file: file.stem)
def test_pages_as_they_are_made_keep_their_text_and_lose_their_furniture(file: Path) -> None:
    page = read_html(file.read_text("utf-8"))
    text = " ".join(lay_out(with_people(split_contacts(page.parts), page.people))[0].split())
    expected = file.with_suffix(".txt").read_text("utf-8").splitlines()
    assert [line for line in expected if line.startswith("+") and line[2:] not in text] == []
    # A box for a course that stands among the contacts is called nothing that says so.
    assert [line for line in expected if line.startswith("-") and line[2:] in text] in ([], [_COURSE, _REGISTER])


@pytest.mark.parametrize("file", PAGES, ids=lambda file: file.stem)
def test_pages_as_they_are_made_tell_their_questions_their_date_and_whom_to_reach(file: Path) -> None:
    document = read_document(file, file.parent)
    lines = file.with_suffix(".txt").read_text("utf-8").splitlines()
    expected = {sign: [line[2:] for line in lines if line.startswith(sign)] for sign in "?=@"}
    headings = {document.text[block.start : block.end] for block in document.blocks if block.kind == "heading"}
    assert [question for question in expected["?"] if question not in headings] == []
    assert expected["="] in ([], [document.updated])
    contacts = [(c.name, c.title, c.email, c.phone) for c in document.contacts]
    told = [" | ".join(value or "-" for value in contact) for contact in contacts]
    assert not expected["@"] or sorted(told) == sorted(expected["@"])


def test_a_page_tells_its_date_versions_and_people() -> None:
    page = read_html((PAGES[0].parent / "drupal-fi.html").read_text("utf-8"))
    assert (page.updated, page.language) == ("2024-05-31", "fi")
    assert page.versions == tuple(f"https://example.org/{path}" for path in ("fi/ystavyyskunnat", "sv/vanorter", "en"))
    page = read_html((PAGES[0].parent / "wordpress-en.html").read_text("utf-8"))
    assert page.updated == "2023-03-05"
    assert page.people == (Person("Robin Example", "Adviser", email="robin@example.org", phone="+44 20 7946 0000"),)
    page = read_html((PAGES[0].parent / "contacts-et.html").read_text("utf-8"))
    assert page.people == (
        Person("Õnne Näidis", "välissuhete nõunik", email="onne.naidis@example.org", phone="+3720000001"),
    )


@pytest.mark.parametrize(
    ("box", "is_kept"),
    [
        ("<footer>{}</footer>", False),
        ("<div class='site-footer'>{}</div>", False),
        ("<div role='contentinfo'>{}</div>", False),
        ("<div class='cookie-notice'>{}</div>", False),
        ("<div class='shareButtons share'>{}</div>", False),
        ("<div hidden>{}</div>", False),
        ("<aside>{}</aside>", True),
        ("<div class='sidebar'>{}</div>", True),
        ("<div class='contact-box'>{}</div>", True),
        ("<div class='content-with-sidebar'>{}</div>", True),
    ],
)
def test_an_address_saves_a_box_at_the_side_and_no_footer(box: str, is_kept: bool) -> None:
    contact = box.format("<p>Ada Berg <a href='mailto:ada@example.org'>ada@example.org</a></p>")
    page = f"<div><h1>Twinning</h1><p>{'The towns meet every year. ' * 9}</p>{contact}</div>"
    assert ("ada@example.org" in text_of(page)) == is_kept


@pytest.mark.parametrize("href", ["mailto:?subject=Look", "mailto:?body=https://example.org"])
def test_a_link_that_only_shares_the_page_reaches_nobody(href: str) -> None:
    page = f"<main><h1>Twinning</h1><p>{'Text. ' * 20}</p><aside><a href='{href}'>Tell a friend</a></aside></main>"
    assert "friend" not in text_of(page)


@pytest.mark.parametrize(
    ("markup", "day"),
    [
        ('<meta name="dcterms.modified" content="2021-04-05">', "2021-04-05"),
        ('<meta http-equiv="Last-Modified" content="Mon, 05 Apr 2021 07:00:00 GMT">', "2021-04-05"),
        ('<main><p>Updated <time datetime="2021-04-05T09:00">5.4.</time></p></main>', "2021-04-05"),
        ('<main><time datetime="2021-04-05">A</time><time datetime="2021-05-05">B</time></main>', None),
        ('<script type="application/ld+json">{"dateModified": "2021-04-05"}</script>', "2021-04-05"),
        ('<script type="application/ld+json">{"dateModified": </script>', None),
        ('<meta name="date" content="soon">', None),
    ],
)
def test_the_date_of_a_page(markup: str, day: str | None) -> None:
    page = read_html(f"{markup}<p>Text.")
    assert (page.updated or page.published) == day


@pytest.mark.parametrize(
    ("markup", "lines"),
    [
        ('<p>Write to <a href="mailto:a@x.org">the desk</a> soon.</p>', ["Write to the desk (a@x.org) soon."]),
        ('<p><a href="mailto:a@x.org">Ada Berg</a></p>', ["Ada Berg", "a@x.org"]),
        ('<p>Ada Berg<br><a href="mailto:a@x.org">E-mail</a></p>', ["Ada Berg", "E-mail: a@x.org"]),
        ('<p><a href="mailto:a@x.org">a@x.org</a></p>', ["a@x.org"]),
        ('<p><a href="tel:+4712345678"></a></p>', ["+4712345678"]),
        ('<p><a href="mailto:javascript">Ada</a> <a href="https://x.org">site</a></p>', ["Ada site"]),
    ],
)
def test_an_address_that_is_only_linked_to_is_told(markup: str, lines: list[str]) -> None:
    assert [text for _, text in told(markup)] == lines


@pytest.mark.parametrize(
    ("markup", "lines"),
    [
        ("<table><tr><th>Town<th>Since<tr><td rowspan=2>Oulu<td>1951<tr><td>1960</table>",
         ["Town: Oulu; Since: 1951", "Town: Oulu; Since: 1960"]),
        ("<table><tr><th colspan=2>Towns</th></tr><tr><th>A</th><th>B</th></tr><tr><td>1</td><td>2</td></tr></table>",
         ["Towns", "A: 1; B: 2"]),
        ("<table><tr><td>Layout<td><h1>Title</h1><p>Text.</table>", ["Layout", "Title", "Text."]),
        ("<table role=presentation><tr><td>a<td>b<tr><td>c<td>d</table>", ["a", "b", "c", "d"]),
        ("<table><tr><td>Phone:<td>24 00 00 01<tr><td>Open:<td>8–16</table>", ["Phone: 24 00 00 01", "Open: 8–16"]),
        ("<table><tr><th>A<th>B<tr><td><p>one<p>two<td colspan=99999999999>x</table>", ["A: one, two; B: x"]),
    ],
)  # fmt: skip
def test_tables(markup: str, lines: list[str]) -> None:
    assert [text for _, text in told(markup)] == lines


@pytest.mark.parametrize("tag", ["script", "style", "nav", "footer", "template", "noscript", "iframe", "svg"])
def test_what_is_no_content_is_left_out(tag: str) -> None:
    assert told(f"<p>before</p><{tag}>hidden</{tag}><p>after</p>") == [("paragraph", "before"), ("paragraph", "after")]


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        ("<ol><li>a</li><li>b</li></ol>", "1. a\n2. b"),
        ('<ol start="3"><li>a</li><li>b</li></ol>', "3. a\n4. b"),
        ('<ol><li>a</li><li value="7">b</li><li>c</li></ol>', "1. a\n7. b\n8. c"),
        ("<ul><li>a</li><li>b</li></ul>", "- a\n- b"),
        ("<ol><li><p>a</p></li><li><p>b</p></li></ol>", "1. a\n2. b"),
    ],
)
def test_items_bear_the_number_that_the_page_shows(markup: str, expected: str) -> None:
    assert text_of(markup) == expected


@pytest.mark.parametrize(
    "markup",
    [
        "".join(f"<p>paragraph {n}" for n in range(3_000)),
        "<table>" + "".join(f"<tr><td>cell {n}" for n in range(3_000)) + "</table>",
        "<ul>" + "".join(f"<li>item {n}" for n in range(3_000)) + "</ul>",
        "<ol>" + "".join(f"<li>item {n}</li>" for n in range(3_000)) + "</ol>",
    ],
    ids=["paragraphs", "cells", "items", "numbered"],
)
def test_a_long_page_without_end_tags_is_read_whole_and_soon(markup: str) -> None:
    started = time.perf_counter()
    assert len(read_html(markup).parts) == 3_000
    assert time.perf_counter() - started < 2.0


@pytest.mark.parametrize("tag", ["div", "DIV", "section", "strong", "font", "blockquote", "x-unknown"])
@pytest.mark.parametrize("depth", [100, 300, 3_000])
def test_deep_nesting_loses_no_word_or_is_refused_with_the_reason(tag: str, depth: int) -> None:
    markup = f"<{tag}>" * depth + "innermost<p>" + f"</{tag}>" * depth + "<p>after</p>"
    try:
        found = " ".join(text for _, text in told(markup))
    except DocumentError as error:
        found = str(error)
    assert found == "innermost after" or (depth > 100 and "deep" in found)


def test_a_page_without_an_element_is_refused() -> None:
    with pytest.raises(DocumentError, match="holds no text"):
        read_html("")


WORDS = st.text("abcåäö 12.&<>\"'", max_size=12)
TAGS = st.sampled_from("p div span b ul ol li h2 br table tr td section em script !-- main article a".split())
MARKUP = st.lists(
    st.one_of(WORDS, TAGS.map(lambda tag: f"<{tag}>"), TAGS.map(lambda tag: f"</{tag}>")), max_size=40
).map("".join)


@given(MARKUP)
def test_any_tag_soup_gives_clean_parts(markup: str) -> None:
    try:
        parts = read_html(markup).parts
    except DocumentError:
        return
    text, blocks = lay_out(parts)
    assert len(blocks) == len(parts)
    assert all(text[block.start : block.end] == part.text for block, part in zip(blocks, parts, strict=True))


@given(st.lists(st.text("abcåäö ", min_size=1).filter(str.strip), min_size=1, max_size=8))
def test_every_word_of_the_body_comes_out_once_and_in_order(paragraphs: list[str]) -> None:
    markup = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    assert " ".join(text for _, text in told(markup)).split() == " ".join(paragraphs).split()


_TEXT = f"<h1>Twinning</h1><p>{'The towns meet every year. ' * 9}</p>"


@pytest.mark.parametrize(
    ("box", "is_kept"),
    [
        ("<div class='field field--name-body field--label-hidden'>{}</div>", True),
        ("<div class='hidden md:block'>{}</div>", True),
        ("<div class='hidden'>{}</div>", False),
        ("<div class='cookie-bar has-background'>{}</div>", False),
        ("<div><h2>Latest news</h2>{}<a href='/a'>A</a> <a href='/b'>B</a></div>", True),
        ("<div><h2>Latest news</h2><a href='/a'>A</a><article><h3><a href='/b'>B</a></h3>{}</article></div>", False),
        ("<section><h2>Events</h2>{}<p>Apply <a href='/a'>here</a> or <a href='/b'>there</a>.</p></section>", True),
        ("<h2>Read also</h2><ul><li><a href='/a'>A</a> {}</li><li><a href='/b'>B</a></li></ul>", False),
        ("<h2>Lue myös</h2><p>{}</p>", True),
        ("<h2>Contents</h2>{}", True),
        ("<div><h2>Related</h2>{}<a href='mailto:a@x.org'>A</a> <a href='/b'>B</a></div>", True),
    ],
)
def test_a_box_of_links_to_other_pages_is_told_by_what_stands_over_it(box: str, is_kept: bool) -> None:
    page = f"<main>{_TEXT}{box.format('The fair is in May.')}</main>"
    assert ("The fair is in May." in text_of(page)) == is_kept


def test_a_list_of_places_on_the_page_is_left_out() -> None:
    assert "Money" not in text_of(f"<main>{_TEXT}<ul><li><a href='#a'>Money</a><li><a href='#b'>Time</a></ul></main>")


_PANEL = "<div id=p hidden><p>Yes. See <a href='/l'>the list</a>.</p></div>"


@pytest.mark.parametrize(
    "accordion",
    [
        "<details><summary>May we come?</summary><p>Yes. See <a href='/l'>the list</a>.</p></details>",
        f"<button aria-expanded=false aria-controls=p>May we come?</button>{_PANEL}",
        f"<div><div><button aria-expanded=false><span>May we come?</span></button></div>{_PANEL}</div>",
        f"<div role=button aria-controls=p>May we come?</div><!-- panel -->{_PANEL}",
        f"<h3><button data-bs-target='#p'>May we come?</button></h3>{_PANEL}",
        f"<div role=tablist><button role=tab aria-controls=p>May we come?</button></div>{_PANEL}",
        "<dl><dt>May we come?</dt><dd>Yes. See <a href='/l'>the list</a>.</dd></dl>",
        "<p><strong>May we come?</strong></p><p>Yes. See <a href='/l'>the list</a>.</p>",
        "<div class=faq-question>May we come?</div><div>Yes. See <a href='/l'>the list</a>.</div>",
        "<p>May we come?</p><p>Yes. See <a href='/l'>the list</a>.</p><script type='application/ld+json'>"
        '{"@type": "FAQPage", "mainEntity": [{"@type": "Question", "name": "May we come?"}]}</script>',
        '<script type=\'application/ld+json\'>{"@type": "FAQPage", "mainEntity": [{"@type": "Question", "name":'
        ' "May we come?", "acceptedAnswer": {"text": "<p>Yes. See <a href=\'/l\'>the list</a>.</p>"}}]}</script>',
    ],
)
def test_the_label_of_what_unfolds_is_a_heading(accordion: str) -> None:
    parts = read_html(f"<main>{_TEXT}{accordion}</main>").parts
    assert [(part.kind, part.text) for part in parts[2:]] == [
        ("heading", "May we come?"),
        ("paragraph", "Yes. See the list."),
    ]
    assert parts[2].level > 1


@pytest.mark.parametrize(
    ("markup", "lines"),
    [
        ("<button aria-expanded=false aria-controls=m>Menu</button><div id=m><a href=a>A</a> <a href=b>B</a></div>",
         ["A B"]),
        ("<button aria-expanded=false aria-controls=m>Show more</button><div id=m hidden><p>More of it.</p></div>",
         ["More of it."]),
        ("<button>Accept</button><p>The rest.</p>", ["The rest."]),
        ("<div class=question><p>One?</p><p>Two?</p></div>", ["One?", "Two?"]),
    ],
)  # fmt: skip
def test_a_button_that_names_no_text_is_left_out(markup: str, lines: list[str]) -> None:
    assert [text for _, text in told(f"<main>{_TEXT}{markup}</main>")[2:]] == lines
    assert {kind for kind, _ in told(f"<main>{_TEXT}{markup}</main>")[2:]} == {"paragraph"}


@pytest.mark.parametrize(
    ("markup", "language"),
    [
        ("<html lang='fi-FI'><p>a", "fi"),
        ("<html xml:lang='sv'><p>a", "sv"),
        ("<html><meta http-equiv='Content-Language' content='de'><p>a", "de"),
        ("<html><meta property='og:locale' content='et_EE'><p>a", "et"),
        ("<html><p>a", None),
    ],
)
def test_the_language_that_a_page_declares(markup: str, language: str | None) -> None:
    assert read_html(markup).language == language


def test_a_caption_stands_over_its_table() -> None:
    table = "<table><caption>Towns</caption><tr><th>Name<th>Since<tr><td>Oulu<td>1951</table>"
    assert [text for _, text in told(table)] == ["Towns", "Name: Oulu; Since: 1951"]


@pytest.mark.parametrize(
    "card",
    [
        "<div class=vcard><b class=fn>Ada Berg</b><i class=tel><i class=type>T</i> <i class=value>24 13</i></i></div>",
        "<div class=h-card><b class=p-name>Ada Berg</b><i class=p-tel>24 13</i></div>",
    ],
)
def test_a_card_in_a_microformat(card: str) -> None:
    assert read_html(card).people == (Person("Ada Berg", phone="24 13"),)
