"""Files made to do harm: each is refused with one clear line or made harmless, in bounded time and memory."""

from __future__ import annotations

import io
import os
import re
import resource
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
from pypdf import PdfWriter
from pypdf.generic import DictionaryObject, NameObject, TextStringObject

from qa.errors import DocumentError
from qa.ingest.bounded import BoundedReader
from qa.ingest.corpus import read_corpus, read_document
from qa.ingest.formats import FORMATS, Format
from qa.ingest.source import Limits, Page, SavedFile
from tests.ingest.office import docx_of, odt_of, odt_with, with_member, xlsx_of, zip_of

LIMITS = Limits(max_file_mb=50, max_read_s=20)
WORDS = [("paragraph", "The association was founded in 1951.")]
ENTITIES = (
    '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY secret SYSTEM "file:///etc/passwd">]>'
)


@pytest.fixture(autouse=True)
def _in_bounded_time_and_memory() -> Iterator[None]:
    started = time.perf_counter()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    yield
    assert time.perf_counter() - started < 60
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 700_000, "kilobytes"


def read(folder: Path, name: str, data: bytes, limits: Limits = LIMITS) -> str:
    """The text of a file, or why it is refused: one line in either case says what happened."""
    file = folder / name
    file.write_bytes(data)
    try:
        return read_document(file, folder, limits).text
    except DocumentError as error:
        return f"refused: {error}"


def bomb(name: str, size: int, template: bytes) -> bytes:
    return with_member(template, name, b"<a>" + b" " * size + b"</a>")


def nested(data: bytes, levels: int) -> bytes:
    for _ in range(levels):
        data = zip_of({"inner.zip": data})
    return data


LOCKED = (
    '<m:manifest xmlns:m="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"><m:file-entry m:full-path="content.xml">'
    "<m:encryption-data/></m:file-entry></m:manifest>"
)
DEEP = "".join(f"<w:x{n % 7}>" for n in range(5_000))
HOSTILE: Mapping[str, tuple[str, Callable[[], bytes], str]] = {
    "zip bomb": (
        "a.docx", lambda: bomb("word/document.xml", 90_000_000, docx_of(WORDS)), "unpacks to 90 MB, .* ZIP bomb"),
    "zip bomb in a part that isn't read": (
        "a.docx", lambda: bomb("word/media/x.xml", 60_000_000, docx_of(WORDS)), "unpacks to 60 MB, .* ZIP bomb"),
    "zip bomb in a sheet": (
        "a.xlsx", lambda: bomb("xl/worksheets/sheet1.xml", 60_000_000, xlsx_of({"S": [["a", "b"]]})), "ZIP bomb"),
    "zip bomb in a text": ("a.odt", lambda: bomb("content.xml", 60_000_000, odt_of(WORDS)), "ZIP bomb"),
    "nested archives": ("a.docx", lambda: nested(b"x" * 1_000_000, 8), "is a ZIP archive, which isn't what ends in"),
    "archive within": (
        "a.docx", lambda: with_member(docx_of(WORDS), "word/embeddings/a.zip", nested(b"x", 9)), "founded in 1951"),
    "very many members": (
        "a.docx", lambda: zip_of({"word/document.xml": "<x/>"} | {f"{n}": "" for n in range(21_000)}), "ZIP bomb"),
    "entities in a document": (
        "a.docx", lambda: with_member(docx_of(WORDS), "word/document.xml", ENTITIES + "<x>&b;</x>"), "XML entities"),
    "entities in a text": ("a.odt", lambda: with_member(odt_of(WORDS), "content.xml", ENTITIES + "<x>&secret;</x>"),
        "XML entities"),
    "entities in a sheet": (
        "a.xlsx", lambda: with_member(xlsx_of({"S": [["a"]]}), "xl/sharedStrings.xml", ENTITIES + "<x>&secret;</x>"),
        "XML entities"),
    "entities in UTF-16": (
        "a.odt", lambda: with_member(odt_of(WORDS), "content.xml", (ENTITIES[21:] + "<x>&b;</x>").encode("utf-16")),
        "XML entities|is damaged"),
    "entities in XML": ("a.xml", lambda: (ENTITIES + "<x>&b;</x>").encode(), "XML of no known kind"),
    "entities in HTML": ("a.html", lambda: (ENTITIES + "<p>Text &secret; &b;</p>").encode(), "^(?!.*root:)"),
    "deep XML": (
        "a.docx", lambda: with_member(docx_of(WORDS), "word/document.xml", f'<w:d xmlns:w="w">{DEEP}'), "deep|damaged"),
    "macros": ("a.docm", lambda: with_member(docx_of(WORDS), "word/vbaProject.bin", b"Sub AutoOpen()"), "founded in"),
    "deep HTML": ("a.html", lambda: b"<div>" * 200_000 + b"Text.", "nested more than 2,048 deep"),
    "many attributes": ("a.html", lambda: b"<p " + b"a=1 " * 500_000 + b">Text.", "Text"),
    "many buttons of one panel": (
        "a.html", lambda: b"<button aria-controls=p>Q</button>" * 4000 + b"<p id=p>Text." + b"<a>x</a>" * 4000, "Text"),
    "boxes of news in one another": (
        "a.html", lambda: b"<div><h2>News</h2><a href=a>a</a><a href=b>b</a>" * 1_500 + b"Text. " * 9_000, "Text"),
    "many furniture words": ("a.html", lambda: b"<div class=menu>" * 1_500 + b"Text. " * 10_000, "Text"),
    "a table of spans": ("a.html", lambda: b"<table><tr>" + b"<td rowspan=9999 colspan=9999>a<td>b" * 5_000, "a"),
    "markup to run": (
        "a.md", lambda: b"Hello <script>alert(1)</script> <img src=x onerror=alert(1)>", r"Hello <script>alert\(1\)"),
    "one endless line": ("a.txt", lambda: b"kunta" * 400_000, "kunta"),
    "one endless line of Markdown": ("a.md", lambda: b"*_[" * 300_000, "could not be read within 2 s"),
    "an endless cell": ("a.csv", lambda: b'a,b\n"' + b"x" * 9_000_000, "no proper CSV"),
    "unclosed quotes": ("a.csv", lambda: b'a,b\n"x\n' * 5_000, "a|CSV"),
    "polyglot of PDF and HTML": ("a.html", lambda: b"%PDF-1.4\n<html><p>Text.", "is a PDF, .* to end in .pdf"),
    "polyglot of PDF and ZIP": ("a.pdf", lambda: docx_of(WORDS), "is a DOCX, which isn't what ends in .pdf"),
    "a program": ("a.txt", lambda: b"\x7fELF\x02\x01\x01" + b"\x00" * 99, "is a program, which isn't"),
    "a program of Windows": ("a.docx", lambda: b"MZ\x90\x00" + b"\x00" * 99, "is a Windows program"),
    "a picture": ("a.pdf", lambda: b"\x89PNG\r\n\x1a\n" + b"\x00" * 99, "is a PNG picture"),
    "an old office file": (
        "a.docx", lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 999, "of an old kind, .*: save it as DOCX"),
    "a locked office file": (
        "a.docx", lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
        "is an office file with a password, .*: save it without one"),
    "a locked text": ("a.odt", lambda: odt_with("x", **{"META-INF/manifest.xml": LOCKED}), "is encrypted: save"),
    "a torn archive": ("a.docx", lambda: docx_of(WORDS)[:3_000], "is a damaged ZIP archive"),
    "no PDF": ("a.pdf", lambda: b"<html>Not found</html>", "is no PDF, whatever its name says"),
    "a PDF that refers to itself": (
        "a.pdf", lambda: b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Count 9999999"
        b"/Kids[2 0 R 2 0 R]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF", "PDF|no text|damaged|within"),
    "an empty file": ("a.docx", lambda: b"", "is no DOCX"),
    "a list of addresses": ("urls.txt", lambda: b"https://example.org/a\nhttps://example.org/b\n", "`qa crawl --list`"),
    "a sitemap": ("sitemap.xml", lambda: b'<?xml version="1.0"?><urlset xmlns="x"><url/></urlset>', "crawl --list`"),
    "an old document": ("a.rtf", lambda: b"{\\rtf1 Text}", r"is in a format that isn't read \(.rtf\): save it as"),
    "an old office file by its name": (
        "a.doc", lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 999, r"isn't read \(.doc\): save it as DOCX"),
    "a template with macros": ("a.dotm", lambda: docx_of(WORDS), r"isn't read \(.dotm\)"),
    "slides": ("a.pptx", lambda: zip_of({"ppt/presentation.xml": "<p/>"}), r"isn't read \(.pptx\)"),
    "a spreadsheet of another kind": ("a.ods", lambda: odt_of(WORDS), r"isn't read \(.ods\)"),
}  # fmt: skip


def pdf_with(catalogue: bytes) -> bytes:
    text = b"BT /F 12 Tf 72 700 Td (Founded in 1951.) Tj ET"
    objects = (
        b"<</Type/Catalog/Pages 2 0 R" + catalogue + b">>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(text), text),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    )
    made, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(made))
        made += b"%d 0 obj%sendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    tail = b"trailer<</Root 1 0 R/Size 6>>\nstartxref\n%d\n%%%%EOF" % len(made)
    return made + b"xref\n0 6\n0000000000 65535 f \n" + table + tail


_JS = b"/OpenAction<</S/JavaScript/JS(app.alert(1))>>"


@pytest.mark.parametrize(
    ("name", "data", "remark"),
    [
        ("a.docm", with_member(docx_of(WORDS), "word/vbaProject.bin", b"x"), "holds macros: they were left out"),
        ("a.docx", with_member(docx_of(WORDS), "word/vbaProject.bin", b"x"), "holds macros: they were left out"),
        ("a.xlsm", with_member(xlsx_of({"S": [["a"]]}), "xl/vbaProject.bin", b"x"), "holds macros: they were left out"),
        (
            "a.odt",
            with_member(odt_of(WORDS), "Basic/Standard/Module1.xml", b"<x/>"),
            "holds macros: they were left out",
        ),
        ("a.pdf", pdf_with(_JS), "holds a script: it was left out"),
        ("a.pdf", pdf_with(b"/Names<</JavaScript<<>>>>"), "holds a script: it was left out"),
        ("a.pdf", pdf_with(b"/OpenAction[3 0 R/Fit]"), None),
        ("a.docx", docx_of(WORDS), None),
        ("a.odt", odt_of(WORDS), None),
    ],
)
def test_what_could_be_run_is_left_out_and_said_so(tmp_path: Path, name: str, data: bytes, remark: str | None) -> None:
    (tmp_path / name).write_bytes(data)
    document = read_document(tmp_path / name, tmp_path, LIMITS)
    assert document.text
    assert document.remark == remark


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_file_is_refused_or_harmless(tmp_path: Path, what: str) -> None:
    name, make, expected = HOSTILE[what]
    found = read(tmp_path, name, make(), replace(LIMITS, max_read_s=2 if name.endswith(".md") else 20))
    assert re.search(expected, found, re.DOTALL), found[:300]
    assert not found.startswith("refused") or "\n" not in found


def test_a_sheet_of_a_million_empty_rows_is_read_soon(tmp_path: Path) -> None:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.append(["Town", "Since"])
    sheet.append(["Køge", "1939"])
    sheet.append(["Espoo", "1946"])
    saved = io.BytesIO()
    book.save(saved)
    with zipfile.ZipFile(io.BytesIO(saved.getvalue())) as archive:
        rows = archive.read("xl/worksheets/sheet1.xml").decode()
    rows = rows.replace(
        "</sheetData>", '<row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>far</t></is></c></row></sheetData>'
    )
    data = with_member(saved.getvalue(), "xl/worksheets/sheet1.xml", rows)
    assert read(tmp_path, "a.xlsx", data) == "Town: Køge; Since: 1939\n\nTown: Espoo; Since: 1946"


@pytest.mark.slow
def test_a_sheet_with_too_many_rows_is_refused(tmp_path: Path) -> None:
    data = xlsx_of({"S": [["a"]] * 50_100})
    assert "has a sheet of more than 50,000 rows: split it" in read(tmp_path, "a.xlsx", data)


def test_a_pdf_with_scripts_runs_nothing(tmp_path: Path) -> None:
    writer = PdfWriter()
    writer.add_blank_page(100, 100)
    script = {NameObject("/S"): NameObject("/JavaScript"), NameObject("/JS"): TextStringObject("app.alert('x')")}
    writer.root_object[NameObject("/OpenAction")] = DictionaryObject(script)
    saved = io.BytesIO()
    writer.write(saved)
    assert read(tmp_path, "a.pdf", saved.getvalue()) == "refused: holds no text"


@pytest.mark.parametrize(
    "name", ["con.md", "aux.tar.md", "a<b.md", "a:b.txt", "nul.txt", "trailing ./a.md", "a\u202eb.md"]
)
def test_names_that_can_not_be_stored_everywhere_are_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    assert "rename it" in read(tmp_path, name, b"Text.")


def test_a_path_that_leads_out_is_refused(tmp_path: Path) -> None:
    (tmp_path / "corpus").mkdir()
    (tmp_path / "a.md").write_text("Secret.")
    with pytest.raises(DocumentError, match="rename it"):
        read_document(tmp_path / "corpus" / ".." / "a.md", tmp_path / "corpus")


def test_a_very_long_path_is_refused(tmp_path: Path) -> None:
    folder = tmp_path.joinpath(*["d" * 100] * 5)
    folder.mkdir(parents=True)
    (folder / "a.md").write_text("Text.")
    with pytest.raises(DocumentError, match=r"has a path of \d+ characters; at most 400 are read: shorten it"):
        read_document(folder / "a.md", tmp_path)


def test_names_that_differ_in_capitals_only_are_one(tmp_path: Path) -> None:
    (tmp_path / "About.md").write_text("Text.")
    if (tmp_path / "about.md").exists():
        pytest.skip("the file system doesn't tell capitals apart")
    (tmp_path / "about.md").write_text("Text.")
    documents, skipped = read_corpus(tmp_path)
    assert [document.path for document in documents] == ["About"]
    assert [file.reason for file in skipped] == ["another file is already called About: rename one of the two"]


def test_a_pipe_and_a_device_are_named_and_never_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.md")
    (tmp_path / "zero.txt").symlink_to("/dev/zero")
    (tmp_path / "a.md").write_text("Text.")
    documents, skipped = read_corpus(tmp_path)
    assert [document.path for document in documents] == ["a"]
    assert [(file.path, file.reason) for file in skipped] == [("pipe.md", "is no ordinary file")]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["a.txt", "a.html", "a.md"])
def test_a_line_of_45_mb_is_read(tmp_path: Path, name: str) -> None:
    assert len(read(tmp_path, name, b"kunta" * 9_000_000, replace(LIMITS, max_read_s=60))) > 40_000_000


@pytest.fixture
def reader() -> Iterator[BoundedReader]:
    reader = BoundedReader()
    yield reader
    reader.close()


def test_a_reader_that_hangs_is_stopped_and_the_next_file_read(reader: BoundedReader) -> None:
    started = time.perf_counter()
    with pytest.raises(DocumentError, match=r"could not be read within 1 s .* or raise max_read_s"):
        reader.read(SavedFile("a", b"hang"), Format("tests.ingest.misbehaving"), 1.0)
    assert time.perf_counter() - started < 3
    assert isinstance(reader.read(SavedFile("a.docx", docx_of(WORDS), ".docx"), FORMATS[".docx"], 20.0), Page)


@pytest.mark.parametrize(
    ("what", "message"),
    [
        (b"eat", "needs more than 1,500 MB of memory"),
        (b"die", "could not be read within 20 s"),
        (b"raise", r"is damaged or no proper TEST \(ZeroDivisionError\): save it anew"),
        (b"recurse", r"is damaged or no proper TEST \(RecursionError\)"),
    ],
)
def test_a_reader_that_misbehaves_is_survived(reader: BoundedReader, what: bytes, message: str) -> None:
    with pytest.raises(DocumentError, match=message):
        reader.read(SavedFile("a", what), Format("tests.ingest.misbehaving", "TEST"), 20.0)
    assert isinstance(reader.read(SavedFile("a.odt", odt_of(WORDS), ".odt"), FORMATS[".odt"], 20.0), Page)


def test_the_process_ends_with_the_one_that_asked(reader: BoundedReader) -> None:
    reader.read(SavedFile("a.odt", odt_of(WORDS), ".odt"), FORMATS[".odt"], 20.0)
    process = reader.process
    assert process
    assert process.stdin
    process.stdin.close()
    assert process.wait(10) == 0
