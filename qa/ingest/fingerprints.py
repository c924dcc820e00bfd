"""Which files of a corpus have changed since they were read: those need to be read again, the others not.

A file is told by the SHA-256 of its bytes and of what was fetched with it. While its stamp (size, times, number on its
disk) is the same, its bytes aren't read even for that.
"""

from __future__ import annotations

import hashlib
import os
import stat
import time
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from qa.ingest.source import SIDECAR, Limits

_TOO_NEW_NS = 2_000_000_000
"""A file written to a moment ago may be written to once more without another stamp: some disks count in seconds."""


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """``name`` is the file's path below the corpus folder. An empty ``digest`` is like no other, nor is ``stamp``.

    The ``digest`` of a file that would be refused unread tells why.
    """

    name: str
    stamp: str
    digest: str

    def is_same(self, other: Fingerprint | None) -> bool:
        """Whether two are of the same content."""
        return other is not None and self.digest != "" and self.digest == other.digest


def fingerprint(corpus_dir: Path, name: str, before: Fingerprint | None, limits: Limits) -> Fingerprint:
    """The fingerprint of a file, given the one that it had."""
    file = f"{corpus_dir}/{name}"
    sidecar = f"{file}{SIDECAR}"
    files = [file, sidecar] if os.path.isfile(sidecar) else [file]
    now_ns = time.time_ns()
    try:
        told = [os.stat(path) for path in files]
        if not stat.S_ISREG(told[0].st_mode):
            return Fingerprint(name, "", "no ordinary file")
        if told[0].st_size > limits.max_file_mb * 1_000_000:
            return Fingerprint(name, "", f"{told[0].st_size} bytes, more than {limits.max_file_mb} MB")
        is_old = all(max(about.st_mtime_ns, about.st_ctime_ns) < now_ns - _TOO_NEW_NS for about in told)
        stamp = " ".join(map(_stamp, told)) if is_old else ""
        if before and stamp and stamp == before.stamp and before.digest:
            return before
        return Fingerprint(name, stamp, "".join(map(_digest, files)))
    except OSError as error:
        return Fingerprint(name, "", f"{error.strerror}")


@lru_cache(maxsize=1)
def readers_digest() -> str:
    """Changes when Kysy reads documents in another way: the SHA-256 of the code that does."""
    package = Path(__file__).parent
    code = sorted(
        [*package.glob("*.py"), *package.glob("*.toml"), *(package.parent / f for f in ("text.py", "language.py"))]
    )
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in code)).hexdigest()[:16]


def _stamp(about: os.stat_result) -> str:
    return f"{about.st_size}.{about.st_mtime_ns}.{about.st_ctime_ns}.{about.st_ino}"


def _digest(file: str) -> str:
    with open(file, "rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
