"""A folder that may be written in place of one that may only be read."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def writable(folder: Path) -> Iterator[Path]:
    """The folder itself or, where it can't be written, a temporary one of links to its files.

    tantivy puts a lock into the folder that it opens, even to read it; an index may lie on a disk that is read only.
    """
    if os.access(folder, os.W_OK, effective_ids=True):
        yield folder
        return
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        for file in folder.iterdir():
            if not file.name.endswith(".lock"):
                (Path(name) / file.name).symlink_to(file.absolute())
        yield Path(name)
