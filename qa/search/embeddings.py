"""Texts → unit vectors, and texts → subwords with a vector each.

The embedded model is static: a subword has one vector, a text's vector is their mean. It needs no neural
network at run time, so it is read straight from its safetensors file; the only costly step is cutting words
into subwords, and since each word is cut the same way everywhere, a cache does that once a word. Any other
sentence-transformers model can take its place for whole texts; subword vectors always come from ours.

Whatever is given as a text has a vector: lone surrogates are passed over, a run of more than 200 characters
with neither white space nor punctuation is cut every 200 characters, and the time is linear in the length.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from qa.errors import ModelError
from qa.settings import PACKAGE_DIR, Settings

Vectors = NDArray[np.float32]
TokenIds = NDArray[np.int32]

EMBEDDED_MODEL_DIR = PACKAGE_DIR / "model"
_MAX_CACHED_WORDS = 250_000  # about 50 MB of usual words
_MAX_CACHED_CHARS = 40  # of a word: what is longer hardly comes again
_MAX_WORD_CHARS = 200  # a longer run is no word; it is cut so that it costs no more than words do
_ROWS_AT_ONCE = 512
_HUB_TIMEOUT_S = 5.0
_HUB_NAME = re.compile(r"[A-Za-z0-9][\w.-]*(/[\w.-]+)?")
_MODEL_FILES = ("modules.json", "config.json")
_WORD_START = "\u2581"
# Nearly all words hold, in lower case, only these characters. The tokenizer changes none of the letters and leaves
# runs of letters and runs of digits together; each other character it cuts off on both sides.
_LETTERS = "a-zß-öø-ıĵ-ľł-ňŋ-ž"
_PLAIN = re.compile(f"[!-~§«»‐-―‘’“”„…−{_LETTERS}]+")
_RUN = re.compile(f"[{_LETTERS}]+|[0-9]+")
_PIECE = re.compile(f"[{_LETTERS}]+|[0-9]+|.")


class Encoder(Protocol):
    """Whole texts → vectors."""

    @property
    def fingerprint(self) -> str:
        """Changes whenever the vectors would."""
        ...

    @property
    def dim(self) -> int: ...

    def encode(self, texts: Sequence[str]) -> Vectors:
        """(n, dim) float32, unit rows; a text that says nothing (white space, lone surrogates) is the zero vector."""
        ...


class StaticModel:
    """A static subword embedding in sentence-transformers' ``StaticEmbedding`` format."""

    def __init__(
        self,
        token_vectors: Vectors,
        tokenizer: Tokenizer,
        fingerprint: str,
        max_cached_words: int = _MAX_CACHED_WORDS,
    ) -> None:
        """``token_vectors``: (vocabulary, dim) float32, as trained: a frequent subword has a small norm."""
        self.token_vectors = token_vectors
        self.fingerprint = fingerprint
        self._tokenizer = tokenizer
        self._subwords = tokenizer.model
        self._max_cached_words = max_cached_words
        self._cache: dict[str, tuple[int, ...]] = {}

    @classmethod
    def from_folder(cls, folder: Path) -> StaticModel:
        """Raises ModelError when the folder holds no such model or its files are damaged or don't belong together."""
        try:
            weights = load_file(folder / "model.safetensors").get("embedding.weight", np.zeros(0))
            tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
            fingerprint = _fingerprint(folder)
        except (OSError, SafetensorError) as error:
            raise _fault(folder, error) from None
        except Exception as error:  # tokenizers raises bare Exception for a file it can't parse
            raise _fault(folder, f"tokenizer.json: {error}") from None
        tokenizer.no_truncation()
        tokenizer.no_padding()
        if weights.ndim != 2:
            raise _fault(folder, "model.safetensors holds no table embedding.weight: it is no StaticEmbedding model")
        if len(weights) < (subwords := tokenizer.get_vocab_size()):
            raise _fault(folder, f"{len(weights)} vectors for {subwords} subwords: its files don't belong together")
        return cls(weights.astype(np.float32), tokenizer, fingerprint)

    @property
    def dim(self) -> int:
        return int(self.token_vectors.shape[1])

    @cached_property
    def token_norms(self) -> Vectors:
        """(vocabulary,) float32: a subword's weight."""
        squares = np.einsum("ij,ij->i", self.token_vectors, self.token_vectors)
        return np.asarray(np.sqrt(squares), dtype=np.float32)

    @cached_property
    def unit_token_vectors(self) -> Vectors:
        """(vocabulary, dim) float32, unit rows (zero rows stay zero)."""
        norms = np.maximum(self.token_norms, np.float32(1e-12))
        return np.asarray(self.token_vectors / norms[:, None], dtype=np.float32)

    def cuts_like(self, other: StaticModel) -> bool:
        """Whether both prepare a text in the same way, as ``tokens`` relies on; their subwords may be others."""
        return _rules(self._tokenizer) == _rules(other._tokenizer)

    def tokens(self, text: str) -> TokenIds:
        """Ids of the text's subwords in order, (n_tokens,) int32; what the tokenizer gives for the whole text."""
        ids: list[int] = []
        known = self._cache.get
        for word in text.split():
            ids += known(word) or self._cut(word)
        return np.array(ids, dtype=np.int32)

    def encode(self, texts: Sequence[str]) -> Vectors:
        cut = [self.tokens(text) for text in texts]  # all before the first sum: both are faster without the other
        vectors = np.zeros((len(texts), self.dim), dtype=np.float32)
        rows = np.empty((_ROWS_AT_ONCE, self.dim), dtype=np.float32)  # one for all: new memory costs more than sums do
        for vector, ids in zip(vectors, cut, strict=True):
            for first in range(0, len(ids), _ROWS_AT_ONCE):
                some = ids[first : first + _ROWS_AT_ONCE]
                vector += self.token_vectors.take(some, axis=0, out=rows[: len(some)], mode="clip").sum(axis=0)
        return _unit_rows(vectors)

    def _cut(self, word: str) -> tuple[int, ...]:
        """Ids of a word that may not have been met before: "Helsinki", "Helsinki," and "(helsinki" share a piece."""
        known = self._cache.get
        ids = tuple([token for piece in _pieces(word) for token in known(piece) or self._cut_piece(piece)])
        self._remember(word, ids)
        return ids

    def _cut_piece(self, piece: str) -> tuple[int, ...]:
        if _RUN.fullmatch(piece) and piece == piece.lower():  # nothing to normalise, nothing to cut off
            ids = tuple([token.id for token in self._subwords.tokenize(_WORD_START + piece)])
        else:
            ids = tuple(self._tokenizer.encode(_without_surrogates(piece), add_special_tokens=False).ids)
        self._remember(piece, ids)
        return ids

    def _remember(self, word: str, ids: tuple[int, ...]) -> None:
        if len(word) > _MAX_CACHED_CHARS:
            return
        if len(self._cache) >= self._max_cached_words:
            self._cache.clear()
        self._cache[word] = ids


class SentenceTransformerEncoder:
    """Any other model, through sentence-transformers (slow to start: only imported when it is chosen)."""

    def __init__(self, name: str, *, allow_download: bool) -> None:
        """Raises ModelError when the model isn't there or can't be loaded."""
        _check_name(name)
        online = allow_download and not Path(name).is_dir() and _hub_answers()
        if not online:  # before the import: the hub's library reads it once
            os.environ["HF_HUB_OFFLINE"] = "1"
        from sentence_transformers import SentenceTransformer

        try:
            self._model: Any = SentenceTransformer(name, local_files_only=not online, device="cpu")
        except Exception as error:  # whatever the model's own code raises, the setting is what to mend
            reason = str(error).strip().split("\n")[0] or type(error).__name__
            mend = _how_to_mend(name, allow_download, online)
            raise ModelError(f"setting model={name!r} can't be loaded ({reason}); {mend}") from None
        self.fingerprint = f"sentence-transformers:{name}"

    @property
    def dim(self) -> int:
        return int(self._model.get_embedding_dimension())

    def encode(self, texts: Sequence[str]) -> Vectors:
        readable = [_without_surrogates(text) for text in texts]
        vectors = self._model.encode(readable, convert_to_numpy=True, show_progress_bar=False)
        return _unit_rows(np.asarray(vectors, dtype=np.float32).reshape(len(texts), self.dim))


def load_encoder(settings: Settings, embedded: StaticModel) -> Encoder:
    """The encoder that the settings name. Raises ModelError when it can't be loaded."""
    folder = Path(settings.model)
    if folder.is_dir() and folder.resolve() == EMBEDDED_MODEL_DIR.resolve():
        return embedded
    if folder.is_dir() and _is_static(folder):
        model = StaticModel.from_folder(folder)
        if model.cuts_like(embedded):
            return model
    return SentenceTransformerEncoder(settings.model, allow_download=settings.allow_download)


def _is_static(folder: Path) -> bool:
    """Whether the folder's model is a static embedding and nothing else that would change a text's direction."""
    try:
        modules = json.loads((folder / "modules.json").read_text("utf-8"))
        kinds = [str(module.get("type", "")).rpartition(".")[2] for module in modules]
    except (OSError, ValueError, AttributeError):
        return False
    return kinds[:1] == ["StaticEmbedding"] and set(kinds) <= {"StaticEmbedding", "Normalize"}


def _check_name(name: str) -> None:
    """Raises ModelError for what can neither be a model's folder nor its name at a hub."""
    folder = Path(name)
    if folder.is_dir():
        if not any((folder / file).is_file() for file in _MODEL_FILES):
            expected = " or ".join(_MODEL_FILES)
            raise ModelError(f"setting model={name!r} is a folder without a model: expected {expected} in it")
    elif folder.exists() or not _HUB_NAME.fullmatch(name):
        raise ModelError(f"setting model={name!r}: there is no such folder, and no model at a hub is named like that")


def _hub_answers() -> bool:
    """Whether the model hub can be reached; without asking, its library would try again for more than a minute."""
    from http.client import HTTPException
    from urllib.error import HTTPError
    from urllib.request import Request, urlopen

    try:
        hub = Request(os.environ.get("HF_ENDPOINT", "https://huggingface.co"), method="HEAD")
        urlopen(hub, timeout=_HUB_TIMEOUT_S).close()
    except HTTPError:
        return True
    except (OSError, HTTPException, ValueError):
        return False
    return True


def _how_to_mend(name: str, allow_download: bool, online: bool) -> str:
    if Path(name).is_dir():
        return "restore the folder's files or name another model"
    if not allow_download:
        return "fetch it beforehand or set allow_download=true"
    return "check the name" if online else "the model hub doesn't answer: check the network, or fetch it beforehand"


def _fault(folder: Path, reason: object) -> ModelError:
    """The error for a static model that can't be read: the embedded one's or that of a folder in the settings."""
    what = f"{folder}: the embedding model can't be read ({reason})"
    if folder.resolve() == EMBEDDED_MODEL_DIR.resolve():
        return ModelError(f"{what}; reinstall Kysy")
    return ModelError(f"{what}; restore the folder's files, or name another with the setting model")


def _rules(tokenizer: Tokenizer) -> tuple[object, ...]:
    """What a tokenizer does to a text before it looks for subwords."""
    steps = (tokenizer.normalizer.__getstate__(), tokenizer.pre_tokenizer.__getstate__())
    return (*steps, *sorted(tokenizer.get_added_tokens_decoder()))


def _fingerprint(folder: Path) -> str:
    digest = hashlib.sha256()
    for name in ("tokenizer.json", "model.safetensors"):
        with (folder / name).open("rb") as file:
            hashlib.file_digest(file, lambda: digest)
    return f"static:{digest.hexdigest()[:16]}"


def _pieces(word: str) -> list[str]:
    """Parts of a word that the tokenizer would cut off from each other, at most 200 characters each.

    >>> _pieces("Helsinki,")
    ['helsinki', ',']
    """
    lower = word.lower()
    pieces = _PIECE.findall(lower) if _PLAIN.fullmatch(lower) else [word]
    if len(word) <= _MAX_WORD_CHARS:
        return pieces
    return [piece[n : n + _MAX_WORD_CHARS] for piece in pieces for n in range(0, len(piece), _MAX_WORD_CHARS)]


def _without_surrogates(text: str) -> str:
    """The text as it can be written in UTF-8; a lone surrogate is no character.

    >>> _without_surrogates("kun\\ud800ta")
    'kunta'
    """
    return text.encode("utf-8", "ignore").decode("utf-8")


def _unit_rows(vectors: Vectors) -> Vectors:
    """Rows scaled to length 1; zero and non-finite rows become zero."""
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(np.divide(vectors, norms, out=np.zeros_like(vectors), where=(norms > 0) & np.isfinite(norms)))
