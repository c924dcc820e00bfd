"""DOCX, ODT and XLSX → parts."""

from __future__ import annotations

import datetime
import io
from typing import Any

import docx
import openpyxl
import pytest
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from hypothesis import given, settings
from hypothesis import strategies as st

from qa.ingest import docx as docx_reader
from qa.ingest import odt as odt_reader
from qa.ingest import xlsx as xlsx_reader
from qa.ingest.html import read_html
from qa.ingest.layout import lay_out
from qa.ingest.source import Page, SavedFile
from tests.ingest.office import Piece, docx_of, odt_of, odt_with, xlsx_of

TEXT = st.text("abcåäöøæõüéšž ,0123456789&<>\"'", min_size=1, max_size=30).map(
    lambda text: "A" + " ".join(text.split())
)
PIECES = st.lists(
    st.one_of(
        st.tuples(st.just("heading"), st.tuples(st.integers(1, 6), TEXT)),
        st.tuples(st.sampled_from(["paragraph", "item"]), TEXT),
        st.tuples(st.just("table"), st.lists(st.lists(TEXT, min_size=3, max_size=3), min_size=2, max_size=3)),
    ),
    min_size=1,
    max_size=6,
)


def page_of(format_: str, data: bytes) -> Page:
    reader = {"docx": docx_reader, "odt": odt_reader, "xlsx": xlsx_reader}[format_]
    return reader.read(SavedFile(f"a.{format_}", data, f".{format_}"))


def told(page: Page) -> list[tuple[str, str]]:
    return [(part.kind, part.text) for part in page.parts]


def html_of(pieces: list[Piece]) -> str:
    """The same pieces as HTML: what the readers give is compared with what the oldest of them gives."""
    from html import escape

    found = []
    for kind, about in pieces:
        if kind == "heading":
            found.append(f"<h{about[0]}>{escape(about[1])}</h{about[0]}>")
        elif kind == "item":
            found.append(f"<ul><li>{escape(about)}</li></ul>")
        elif kind == "paragraph":
            found.append(f"<p>{escape(about)}</p>")
    return f"<body>{''.join(found)}</body>"


@settings(max_examples=20)
@given(PIECES)
@pytest.mark.parametrize("format_", ["docx", "odt"])
def test_what_is_written_comes_back_in_order(format_: str, pieces: list[Piece]) -> None:
    page = page_of(format_, docx_of(pieces) if format_ == "docx" else odt_of(pieces))
    words = " ".join(part.text for part in page.parts).replace(";", " ").replace(":", " ")
    cells = [cell for kind, about in pieces if kind == "table" for row in about for cell in row]
    assert all(cell in words for cell in cells)
    plain = [piece for piece in pieces if piece[0] != "table"]
    if len(plain) == len(pieces):
        assert page.parts == read_html(html_of(pieces)).parts


@settings(max_examples=20)
@given(st.lists(st.lists(TEXT, min_size=2, max_size=4), min_size=1, max_size=5))
def test_the_cells_of_a_sheet_come_back_in_order(rows: list[list[str]]) -> None:
    text = "\n".join(part.text for part in page_of("xlsx", xlsx_of({"S": rows})).parts)
    position = 0
    for row in rows[1:]:
        for cell in row:
            position = text.index(cell, position) + len(cell)


TABLE = [["Municipality", "Twin town", "Since"], ["Espoo", "Køge", "1939"], ["Turku", "Århus\nDanmark", "1946"]]
LINES = [
    "Municipality: Espoo; Twin town: Køge; Since: 1939",
    "Municipality: Turku; Twin town: Århus, Danmark; Since: 1946",
]


@pytest.mark.parametrize(
    ("format_", "data"),
    [("docx", docx_of([("table", TABLE)])), ("odt", odt_of([("table", TABLE)])), ("xlsx", xlsx_of({"S": TABLE}))],
)
def test_a_row_says_what_it_says_alone(format_: str, data: bytes) -> None:
    lines = [text for _, text in told(page_of(format_, data))]
    # In the ODT made here a line break in a cell is a space.
    assert [line.replace("Århus Danmark", "Århus, Danmark") for line in lines] == LINES


def test_title_date_and_lists_of_a_word_document() -> None:
    document = docx.Document()
    document.core_properties.title = "Microsoft Word - draft.docx"
    document.core_properties.modified = datetime.datetime(2024, 5, 31, 12)
    document.add_heading("International work", 0)
    for text in ("one", "two"):
        document.add_paragraph(text, "List Number")
    document.sections[0].header.paragraphs[0].text = "Page head"
    document.sections[0].footer.paragraphs[0].text = "Page foot"
    saved = io.BytesIO()
    document.save(saved)
    page = page_of("docx", saved.getvalue())
    assert (page.title, page.updated) == ("International work", "2024-05-31")
    assert [(part.kind, part.text, part.marker) for part in page.parts[1:]] == [
        ("item", "one", "1. "),
        ("item", "two", "2. "),
    ]


def test_deleted_text_goes_and_a_link_to_an_address_is_told() -> None:
    document = docx.Document()
    paragraph = document.add_paragraph("Kept. ")
    deleted = OxmlElement("w:del")
    deleted.append(paragraph.add_run("Deleted.")._r)
    paragraph._p.append(deleted)
    link = OxmlElement("w:hyperlink")
    target = document.part.relate_to(
        "mailto:ada.berg@example.org", docx.opc.constants.RELATIONSHIP_TYPE.HYPERLINK, True
    )
    link.set(qn("r:id"), target)
    link.append(paragraph.add_run("Write to us")._r)
    paragraph._p.append(link)
    saved = io.BytesIO()
    document.save(saved)
    assert told(page_of("docx", saved.getvalue())) == [("paragraph", "Kept. Write to us (ada.berg@example.org)")]


def test_merged_cells_are_told_in_every_row() -> None:
    document = docx.Document()
    table = document.add_table(3, 3)
    for row, texts in zip(
        table.rows, [["Country", "Town", "Year"], ["Denmark", "Køge", "1939"], ["", "Århus", "1946"]], strict=True
    ):
        for cell, text in zip(row.cells, texts, strict=True):
            cell.text = text
    table.cell(1, 0).merge(table.cell(2, 0))
    saved = io.BytesIO()
    document.save(saved)
    assert told(page_of("docx", saved.getvalue()))[-1] == ("paragraph", "Country: Denmark; Town: Århus; Year: 1946")


def test_an_opendocument_text() -> None:
    body = (
        "<text:tracked-changes><text:p>Deleted.</text:p></text:tracked-changes>"
        '<text:h text:outline-level="2">Teemat</text:h>'
        '<text:p>Suomi<text:s text:c="2"/>on<text:line-break/>mukana<text:note>'
        "<text:note-citation>1</text:note-citation><text:note-body><text:p>Alaviite.</text:p></text:note-body></text:note>.</text:p>"
        '<text:list text:style-name="N"><text:list-item><text:p>yksi</text:p>'
        '<text:list text:style-name="B"><text:list-item>'
        "<text:p>syvemmällä</text:p></text:list-item></text:list></text:list-item>"
        "<text:list-item><text:p>kaksi</text:p></text:list-item></text:list>"
        "<text:table-of-content><text:p>Teemat 1</text:p></text:table-of-content>"
        '<text:p><text:a xlink:href="mailto:ada@example.org">Kirjoita</text:a></text:p>'
    )
    page = page_of(
        "odt",
        odt_with(body, "<office:meta><dc:title>Kunnat</dc:title><dc:date>2024-05-31T09:00:00</dc:date></office:meta>"),
    )
    assert (page.title, page.updated) == ("Kunnat", "2024-05-31")
    assert [(part.kind, part.text, part.marker) for part in page.parts] == [
        ("heading", "Teemat", "- "),
        ("paragraph", "Suomi  on", "- "),
        ("paragraph", "mukana.", "- "),
        ("paragraph", "Alaviite.", "- "),
        ("item", "yksi", "1. "),
        ("item", "syvemmällä", "- "),
        ("item", "kaksi", "2. "),
        ("paragraph", "Kirjoita (ada@example.org)", "- "),
    ]


def test_values_of_cells_are_told_as_the_sheet_shows_them() -> None:
    book = openpyxl.Workbook()
    sheet: Any = book.active
    sheet.append(["Town", "Founded", "Share", "Members", "Formula"])
    sheet.append(["Køge", datetime.date(1939, 5, 1), 0.125, 1300.0, "=1+1"])
    sheet["C2"].number_format = "0.0 %"
    hidden = book.create_sheet("Hidden")
    hidden.append(["secret", "words"])
    hidden.sheet_state = "hidden"
    saved = io.BytesIO()
    book.save(saved)
    assert told(page_of("xlsx", saved.getvalue())) == [
        ("paragraph", "Town: Køge; Founded: 1939-05-01; Share: 12.5 %; Members: 1300")
    ]


TABBED = ["Fee\t1 200 euros", "Course\t\t150 euros", "Ada Berg\tadviser\ttel. 24 13 26 00\tada.berg@ks.no",
         "Name\tTitle\tE-mail", "Nils Lund\tHead\tnils@ks.no"]  # fmt: skip
AS_READ = [
    ("paragraph", "Fee: 1 200 euros"),
    ("paragraph", "Course: 150 euros"),
    ("contact", "Ada Berg\nadviser\ntel. 24 13 26 00\nada.berg@ks.no"),
    ("paragraph", "Then:"),
    ("contact", "Nils Lund\nHead\nnils@ks.no"),
    ("paragraph", "§ 3 The board meets."),
]


def test_lines_that_tabs_cut_into_columns_are_rows() -> None:
    lines = [*TABBED[:3], "Then:", *TABBED[3:], "§ 3\tThe board meets."]
    word = page_of("docx", docx_of([("paragraph", line) for line in lines]))
    assert [part.kind for part in word.parts] == [kind for kind, _ in AS_READ]
    assert lay_out(word.parts)[0].split("\n\n") == [text for _, text in AS_READ]
    written = "".join(f"<text:p>{line}</text:p>".replace("\t", "<text:tab/>") for line in lines)
    assert lay_out(page_of("odt", odt_with(written)).parts)[0].split("\n\n") == [text for _, text in AS_READ]


def test_a_line_in_bold_type_is_a_heading_below_the_last() -> None:
    document = docx.Document()
    document.add_heading("Fees", 1)
    document.add_paragraph().add_run("Who pays?").bold = True
    half = document.add_paragraph("Members ")
    half.add_run("pay.").bold = True
    document.add_paragraph().add_run("All of them must pay.").bold = True
    document.add_paragraph(style="List Bullet").add_run("towns").bold = True
    document.add_paragraph().add_run("Not bold").bold = False
    saved = io.BytesIO()
    document.save(saved)
    assert [(part.kind, part.text, part.level) for part in page_of("docx", saved.getvalue()).parts] == [
        ("heading", "Fees", 1),
        ("heading", "Who pays?", 2),
        ("paragraph", "Members pay.", 0),
        ("paragraph", "All of them must pay.", 0),
        ("item", "towns", 0),
        ("paragraph", "Not bold", 0),
    ]


def test_the_title_of_an_odt_is_its_first_heading() -> None:
    own = '<style:style style:name="P1" style:parent-style-name="Title"/>'
    body = (
        '<text:p text:style-name="Title">Guide</text:p><text:p text:style-name="P1">Fees</text:p><text:p>Text.</text:p>'
    )
    told_ = told(page_of("odt", odt_with(f"{own}{body}")))
    assert told_ == [("heading", "Guide"), ("heading", "Fees"), ("paragraph", "Text.")]
