"""PDF → parts: real files, made by another library."""

from __future__ import annotations

import io
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader, PdfWriter
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Frame, ListFlowable, PageBreak, PageTemplate, Paragraph, Table

from qa.errors import DocumentError
from qa.ingest.html import read_html
from qa.ingest.lines import Piece, lines_of
from qa.ingest.page_text import parts_of
from qa.ingest.pdf import read
from qa.ingest.source import Page, SavedFile

STYLES = getSampleStyleSheet()


def pdf_of(story: list[Any], columns: int = 1, **about: str) -> bytes:
    """Flowing text with a page number on every page, and a head when there is much of it."""
    story = list(story)

    def furniture(canvas: Canvas, document: Any) -> None:
        canvas.setFont("Helvetica", 8)
        if len(story) > 4:
            canvas.drawString(50, 815, f"Annual report of the association | {document.page}")
        canvas.drawRightString(545, 20, f"Page {document.page} of 9")

    saved = io.BytesIO()
    width = 495 / columns
    frames = [Frame(50 + n * width, 50, width - 10, 750) for n in range(columns)]
    document = BaseDocTemplate(saved, pagesize=A4, **about)
    document.addPageTemplates(PageTemplate(frames=frames, onPage=furniture))
    document.build(list(story))
    return saved.getvalue()


def drawn(draw: Callable[[Canvas], None]) -> bytes:
    saved = io.BytesIO()
    canvas = Canvas(saved, pagesize=A4)
    draw(canvas)
    canvas.save()
    return saved.getvalue()


def page_of(data: bytes) -> Page:
    return read(SavedFile("a.pdf", data, ".pdf"))


def told(data: bytes) -> list[tuple[str, str]]:
    return [(part.kind, part.text) for part in page_of(data).parts]


def paragraph(text: str, style: str = "BodyText") -> Paragraph:
    return Paragraph(text, STYLES[style])


LONG = "The municipalities of Finland have about 1,300 twin towns in more than forty countries all over the world. " * 4


def test_a_report_gives_its_text_and_not_its_furniture() -> None:
    story: list[Any] = []
    for chapter in ("Köge", "Århus", "Tõrva"):
        story += [
            paragraph(f"Chapter {chapter}", "Heading1"),
            paragraph(f"{chapter} comes first. {LONG}"),
            paragraph("Themes", "Heading2"),
            ListFlowable([paragraph("culture"), paragraph(f"schools {LONG}")], bulletType="bullet"),
            ListFlowable([paragraph("first"), paragraph("second")], bulletType="1"),
            Table([["Municipality", "Twin town", "Since"], ["Espoo", "Køge", "1939"], ["Turku", "Århus", "1946"]]),
            paragraph("The end with <b>bold words</b> in it."),
            PageBreak(),
        ]
    data = pdf_of(story, title="Report", author="Office")
    expected: list[tuple[str, str]] = []
    for chapter in ("Köge", "Århus", "Tõrva"):
        expected += [
            ("heading", f"Chapter {chapter}"),
            ("paragraph", f"{chapter} comes first. {LONG}".strip()),
            ("heading", "Themes"),
            ("item", "culture"),
            ("item", f"schools {LONG}".strip()),
            ("item", "first"),
            ("item", "second"),
            ("paragraph", "Municipality: Espoo; Twin town: Køge; Since: 1939"),
            ("paragraph", "Municipality: Turku; Twin town: Århus; Since: 1946"),
            ("paragraph", "The end with bold words in it."),
        ]
    assert told(data) == expected
    page = page_of(data)
    assert page.title == "Report"
    assert page.updated
    assert [part.level for part in page.parts[:3]] == [1, 0, 2]
    assert [part.marker for part in page.parts[3:7]] == ["- ", "- ", "1. ", "2. "]


def test_columns_are_read_one_after_the_other_and_paragraphs_go_on_over_columns_and_pages() -> None:
    texts = [f"Paragraph {n} begins here. {LONG}{LONG}".strip() for n in range(12)]
    assert told(pdf_of([paragraph(text) for text in texts], columns=2)) == [("paragraph", text) for text in texts]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["The association and its long cooper-", "ation go on and on for years and years."],
         "The association and its long cooperation go on and on for years and years."),
        (["The association and its work in many town- ", "and county councils goes on for many years."],
         "The association and its work in many town- and county councils goes on for many years."),
        (["The association sends its memos about all EU-", "affairs to members; town-twinning is among them."],
         "The association sends its memos about all EU-affairs to members; town-twinning is among them."),
        (["Our town-twinning network has worked with town-", "twinning for a long time and will go on so."],
         "Our town-twinning network has worked with town-twinning for a long time and will go on so."),
    ],
)  # fmt: skip
def test_words_cut_at_the_end_of_a_line(lines: list[str], expected: str) -> None:
    pieces = [Piece(line, 50, 700 - 12 * n, 10) for n, line in enumerate(lines)]
    assert [part.text for part in parts_of([lines_of(0, 842, pieces)])] == [expected]


def test_short_lines_stay_lines_so_that_a_contact_is_found() -> None:
    card = ["Ada Berg", "Head of Networks", "ada.berg@example.org", "+47 24 13 26 00"]
    pieces = [Piece(LONG[:90], 50, 700, 10), *(Piece(text, 50, 660 - 12 * n, 10) for n, text in enumerate(card))]
    assert [part.text for part in parts_of([lines_of(0, 842, pieces)])][1:] == card


def test_a_narrow_column_beside_wide_text_is_read_as_paragraphs() -> None:
    column = ["Kontoret bevakar medlemmarnas intressen i Bryssel",
              "och tar emot studiebesök under hela året, särskilt på",
              "våren och hösten, då många grupper från norra delen", "av landet reser dit."]  # fmt: skip
    pieces = [Piece(LONG[:100], 50, 700, 10), *(Piece(text, 50, 660 - 12 * n, 10) for n, text in enumerate(column))]
    assert [part.text for part in parts_of([lines_of(0, 842, pieces)])][1:] == [" ".join(column)]


def test_cells_with_little_between_them_are_told_apart_by_those_above() -> None:
    rows = [["Kommun", "Vänort", "Sedan"], ["Esbo", "Køge", "1946"], ["Åbo", "Göteborg", "1948"]]
    pieces = [
        Piece(cell, x, 700 - 14 * n, 12, is_bold=n == 0)
        for n, row in enumerate(rows)
        for cell, x in zip(row, (66, 125, 172), strict=True)
    ]
    assert [part.text for part in parts_of([lines_of(0, 842, pieces)])] == [
        "Kommun: Esbo; Vänort: Køge; Sedan: 1946",
        "Kommun: Åbo; Vänort: Göteborg; Sedan: 1948",
    ]


LEFT = ["The assembly met in Turku in May.", "It elected a new board whose members",
        "come from all parts of the country and", "set the fee for the coming year at",
        "twelve cents an inhabitant."]  # fmt: skip
RIGHT = ["Seven projects began this spring. They", "deal with schools, libraries and the",
         "care of old people, and each of them", "has a budget of forty thousand euros."]  # fmt: skip


def side_by_side(*columns: list[str], apart: int = 250) -> bytes:
    """Columns of text that are set line by line, and a line below them."""

    def draw(canvas: Canvas) -> None:
        canvas.setFont("Helvetica", 10)
        for n in range(max(map(len, columns))):
            for place, column in enumerate(columns):
                if n < len(column):
                    canvas.drawString(60 + apart * place, 700 - 13 * n, column[n])
        canvas.drawString(60, 550, "Published by the office of the association in Helsinki, in Finnish and Swedish.")

    return drawn(draw)


def test_columns_that_are_set_line_by_line_are_read_one_after_the_other() -> None:
    lines = [text for _, text in told(side_by_side(LEFT, RIGHT))]
    assert lines[:-1] == [" ".join(LEFT), " ".join(RIGHT)]
    lines = [text for _, text in told(side_by_side(RIGHT, LEFT[1:], RIGHT, apart=190))]
    assert lines[:-1] == [" ".join(RIGHT), " ".join(LEFT[1:]), " ".join(RIGHT)]


def test_a_table_of_long_cells_stays_a_table() -> None:
    tasks = ["Task", "Finding a partner", "Writing an agreement", "Keeping it alive", "Telling of it"]
    whose = [
        "Whose it is",
        "The mayor and the council",
        "The lawyer of the city",
        "Schools and clubs",
        "The press office",
    ]
    assert next(text for _, text in told(side_by_side(tasks, whose))) == (
        "Task: Finding a partner; Whose it is: The mayor and the council"
    )


def test_cards_of_people_side_by_side_are_read_one_after_the_other() -> None:
    ada = ["Ada Berg", "Head of Networks", "+47 24 13 26 00"]
    nils = ["Nils Lund", "adviser", "nils.lund@example.org"]
    assert [text for _, text in told(side_by_side(ada, nils))][:-1] == [*ada, *nils]


@pytest.mark.parametrize("is_round", [True, False])
def test_bullets_that_are_drawn_open_items(is_round: bool) -> None:
    def draw(canvas: Canvas) -> None:
        canvas.setFont("Helvetica", 10)
        canvas.rect(40, 100, 500, 700)
        canvas.drawString(60, 750, "The board has these tasks:")
        for n, line in enumerate(["it leads the association", "it sets the fee", "it prepares the assembly and"]):
            if is_round:
                canvas.circle(66, 733.5 - 14 * n, 1.6, stroke=0, fill=1)
            else:
                canvas.rect(64, 732 - 14 * n, 4, 4, stroke=0, fill=1)
            canvas.drawString(76, 730 - 14 * n, line)
        canvas.drawString(76, 688, "hires the director")
        canvas.drawString(60, 660, "It meets six times a year.")
        canvas.circle(400, 663, 2)  # far from any line

    assert told(drawn(draw)) == [
        ("paragraph", "The board has these tasks:"),
        ("item", "it leads the association"),
        ("item", "it sets the fee"),
        ("item", "it prepares the assembly and hires the director"),
        ("paragraph", "It meets six times a year."),
    ]


def test_cells_with_nothing_but_a_space_of_the_library_between_are_told_apart() -> None:
    rows = [["Nimi", "Tehtävä", "Sähköposti"], ["Olli Opas", "neuvoja", "olli@koe.example"]]
    pieces = [
        Piece(text, x, 260 - 24 * n, 11)
        for n, row in enumerate(rows)
        for cell, x in zip(row, (90, 234, 378), strict=True)
        for text in ((" ", cell) if x > 90 else (cell,))
    ]
    assert [part.text for part in parts_of([lines_of(0, 842, pieces)])] == ["Olli Opas\nneuvoja\nolli@koe.example"]


def test_a_page_number_is_dropped_even_from_one_page() -> None:
    def draw(canvas: Canvas) -> None:
        canvas.drawString(50, 500, "The only sentence.")
        canvas.drawString(290, 30, "– 12 –")

    assert told(drawn(draw)) == [("paragraph", "The only sentence.")]


PRINTED = """<html lang="sv"><style>@page{margin:20mm} body{font:11pt/1.4 serif} .c{column-count:2;text-align:justify}
</style><h1>Årsrapport</h1><p>Förbundet har medlemmar i alla landskap. Vänortsverksamheten har vuxit under hela året
och nya avtal har tecknats med kommuner i Estland, Lettland och Polen.</p><h2>Teman</h2><ol><li>först<li>sedan</ol>
<ul><li>kultur och en lång rad som inte får plats på en enda rad i den här boxen, hur man än vänder på den<li>skola
<ul><li>idrott</ul></ul>
<table><tr><th>Kommun<th>Vänort<th>År<tr><td>Esbo<td>Køge<td>1946<tr><td>Åbo<td>Göteborg<td>1948</table><h2>Spalter</h2>
<div class=c><p>Kommunförbundet öppnade sitt kontor i Bryssel 1992. Kontoret bevakar medlemmarnas intressen och tar emot
studiebesök under hela året, särskilt på våren och hösten då många grupper reser.</p><p>Besöken bokas minst tre veckor i
förväg. Grupperna får vara högst tjugofem personer stora och programmet planeras tillsammans med kontorets personal, som
består av fyra sakkunniga.</p></div><h3>Kontakt</h3><p>Åsa Öberg<br>sakkunnig<br>asa.oberg@example.org</p></html>"""


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("chromium"), reason="there is no browser to print with")
def test_a_page_that_a_browser_printed_is_read_as_it_was_written(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(PRINTED, "utf-8")
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer", f"--user-data-dir={tmp_path}/p"]
    command = ["chromium", *options, f"--print-to-pdf={tmp_path}/a.pdf", f"file://{tmp_path}/a.html"]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    assert [text for _, text in told((tmp_path / "a.pdf").read_bytes())] == [
        part.text for part in read_html(PRINTED).parts
    ]


def test_a_scanned_page_is_named() -> None:
    from PIL import Image

    def draw(canvas: Canvas) -> None:
        canvas.drawImage(ImageReader(Image.new("RGB", (40, 40), "white")), 0, 0, 500, 700)

    with pytest.raises(DocumentError, match="holds page images without text: run OCR first"):
        page_of(drawn(draw))


def locked(data: bytes, password: str) -> bytes:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(data)))
    writer.encrypt(password, owner_password="owner", algorithm="RC4-128")
    saved = io.BytesIO()
    writer.write(saved)
    return saved.getvalue()


def test_an_encrypted_pdf_is_named_and_one_that_only_forbids_changes_is_read() -> None:
    data = pdf_of([paragraph("The only sentence.")])
    with pytest.raises(DocumentError, match="is encrypted: save it without a password"):
        page_of(locked(data, "secret"))
    assert told(locked(data, "")) == [("paragraph", "The only sentence.")]


def test_too_many_pages_are_refused() -> None:
    writer = PdfWriter()
    for _ in range(2_001):
        writer.add_blank_page(100, 100)
    saved = io.BytesIO()
    writer.write(saved)
    with pytest.raises(DocumentError, match="has 2,001 pages; at most 2,000 are read: split it"):
        page_of(saved.getvalue())


@pytest.mark.parametrize("keep", [0.3, 0.7, 0.95])
def test_a_truncated_pdf_is_read_as_far_as_it_goes_or_named(keep: float) -> None:
    data = pdf_of([paragraph(LONG)])
    try:
        found = " ".join(text for _, text in told(data[: int(len(data) * keep)]))
    except DocumentError as error:
        found = str(error)
    assert found == LONG.strip() or "damaged" in found


WORD = st.text("abcdeåäöøæ", min_size=1, max_size=9)


TEXTS = st.lists(WORD, min_size=1, max_size=60).map(lambda words: f"X{' '.join(words)}.")


@settings(max_examples=25)
@given(st.lists(TEXTS, min_size=1, max_size=4))
def test_every_word_comes_back_in_order(texts: list[str]) -> None:
    words = " ".join(text for _, text in told(pdf_of([paragraph(text) for text in texts])))
    assert words.split() == " ".join(texts).split()
