"""A corpus folder → Documents. A file that can't be read is named and skipped; the rest is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from qa.errors import CorpusError, DocumentError
from qa.ingest import metadata
from qa.ingest.bounded import bounded_reader
from qa.ingest.contacts import from_front_matter, in_prose, split_contacts, with_address, with_people
from qa.ingest.files import Skipped, document_path, find_files
from qa.ingest.formats import SUFFIXES, format_of, read_page
from qa.ingest.layout import Part, lay_out
from qa.ingest.person import Person
from qa.ingest.source import Limits, Page, SavedFile
from qa.ingest.written_dates import changed_on, published_on
from qa.records import Contact, Document
from qa.settings import Settings
from qa.text import ADDRESS, clean

_MAX_BYTES_UNBOUNDED = 50_000  # a longer text may be made to take forever

Progress = Callable[[str, int, int], None]


def read_corpus(
    corpus_dir: Path,
    progress: Progress | None = None,
    limits: Limits | None = None,
    *,
    allow_empty: bool = False,
) -> tuple[tuple[Document, ...], tuple[Skipped, ...]]:
    """All documents below a folder, and what was skipped.

    Raises CorpusError when there is no file to read or none that can be read, unless that is allowed.
    """
    files, skipped = find_files(corpus_dir)
    if not files and not allow_empty:
        raise CorpusError(f"{corpus_dir} holds no document: add files ending in {', '.join(SUFFIXES)}")
    documents: list[Document] = []
    for number, read in enumerate(read_files(map(corpus_dir.joinpath, files), corpus_dir, limits), 1):
        if isinstance(read, Document):
            documents.append(read)
        else:
            skipped.append(read)
        if progress:
            progress("reading", number, len(files))
    skipped.sort(key=lambda file: file.path)
    if not documents and not allow_empty:
        first = skipped[0]
        raise CorpusError(f"{corpus_dir}: none of {len(skipped)} files can be read; {first.path}: {first.reason}")
    return tuple(documents), tuple(skipped)


def read_files(files: Iterable[Path], corpus_dir: Path, limits: Limits | None = None) -> Iterator[Document | Skipped]:
    """One after another in the order given: the document that a file holds, or why it is skipped."""
    for file in files:
        try:
            yield read_document(file, corpus_dir, limits)
        except DocumentError as error:
            yield Skipped(clean(file.relative_to(corpus_dir).as_posix()), str(error))


def read_document(file: Path, corpus_dir: Path, limits: Limits | None = None) -> Document:
    """One file as a Document. Raises DocumentError when it can't be read or says nothing."""
    path = document_path(file, corpus_dir)
    limits = limits or Limits.of(Settings())
    saved = SavedFile.load(file, limits)
    format_ = format_of(saved)
    if format_.is_bounded or len(saved.data) > _MAX_BYTES_UNBOUNDED:
        return _document(path, saved, bounded_reader().read(saved, format_, limits.max_read_s))
    return _document(path, saved, read_page(saved, format_))


def _document(path: str, file: SavedFile, page: Page) -> Document:
    matter = page.matter
    metadata.check_names(matter)
    parts = metadata.without_byline_heading(page.parts)
    listed = from_front_matter(matter.get("contacts"))
    parts = _with_contacts(parts, listed, page.people)
    text, blocks = lay_out(parts)
    if not text:
        raise DocumentError("holds no text")
    url = metadata.web_address(metadata.text_of(matter, "url") or page.url or file.sidecar.url)
    updated = _updated(file, page, parts)
    bare_path, named_language = metadata.language_of_name(path)
    people = [part.person for part in parts if part.person]
    blocks_of_people = [(block.start, block.end) for block in blocks if block.kind == "contact"]
    placed = [(person, *place) for person, place in zip(people, blocks_of_people, strict=True)]
    placed += () if listed else in_prose(text)
    return Document(
        path=path,
        id=metadata.text_of(matter, "id") or _version_id(file, page, url) or bare_path,
        title=metadata.text_of(matter, "title")
        or page.title
        or metadata.first_title(parts)
        or metadata.title_of_name(path),
        language=metadata.declared_language(metadata.text_of(matter, "language"))
        or metadata.told_language(page.language, text)
        or named_language
        or metadata.folder_language(path)
        or metadata.told_language(file.sidecar.language, text)
        or metadata.detected_language(text),
        text=text,
        blocks=blocks,
        contacts=tuple(_contact(person, path, updated, start, end) for person, start, end in placed),
        url=url,
        source=metadata.text_of(matter, "source"),
        updated=updated,
        remark=page.remark,
    )


def _version_id(file: SavedFile, page: Page, url: str | None) -> str | None:
    known = file.sidecar
    return metadata.version_id(known.url or page.url or url, known.versions or page.versions)


def _updated(file: SavedFile, page: Page, parts: tuple[Part, ...]) -> str | None:
    lines = [part.text for part in parts]
    changed = metadata.date_of(page.matter) or page.updated or changed_on(lines)
    published = page.published or metadata.byline_date(parts) or published_on(lines)
    return changed or published or metadata.iso_date(file.sidecar.last_modified)


def _with_contacts(parts: tuple[Part, ...], listed: tuple[Person, ...], known: tuple[Person, ...]) -> tuple[Part, ...]:
    """Contacts of the page's text and those of its front matter, each as a part; the front matter goes before."""
    if listed:  # the page's author has said who the contacts are
        addresses = ADDRESS.findall("\n".join(part.text for part in parts))
        return (*parts, *(Part.of_person(with_address(person, addresses)) for person in listed))
    return with_people(split_contacts(parts), known)


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
