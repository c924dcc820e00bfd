"""How the index folder changes: a new generation becomes the current one, or an earlier one becomes it again.

Every function here is called under ``lock.build_lock``.
"""

from __future__ import annotations

import contextlib
import datetime
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from qa.disk import sync, sync_folder
from qa.errors import IndexDamaged, IndexFault
from qa.search.generations import Stored, earlier, finished, folders, pointer, sha256, verify


@dataclass(frozen=True, slots=True)
class Draft:
    """A generation that is being written: its folder, and what its manifest will say beside the list of files."""

    folder: Path
    about: dict[str, Any] = field(default_factory=dict)


@contextlib.contextmanager
def new_generation(index_dir: Path, verified: Stored | None = None) -> Iterator[Draft]:
    """A folder to write into; when the block ends it is the current generation, and only the one before is kept.

    ``verified`` is a generation that the caller has just read and found intact: it isn't read once more.
    Raises IndexFault when the disk won't take it; then, as after any other fault in the block, nothing of it is
    left and the generation before still serves.
    """
    draft = Draft(index_dir / "generations" / f"{_newest(index_dir) + 1:06d}")
    _remove_unfinished(index_dir)
    before = _good_before(index_dir, verified)
    try:
        draft.folder.mkdir(parents=True)
        yield draft
        digest = _seal(draft.folder, draft.about)
        _make_current(index_dir, draft.folder.name, digest)
    except BaseException as error:
        if pointer(index_dir)[0] != draft.folder.name:  # an interruption right after the swap comes too late
            shutil.rmtree(draft.folder, ignore_errors=True)
        if isinstance(error, (OSError, RuntimeError, ValueError)):  # as raised by what writes the contents
            told = f"{index_dir}: the index can't be written ({error}); the one before stays in use"
            raise IndexFault(told) from None
        raise
    kept = {draft.folder.name, before}
    _remove(folder for folder in folders(index_dir) if folder.name not in kept)


def roll_back(index_dir: Path, name: str | None = None) -> Stored:
    """Makes the newest intact generation before the current one, or the one named, current; which one it is.

    Raises IndexFault when there is none, IndexDamaged when the one that was named is damaged.
    """
    serving = pointer(index_dir)[0]
    if name is None:
        found = next((stored for stored in earlier(index_dir) if _is_intact(stored)), None)
        if found is None:
            told = f"{index_dir} holds no intact generation before {serving or 'the current one'}"
            raise IndexFault(f"{told}: there is nothing to go back to")
    else:
        found = _named(index_dir, name)
    try:
        _make_current(index_dir, found.name, found.digest)
    except OSError as error:
        raise IndexFault(f"{index_dir} can't be written ({error.strerror}); {serving} stays in use") from None
    return found


def _named(index_dir: Path, name: str) -> Stored:
    named = {stored.name: stored for stored in finished(index_dir)}
    found = named.get(name.zfill(6))
    if found is None:
        raise IndexFault(f"generation {name} is not there: {index_dir} holds {', '.join(named) or 'none'}")
    verify(found)
    return found


def _good_before(index_dir: Path, verified: Stored | None) -> str | None:
    """The generation to keep beside a new one: that which serves unless it is damaged, else the newest that isn't."""
    serving = pointer(index_dir)[0]
    candidates = sorted(finished(index_dir), key=lambda stored: stored.name != serving)
    return next((stored.name for stored in candidates if stored == verified or _is_intact(stored)), None)


def _is_intact(stored: Stored) -> bool:
    with contextlib.suppress(IndexDamaged):
        verify(stored)
        return True
    return False


def _newest(index_dir: Path) -> int:
    """The highest number of any generation, finished or not; 0 when there is none."""
    return max((int(folder.name) for folder in folders(index_dir)), default=0)


def _remove_unfinished(index_dir: Path) -> None:
    """Makes room: what a build that was killed has left behind."""
    serving = pointer(index_dir)[0]
    whole = {stored.name for stored in finished(index_dir)} | {serving}
    _remove(folder for folder in folders(index_dir) if folder.name not in whole)


def _remove(unneeded: Iterator[Path]) -> None:
    for folder in list(unneeded):
        with contextlib.suppress(OSError):
            (folder / "manifest.sha256").unlink()  # first, so that half a generation is never taken for a whole one
        shutil.rmtree(folder, ignore_errors=True)


def _seal(folder: Path, about: Mapping[str, Any]) -> str:
    """Writes the manifest and its checksum, and waits until all is on the disk; the manifest's SHA-256."""
    files = sorted((path for path in folder.rglob("*") if path.is_file()), key=lambda path: -path.stat().st_size)
    for file in files:
        file.chmod(0o644)  # tantivy writes some for their owner alone; the service may run as another user
    with ThreadPoolExecutor() as syncing, ThreadPoolExecutor(os.cpu_count()) as hashing:  # the disk and the processors
        told = zip(files, syncing.map(sync, files), hashing.map(sha256, files), strict=True)
        listed = {f.relative_to(folder).as_posix(): {"bytes": f.stat().st_size, "sha256": sha} for f, _, sha in told}
    created = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    manifest = folder / "manifest.json"
    manifest.write_text(
        json.dumps({"created": created, **about, "files": dict(sorted(listed.items()))}, ensure_ascii=False, indent=1),
        "utf-8",
    )
    digest = sha256(manifest)
    (folder / "manifest.sha256").write_text(f"{digest}  manifest.json\n", "utf-8")
    sync(manifest)
    sync(folder / "manifest.sha256")
    for path in (*sorted(path for path in folder.rglob("*") if path.is_dir()), folder, folder.parent):
        sync_folder(path)
    return digest


def _make_current(index_dir: Path, name: str, digest: str) -> None:
    temporary = index_dir / "CURRENT.new"
    temporary.write_text(f"{name} {digest}\n", "utf-8")
    sync(temporary)
    os.replace(temporary, index_dir / "CURRENT")
    sync_folder(index_dir)
