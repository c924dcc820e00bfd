"""The index folder: generations that are written whole or not at all, whatever they hold.

::

    index/
      CURRENT                 name and manifest's SHA-256 of the generation that serves; swapped by one atomic rename
      LOCK                    held while a build runs (``lock``)
      generations/000007/
        manifest.json         what the generation was made from, and size and SHA-256 of every file beside it
        manifest.sha256       the manifest's own, written last: a folder without it was never finished
        …                     its contents: see ``store``

The one that serves and the one before it are kept. What is missing or altered is named, and then the generation
before answers; never is a wrong record read. What the files mean is no business of this module.
"""

from __future__ import annotations

import contextlib
import datetime
import hashlib
import json
import logging
import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from qa.errors import IndexDamaged, IndexMismatch, IndexMissing

_HASHING_THREADS = 4
_log = logging.getLogger(__name__)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Stored:
    """A finished generation on disk, its manifest intact; its other files are checked by ``verify``."""

    folder: Path
    digest: str
    manifest: Mapping[str, Any]

    @property
    def name(self) -> str:
        """Its number, as six digits or more."""
        return self.folder.name

    @property
    def created(self) -> datetime.datetime:
        """When it was built, in UTC."""
        return datetime.datetime.fromisoformat(self.manifest["created"])

    @property
    def size_bytes(self) -> int:
        """What its files take up on disk."""
        return sum(int(about["bytes"]) for about in self.manifest["files"].values())


def current(index_dir: Path) -> Stored:
    """The generation that CURRENT names. Raises IndexMissing when nothing was built yet, or IndexDamaged."""
    name, digest = pointer(index_dir)
    if not name:
        if any(finished(index_dir)):
            raise IndexDamaged(f"{index_dir}/CURRENT is missing: run `qa build` again")
        raise IndexMissing(f"{index_dir} holds no index: run `qa build` first")
    manifest = _manifest(index_dir / "generations" / name, digest) if name.isdecimal() else None
    if manifest is None:
        raise IndexDamaged(f"{index_dir}: CURRENT and the manifest of {name!r} don't agree: run `qa build` again")
    return Stored(index_dir / "generations" / name, digest, manifest)


def finished(index_dir: Path) -> Iterator[Stored]:
    """All finished generations whose manifest is intact, newest first."""
    for folder in sorted(folders(index_dir), key=lambda folder: int(folder.name), reverse=True):
        with contextlib.suppress(OSError, IndexDamaged):
            digest = (folder / "manifest.sha256").read_text("utf-8", errors="replace").partition(" ")[0]
            manifest = _manifest(folder, digest)
            if manifest is not None:
                yield Stored(folder, digest, manifest)


def folders(index_dir: Path) -> list[Path]:
    """The folders of all generations, finished or not."""
    try:
        return [folder for folder in (index_dir / "generations").iterdir() if folder.name.isdecimal()]
    except OSError:
        return []


def pointer(index_dir: Path) -> tuple[str, str]:
    """What CURRENT says: name and manifest's digest; two empty texts when there is no such file."""
    try:
        name, _, digest = (index_dir / "CURRENT").read_text("utf-8", errors="replace").strip().partition(" ")
    except PermissionError as error:
        raise IndexDamaged(f"{index_dir}/CURRENT can't be read ({error.strerror}): check its owner and mode") from None
    except OSError:
        return "", ""
    return name or "?", digest


def verify(stored: Stored) -> None:
    """Reads every byte of a generation; raises IndexDamaged when a file is missing or not as it was built."""
    for damage in damages(stored):
        raise IndexDamaged(damage)


def damages(stored: Stored) -> tuple[str, ...]:
    """What is wrong with each file of a generation that is missing or not as it was built."""
    largest_first = sorted(stored.manifest["files"].items(), key=lambda item: -int(item[1]["bytes"]))
    with ThreadPoolExecutor(min(_HASHING_THREADS, os.cpu_count() or 1)) as threads:
        told = threads.map(lambda item: _damage(stored.folder / item[0], item[1]), largest_first)
        return tuple(damage for damage in told if damage)


def newest_intact(index_dir: Path, load: Callable[[Stored], T]) -> tuple[T, str | None]:
    """The current generation as ``load`` reads it or, when that is damaged, the newest one before that is not.

    With it what was wrong with the current one, which is logged as well. Raises what ``current`` and ``load`` raise
    when there is none to fall back to.
    """
    before = pointer(index_dir)
    try:
        return _checked(current(index_dir), load), None
    except IndexDamaged as error:
        if pointer(index_dir) != before:  # a build has replaced it while it was read
            return newest_intact(index_dir, load)
        damage = error
    for stored in earlier(index_dir):
        try:
            found = _checked(stored, load)
        except (IndexDamaged, IndexMismatch):
            continue
        told = f"{damage}; until then generation {stored.name} answers, built {stored.manifest['created']}"
        _log.warning("%s", told)
        return found, told
    raise damage


def earlier(index_dir: Path) -> list[Stored]:
    """Finished generations older than the current one, newest first; all when CURRENT itself can't be believed."""
    name, digest = pointer(index_dir)
    found = list(finished(index_dir))
    is_there = name.isdecimal() and (index_dir / "generations" / name).is_dir()
    if not is_there or any(stored.name == name and stored.digest != digest for stored in found):
        return found
    return [stored for stored in found if int(stored.name) < int(name)]


def load_current(index_dir: Path, load: Callable[[Stored], T]) -> T:
    """The current generation as ``load`` reads it, every file checked; raises what ``current`` and ``load`` raise."""
    return _checked(current(index_dir), load)


def _checked(stored: Stored, load: Callable[[Stored], T]) -> T:
    verify(stored)
    return load(stored)


def _manifest(folder: Path, digest: str) -> dict[str, Any] | None:
    """The manifest of a generation; None when it is missing or not the one with this SHA-256."""
    try:
        raw = (folder / "manifest.json").read_bytes()
        if hashlib.sha256(raw).hexdigest() != digest:
            return None
        manifest: dict[str, Any] = json.loads(raw)
    except PermissionError as error:
        raise IndexDamaged(
            f"{folder}/manifest.json can't be read ({error.strerror}): check its owner and mode"
        ) from None
    except (OSError, ValueError):
        return None
    return manifest


def _damage(file: Path, expected: Mapping[str, Any]) -> str | None:
    """What is wrong with a file, if anything."""
    try:
        intact = file.stat().st_size == expected["bytes"] and sha256(file) == expected["sha256"]
    except FileNotFoundError:
        return f"{file} is missing: run `qa build` again"
    except OSError as error:
        return f"{file} can't be read ({error.strerror}): check its owner and mode"
    return None if intact else f"{file} was altered since it was built: run `qa build` again"


def sha256(file: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with file.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
