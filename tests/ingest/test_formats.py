"""From files to answers in every format; which reader reads what, and what the file's name and sidecar add."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from reportlab.platypus import Paragraph

from qa.assistant import Assistant
from qa.building import build
from qa.errors import DocumentError
from qa.ingest.corpus import read_document, read_files
from qa.ingest.formats import FORMATS, kind_of
from qa.ingest.metadata import version_id
from qa.ingest.source import Limits, SavedFile, Sidecar
from qa.records import Document
from qa.settings import PROJECT_DIR, Settings
from tests.ingest.office import docx_of, odt_of, xlsx_of
from tests.ingest.test_pdf import STYLES, pdf_of

CONTACTS = [
    ["Navn", "Stilling", "E-post", "Telefon", "Ansvarsområder"],
    ["Kari Eksempel", "spesialrådgiver", "kari@example.org", "24 00 00 01", "vennskapsbyer"],
    ["Ola Prøve", "avdelingsdirektør", "ola@example.org", "24 00 00 02", "økonomi"],
]
TOWNS = [["Kunta", "Ystävyyskunta", "Alkaen"], ["Espoo", "Køge", "1946"], ["Turku", "Göteborg", "1948"]]
FILES: dict[str, Callable[[], str | bytes]] = {
    "en/cemr.md": lambda: "# CEMR\n\nCEMR was founded in 1951 in Geneva.\n",
    "sv/bryssel.txt": lambda: "Kontoret\nKommunförbundet öppnade sitt kontor i Bryssel 1992.\n".encode("cp1252"),
    "da/kongressen.html": lambda: (
        "<nav>Menu</nav><main><h1>Kongressen</h1><p>Kongressen har 612 medlemmer fra 46 lande.</p>"
    ),
    "fr/jumelages.docx": lambda: docx_of(
        [("heading", (1, "Jumelages")), ("paragraph", "Le premier jumelage franco-allemand date de 1950.")]
    ),
    "et/buroo.odt": lambda: odt_of(
        [("heading", (1, "Büroo")), ("paragraph", "Büroo Brüsselis avati aastal 2005 koos Läti liiduga.")]
    ),
    "de/beitrag.pdf": lambda: pdf_of(
        [Paragraph("Beitrag", STYLES["Heading1"]),
         Paragraph("Der Jahresbeitrag für Mitglieder beträgt 250 Euro im Jahr.", STYLES["BodyText"])]
    ),
    "nb/ansatte.xlsx": lambda: xlsx_of({"Ansatte": CONTACTS}),
    "fi/kunnat.csv": lambda: "\n".join(";".join(row) for row in TOWNS),
    "en/questions.csv": lambda: "Question,Answer\n"
    "What is a twin town?,A twin town is a town abroad that works with one at home.\n"
    "How big may a group be?,A group may have twenty-five people.\n",
}  # fmt: skip
QUESTIONS = [
    ("When was CEMR founded?", "1951", "en/cemr"),
    ("När öppnade Kommunförbundet sitt kontor i Bryssel?", "1992", "sv/bryssel"),
    ("Hvor mange medlemmer har Kongressen?", "612", "da/kongressen"),
    ("De quand date le premier jumelage franco-allemand ?", "1950", "fr/jumelages"),
    ("Millal avati büroo Brüsselis?", "2005", "et/buroo"),
    ("Wie hoch ist der Jahresbeitrag für Mitglieder?", "250", "de/beitrag"),
    ("Hvem kan jeg kontakte om vennskapsbyer?", "kari@example.org", "nb/ansatte"),
    ("Mikä on Espoon ystävyyskunta?", "Køge", "fi/kunnat"),
    ("What is a twin town?", "works with one at home", "en/questions"),
]


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    folder = tmp_path_factory.mktemp("every-format")
    for name, make in FILES.items():
        content = make()
        (folder / "corpus" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "corpus" / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    settings = Settings(corpus_dir=folder / "corpus", index_dir=folder / "index")
    report = build(settings)
    assert (report.documents, report.skipped) == (len(FILES), ())
    return Assistant.load(settings)


@pytest.mark.parametrize(("question", "words", "document"), QUESTIONS, ids=[name for _, _, name in QUESTIONS])
def test_a_question_is_answered_from_every_format(
    assistant: Assistant, question: str, words: str, document: str
) -> None:
    answer = assistant.ask(question)
    told = " ".join([answer.answer, *(str(contact.email) for contact in answer.contacts)])
    assert answer.status == "answered"
    assert words in told
    assert answer.citations[0].document == document
    texts = {each.path: each.text for each in assistant.documents}
    for citation in answer.citations:
        assert texts[citation.document][citation.start : citation.end] == citation.quote


def test_every_suffix_has_a_reader() -> None:
    for suffix, format_ in FORMATS.items():
        assert callable(import_module(format_.module).read), suffix


def test_asking_loads_no_reader(built_index: Path) -> None:
    code = (
        "import sys; from qa.cli import main; "
        f"main(['ask', 'When was CEMR founded?', '--index', {str(built_index)!r}]); "
        "print([m for m in ('pypdf', 'openpyxl', 'lxml', 'markdown_it') if m in sys.modules])"
    )
    shown = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT_DIR, capture_output=True, text=True, timeout=60, check=True
    )
    assert shown.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (lambda: docx_of([]), "DOCX"),
        (lambda: odt_of([]), "ODT"),
        (lambda: xlsx_of({"S": []}), "XLSX"),
        (lambda: b"PK\x03\x04 torn", "damaged ZIP archive"),
        (lambda: b"MZ is how this text begins", "text"),
        (lambda: b"PDF files begin with %PDF-1.7", "text"),
        (lambda: b"\r\n%PDF-1.7", "PDF"),
    ],
)
def test_what_bytes_show(make: Callable[[], bytes], kind: str) -> None:
    assert kind_of(make()) == kind


def written(folder: Path, name: str, content: str | bytes, sidecar: Any = None) -> Document:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    if sidecar is not None:
        file.with_name(file.name + ".meta.json").write_text(
            sidecar if isinstance(sidecar, str) else json.dumps(sidecar), "utf-8"
        )
    return read_document(file, folder)


def test_what_the_crawler_noted_is_used(tmp_path: Path) -> None:
    told = {
        "url": "https://example.org/lt/",
        "content_type": "text/html; charset=windows-1257",
        "last_modified": "Fri, 31 May 2024 07:00:00 GMT",
        "language": "et",
    }
    document = written(tmp_path, "site/page.html", "<p>Šilutė ir Žemė</p>".encode("cp1257"), told)
    assert document.text == "Šilutė ir Žemė"
    assert (document.url, document.updated, document.language) == ("https://example.org/lt/", "2024-05-31", "et")


def test_what_the_page_tells_goes_before_its_sidecar(tmp_path: Path) -> None:
    page = '<html lang="sv"><link rel=canonical href="/a"><meta name="dcterms.modified" content="2020-01-02"><p>Text.'
    document = written(
        tmp_path, "a.html", page, {"url": "https://example.org/a?x=1", "language": "fi", "last_modified": "2024-01-01"}
    )
    assert (document.url, document.updated, document.language) == ("https://example.org/a", "2020-01-02", "sv")


@pytest.mark.parametrize(
    ("fetched", "url"),
    [
        ("https://example.org/fees", "https://example.org/fees"),
        ("https://example.org/index.php", "https://example.org/"),
        ("https://example.org/fi", "https://example.org/"),
    ],
)
def test_a_page_that_calls_the_front_page_its_own_is_cited_where_it_was_fetched(
    tmp_path: Path, fetched: str, url: str
) -> None:
    page = "<link rel=canonical href='https://example.org/'><p>Text."
    assert written(tmp_path, "a.html", page, {"url": fetched}).url == url


@pytest.mark.parametrize("sidecar", ["", "[]", "{", "[" * 100_000, json.dumps({"url": "x" * 200_000})])
def test_a_sidecar_that_cannot_be_read_is_named(tmp_path: Path, sidecar: str) -> None:
    with pytest.raises(DocumentError, match=r"has a a\.html\.meta\.json that can't be read: remove it"):
        written(tmp_path, "a.html", "<p>Text.", sidecar)


@pytest.mark.parametrize("told", [{"url": 5}, {"alternates": [1]}, {"charset": None}, {"last_modified": "soon"}, {}])
def test_a_sidecar_that_tells_nothing_of_use_does_no_harm(tmp_path: Path, told: dict[str, Any]) -> None:
    document = written(tmp_path, "a.html", "<p>Text.", told)
    assert (document.url, document.updated, document.id) == (None, None, "a")


def test_language_versions_are_joined_by_their_addresses_and_by_their_names(tmp_path: Path) -> None:
    links = "".join(
        f'<link rel="alternate" hreflang="{code}" href="https://example.org/{path}">'
        for code, path in (("fi", "fi/a"), ("sv", "sv/b"), ("x-default", ""))
    )
    one = written(tmp_path, "1.html", f'<html lang=fi><link rel=canonical href="https://example.org/fi/a">{links}<p>x')
    two = written(tmp_path, "2.html", f"<html lang=sv>{links}<p>x", {"url": "https://example.org/sv/b"})
    assert one.id == two.id == "https://example.org/fi/a"
    named = [written(tmp_path, f"about/uclg.{suffix}", "Text.") for suffix in ("fi.md", "sv.txt", "md")]
    assert [(each.id, each.language) for each in named[:2]] == [("about/uclg", "fi"), ("about/uclg", "sv")]
    assert named[2].id == "about/uclg"


@pytest.mark.parametrize(
    ("url", "versions", "id"),
    [
        ("https://x.org/fi/a", [], None),
        ("https://x.org/fi/a", ["https://x.org/fi/a"], None),
        (None, ["https://x.org/sv/b", "https://x.org/fi/a"], "https://x.org/fi/a"),
        # A page that isn't translated points to the front page of the other language: that is no version of it.
        ("https://x.org/fi/a", ["https://x.org/fi/a", "https://x.org/en/"], None),
        ("https://x.org/fi/", ["https://x.org/fi/", "https://x.org/en/"], "https://x.org/en/"),
        ("https://x.org/fi/a", ["javascript:alert(1)", "https://x.org/sv/b"], "https://x.org/fi/a"),
    ],
)
def test_the_id_of_versions(url: str | None, versions: list[str], id: str | None) -> None:
    assert version_id(url, versions) == id


def test_files_are_read_one_at_a_time(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("Text.")
    (tmp_path / "b.md").write_text("")
    reads = read_files([tmp_path / "a.md", tmp_path / "b.md", tmp_path / "gone.md"], tmp_path)
    first = next(reads)
    assert isinstance(first, Document)
    assert [str(read).count("holds no text") for read in reads] == [1, 0]


def test_a_file_is_read_within_the_limits_given(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_bytes(b"x" * 1_000_001)
    with pytest.raises(DocumentError, match=r"is 1 MB; at most 1 MB are read: split it, or raise max_file_mb"):
        SavedFile.load(tmp_path / "a.md", Limits(max_file_mb=1, max_read_s=1))
    assert SavedFile.load(tmp_path / "a.md", Limits(max_file_mb=2, max_read_s=1)).sidecar == Sidecar()
