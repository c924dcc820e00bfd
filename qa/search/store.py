"""What one generation of the index holds: written, loaded, searched. ``generations`` keeps the folder around it.

::

    generations/000007/
      documents.jsonl .npy    documents as stored (offsets refer to these texts), and where each line begins
      passages.jsonl .npy     row n is passage n, in the order of the documents
      catalogue.jsonl         of each document path, id, language, and how many contacts and passages it has
      files.jsonl .npy        of each file of the corpus what it was made into, or why it was skipped (``building``)
      languages.npy           row n is the language of passage n
      tokens/                 the passages' subwords, by sentence (``tokens``)
      vectors.npy …           row n is the vector of passage n (``vectors``)
      lexicon/ lexicon.npy    tantivy (``lexicon``)

Nothing but the catalogue is read when an index is opened: the rest is mapped into memory. A generation stands alone. It
is written in one pass over the documents, of which those that haven't changed are copied from the one before.
"""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qa.errors import IndexDamaged, IndexMismatch
from qa.records import Document, Passage
from qa.search.arrays import ArrayWriter, read_array
from qa.search.catalogue import NAME, Catalogue, catalogued
from qa.search.embeddings import Encoder, Vectors
from qa.search.generations import Stored
from qa.search.lexicon import Lexicon, write_lexicon
from qa.search.plain import document_of, passage_of, plain_document, plain_passage
from qa.search.rows import Plain, Rows, RowsWriter
from qa.search.tokens import Tokenizer, TokenTable, TokenWriter
from qa.search.vectors import CodeFacts, VectorIndex, write_codes

FORMAT = 3
_N_CACHED_DOCUMENTS = 2_000
_N_CACHED_PASSAGES = 20_000
_PASSAGES_AT_ONCE = 512
_LANGUAGE = "U3"
_WORDS_OF_A_QUESTION = 8


@dataclass(frozen=True, slots=True)
class Generation:
    """A loaded index. Row n of ``passages``, ``languages``, ``vectors``, ``tokens`` and ``lexicon`` belong together."""

    folder: Path
    manifest: Mapping[str, Any]
    documents: Rows[Document]
    passages: Rows[Passage]
    catalogue: Catalogue
    languages: NDArray[np.str_]
    tokens: TokenTable
    vectors: VectorIndex
    lexicon: Lexicon

    @property
    def name(self) -> str:
        """Its number, as six digits or more."""
        return self.folder.name

    def nearest(self, question: Vectors, limit: int) -> tuple[list[int], list[float]]:
        """Rows and inner products of the passages nearest to a (dim,) float32 unit vector, best first."""
        return self.vectors.nearest(question, limit)

    def vectors_of(self, rows: Sequence[int] | NDArray[np.int64]) -> Vectors:
        """(n, dim) float32 unit rows of the passages given."""
        return self.vectors.of(rows)


class GenerationWriter:
    """Writes a generation document by document: new ones with their passages, others as they were ``before``.

    In a ``with`` block its files are closed whatever happens.
    """

    def __init__(self, folder: Path, encoder: Encoder, tokenizer: Tokenizer, before: Generation | None = None) -> None:
        self._folder, self._encoder, self._tokenizer, self._before = folder, encoder, tokenizer, before
        self._documents = RowsWriter(folder, "documents", plain_document)
        self._passages = RowsWriter(folder, "passages", plain_passage)
        self._catalogue: RowsWriter[Plain] = RowsWriter(folder, NAME, list)
        self._tokens = TokenWriter(folder / "tokens")
        self._vectors = ArrayWriter(folder / "vectors.npy", np.float32, (encoder.dim,))
        self._languages = ArrayWriter(folder / "languages.npy", _LANGUAGE)
        self._origin = ArrayWriter(folder / "origin.npy", np.int64)
        parts = self._documents, self._passages, self._catalogue, self._tokens, self._vectors, self._languages
        self._parts = (*parts, self._origin)
        self._spoken: set[str] = set()
        self._new: list[Passage] = []
        self._kept = range(0)

    def add(self, document: Document, passages: Sequence[Passage]) -> None:
        """Adds a document that is new or has changed."""
        self._copy_kept()
        self._documents.append([document])
        self._catalogue.append([catalogued(document, len(passages))])
        self._spoken.add(document.language)
        self._new += passages
        if len(self._new) >= _PASSAGES_AT_ONCE:
            self._make_new()

    def keep(self, row: int) -> None:
        """Adds a document of the generation before, of which nothing is made again."""
        if row != self._kept.stop:
            self._copy_kept()
            self._kept = range(row, row)
        self._kept = range(self._kept.start, row + 1)

    def finish(self, progress: Callable[[int, int], None] | None = None) -> dict[str, Any]:
        """Completes the files; what the manifest has to tell of them. ``progress(done, total)`` counts passages."""
        self._copy_kept()
        self._make_new()
        self._close()
        passages = Rows(self._folder, "passages", passage_of, 0)
        origin = np.load(self._folder / "origin.npy")
        (self._folder / "origin.npy").unlink()
        before = self._before
        known = before.manifest if before else {}
        codes = write_codes(
            self._folder,
            origin,
            before.vectors if before else None,
            _facts(known),
            lambda n: self._encoder.encode(_like_questions(passages, n)),
        )
        lexicon = before.lexicon if before else None
        gone = write_lexicon(self._folder / "lexicon", passages, origin, lexicon, known.get("gone", 0), progress)
        return {
            "format": FORMAT,
            "documents": self._documents.n_rows,
            "passages": len(passages),
            "languages": sorted(self._spoken),
            "codes": asdict(codes) if codes else None,
            "gone": gone,
        }

    def __enter__(self) -> GenerationWriter:
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):  # the files are complete already, or there is an error that says more
            self._close()

    def _close(self) -> None:
        with contextlib.ExitStack() as stack:
            for part in self._parts:
                stack.callback(part.close)

    def _make_new(self) -> None:
        """Makes vectors and subwords of the passages that wait for it."""
        passages, self._new = self._new, []
        if passages:
            self._passages.append(passages)
            self._languages.append([passage.language for passage in passages])
            self._origin.append(np.full(len(passages), -1))
            self._tokens.append(TokenTable.of(passages, self._tokenizer))
            self._vectors.append(self._encoder.encode([f"{passage.context}. {passage.text}" for passage in passages]))

    def _copy_kept(self) -> None:
        """Copies the documents in a row that are kept, with all that is known of their passages."""
        documents, self._kept = self._kept, range(0)
        before = self._before
        if not before or not documents:
            return
        self._make_new()
        catalogue = before.catalogue
        self._documents.copy(before.documents, documents.start, documents.stop)
        self._catalogue.copy(catalogue.lines, documents.start, documents.stop)
        first, end = (int(catalogue.first[row]) for row in (documents.start, documents.stop))
        self._passages.copy(before.passages, first, end)
        self._languages.append(before.languages[first:end])
        self._spoken.update(np.unique(before.languages[first:end]).tolist())
        self._origin.append(np.arange(first, end))
        self._tokens.append(before.tokens, first, end)
        self._vectors.copy(before.folder / "vectors.npy", first, end)


def check_format(stored: Stored) -> None:
    """Raises IndexMismatch for a generation of another version of Kysy."""
    found = stored.manifest.get("format")
    if found != FORMAT:
        raise IndexMismatch(f"{stored.folder} has format {found}, this version reads {FORMAT}: run `qa build` again")


def load_generation(stored: Stored, encoder_fingerprint: str, tokens_fingerprint: str) -> Generation:
    """What a generation holds; its files have been checked against their checksums.

    Raises IndexDamaged when they can't be read all the same, IndexMismatch when it was built with another model.
    """
    check_format(stored)
    folder, manifest = stored.folder, stored.manifest
    for key, expected in (("model", encoder_fingerprint), ("tokens", tokens_fingerprint)):
        if manifest.get(key) != expected:
            raise IndexMismatch(
                f"{folder} was built with the model {manifest.get(key)}, in use is {expected}: run `qa build` again"
            )
    try:
        documents = Rows(folder, "documents", document_of, _N_CACHED_DOCUMENTS)
        found = Generation(
            folder=folder,
            manifest=manifest,
            documents=documents,
            passages=Rows(folder, "passages", passage_of, _N_CACHED_PASSAGES),
            catalogue=Catalogue(folder, documents),
            languages=read_array(folder / "languages.npy"),
            tokens=TokenTable.read(folder / "tokens"),
            vectors=VectorIndex.read(folder, _facts(manifest)),
            lexicon=Lexicon(folder / "lexicon", manifest["languages"]),
        )
    except (OSError, RuntimeError, ValueError, KeyError, TypeError) as error:
        raise IndexDamaged(f"{folder} can't be read ({error}): run `qa build` again") from None
    counts = {len(rows) for rows in (found.languages, found.tokens, found.vectors, found.lexicon.numbers)}
    if counts != {len(found.passages)}:
        raise IndexDamaged(f"{folder}: its files disagree about the number of passages: run `qa build` again")
    return found


def _facts(manifest: Mapping[str, Any]) -> CodeFacts | None:
    codes = manifest.get("codes")
    return CodeFacts(**codes) if codes else None


def _like_questions(passages: Sequence[Passage], n: int) -> list[str]:
    """Some words in a row from some of the passages, as many as a question has."""
    chance = random.Random(0)
    texts = (passages[row].text.split() for row in chance.sample(range(len(passages)), min(n, len(passages))))
    starts = ((words, chance.randrange(max(1, len(words) - _WORDS_OF_A_QUESTION))) for words in texts)
    return [" ".join(words[start : start + _WORDS_OF_A_QUESTION]) for words, start in starts]
