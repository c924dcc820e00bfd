"""BM25 over passages with tantivy, each language analysed by its own rules.

A passage is indexed in the field of its language. A question is looked up in every field by that field's
analyzer, so that names, acronyms and numbers are found across languages.

A passage has a number here that it keeps as long as it is in the index, whatever its row: ``lexicon.npy`` beside the
folder has the number of each row. So a change of some passages takes some out and puts some in. What is taken out
still counts in tantivy's statistics: a small index is therefore written anew each time, a large one when more than
``MOST_GONE`` of it is.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np
import tantivy
from numpy.typing import NDArray

from qa.errors import IndexDamaged
from qa.records import Passage
from qa.search.arrays import ArrayWriter, read_array
from qa.search.links import writable
from qa.settings import LANGUAGES

_STEMMERS = {
    "en": "english",
    "fi": "finnish",
    "sv": "swedish",
    "nb": "norwegian",
    "nn": "norwegian",
    "da": "danish",
    "de": "german",
    "fr": "french",
    "nl": "dutch",
    "es": "spanish",
    "it": "italian",
}
WRITTEN_ANEW_UP_TO = 20_000  # passages
MOST_GONE = 0.01  # of the passages
_UNKNOWN = "und"
_FIELDS = (*LANGUAGES, _UNKNOWN)
_NUMBER = "number"
_WRITER_HEAP_BYTES = 100_000_000
_MAX_TERMS = 256
_TOLD_EVERY = 1_000

Numbers = NDArray[np.int64]
Progress = Callable[[int, int], None]


def _analyzer(language: str) -> tantivy.TextAnalyzer:
    builder = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
    builder = builder.filter(tantivy.Filter.remove_long(60)).filter(tantivy.Filter.lowercase())
    if language in _STEMMERS:
        builder = builder.filter(tantivy.Filter.stemmer(_STEMMERS[language]))
    return builder.build()


class Lexicon:
    """The lexical index of one generation."""

    def __init__(self, folder: Path, languages: Iterable[str]) -> None:
        """Opens a folder; ``languages`` are those of the passages. Raises IndexDamaged when it can't be read."""
        self.folder = folder
        try:
            with writable(folder) as opened:
                self._index = tantivy.Index.open(str(opened))
                self._index.config_reader("Manual")  # not at changes of the folder, which never come
                _register(self._index)
                self._index.reload()
                self._searcher = self._index.searcher()
            self.numbers: Numbers = read_array(_numbers_of(folder))
        except (ValueError, OSError) as error:
            raise IndexDamaged(f"{folder} can't be read ({error}): run `qa build` again") from None
        self._languages = tuple(sorted({_field(language) for language in languages}))
        self._analyzers = {code: _analyzer(code) for code in self._languages}
        self._rows = np.zeros(self.numbers.max(initial=-1) + 1, np.int64)
        self._rows[self.numbers] = np.arange(len(self.numbers))

    @classmethod
    def build(cls, folder: Path, passages: Sequence[Passage], progress: Progress | None = None) -> Lexicon:
        """Writes a new index into an empty folder; row n of it is passage n. ``progress(done, total)`` is called."""
        folder.mkdir(parents=True, exist_ok=True)
        index = tantivy.Index(_schema(), path=str(folder), reuse=False)
        _register(index)
        languages = set()
        with _Writer(index) as writer, ArrayWriter(_numbers_of(folder), np.int64) as numbers:
            for number, passage in enumerate(passages):
                writer.add(number, passage)
                languages.add(passage.language)
                if progress and (number + 1) % _TOLD_EVERY == 0:
                    progress(number + 1, len(passages))
            numbers.append(np.arange(len(passages)))
        return cls(folder, languages)

    def changed(self, folder: Path, passages: Sequence[Passage], origin: Numbers) -> None:
        """Writes a copy into a folder that isn't there yet, in which row n is passage n.

        ``origin`` (n,) tells for each row which row of this index it is, -1 when it is new.
        """
        folder.mkdir()
        for part in self.folder.iterdir():  # one by one, so that the first fault is told: copytree gathers one a file
            shutil.copyfile(part, folder / part.name)
        index = tantivy.Index.open(str(folder))
        _register(index)
        kept, new = np.flatnonzero(origin >= 0), np.flatnonzero(origin < 0)
        numbers = np.empty(len(origin), np.int64)
        numbers[kept] = self.numbers[origin[kept]]
        numbers[new] = self.numbers.max(initial=-1) + 1 + np.arange(len(new))
        with _Writer(index) as writer:
            for number in np.delete(self.numbers, origin[kept]).tolist():
                writer.remove(number)
            for row in new.tolist():
                writer.add(int(numbers[row]), passages[row])
        with ArrayWriter(_numbers_of(folder), np.int64) as file:
            file.append(numbers)

    def search(self, question: str, limit: int) -> tuple[list[int], list[float]]:
        """Rows and BM25 scores (above 0), best first, at most ``limit``."""
        query = self._query(question)
        if query is None:
            return [], []
        hits = self._searcher.search(query, limit, count=False).hits
        numbers = self._searcher.fast_field_values(_NUMBER, [address for _, address in hits])
        rows = self._rows[np.array(numbers, np.int64)].tolist()
        found = sorted((-float(score or 0.0), row) for (score, _), row in zip(hits, rows, strict=True))
        return [row for _, row in found], [-score for score, _ in found]

    def _query(self, question: str) -> tantivy.Query | None:
        schema = self._index.schema
        clauses = [
            (tantivy.Occur.Should, tantivy.Query.term_query(schema, language, term, index_option="freq"))
            for language in self._languages
            for term in dict.fromkeys(self._analyzers[language].analyze(question)[:_MAX_TERMS])
        ]
        return tantivy.Query.boolean_query(clauses) if clauses else None


def _field(language: str) -> str:
    return language if language in LANGUAGES else _UNKNOWN


class _Writer:
    """Puts passages into tantivy and takes them out; all of it counts when the block ends."""

    def __init__(self, index: tantivy.Index) -> None:
        self._schema = index.schema
        self._writer = index.writer(_WRITER_HEAP_BYTES, 1)  # one thread: the same passages give the same files

    def add(self, number: int, passage: Passage) -> None:
        document = tantivy.Document()
        document.add_unsigned(_NUMBER, number)
        document.add_text(_field(passage.language), f"{passage.context}\n{passage.text}")
        self._writer.add_document(document)

    def remove(self, number: int) -> None:
        # By a query: tantivy's Python takes a number that is given as a term for a signed one, and finds nothing.
        self._writer.delete_documents_by_query(tantivy.Query.term_query(self._schema, _NUMBER, number))

    def __enter__(self) -> _Writer:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self._writer.commit()
        self._writer.wait_merging_threads()


def write_lexicon(
    folder: Path,
    passages: Sequence[Passage],
    origin: Numbers,
    before: Lexicon | None,
    gone: int,
    progress: Progress | None = None,
) -> int:
    """The lexicon of a generation, made from the one before if that is worth it; passages that are gone but count.

    ``origin`` is as for ``Lexicon.changed``; ``gone`` is what this function gave for ``before``.
    """
    gone += len(before.numbers) - int((origin >= 0).sum()) if before else 0
    if before and len(passages) > WRITTEN_ANEW_UP_TO and gone <= MOST_GONE * len(passages):
        before.changed(folder, passages, origin)
    else:
        Lexicon.build(folder, passages, progress)
        gone = 0
    if progress:
        progress(len(passages), len(passages))
    return gone


def _numbers_of(folder: Path) -> Path:
    return folder.with_suffix(".npy")


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field(_NUMBER, stored=False, indexed=True, fast=True)
    for language in _FIELDS:
        builder.add_text_field(language, stored=False, tokenizer_name=f"kysy_{language}", index_option="freq")
    return builder.build()


def _register(index: tantivy.Index) -> None:
    for language in _FIELDS:
        index.register_tokenizer(f"kysy_{language}", _analyzer(language))
