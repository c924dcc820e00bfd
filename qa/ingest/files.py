"""The files of a corpus folder: which are documents, and whose names can't be trusted."""

from __future__ import annotations

import os
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from qa.errors import CorpusError, DocumentError
from qa.ingest.formats import SUFFIXES
from qa.text import clean

_GLOSSARY = "glossary.csv"  # of the corpus folder itself: its terms, no document
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?", re.IGNORECASE)  # devices, on Windows
_MAX_PATH_CHARS = 400


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that was left out, and why, in words for a person."""

    path: str
    reason: str


def find_files(corpus_dir: Path) -> tuple[list[Path], list[Skipped]]:
    """Files of a known format below a folder, sorted; and what is skipped: doubled names, closed subfolders.

    READMEs, hidden files and links out of the folder are left out. Raises CorpusError when it can't be read itself.
    """
    closed: list[OSError] = []
    try:
        if not corpus_dir.is_dir():
            raise CorpusError(f"{corpus_dir} is no folder: give the folder with your documents (--corpus DIR)")
        root = corpus_dir.resolve()
        found = [
            Path(folder, name) for folder, _, names in os.walk(corpus_dir, onerror=closed.append) for name in names
        ]
        files = [path for path in found if _is_document(path, corpus_dir) and _is_inside(path, root)]
    except OSError as error:
        raise CorpusError(f"{corpus_dir} can't be read: {error.strerror}") from None
    if any(Path(error.filename) == corpus_dir for error in closed):
        raise CorpusError(f"{corpus_dir} can't be read: {closed[0].strerror}")
    skipped = [
        Skipped(Path(error.filename).relative_to(corpus_dir).as_posix(), f"can't be read: {error.strerror}")
        for error in closed
    ]
    kept, doubled = _without_doubles(sorted(files), corpus_dir)
    return kept, skipped + doubled


def _without_doubles(files: list[Path], corpus_dir: Path) -> tuple[list[Path], list[Skipped]]:
    """The first of all files that would be one document, or one file on a system that doesn't tell capitals apart."""
    kept: dict[str, Path] = {}
    doubled: list[Skipped] = []
    for file in files:
        inside = file.relative_to(corpus_dir)
        path = unicodedata.normalize("NFC", inside.with_suffix("").as_posix())
        first = kept.setdefault(path.casefold(), file)
        if first is not file:
            other = first.relative_to(corpus_dir).with_suffix("").as_posix()
            doubled.append(
                Skipped(clean(inside.as_posix()), f"another file is already called {other}: rename one of the two")
            )
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


def _is_inside(path: Path, root: Path) -> bool:
    """False for a link that leads out of the folder or nowhere (folders that are links aren't entered)."""
    try:
        return not path.is_symlink() or path.resolve(strict=True).is_relative_to(root)
    except PermissionError:
        return True  # reading it will say so
    except (OSError, RuntimeError):
        return False


def _is_document(path: Path, corpus_dir: Path) -> bool:
    inside = path.relative_to(corpus_dir)
    is_hidden = any(part.startswith((".", "~$")) for part in inside.parts)  # "~$" opens an office program's lock file
    is_named_so = path.suffix.lower() in SUFFIXES and path.stem.lower() != "readme"
    # What is no plain file, or can't be looked at, is found out (and said) when it is read.
    return is_named_so and not is_hidden and inside.as_posix() != _GLOSSARY
