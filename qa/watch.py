"""When a folder has changed and come to rest.

It looks, instead of being told by the system: so it works on every file system, network and container ones too, and
the folder may vanish and come back. Hidden and temporary files, such as editors make, don't count.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

POLL_S = 0.5
QUIET_S = 0.5
_MAX_LOOKS_UNTIL_QUIET = 40
_LEAST_PAUSE_PER_LOOK = 4  # so that looking takes at most a fifth of one processor, however large the folder
_TEMPORARY = re.compile(r"[.#~].*|.*~|.*\.(?:tmp|temp|bak|sw[a-z]|part|partial|crdownload|lock)|4913", re.IGNORECASE)

State: TypeAlias = frozenset[tuple[str, int, int, int]]
"""Path, size, time of change and number of each file."""


class Watch:
    """Waits for changes of a folder and of single files beside it; ``left_out`` is a folder that doesn't count."""

    def __init__(
        self,
        folder: Path,
        left_out: Path,
        beside: tuple[Path, ...] = (),
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._folder = folder
        self._left_out = left_out.absolute()
        self._beside = beside
        self._sleep = sleep
        self._look_s = 0.0
        self._seen: State = frozenset()

    def settle(self) -> None:
        """Returns when nothing has changed for a moment (or changes don't end); what comes after counts as change."""
        self._seen = self._look()
        for _ in range(_MAX_LOOKS_UNTIL_QUIET):
            self._pause(QUIET_S)
            before, self._seen = self._seen, self._look()
            if before == self._seen:
                return

    def wait(self, timeout_s: float = float("inf")) -> None:
        """Returns when something differs from what was there when it last came to rest, or after ``timeout_s``."""
        end = time.monotonic() + timeout_s
        while time.monotonic() < end and self._look() == self._seen:
            self._pause(POLL_S)

    def _pause(self, least_s: float) -> None:
        self._sleep(max(least_s, _LEAST_PAUSE_PER_LOOK * self._look_s))

    def _look(self) -> State:
        started = time.perf_counter()
        state = frozenset(filter(None, map(_signature, (*self._files(), *self._beside))))
        self._look_s = time.perf_counter() - started
        return state

    def _files(self) -> Iterator[Path]:
        for folder, inner, names in os.walk(self._folder):
            here = Path(folder)
            inner[:] = [
                name for name in inner if not _TEMPORARY.fullmatch(name) and (here / name).absolute() != self._left_out
            ]
            yield from (here / name for name in names if not _TEMPORARY.fullmatch(name))


def _signature(file: Path) -> tuple[str, int, int, int] | None:
    """None for a file that is gone meanwhile."""
    try:
        about = file.stat()
    except OSError:
        return None
    return str(file), about.st_size, about.st_mtime_ns, about.st_ino
