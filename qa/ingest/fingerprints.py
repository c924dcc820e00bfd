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
    """``name`` is the file's path below the corpus folder. An empty ``digest`` is like no other, nor is ``stamp``."""

    name: str
    stamp: str
    digest: str

    def is_same(self, other: Fingerprint | None) -> bool:
        """Whether two are of the same content."""
        return other is not None and self.digest != "" and self.digest == other.digest


def fingerprint(file: Path, name: str, before: Fingerprint | None, limits: Limits) -> Fingerprint:
    """The fingerprint of a file, given the one that it had; without a digest when reading it would be refused."""
    files = (f"{file}", f"{file}{SIDECAR}")
    now_ns = time.time_ns()
    stamps = [_stamp(path, limits, now_ns) for path in files]
    if stamps[0] is None:
        return Fingerprint(name, "", "")
    stamp = " ".join(part or "-" for part in stamps) if "" not in stamps else ""
    if before and stamp and stamp == before.stamp and before.digest:
        return before
    try:
        return Fingerprint(name, stamp, _digest(files[0]) + _digest(files[1]))
    except OSError:
        return Fingerprint(name, "", "")


@lru_cache(maxsize=1)
def readers_digest() -> str:
    """Changes when Kysy reads documents in another way: the SHA-256 of the code that does."""
    package = Path(__file__).parent
    code = sorted(
        [*package.glob("*.py"), *package.glob("*.toml"), *(package.parent / f for f in ("text.py", "language.py"))]
    )
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in code)).hexdigest()[:16]


def _stamp(file: str, limits: Limits, now_ns: int) -> str | None:
    """None for what isn't there, is no ordinary file or too big; empty for what can't be told by a stamp."""
    try:
        about = os.stat(file)
    except OSError:
        return None
    if not stat.S_ISREG(about.st_mode) or about.st_size > limits.max_file_mb * 1_000_000:
        return None
    if max(about.st_mtime_ns, about.st_ctime_ns) > now_ns - _TOO_NEW_NS:
        return ""
    return f"{about.st_size}.{about.st_mtime_ns}.{about.st_ctime_ns}.{about.st_ino}"


def _digest(file: str) -> str:
    """Empty for a sidecar that isn't there."""
    if not os.path.exists(file):
        return ""
    with open(file, "rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
