"""corpus → index: what has changed is read, cut, embedded and indexed; all else is copied from the generation before.

One pass over the files, in their order: nothing holds all texts, and an index that grew by many builds is the one that
a single build of the same corpus makes. Whether a file has changed is told by its bytes, and whether a document has by
what was read from it. Another model, other settings or another version of the readers make everything anew.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from qa.errors import CorpusError, IndexFault, IndexMissing
from qa.ingest.corpus import Progress, read_files
from qa.ingest.files import Remark, Skipped, find_files
from qa.ingest.fingerprints import Fingerprint, fingerprint, readers_digest
from qa.ingest.formats import SUFFIXES
from qa.ingest.passages import split_passages
from qa.ingest.source import Limits
from qa.records import Document
from qa.search.commit import new_generation
from qa.search.embeddings import EMBEDDED_MODEL_DIR, Encoder, StaticModel, load_encoder
from qa.search.generations import Stored, current, damages
from qa.search.glossary import load_glossary
from qa.search.lock import build_lock
from qa.search.plain import plain_document
from qa.search.rows import Plain, Rows, RowsWriter
from qa.search.store import FORMAT, Generation, GenerationWriter, load_generation
from qa.settings import Settings
from qa.text import clean

_FILES = "files"
_MAKES_ANEW = {
    "format": "the index was made by another version of Kysy",
    "model": "the model has changed",
    "tokens": "the embedded model has changed",
    "readers": "this version of Kysy reads documents in another way",
    "max_passage_chars": "the setting max_passage_chars has changed",
}


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a build did; paths are documents' paths (for ``skipped`` and ``remarks`` those of files, with the reason).

    ``renewed`` tells why everything had to be made anew; it is empty when only what has changed was.
    """

    generation: str
    documents: int
    passages: int
    languages: tuple[str, ...]
    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    skipped: tuple[Skipped, ...]
    seconds: float
    renewed: tuple[str, ...] = ()
    remarks: tuple[Remark, ...] = ()


@dataclass(frozen=True, slots=True)
class _Source:
    """A file and what was made of it: the document's path, a digest of it and a remark, or why it was skipped."""

    file: Fingerprint
    path: str | None = None
    content: str | None = None
    reason: str | None = None
    remark: str | None = None


@dataclass(frozen=True, slots=True)
class _Before:
    """The index that is there: what it was made of, by name of file, and what it holds if that can be copied.

    ``intact`` is where it lies, once every file of it was found as it was written.
    """

    sources: Mapping[str, _Source] = field(default_factory=dict)
    about: Mapping[str, Any] = field(default_factory=dict)
    generation: Generation | None = None
    renewed: tuple[str, ...] = ()
    intact: Stored | None = None

    def fingerprint_of(self, name: str) -> Fingerprint | None:
        return self.sources[name].file if name in self.sources else None

    def source(self, file: Fingerprint, max_read_s: float) -> _Source | None:
        """What was made of a file, if making it again would give the same."""
        then = self.sources.get(file.name)
        if not self.generation or not then or not file.is_same(then.file):
            return None
        if then.reason is not None and self.about["max_read_s"] != max_read_s:
            return None  # it may be read now
        return then if file is then.file else replace(then, file=file)


def build(settings: Settings, progress: Progress | None = None, *, allow_empty: bool = False) -> BuildReport:
    """Makes the index what the corpus is; nothing is written when nothing has changed.

    ``progress(stage, done, total)`` is called often. Raises CorpusError, also when there is no document and that isn't
    allowed, ModelError or IndexFault; then the index that was there still serves.
    """
    started = time.perf_counter()
    with build_lock(settings.index_dir):
        found, skipped = find_files(settings.corpus_dir)
        if not found and not allow_empty:
            raise CorpusError(f"{settings.corpus_dir} holds no document: add files ending in {', '.join(SUFFIXES)}")
        embedded = StaticModel.from_folder(EMBEDDED_MODEL_DIR)
        build = _Build(settings, load_encoder(settings, embedded), embedded, progress or (lambda *_: None))
        return build.run(found, skipped, started, allow_empty)


class _Build:
    """One build, under the lock."""

    def __init__(self, settings: Settings, encoder: Encoder, embedded: StaticModel, progress: Progress) -> None:
        self._settings, self._encoder, self._embedded, self._progress = settings, encoder, embedded, progress
        self._limits = Limits.of(settings)
        self._about = {
            "format": FORMAT,
            "model": encoder.fingerprint,
            "tokens": embedded.fingerprint,
            "readers": readers_digest(),
            "max_passage_chars": settings.max_passage_chars,
            "max_read_s": settings.max_read_s,
            "glossary": load_glossary(settings.corpus_dir, settings.glossary).as_lists(),
        }
        self._before = _before(settings.index_dir, self._about)

    def run(self, found: Sequence[str], skipped: list[Skipped], started: float, allow_empty: bool) -> BuildReport:
        """Decides whether there is anything to do, does it, and tells what has changed."""
        before = self._before
        now = [self._fingerprint(name) for name in found]
        known = [before.source(file, self._limits.max_read_s) for file in now]
        sources = [source for source in known if source]
        is_same = len(sources) == len(found) == len(before.sources)
        if before.generation and is_same and before.about["glossary"] == self._about["glossary"]:
            name, about = before.generation.name, before.about
        else:
            name, about, sources = self._write(now, known, allow_empty)
        refused = (Skipped(clean(source.file.name), source.reason) for source in sources if source.reason is not None)
        return BuildReport(
            generation=name,
            documents=about["documents"],
            passages=about["passages"],
            languages=tuple(about["languages"]),
            **_changes(_contents(before.sources.values()), _contents(sources)),
            skipped=tuple(sorted((*skipped, *refused), key=lambda file: file.path)),
            seconds=time.perf_counter() - started,
            renewed=before.renewed,
            remarks=tuple(Remark(clean(source.file.name), source.remark) for source in sources if source.remark),
        )

    def _fingerprint(self, name: str) -> Fingerprint:
        return fingerprint(self._settings.corpus_dir, name, self._before.fingerprint_of(name), self._limits)

    def _write(
        self, now: Sequence[Fingerprint], known: Sequence[_Source | None], allow_empty: bool
    ) -> tuple[str, Mapping[str, Any], list[_Source]]:
        """Writes a generation of all files, those that are ``known`` already copied; its name, manifest and sources."""
        corpus_dir = self._settings.corpus_dir
        unknown = (corpus_dir / file.name for file, source in zip(now, known, strict=True) if not source)
        reads = read_files(unknown, corpus_dir, self._limits)
        with (
            new_generation(self._settings.index_dir, self._before.intact) as draft,
            GenerationWriter(draft.folder, self._encoder, self._embedded, self._before.generation) as contents,
        ):
            sources = []
            for number, (file, source) in enumerate(zip(now, known, strict=True), 1):
                sources.append(self._keep(source, contents) if source else self._add(file, next(reads), contents))
                self._progress("reading", number, len(now))
            if not allow_empty and not any(source.path for source in sources):
                first = min(sources, key=lambda source: source.file.name)
                told = f"none of {len(sources)} files can be read; {clean(first.file.name)}: {first.reason}"
                raise CorpusError(f"{corpus_dir}: {told}")
            _write_sources(draft.folder, sources)
            counts = contents.finish(lambda done, total: self._progress("indexing", done, total))
            draft.about.update({**counts, **self._about})
        return draft.folder.name, draft.about, sources

    def _keep(self, source: _Source, contents: GenerationWriter) -> _Source:
        generation = self._before.generation
        if generation and source.path is not None:
            contents.keep(generation.catalogue.rows[source.path])
        return source

    def _add(self, file: Fingerprint, read: Document | Skipped, contents: GenerationWriter) -> _Source:
        then = self._before.sources.get(file.name) if self._before.generation else None
        if isinstance(read, Skipped):
            if self._fingerprint(file.name).is_same(file):
                return _Source(file, reason=read.reason)
            # It went away, or was being written: what is known of it stays until it is tried again.
            unknown = replace(file, digest="")
            return self._keep(replace(then, file=unknown), contents) if then else _Source(unknown, reason=read.reason)
        source = _Source(file, read.path, _digest(read), remark=read.remark)
        if then and (then.path, then.content) == (source.path, source.content):
            return self._keep(source, contents)  # the file has changed, but not what is read from it
        contents.add(read, split_passages(read, self._settings.max_passage_chars))
        return source


def _before(index_dir: Path, about: Mapping[str, Any]) -> _Before:
    """The index that is there, with the reasons why nothing of it can be copied, if there are any."""
    try:
        stored = current(index_dir)
    except IndexMissing:
        return _Before()
    except IndexFault:
        return _Before(renewed=("the index was damaged",))
    manifest = stored.manifest
    changes = tuple(why for name, why in _MAKES_ANEW.items() if manifest.get(name) != about[name])
    told = damages(stored)
    is_readable = manifest.get("format") == FORMAT and not any(
        f"{stored.folder / _FILES}." in damage for damage in told
    )
    sources = _read_sources(stored) if is_readable else {}
    if told:
        return _Before(sources, manifest, renewed=(*changes, "the index was damaged"))
    try:
        loaded = None if changes else load_generation(stored, about["model"], about["tokens"])
    except IndexFault:
        return _Before(sources, manifest, renewed=(*changes, "the index was damaged"))
    return _Before(sources, manifest, loaded, changes, stored)


def _write_sources(folder: Path, sources: Sequence[_Source]) -> None:
    lines = RowsWriter(folder, _FILES, _plain)
    lines.append(sources)
    lines.close()


def _read_sources(stored: Stored) -> dict[str, _Source]:
    """By name of file; none when they can't be read."""
    try:
        sources = map(_source, Rows(stored.folder, _FILES, _source, 0).plain())
        return {source.file.name: source for source in sources}
    except (OSError, ValueError, TypeError):
        return {}


def _plain(source: _Source) -> Plain:
    file = source.file
    return [file.name, file.stamp, file.digest, source.path, source.content, source.reason, source.remark]


def _source(plain: Plain) -> _Source:
    return _Source(Fingerprint(*plain[:3]), *plain[3:])


def _contents(sources: Iterable[_Source]) -> dict[str, str]:
    """Path → digest of each document."""
    return {source.path: source.content for source in sources if source.path is not None and source.content}


def _changes(then: Mapping[str, str], now: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """The paths of documents that came, changed and went.

    >>> _changes({"en/a": "1", "en/b": "1"}, {"en/b": "2", "en/c": "1"})
    {'added': ('en/c',), 'changed': ('en/b',), 'removed': ('en/a',)}
    """
    return {
        "added": tuple(path for path in now if path not in then),
        "changed": tuple(path for path in now if path in then and then[path] != now[path]),
        "removed": tuple(path for path in then if path not in now),
    }


def _digest(document: Document) -> str:
    return hashlib.sha256(json.dumps(plain_document(document)).encode()).hexdigest()[:16]
