"""One build at a time: a lock on the index folder that dies with the process that holds it."""

from __future__ import annotations

import contextlib
import datetime
import errno
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from qa.errors import IndexFault

_MAX_NOTE_BYTES = 200


@contextlib.contextmanager
def build_lock(index_dir: Path) -> Iterator[None]:
    """Held by the one process that builds; raises IndexFault at once when another holds it.

    The system itself lets go of it when the process ends, however it ends: what stands in the file is only for people.
    """
    try:
        index_dir.mkdir(parents=True, exist_ok=True)
        lock = os.open(index_dir / "LOCK", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise IndexFault(f"{index_dir} can't be written ({error.strerror}): choose another folder (--index)") from None
    try:
        _take(lock, index_dir)
        yield
    finally:
        os.close(lock)


def _take(lock: int, index_dir: Path) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno not in (errno.EWOULDBLOCK, errno.EACCES):
            told = f"the file system of {index_dir} has no locks ({error.strerror})"
            raise IndexFault(f"{told}: put the index on a local disk (--index)") from None
        holder = os.pread(lock, _MAX_NOTE_BYTES, 0).decode("utf-8", "replace").strip() or "another process"
        raise IndexFault(f"{index_dir} is being built by {holder}: wait for it, then try again") from None
    since = datetime.datetime.now(datetime.UTC).isoformat(" ", "seconds").removesuffix("+00:00")
    with contextlib.suppress(OSError):  # a full disk: the build itself will say so
        os.ftruncate(lock, 0)
        os.pwrite(lock, f"process {os.getpid()} on {os.uname().nodename} since {since} UTC\n".encode(), 0)
