"""The index folder: generations that are written whole or not at all, whatever they hold.

::

    index/
      CURRENT                 name and manifest's SHA-256 of the generation that serves; swapped by one atomic rename
      LOCK                    held while a build runs
      generations/000007/
        manifest.json         what the generation was made from, and size and SHA-256 of every file beside it
        …                     its contents: see ``store``

A file that is missing or altered is an error that says what to run, never a wrong record. What the files mean is no
business of this module.
"""

from __future__ import annotations

import contextlib
import datetime
import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from qa.errors import IndexDamaged, IndexFault, IndexMissing

_KEPT_GENERATIONS = 2


@dataclass(frozen=True, slots=True)
class Draft:
    """A generation that is being written: its folder, and what its manifest will say beside the list of files."""

    folder: Path
    about: dict[str, Any] = field(default_factory=dict)


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


@contextlib.contextmanager
def new_generation(index_dir: Path) -> Iterator[Draft]:
    """A folder to write into; it becomes the current generation when the block ends, and those before the last go.

    Call under ``build_lock``. Raises IndexFault when the disk won't take it; then, as after any other fault in the
    block, nothing of it is left and the generation before still serves.
    """
    draft = Draft(index_dir / "generations" / f"{_newest(index_dir) + 1:06d}")
    try:
        draft.folder.mkdir(parents=True)
        yield draft
        digest = _write_manifest(draft.folder, draft.about)
        _make_current(index_dir, f"{draft.folder.name} {digest}")
    except BaseException as error:
        if _pointer(index_dir)[0] != draft.folder.name:  # an interruption right after the swap comes too late
            shutil.rmtree(draft.folder, ignore_errors=True)
        if isinstance(error, (OSError, RuntimeError, ValueError)):  # as raised by what writes the contents
            told = f"{index_dir}: the index can't be written ({error}); the one before stays in use"
            raise IndexFault(told) from None
        raise
    _remove_old(index_dir, draft.folder.name)


def read_manifest(index_dir: Path) -> tuple[str, dict[str, Any]]:
    """Name and manifest of the current generation. Raises IndexMissing or IndexDamaged."""
    name, digest = _pointer(index_dir)
    if not name:
        raise IndexMissing(f"{index_dir} holds no index: run `qa build` first")
    try:
        file = index_dir / "generations" / name / "manifest.json"
        if _sha256(file) != digest:
            raise ValueError
        manifest = json.loads(file.read_text("utf-8"))
        if not isinstance(manifest["files"], dict):
            raise ValueError
    except (OSError, ValueError, KeyError, TypeError):
        raise IndexDamaged(f"{index_dir}: manifest of {name!r} missing or altered: run `qa build` again") from None
    return name, manifest


def _pointer(index_dir: Path) -> tuple[str, str]:
    """What CURRENT says: the generation's name and its manifest's digest; empty when there is no such file."""
    try:
        name, _, digest = (index_dir / "CURRENT").read_text("utf-8", errors="replace").strip().partition(" ")
    except PermissionError as error:
        raise IndexDamaged(f"{index_dir}/CURRENT can't be read ({error.strerror}): check owner and mode") from None
    except OSError:
        return "", ""
    return name or "?", digest


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


def _write_manifest(folder: Path, about: Mapping[str, Any]) -> str:
    """The manifest's own SHA-256."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    for file in files:
        file.chmod(0o644)  # tantivy writes some for their owner alone; the service may run as another user
        _sync(file)
    listed = {f.relative_to(folder).as_posix(): {"bytes": f.stat().st_size, "sha256": _sha256(f)} for f in files}
    created = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    manifest = {"created": created, **about, "files": listed}
    file = folder / "manifest.json"
    file.write_text(json.dumps(manifest, ensure_ascii=False, indent=1), "utf-8")
    _sync(file)
    inner = sorted((path for path in folder.rglob("*") if path.is_dir()), reverse=True)
    for path in (*inner, folder, folder.parent):
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
