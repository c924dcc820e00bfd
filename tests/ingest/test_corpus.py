"""A corpus folder → Documents."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.errors import CorpusError, DocumentError
from qa.ingest.corpus import read_corpus, read_document
from qa.ingest.files import find_files
from qa.ingest.formats import SUFFIXES
from qa.records import Document


def written(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    for name, content in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def read(folder: Path, name: str, content: str | bytes) -> Document:
    return read_document(written(folder, {name: content}) / name, folder)


FULL = """---
id: twins
title: "Twin towns: figures"
language: sv
url: https://example.org/twins
updated: 2024-05-01
source: "Some page"
contacts:
  - name: Ada Berg
    title: Head
    responsibilities: [twinning]
---

## Figures

There are 1\u00a0300 twin towns.
"""


def test_a_document_with_full_front_matter(tmp_path: Path) -> None:
    document = read(tmp_path, "en/twins.md", FULL)
    assert (document.path, document.id, document.title) == ("en/twins", "twins", "Twin towns: figures")
    assert (document.language, document.url) == ("sv", "https://example.org/twins")
    assert (document.updated, document.source) == ("2024-05-01", "Some page")
    assert document.text == "Figures\n\nThere are 1\u00a0300 twin towns.\n\nAda Berg\nHead\n- twinning"
    (contact,) = document.contacts
    assert (contact.name, contact.title, contact.document) == ("Ada Berg", "Head", "en/twins")
    assert contact.verified == "2024-05-01"
    assert document.text[contact.start : contact.end] == "Ada Berg\nHead\n- twinning"


def test_a_bare_text_works(tmp_path: Path) -> None:
    document = read(tmp_path, "note.txt", "Kunnat ja maakunnat tekevät kansainvälistä yhteistyötä.")
    assert (document.path, document.id, document.language) == ("note", "note", "fi")
    assert (document.url, document.updated, document.contacts) == (None, None, ())


@pytest.mark.parametrize(
    ("name", "content", "title"),
    [
        ("a.md", "---\ntitle: From front matter\n---\n# Heading\n", "From front matter"),
        ("b.md", "# First heading\n\n## Second\n", "First heading"),
        ("c.html", "<title>\n From\n the head </title><h1>Heading</h1>", "From the head"),
        ("d.html", "<p>Intro</p><h1>Heading</h1>", "Heading"),
        ("e.txt", "A short first line.\nMore.", "A short first line."),
        ("board_members.fi.csv", "Nimi;Puhelin\nMaija Meri;+358 40 123\nVille Virta;+358 40 321\n", "Board members"),
        ("towns.csv", "Twin towns in 2026,\nMunicipality,Town\nEspoo,Køge\nSibbo,Viimsi\n", "Twin towns in 2026"),
        ("f.txt", "word " * 40, "F"),
        ("g_and-h.en.md", "## Who pays?\n\nThe host.\n\n## Who travels?\n\nThe guest.\n", "G and h"),
    ],
)
def test_the_title_is_the_best_that_is_told(tmp_path: Path, name: str, content: str, title: str) -> None:
    assert read(tmp_path, name, content).title == title


@pytest.mark.parametrize(
    ("name", "content", "language"),
    [
        ("fi/a.md", "---\nlanguage: sv\n---\nText.", "sv"),
        ("a.md", "---\nlanguage: no\n---\nText.", "nb"),
        ("a.md", "---\nlanguage: NB-no\n---\nText.", "nb"),
        ("a.md", "---\nlanguage: sv_FI\n---\nText.", "sv"),
        ("fi/a.md", "Text.", "fi"),
        ("nn/deep/below/a.txt", "Text.", "nn"),
        ("a.html", "<html lang='da-DK'><p>Text.", "da"),
        ("fi.txt", "1951", "und"),
        ("xx/a.txt", "The municipalities of Finland work together with other towns.", "en"),
    ],
)
def test_the_language_is_declared_or_the_folders_or_detected(
    tmp_path: Path, name: str, content: str, language: str
) -> None:
    assert read(tmp_path, name, content).language == language


@pytest.mark.parametrize(
    ("first_line", "updated"),
    [
        ("Jasmin Repo 2.12.2021", "2021-12-02"),
        ("31.1.2020", "2020-01-31"),
        ("Jasmin Repo 31.2.2021", None),
        ("On 2.12.2021 we met.", None),
    ],
)
def test_a_byline_dates_a_page_and_is_not_its_title(tmp_path: Path, first_line: str, updated: str | None) -> None:
    document = read(tmp_path, "a.txt", f"{first_line}\nKommunala beslutsfattare\nText om kommunerna.")
    assert document.updated == updated
    assert document.text.startswith(first_line)
    if updated:
        assert document.title == "Kommunala beslutsfattare"


@pytest.mark.parametrize("url", ["javascript:alert(1)", "ftp://x.org", "/relative", "https://x.org/ a", 'https://x"y'])
def test_only_web_addresses_become_links(tmp_path: Path, url: str) -> None:
    assert read(tmp_path, "a.md", f"---\nurl: '{url}'\n---\nText.").url is None


@pytest.mark.parametrize(
    "data",
    [
        "Kyläyhdistys på svenska".encode(),
        b"\xef\xbb\xbf" + "Kyläyhdistys på svenska".encode(),
        "Kyläyhdistys på svenska".encode("utf-16"),
        "Kyläyhdistys på svenska".encode("cp1252"),
        "Kyla\u0308yhdistys pa\u030a svenska".encode(),
    ],
    ids=["utf-8", "bom", "utf-16", "cp1252", "decomposed"],
)
def test_text_in_any_usual_encoding(tmp_path: Path, data: bytes) -> None:
    assert read(tmp_path, "a.txt", data).text == "Kyläyhdistys på svenska"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.md", "---\ncolour: red\n---\nText.", "unknown name 'colour': known are .*contacts, id, language"),
        ("a.md", "---\nlanguage: xx\n---\nText.", "language 'xx' is not known: use one of en, fi"),
        ("a.md", "---\nupdated: last week\n---\nText.", "`updated: last week` is no date: write it as 2024-05-31"),
        ("a.md", "---\nupdated: 2024-02-30\n---\nText.", "`updated: 2024-02-30` is no date"),
        ("a.md", "---\ntitle: [a, b]\n---\nText.", "`title` must be one line of text"),
        ("a.md", "---\nid: [a, b]\n---\nText.", "`id` must be one line of text"),
        ("a.md", "---\ntitle: only this\n---\n", "holds no text"),
        ("a.md", "", "holds no text"),
        ("a.txt", " \n\n ", "holds no text"),
        ("a.html", "<script>x</script>", "holds no text"),
        ("a.txt", b"text\x00with zeros", "is not text"),
        ("a.txt", b"%PDF-1.7\x00\x01", "is a PDF, which isn't what ends in .txt: rename it to end in .pdf"),
    ],
)
def test_a_document_that_cannot_be_read_is_refused_with_the_reason(
    tmp_path: Path, name: str, content: str | bytes, message: str
) -> None:
    with pytest.raises(DocumentError, match=message):
        read(tmp_path, name, content)


def test_a_file_that_is_too_big_is_refused(tmp_path: Path) -> None:
    with (tmp_path / "a.txt").open("wb") as sparse:
        sparse.truncate(10**12)
    with pytest.raises(DocumentError, match="is 1,000,000 MB; at most 50 MB are read: split it, or raise max_file_mb"):
        read_document(tmp_path / "a.txt", tmp_path)


@pytest.mark.slow
def test_a_long_run_of_text_is_read_whole(tmp_path: Path) -> None:
    text = "kunta " * 2_000_000
    assert len(read(tmp_path, "fi/a.html", f"<p>{text}</p>").text) == len(text.strip())


def test_the_files_of_a_folder(tmp_path: Path) -> None:
    names = [f"en/a{n}{suffix}" for n, suffix in enumerate(SUFFIXES)]
    others = (
        "README.md",
        "en/readme.txt",
        ".hidden.md",
        ".git/a.md",
        "image.png",
        "data.json",
        "glossary.csv",
        "no-suffix",
    )
    written(tmp_path, dict.fromkeys([*names, "en/UPPER.TXT", *others], "Text."))
    (tmp_path / "folder.md").mkdir()
    assert find_files(tmp_path)[0] == sorted([*names, "en/UPPER.TXT"])


def test_links_that_lead_out_of_the_folder_are_left_out(tmp_path: Path) -> None:
    written(tmp_path, {"secret.txt": "Secret.", "corpus/a.txt": "Text."})
    (tmp_path / "corpus" / "out.txt").symlink_to(tmp_path / "secret.txt")
    (tmp_path / "corpus" / "in.txt").symlink_to(tmp_path / "corpus" / "a.txt")
    (tmp_path / "corpus" / "loop.txt").symlink_to(tmp_path / "corpus" / "loop.txt")
    (tmp_path / "corpus" / "nowhere.txt").symlink_to(tmp_path / "gone.txt")
    assert find_files(tmp_path / "corpus")[0] == ["a.txt", "in.txt"]


def test_a_broken_file_is_named_and_the_rest_is_read(tmp_path: Path) -> None:
    written(tmp_path, {"good.md": "Text.", "broken.md": "---\nx: y\n---\nText.", "empty.txt": "", "good.txt": "x"})
    documents, skipped = read_corpus(tmp_path)
    assert [document.path for document in documents] == ["good"]
    assert [file.path for file in skipped] == ["broken.md", "empty.txt", "good.txt"]
    assert "unknown name 'x'" in skipped[0].reason
    assert skipped[1].reason == "holds no text"
    assert skipped[2].reason == "another file is already called good: rename one of the two"


def test_a_name_that_is_not_utf_8_is_skipped_and_named(tmp_path: Path) -> None:
    written(tmp_path, {"good.txt": "Text."})
    (Path(os.fsdecode(os.fsencode(tmp_path) + b"/ty\xf6.txt"))).write_text("Text.")
    documents, skipped = read_corpus(tmp_path)
    assert [document.path for document in documents] == ["good"]
    assert len(skipped) == 1
    assert "rename it" in skipped[0].reason


@pytest.mark.parametrize("name", ["my  report", "työ", "Год", "a & b", unicodedata.normalize("NFD", "työ"), "a.b"])
def test_unusual_names_are_good_names(tmp_path: Path, name: str) -> None:
    assert read(tmp_path, f"{name}.txt", "Text.").path == unicodedata.normalize("NFC", name)


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may read everything")
def test_what_may_not_be_read_is_named(tmp_path: Path) -> None:
    written(tmp_path, {"good.txt": "Text.", "secret.txt": "Text.", "fi/a.txt": "Text.", "sv/a.txt": "Text."})
    (tmp_path / "secret.txt").chmod(0)
    (tmp_path / "fi").chmod(0)
    (tmp_path / "sv").chmod(0o444)
    documents, skipped = read_corpus(tmp_path)
    (tmp_path / "fi").chmod(0o755)
    (tmp_path / "sv").chmod(0o755)
    assert [document.path for document in documents] == ["good"]
    assert {file.path for file in skipped} in ({"fi", "secret.txt", "sv"}, {"fi", "secret.txt", "sv/a.txt"})
    assert {file.reason for file in skipped} == {"can't be read: Permission denied"}


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may read everything")
def test_a_corpus_folder_that_may_not_be_read(tmp_path: Path) -> None:
    written(tmp_path, {"corpus/a.txt": "Text."})
    (tmp_path / "corpus").chmod(0)
    with pytest.raises(CorpusError, match="corpus can't be read: Permission denied"):
        read_corpus(tmp_path / "corpus")
    (tmp_path / "corpus").chmod(0o755)


def test_progress_is_told(tmp_path: Path) -> None:
    calls: list[tuple[str, int, int]] = []
    read_corpus(written(tmp_path, {"a.txt": "x", "b.txt": "", "c.txt": "y"}), lambda *call: calls.append(call))
    assert calls == [("reading", 1, 3), ("reading", 2, 3), ("reading", 3, 3)]


def test_a_corpus_that_cannot_be_read(tmp_path: Path) -> None:
    written(tmp_path, {"file.txt": "", "only-bad/a.txt": "", "only-bad/b.md": ""})
    (tmp_path / "empty").mkdir()
    for folder, message in (
        (tmp_path / "nowhere", "nowhere is no folder: give the folder with your documents"),
        (tmp_path / "file.txt", r"file\.txt is no folder"),
        (tmp_path / "empty", r"empty holds no document: add files ending in \.md"),
        (tmp_path / "only-bad", r"none of 2 files can be read; a\.txt: holds no text"),
        (tmp_path / ("x" * 300), "can't be read: File name too long"),
    ):
        with pytest.raises(CorpusError, match=message):
            read_corpus(folder)


SOURCES = st.lists(
    st.sampled_from(
        [
            "# Heading", "## Sub heading", "- item", "- another item\n  that goes on", "1. first", "7. seventh",
            "Ada Berg", "ada.berg(at)ks.no", "A sentence. Another one!", "Intro:", "1992. aastal.", "", "\u200b",
            "<p>para", "<ul><li>x<li>y</ul>", "a\u00a0b  c", "| a | b |\n|---|---|\n| 1 | 2 |", "> quote", "e\u0301",
        ]
    ),
    max_size=12,
)  # fmt: skip


@given(SOURCES, st.sampled_from(["\n", "\n\n", "\r\n"]), st.sampled_from(["md", "txt", "html"]))
def test_blocks_and_contacts_stand_where_they_say(tmp_path: Path, pieces: list[str], end: str, suffix: str) -> None:
    try:
        document = read(tmp_path, f"en/a.{suffix}", end.join(pieces))
    except DocumentError:
        assert not any(letter.isalnum() for letter in "".join(pieces))
        return
    edges = [edge for block in document.blocks for edge in (block.start, block.end)]
    assert edges == sorted(edges)
    assert 0 <= edges[0] <= edges[-1] <= len(document.text)
    assert all(document.text[b.start : b.end].strip() for b in document.blocks)
    for contact in document.contacts:
        told = document.text[contact.start : contact.end]
        assert told.startswith(contact.name)
        for value in (contact.title, contact.unit, contact.phone, *contact.responsibilities):
            assert value is None or value in told
        assert contact.email is None or contact.email in document.text


FINNISH = "Suomen kunnilla ja maakunnilla on ystävyyskuntia yli neljässäkymmenessä maassa. " * 5


@pytest.mark.parametrize(
    ("declared", "text", "language"),
    [
        ("en-US", FINNISH, "fi"),  # a theme's language, left as it was
        ("en", FINNISH[:81], "en"),  # too short to tell
        ("nn", FINNISH, "nn"),  # not known to who would tell
        ("da", "Norske kommuner har vennskapskommuner i mange land, og de møtes hvert år. " * 5, "da"),
    ],
)
def test_a_declared_language_is_believed_unless_the_text_plainly_is_in_another(
    tmp_path: Path, declared: str, text: str, language: str
) -> None:
    assert read(tmp_path, "a.html", f"<html lang={declared}><p>{text}").language == language


def test_a_date_that_is_written_goes_before_that_of_publication_and_after_that_of_a_change(tmp_path: Path) -> None:
    published = '<meta property="article:published_time" content="2021-01-01">'
    modified = '<meta property="article:modified_time" content="2023-01-01">'
    page = "<p>Text.</p><p>Päivitetty 3.2.2022</p>"
    assert read(tmp_path, "a.html", published + page).updated == "2022-02-03"
    assert read(tmp_path, "b.html", published + modified + page).updated == "2023-01-01"
    assert read(tmp_path, "c.txt", "Twinning\nText.\nLast updated 3 February 2022\n").updated == "2022-02-03"


def test_a_file_that_is_only_named_takes_no_other_ones_place(tmp_path: Path) -> None:
    written(tmp_path, dict.fromkeys(("a.doc", "a.epub", "a.doc.md", "a.md", "a.txt"), "Text."))
    documents, skipped = read_corpus(tmp_path)
    assert [document.path for document in documents] == ["a.doc", "a"]
    reasons = {file.path: file.reason.split(":")[0] for file in skipped}
    unread = {name: f"is in a format that isn't read ({name[1:]})" for name in ("a.doc", "a.epub")}
    assert reasons == unread | {"a.txt": "another file is already called a"}


def test_files_that_are_only_named_are_none_to_add(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"holds no document: add files ending in \.md(?!.*\.doc,)"):
        read_corpus(tmp_path)
