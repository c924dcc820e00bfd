"""Texts → unit vectors, and texts → subwords with a vector each.

The embedded model is static: a subword has one vector, a text's vector is their mean. It needs no neural
network at run time, so it is read straight from its safetensors file; the only costly step is cutting words
into subwords, and since each word is cut the same way everywhere, a cache does that once a word. Any other
sentence-transformers model can take its place for whole texts; subword vectors always come from ours.
"""

from __future__ import annotations

import hashlib
import json
import os
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
_MAX_CACHED_WORDS = 500_000
_MAX_WORD_CHARS = 200  # a longer run without a space is no word; it is cut so that it costs no more than words do
_NO_TOKENS: tuple[int, ...] = ()


class Encoder(Protocol):
    """Whole texts → vectors."""

    @property
    def fingerprint(self) -> str:
        """Changes whenever the vectors would."""
        ...

    @property
    def dim(self) -> int: ...

    def encode(self, texts: Sequence[str]) -> Vectors:
        """(n, dim) float32, unit rows; a text without any known subword is the zero vector."""
        ...


class StaticModel:
    """A static subword embedding in sentence-transformers' ``StaticEmbedding`` format."""

    def __init__(self, token_vectors: Vectors, tokenizer: Tokenizer, fingerprint: str) -> None:
        """``token_vectors``: (vocabulary, dim) float32, as trained: a frequent subword has a small norm."""
        self.token_vectors = token_vectors
        self.fingerprint = fingerprint
        self._tokenizer = tokenizer
        self._cache: dict[str, tuple[int, ...]] = {}

    @classmethod
    def from_folder(cls, folder: Path) -> StaticModel:
        """Raises ModelError when the folder holds no such model or its files are damaged."""
        try:
            weights = load_file(folder / "model.safetensors")
            tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        except (OSError, SafetensorError) as error:
            raise ModelError(f"{folder}: the embedding model can't be read ({error}); reinstall Kysy") from None
        except Exception as error:  # tokenizers raises bare Exception for a file it can't parse
            raise ModelError(f"{folder}: tokenizer.json can't be read ({error}); reinstall Kysy") from None
        tokenizer.no_truncation()
        tokenizer.no_padding()
        if "embedding.weight" not in weights:
            raise ModelError(f"{folder}/model.safetensors holds no embedding.weight: it is no StaticEmbedding model")
        return cls(weights["embedding.weight"].astype(np.float32), tokenizer, _fingerprint(folder))

    @property
    def dim(self) -> int:
        return int(self.token_vectors.shape[1])

    @cached_property
    def token_norms(self) -> Vectors:
        """(vocabulary,) float32: a subword's weight."""
        return np.asarray(np.linalg.norm(self.token_vectors, axis=1), dtype=np.float32)

    @cached_property
    def unit_token_vectors(self) -> Vectors:
        """(vocabulary, dim) float32, unit rows (zero rows stay zero)."""
        return np.asarray(self.token_vectors / np.maximum(self.token_norms, 1e-12)[:, None], dtype=np.float32)

    def tokens(self, text: str) -> TokenIds:
        """Ids of the text's subwords in order, (n_tokens,) int32."""
        ids: list[int] = []
        for word in text.split():
            cached = self._cache.get(word)
            ids += self._cut(word) if cached is None else cached
        return np.array(ids, dtype=np.int32)

    def encode(self, texts: Sequence[str]) -> Vectors:
        vectors = np.zeros((len(texts), self.dim), dtype=np.float32)
        for row, text in enumerate(texts):
            ids = self.tokens(text)
            if len(ids):
                vectors[row] = self.token_vectors[ids].mean(axis=0)
        return _unit_rows(vectors)

    def _cut(self, word: str) -> tuple[int, ...]:
        if len(word) > _MAX_WORD_CHARS:
            pieces = (word[n : n + _MAX_WORD_CHARS] for n in range(0, len(word), _MAX_WORD_CHARS))
            return tuple(token for piece in pieces for token in self._cut(piece))
        clean = word.encode("utf-8", "ignore").decode("utf-8")  # a lone surrogate is no character
        ids = tuple(self._tokenizer.encode(clean, add_special_tokens=False).ids) if clean else _NO_TOKENS
        if len(self._cache) >= _MAX_CACHED_WORDS:
            self._cache.clear()
        self._cache[word] = ids
        return ids


class SentenceTransformerEncoder:
    """Any other model, through sentence-transformers (slow to start: only imported when it is chosen)."""

    def __init__(self, name: str, *, allow_download: bool) -> None:
        """Raises ModelError when the model isn't there or can't be loaded."""
        if not allow_download:  # before the import: the hub's library reads it once
            os.environ["HF_HUB_OFFLINE"] = "1"
        from sentence_transformers import SentenceTransformer

        try:
            self._model: Any = SentenceTransformer(name, local_files_only=not allow_download, device="cpu")
        except Exception as error:  # whatever the model's own code raises, the setting is what to mend
            hint = "" if allow_download else "; fetch it beforehand or set allow_download=true"
            reason = str(error).strip().split("\n")[0]
            raise ModelError(f"setting model={name!r} can't be loaded ({reason}){hint}") from None
        self.fingerprint = f"sentence-transformers:{name}"

    @property
    def dim(self) -> int:
        return int(self._model.get_embedding_dimension())

    def encode(self, texts: Sequence[str]) -> Vectors:
        vectors = self._model.encode(list(texts), convert_to_numpy=True, show_progress_bar=False)
        return _unit_rows(np.asarray(vectors, dtype=np.float32).reshape(len(texts), self.dim))


def load_encoder(settings: Settings, embedded: StaticModel) -> Encoder:
    """The encoder that the settings name. Raises ModelError when it can't be loaded."""
    folder = Path(settings.model)
    if folder.is_dir() and folder.resolve() == EMBEDDED_MODEL_DIR.resolve():
        return embedded
    if folder.is_dir() and _is_static(folder):
        return StaticModel.from_folder(folder)
    return SentenceTransformerEncoder(settings.model, allow_download=settings.allow_download)


def _is_static(folder: Path) -> bool:
    try:
        modules = json.loads((folder / "modules.json").read_text("utf-8"))
        return any(str(module.get("type", "")).endswith("StaticEmbedding") for module in modules)
    except (OSError, ValueError, AttributeError):
        return False


def _fingerprint(folder: Path) -> str:
    digest = hashlib.sha256()
    for name in ("tokenizer.json", "model.safetensors"):
        digest.update((folder / name).read_bytes())
    return f"static:{digest.hexdigest()[:16]}"


def _unit_rows(vectors: Vectors) -> Vectors:
    """Rows scaled to length 1; zero and non-finite rows become zero."""
    vectors = np.nan_to_num(vectors, nan=0.0, posinf=0.0, neginf=0.0)
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(np.divide(vectors, norms, out=np.zeros_like(vectors), where=norms > 0))
