"""A corpus folder → Documents. A file that can't be read is named and skipped; the rest is kept."""

from __future__ import annotations

import datetime
import os
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from qa.errors import CorpusError, DocumentError
from qa.ingest.contacts import Person, from_front_matter, in_prose, split_contacts, with_address
from qa.ingest.html import read_html
from qa.ingest.layout import Part, lay_out
from qa.ingest.markdown import read_markdown
from qa.ingest.plain import read_plain
from qa.language import detect_document
from qa.records import Contact, Document
from qa.settings import LANGUAGES
from qa.text import ADDRESS, clean

SUFFIXES = (".md", ".markdown", ".txt", ".html", ".htm")
_MAX_FILE_BYTES = 20_000_000
# "Jasmin Repo 2.12.2021" as the first line of a page
_BYLINE = re.compile(r"[^.\d]{0,60}?(?P<day>\d{1,2})\.(?P<month>\d{1,2})\.(?P<year>\d{4})")
_KEYS = frozenset(("title", "language", "url", "updated", "id", "contacts", "source"))

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that was left out, and why, in words for a person."""

    path: str
    reason: str


def find_files(corpus_dir: Path) -> tuple[list[Path], list[Skipped]]:
    """Files of a known format below a folder, sorted, and subfolders that can't be read.

    READMEs, hidden files and links out of the folder are left out. Raises CorpusError when it can't be read itself.
    """
    closed: list[OSError] = []
    try:
        if not corpus_dir.is_dir():
            raise CorpusError(f"{corpus_dir} is no folder: give the folder with your documents (--corpus DIR)")
        root = corpus_dir.resolve()
        found = [
            Path(folder, name) for folder, _, names in os.walk(corpus_dir, onerror=closed.append) for name in names
        ]
        files = [path for path in found if _is_document(path, corpus_dir) and _is_inside(path, root)]
    except OSError as error:
        raise CorpusError(f"{corpus_dir} can't be read: {error.strerror}") from None
    if any(Path(error.filename) == corpus_dir for error in closed):
        raise CorpusError(f"{corpus_dir} can't be read: {closed[0].strerror}")
    skipped = [
        Skipped(Path(error.filename).relative_to(corpus_dir).as_posix(), f"can't be read: {error.strerror}")
        for error in closed
    ]
    return sorted(files), skipped


def _is_inside(path: Path, root: Path) -> bool:
    """False for a link that leads out of the folder or nowhere (folders that are links aren't entered)."""
    try:
        return not path.is_symlink() or path.resolve(strict=True).is_relative_to(root)
    except PermissionError:
        return True  # reading it will say so
    except (OSError, RuntimeError):
        return False


def _is_document(path: Path, corpus_dir: Path) -> bool:
    inside = path.relative_to(corpus_dir)
    is_hidden = any(part.startswith(".") for part in inside.parts)
    # What is no plain file, or can't be looked at, is found out (and said) when it is read.
    return path.suffix.lower() in SUFFIXES and path.stem.lower() != "readme" and not is_hidden


def read_corpus(corpus_dir: Path, progress: Progress | None = None) -> tuple[tuple[Document, ...], tuple[Skipped, ...]]:
    """All documents below a folder, and what was skipped.

    Raises CorpusError when there is no file to read or none that can be read.
    """
    files, skipped = find_files(corpus_dir)
    if not files:
        raise CorpusError(f"{corpus_dir} holds no document: add files ending in {', '.join(SUFFIXES)}")
    documents: list[Document] = []
    taken: set[str] = set()
    for number, file in enumerate(files, 1):
        name = clean(file.relative_to(corpus_dir).as_posix())
        try:
            document = read_document(file, corpus_dir)
            if document.path in taken:
                raise DocumentError(f"another file is already called {document.path}: rename one of the two")
            taken.add(document.path)
            documents.append(document)
        except DocumentError as error:
            skipped.append(Skipped(name, str(error)))
        if progress:
            progress("reading", number, len(files))
    if not documents:
        first = skipped[0]
        raise CorpusError(f"{corpus_dir}: none of {len(files)} files can be read; {first.path}: {first.reason}")
    return tuple(documents), tuple(skipped)


def read_document(file: Path, corpus_dir: Path) -> Document:
    """One file as a Document. Raises DocumentError when it can't be read or says nothing."""
    path = unicodedata.normalize("NFC", file.relative_to(corpus_dir).with_suffix("").as_posix())
    if not path.isprintable():
        raise DocumentError("has a name that is not UTF-8 or can't be shown: rename it")
    source = _decode(file)
    matter: Mapping[str, Any] = {}
    page_title = page_language = page_url = None
    if file.suffix.lower() in (".md", ".markdown"):
        matter, parts = read_markdown(source)
    elif file.suffix.lower() in (".html", ".htm"):
        page = read_html(source)
        parts, page_title, page_language, page_url = page.parts, page.title, page.language, page.url
    else:
        parts = read_plain(source)
    unknown = sorted(str(key) for key in matter if key not in _KEYS)
    if unknown:
        raise DocumentError(f"front matter has the unknown name {unknown[0]!r}: known are {', '.join(sorted(_KEYS))}")
    parts = _without_byline_heading(parts)
    listed = from_front_matter(matter.get("contacts"))
    parts, people = _place_contacts(parts, listed)
    text, blocks = lay_out(parts)
    if not text:
        raise DocumentError("holds no text")
    blocks_of_people = [(block.start, block.end) for block in blocks if block.kind == "contact"]
    placed = [(person, *place) for person, place in zip(people, blocks_of_people, strict=True)]
    placed += () if listed else in_prose(text)
    updated = _date(matter.get("updated")) or _byline_date(parts)
    return Document(
        path=path,
        id=_text(matter, "id") or path,
        title=_text(matter, "title") or page_title or _first_title(parts) or file.stem,
        language=_language(_text(matter, "language") or page_language, path, text),
        text=text,
        blocks=blocks,
        contacts=tuple(_contact(person, path, updated, start, end) for person, start, end in placed),
        url=_web_address(_text(matter, "url") or page_url),
        source=_text(matter, "source"),
        updated=updated,
    )


def _decode(file: Path) -> str:
    try:
        if not file.is_file():
            raise DocumentError("is no ordinary file")
        size = file.stat().st_size
        if size > _MAX_FILE_BYTES:
            raise DocumentError(f"is {size / 1e6:.0f} MB; at most {_MAX_FILE_BYTES / 1e6:.0f} MB are read: split it")
        data = file.read_bytes()
    except OSError as error:
        raise DocumentError(f"can't be read: {error.strerror}") from None
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    if b"\x00" in data:
        raise DocumentError("is not text (it holds zero bytes): save it as UTF-8")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")  # what older Nordic pages are saved in


def _place_contacts(parts: tuple[Part, ...], listed: tuple[Person, ...]) -> tuple[tuple[Part, ...], tuple[Person, ...]]:
    """Contacts of the page's text and those of its front matter, each as a part; the front matter goes before."""
    if listed:  # the page's author has said who the contacts are
        addresses = ADDRESS.findall("\n".join(part.text for part in parts))
        listed = tuple(with_address(person, addresses) for person in listed)
        return (*parts, *(person.as_part() for person in listed)), listed
    return split_contacts(parts)


def _contact(person: Person, document: str, updated: str | None, start: int, end: int) -> Contact:
    return Contact(
        person.name,
        document,
        person.title,
        person.unit,
        person.responsibilities,
        person.email,
        person.phone,
        person.verified or updated,
        start,
        end,
    )


def _text(matter: Mapping[str, Any], key: str) -> str | None:
    value = matter.get(key)
    if isinstance(value, (dict, list)):
        raise DocumentError(f"front matter `{key}` must be one line of text")
    return clean(str(value)).replace("\n", " ") or None if value is not None else None


def _date(value: Any) -> str | None:
    if value is None:
        return None
    text = str(value).strip()
    if not text:
        return None
    try:
        return datetime.date.fromisoformat(text).isoformat()
    except ValueError:
        raise DocumentError(f"front matter `updated: {text}` is no date: write it as 2024-05-31") from None


def _without_byline_heading(parts: tuple[Part, ...]) -> tuple[Part, ...]:
    """An author and date over the page are a paragraph, not its title."""
    if parts and parts[0].kind == "heading" and _BYLINE.fullmatch(parts[0].text.strip()):
        return (replace(parts[0], kind="paragraph", level=0), *parts[1:])
    return parts


def _byline_date(parts: tuple[Part, ...]) -> str | None:
    byline = _BYLINE.fullmatch(parts[0].text.strip()) if parts else None
    if not byline:
        return None
    try:
        return datetime.date(int(byline["year"]), int(byline["month"]), int(byline["day"])).isoformat()
    except ValueError:
        return None


def _language(declared: str | None, path: str, text: str) -> str:
    """The declared language, else the folder's, else what the text looks like ("und" when unclear)."""
    if declared:
        code = declared.lower().replace("_", "-").split("-")[0]
        code = {"no": "nb"}.get(code, code)
        if code not in LANGUAGES:
            raise DocumentError(f"language {declared!r} is not known: use one of {', '.join(LANGUAGES)}")
        return code
    folder = path.split("/")[0]
    return folder if folder in LANGUAGES and "/" in path else detect_document(text)


def _web_address(url: str | None) -> str | None:
    """Only http(s) addresses become links."""
    return url if url and re.match(r"https?://[^\s<>\"']+$", url) else None


def _first_title(parts: tuple[Part, ...]) -> str | None:
    """The first heading; in a text without one, its first line when that is short enough for a title."""
    heading = next((part.text for part in parts if part.kind == "heading"), None)
    first = clean(parts[0].text).split("\n")[0] if parts else ""
    title = heading or (first if len(first) <= 120 else None)
    return clean(title).replace("\n", " ") if title else None
