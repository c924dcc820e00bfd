"""BM25 over passages with tantivy, each language analysed by its own rules.

A passage is indexed in the field of its language. A question is looked up in every field by that field's
analyzer, so that names, acronyms and numbers are found across languages.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import tantivy

from qa.errors import IndexDamaged
from qa.records import Passage
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
_UNKNOWN = "und"
_ROW = "row"
_WRITER_HEAP_BYTES = 50_000_000
_MAX_TERMS = 256


def _analyzer(language: str) -> tantivy.TextAnalyzer:
    builder = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
    builder = builder.filter(tantivy.Filter.remove_long(60)).filter(tantivy.Filter.lowercase())
    if language in _STEMMERS:
        builder = builder.filter(tantivy.Filter.stemmer(_STEMMERS[language]))
    return builder.build()


class Lexicon:
    """The lexical index of one generation."""

    def __init__(self, index: tantivy.Index, languages: Sequence[str]) -> None:
        self._index = index
        self._languages = tuple(languages)
        self._analyzers = {code: _analyzer(code) for code in self._languages}
        index.reload()
        self._searcher = index.searcher()

    @classmethod
    def build(cls, folder: Path, passages: Iterable[Passage]) -> Lexicon:
        """Writes a new index into an empty folder; row n of it is passage n."""
        folder.mkdir(parents=True, exist_ok=True)
        rows = [(n, _field(p.language), f"{p.context}\n{p.text}") for n, p in enumerate(passages)]
        languages = sorted({language for _, language, _ in rows})
        index = tantivy.Index(_schema(languages), path=str(folder), reuse=False)
        _register(index, languages)
        writer = index.writer(_WRITER_HEAP_BYTES, 1)
        for row, language, text in rows:
            document = tantivy.Document()
            document.add_unsigned(_ROW, row)
            document.add_text(language, text)
            writer.add_document(document)
        writer.commit()
        writer.wait_merging_threads()
        return cls(index, languages)

    @classmethod
    def load(cls, folder: Path, languages: Iterable[str]) -> Lexicon:
        """Raises IndexDamaged when the folder holds no readable index."""
        fields = sorted({_field(language) for language in languages})
        try:
            with writable(folder) as opened:
                index = tantivy.Index.open(str(opened))
                index.config_reader("Manual")  # not at changes of the folder, which never come
                _register(index, fields)
                return cls(index, fields)
        except (ValueError, OSError) as error:
            raise IndexDamaged(f"{folder} can't be read ({error}): run `qa build` again") from None

    def search(self, question: str, limit: int) -> tuple[list[int], list[float]]:
        """Rows and BM25 scores (above 0), best first, at most ``limit``."""
        query = self._query(question)
        if query is None:
            return [], []
        hits = self._searcher.search(query, limit, count=False).hits
        rows = self._searcher.fast_field_values(_ROW, [address for _, address in hits])
        return [int(row or 0) for row in rows], [float(score or 0.0) for score, _ in hits]

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


def _schema(languages: Sequence[str]) -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field(_ROW, stored=False, fast=True)
    for language in languages:
        builder.add_text_field(language, stored=False, tokenizer_name=f"kysy_{language}", index_option="freq")
    return builder.build()


def _register(index: tantivy.Index, languages: Sequence[str]) -> None:
    for language in languages:
        index.register_tokenizer(f"kysy_{language}", _analyzer(language))
