"""What was written is waited for until it is on the disk, so that a crash or a power cut can't take it back."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path


def sync(path: Path) -> None:
    """Waits for the contents of a file. Raises OSError when the disk won't take them."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_folder(path: Path) -> None:
    """Waits for the names in a folder, after one was made or replaced."""
    with contextlib.suppress(OSError):  # some network file systems can't; the name stands all the same
        sync(path)
