"""What one generation of the index holds: written, loaded, searched. ``generations`` keeps the folder around it.

::

    generations/000007/
      documents.jsonl       documents as stored (offsets refer to these texts)
      passages.jsonl        row n is passage n
      vectors.faiss         FAISS, exact inner product; row n belongs to passage n
      tokens.npz            the passages' subwords, by sentence
      lexicon/              tantivy
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from qa.errors import IndexDamaged, IndexMismatch
from qa.records import Block, Contact, Document, Passage, Source
from qa.search.commit import new_generation
from qa.search.embeddings import Vectors
from qa.search.generations import Stored
from qa.search.lexicon import Lexicon
from qa.search.tokens import TokenTable

FORMAT = 2


@dataclass(frozen=True, slots=True)
class Generation:
    """A loaded index. Row n of ``passages``, ``vectors``, ``tokens`` and ``lexicon`` belong together."""

    name: str
    manifest: Mapping[str, Any]
    documents: tuple[Document, ...]
    passages: tuple[Passage, ...]
    tokens: TokenTable
    vectors: Any  # faiss.Index
    lexicon: Lexicon

    def nearest(self, question: Vectors, limit: int) -> tuple[list[int], list[float]]:
        """Rows and inner products of the passages nearest to a (dim,) float32 unit vector, best first."""
        scores, rows = self.vectors.search(question[None, :], min(limit, len(self.passages)))
        return [int(row) for row in rows[0]], [float(score) for score in scores[0]]

    def vectors_of(self, rows: Sequence[int] | NDArray[np.int64]) -> Vectors:
        """(n, dim) float32 unit rows of the passages given."""
        return np.asarray(self.vectors.reconstruct_batch(np.asarray(rows, dtype=np.int64)), dtype=np.float32)


def write_generation(
    index_dir: Path,
    documents: Sequence[Document],
    passages: Sequence[Passage],
    vectors: Vectors,
    tokens: TokenTable,
    about: Mapping[str, Any],
) -> str:
    """Writes a generation, makes it the current one, removes those before the last; its name.

    ``about`` goes into the manifest. Call under ``build_lock``. Raises IndexFault when the disk won't take it;
    then the generation before still serves.
    """
    with new_generation(index_dir) as draft:
        folder = draft.folder
        _write_lines(folder / "documents.jsonl", documents)
        _write_lines(folder / "passages.jsonl", passages)
        _write_vectors(folder / "vectors.faiss", vectors)
        with (folder / "tokens.npz").open("wb") as file:
            tokens.save(file)
        Lexicon.build(folder / "lexicon", passages)
        draft.about.update({"format": FORMAT, **about})
    return folder.name


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
        documents = tuple(_document(line) for line in _lines(folder / "documents.jsonl"))
        passages = tuple(_passage(line) for line in _lines(folder / "passages.jsonl"))
        faiss.omp_set_num_threads(1)  # threads cost more than they gain on one question, and contend under load
        vectors = faiss.read_index(str(folder / "vectors.faiss"))
        with (folder / "tokens.npz").open("rb") as file:
            tokens = TokenTable.load(file)
    except (OSError, RuntimeError, ValueError, KeyError, TypeError) as error:
        raise IndexDamaged(f"{folder} can't be read ({error}): run `qa build` again") from None
    lexicon = Lexicon.load(folder / "lexicon", {passage.language for passage in passages})
    if not len(passages) == vectors.ntotal == len(tokens):
        raise IndexDamaged(f"{folder}: its files disagree about the number of passages: run `qa build` again")
    return Generation(stored.name, manifest, documents, passages, tokens, vectors, lexicon)


def _write_lines(file: Path, records: Sequence[Document] | Sequence[Passage]) -> None:
    with file.open("w", encoding="utf-8") as lines:
        for record in records:
            lines.write(json.dumps(asdict(record), ensure_ascii=False) + "\n")


def _write_vectors(file: Path, vectors: Vectors) -> None:
    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(np.ascontiguousarray(vectors))
    file.write_bytes(faiss.serialize_index(index).tobytes())  # faiss.write_index says nothing when the disk is full


def _lines(file: Path) -> Iterator[dict[str, Any]]:
    with file.open(encoding="utf-8") as lines:
        yield from (json.loads(line) for line in lines)


def _document(line: dict[str, Any]) -> Document:
    blocks = tuple(Block(**block) for block in line.pop("blocks"))
    contacts = tuple(_contact(contact) for contact in line.pop("contacts"))
    return Document(**line, blocks=blocks, contacts=contacts)


def _contact(contact: dict[str, Any]) -> Contact:
    duties, sources = (
        tuple(contact["responsibilities"]),
        tuple(Source(**source) for source in contact.get("sources", ())),
    )
    return Contact(**{**contact, "responsibilities": duties, "sources": sources})


def _passage(line: dict[str, Any]) -> Passage:
    sentences = tuple((start, end) for start, end in line["sentences"])
    return Passage(**{**line, "headings": tuple(line["headings"]), "sentences": sentences})
