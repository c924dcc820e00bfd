"""The files of a corpus folder: which are documents, and whose names can't be trusted."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from qa.errors import CorpusError, DocumentError
from qa.ingest.formats import FORMATS
from qa.text import clean

_HIDDEN = (".", "~$")  # the latter opens an office program's lock file
_GLOSSARY = "glossary.csv"  # of the corpus folder itself: its terms, no document
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?", re.IGNORECASE)  # devices, on Windows
_MAX_PATH_CHARS = 400


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that was left out, and why, in words for a person."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Remark:
    """A file that was read, and what of it was left out so that it can do no harm."""

    path: str
    text: str


def find_files(corpus_dir: Path) -> tuple[list[str], list[Skipped]]:
    """Paths, below a folder, of its files of a known format, sorted; what is skipped: doubled names, closed subfolders.

    READMEs, hidden files and links out of the folder are left out. Raises CorpusError when it can't be read itself.
    """
    closed: list[OSError] = []
    try:
        if not corpus_dir.is_dir():
            raise CorpusError(f"{corpus_dir} is no folder: give the folder with your documents (--corpus DIR)")
        root = corpus_dir.resolve()
        names = [
            name for name in _names(corpus_dir, closed) if _is_document(name) and _is_inside(corpus_dir, name, root)
        ]
    except OSError as error:
        raise CorpusError(f"{corpus_dir} can't be read: {error.strerror}") from None
    if any(Path(error.filename) == corpus_dir for error in closed):
        raise CorpusError(f"{corpus_dir} can't be read: {closed[0].strerror}")
    skipped = [
        Skipped(Path(error.filename).relative_to(corpus_dir).as_posix(), f"can't be read: {error.strerror}")
        for error in closed
    ]
    kept, doubled = _without_doubles(sorted(names, key=lambda name: name.split("/")))
    return kept, skipped + doubled


def _names(corpus_dir: Path, closed: list[OSError]) -> Iterator[str]:
    """Paths of all files below a folder, as texts: there may be very many, and each Path takes its time."""
    for folder, _, names in os.walk(corpus_dir, onerror=closed.append):
        inside = os.path.relpath(folder, corpus_dir)
        yield from names if inside == os.curdir else (f"{inside}/{name}" for name in names)


def _without_doubles(names: Iterable[str]) -> tuple[list[str], list[Skipped]]:
    """The first of all files that would be one document, or one file on a system that doesn't tell capitals apart."""
    kept: dict[str, str] = {}
    doubled: list[Skipped] = []
    for name in names:
        path, suffix = os.path.splitext(name)
        if not FORMATS[suffix.lower()].kind:
            path = f"{name}/"  # it will only be named, and takes no place of another
        first = kept.setdefault(unicodedata.normalize("NFC", path).casefold(), name)
        if first is not name:
            other = os.path.splitext(first)[0]
            doubled.append(Skipped(clean(name), f"another file is already called {other}: rename one of the two"))
    return list(kept.values()), doubled


def document_path(file: Path, corpus_dir: Path) -> str:
    """A file's path below the folder without suffix. Raises DocumentError for a name that can't be used everywhere."""
    inside = file.relative_to(corpus_dir)
    path = unicodedata.normalize("NFC", inside.with_suffix("").as_posix())
    if not path.isprintable() or ".." in inside.parts:
        raise DocumentError("has a name that is not UTF-8 or can't be shown: rename it")
    if len(path) > _MAX_PATH_CHARS:
        raise DocumentError(f"has a path of {len(path)} characters; at most {_MAX_PATH_CHARS} are read: shorten it")
    for part in inside.parts:
        if _RESERVED.fullmatch(part) or part != part.rstrip(". ") or set(part) & set('<>:"|?*\\'):
            raise DocumentError(f"has the name {part!r}, which Windows can't store: rename it")
    return path


def _is_inside(corpus_dir: Path, name: str, root: Path) -> bool:
    """False for a link that leads out of the folder or nowhere (folders that are links aren't entered)."""
    try:
        path = f"{corpus_dir}/{name}"
        return not os.path.islink(path) or Path(path).resolve(strict=True).is_relative_to(root)
    except PermissionError:
        return True  # reading it will say so
    except (OSError, RuntimeError):
        return False


def _is_document(name: str) -> bool:
    stem, suffix = os.path.splitext(name.rpartition("/")[2])
    is_hidden = name.startswith(_HIDDEN) or any(f"/{opening}" in name for opening in _HIDDEN)
    # What is no plain file, or can't be looked at, is found out (and said) when it is read.
    return suffix.lower() in FORMATS and stem.lower() != "readme" and not is_hidden and name != _GLOSSARY
