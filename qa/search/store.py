"""The index on disk: generations that are written whole or not at all.

::

    index/
      CURRENT                 name and manifest's SHA-256 of the generation that serves; swapped by one atomic rename
      LOCK                    held while a build runs
      generations/000007/
        manifest.json         counts, model, settings, and size and SHA-256 of every file below
        documents.jsonl       documents as stored (offsets refer to these texts)
        passages.jsonl        row n is passage n
        vectors.faiss         FAISS, exact inner product; row n belongs to passage n
        tokens.npz            the passages' subwords, by sentence
        lexicon/              tantivy

A file that is missing or altered is an error that says what to run, never a wrong record.
"""

from __future__ import annotations

import contextlib
import datetime
import errno
import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from qa.errors import IndexDamaged, IndexFault, IndexMismatch, IndexMissing
from qa.records import Block, Contact, Document, Passage, Source
from qa.search.embeddings import Vectors
from qa.search.lexicon import Lexicon
from qa.search.tokens import TokenTable

FORMAT = 2
_KEPT_GENERATIONS = 2


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


@contextlib.contextmanager
def build_lock(index_dir: Path) -> Iterator[None]:
    """Held by the one process that builds; raises IndexFault at once when another holds it."""
    try:
        index_dir.mkdir(parents=True, exist_ok=True)
        handle = (index_dir / "LOCK").open("a+")
    except OSError as error:
        raise IndexFault(f"{index_dir} can't be written ({error.strerror}): choose another folder (--index)") from None
    with handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            handle.seek(0)
            holder = handle.read().strip() or "unknown"
            raise IndexFault(f"{index_dir} is being built by process {holder}: wait for it, then try again") from None
        handle.truncate(0)
        handle.write(str(os.getpid()))
        handle.flush()
        yield


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
    name = f"{_newest(index_dir) + 1:06d}"
    folder = index_dir / "generations" / name
    try:
        folder.mkdir(parents=True)
        _write_lines(folder / "documents.jsonl", documents)
        _write_lines(folder / "passages.jsonl", passages)
        _write_vectors(folder / "vectors.faiss", vectors)
        with (folder / "tokens.npz").open("wb") as file:
            tokens.save(file)
        Lexicon.build(folder / "lexicon", passages)
        digest = _write_manifest(folder, about)
        _make_current(index_dir, f"{name} {digest}")
    except (OSError, RuntimeError, ValueError) as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise IndexFault(f"{index_dir}: the index can't be written ({error}); the one before stays in use") from None
    _remove_old(index_dir, name)
    return name


def read_manifest(index_dir: Path) -> tuple[str, dict[str, Any]]:
    """Name and manifest of the current generation. Raises IndexMissing, IndexDamaged or IndexMismatch."""
    try:
        name, _, digest = (index_dir / "CURRENT").read_text("utf-8", errors="replace").strip().partition(" ")
    except OSError as error:
        if error.errno in (errno.EACCES, errno.EPERM):
            raise IndexDamaged(f"{index_dir}/CURRENT can't be read ({error.strerror}): check owner and mode") from None
        raise IndexMissing(f"{index_dir} holds no index: run `qa build` first") from None
    try:
        file = index_dir / "generations" / name / "manifest.json"
        if _sha256(file) != digest:
            raise ValueError
        manifest = json.loads(file.read_text("utf-8"))
        found = manifest["format"]
    except (OSError, ValueError, KeyError, TypeError):
        raise IndexDamaged(f"{index_dir}: manifest of {name!r} missing or altered: run `qa build` again") from None
    if found != FORMAT:
        raise IndexMismatch(f"{index_dir} has format {found}, this version reads {FORMAT}: run `qa build` again")
    return name, manifest


def load_generation(index_dir: Path, encoder_fingerprint: str, tokens_fingerprint: str) -> Generation:
    """The current generation, every file checked against its checksum.

    Raises IndexMissing, IndexDamaged, or IndexMismatch when it was built with another model.
    """
    name, manifest = read_manifest(index_dir)
    folder = index_dir / "generations" / name
    verify(index_dir, name, manifest)
    for key, expected in (("model", encoder_fingerprint), ("tokens", tokens_fingerprint)):
        if manifest.get(key) != expected:
            raise IndexMismatch(
                f"{index_dir} was built with the model {manifest.get(key)}, in use is {expected}: run `qa build` again"
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
    return Generation(name, manifest, documents, passages, tokens, vectors, lexicon)


def verify(index_dir: Path, name: str, manifest: Mapping[str, Any]) -> None:
    """Raises IndexDamaged when a file of a generation is missing or not as it was built."""
    folder = index_dir / "generations" / name
    for name, expected in manifest["files"].items():
        file = folder / name
        try:
            intact = file.stat().st_size == expected["bytes"] and _sha256(file) == expected["sha256"]
        except FileNotFoundError:
            raise IndexDamaged(f"{file} is missing: run `qa build` again") from None
        except OSError as error:
            raise IndexDamaged(f"{file} can't be read ({error.strerror}): check its owner and mode") from None
        if not intact:
            raise IndexDamaged(f"{file} was altered since it was built: run `qa build` again")


def _sha256(file: Path) -> str:
    with file.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def _newest(index_dir: Path) -> int:
    """The highest number of any generation, finished or not; 0 when there is none."""
    folders = (index_dir / "generations").glob("[0-9]*")
    return max((int(folder.name) for folder in folders if folder.name.isdigit()), default=0)


def _write_lines(file: Path, records: Sequence[Document] | Sequence[Passage]) -> None:
    with file.open("w", encoding="utf-8") as lines:
        for record in records:
            lines.write(json.dumps(asdict(record), ensure_ascii=False) + "\n")


def _write_vectors(file: Path, vectors: Vectors) -> None:
    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(np.ascontiguousarray(vectors))
    file.write_bytes(faiss.serialize_index(index).tobytes())  # faiss.write_index says nothing when the disk is full


def _write_manifest(folder: Path, about: Mapping[str, Any]) -> str:
    """The manifest's own SHA-256."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    for file in files:
        file.chmod(0o644)  # tantivy writes some for their owner alone; the service may run as another user
        _sync(file)
    listed = {f.relative_to(folder).as_posix(): {"bytes": f.stat().st_size, "sha256": _sha256(f)} for f in files}
    created = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    manifest = {"format": FORMAT, "created": created, **about, "files": listed}
    file = folder / "manifest.json"
    file.write_text(json.dumps(manifest, ensure_ascii=False, indent=1), "utf-8")
    _sync(file)
    for path in (folder / "lexicon", folder, folder.parent):
        with contextlib.suppress(OSError):
            _sync(path)
    return _sha256(file)


def _make_current(index_dir: Path, pointer: str) -> None:
    temporary = index_dir / "CURRENT.new"
    temporary.write_text(pointer + "\n", "utf-8")
    _sync(temporary)
    os.replace(temporary, index_dir / "CURRENT")
    with contextlib.suppress(OSError):  # some network file systems can't sync a folder; the rename stands all the same
        _sync(index_dir)


def _remove_old(index_dir: Path, current: str) -> None:
    """Removes unfinished generations and all but the newest finished ones."""
    folders = sorted((index_dir / "generations").glob("[0-9]*"), reverse=True)
    finished = [folder for folder in folders if (folder / "manifest.json").is_file()]
    for folder in set(folders) - set(finished[:_KEPT_GENERATIONS]):
        if folder.name != current:
            shutil.rmtree(folder, ignore_errors=True)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


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
