"""Reads files of complex formats in a process of its own, stopped when one takes too long or too much memory.

No parser of PDF or office files is proof against a file that was made to break it. What goes wrong there stays there:
the file is named and skipped, and a fresh process reads the next one. ``python -m qa.ingest.bounded`` is that process.
"""

from __future__ import annotations

import atexit
import contextlib
import math
import os
import pickle
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from functools import lru_cache
from typing import IO, Any

from qa.errors import DocumentError
from qa.ingest.formats import Format, read_page
from qa.ingest.source import Page, SavedFile

_MAX_MEMORY_BYTES = 1_500_000_000
_GRACE_S = 5


@dataclass(slots=True)
class BoundedReader:
    """One process at a time, started when first needed and kept for the next file. Safe to share between threads."""

    process: subprocess.Popen[bytes] | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def read(self, file: SavedFile, format_: Format, timeout_s: float) -> Page:
        """Raises DocumentError for what can't be read, or not within the time."""
        with self.lock:
            process = self.process if self.process and self.process.poll() is None else _started()
            self.process = process
            answer = _ask(process, (file, format_, timeout_s), timeout_s)
            if answer is None:
                self._stop()
        if isinstance(answer, Page):
            return answer
        if answer is None:
            raise DocumentError(
                f"could not be read within {timeout_s:g} s and {_MAX_MEMORY_BYTES / 1e6:,.0f} MB of memory: "
                "split it, save it anew, or raise max_read_s"
            )
        raise DocumentError(answer)

    def _stop(self) -> None:
        if self.process:
            self.process.kill()
            for pipe in filter(None, (self.process.stdin, self.process.stdout)):
                with contextlib.suppress(OSError, ValueError):  # what it didn't read is lost with it
                    pipe.close()
            self.process.wait()
        self.process = None

    def close(self) -> None:
        """Ends the process, if there is one."""
        with self.lock:
            self._stop()


@lru_cache(maxsize=1)
def bounded_reader() -> BoundedReader:
    """The one that this process uses; it ends with it."""
    reader = BoundedReader()
    atexit.register(reader.close)
    return reader


def _started() -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", __name__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        # Found as this process found it, and one thread: each asks for memory of its own.
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "OPENBLAS_NUM_THREADS": "1"},
    )


def _ask(process: subprocess.Popen[bytes], question: Any, timeout_s: float) -> Page | str | None:
    """What the process answers, None when it ended or was stopped before it did."""
    stopper = threading.Timer(timeout_s, process.kill)
    stopper.start()
    try:
        if process.stdin and process.stdout:
            pickle.dump(question, process.stdin)
            process.stdin.flush()
            answer: Page | str = pickle.load(process.stdout)
            return answer
    except (OSError, EOFError, pickle.UnpicklingError):
        pass
    finally:
        stopper.cancel()
    return None


def _serve(asked: IO[bytes], answers: IO[bytes]) -> None:
    """Reads one file after another until the asking process ends."""
    _limit_memory()
    while True:
        try:
            file, format_, timeout_s = pickle.load(asked)
        except EOFError:
            return
        _end_in(timeout_s + _GRACE_S)
        pickle.dump(_page_or_reason(file, format_), answers)
        _end_in(0)
        answers.flush()


def _page_or_reason(file: SavedFile, format_: Format) -> Page | str:
    try:
        return read_page(file, format_)
    except DocumentError as error:
        return str(error)
    except MemoryError:
        return f"needs more than {_MAX_MEMORY_BYTES / 1e6:,.0f} MB of memory to be read: split it, or save it anew"
    except Exception as error:  # whatever a broken file does to a library that we don't own
        return f"is damaged or no proper {format_.kind} ({type(error).__name__}): save it anew"


def _end_in(seconds: float) -> None:
    """Ends this process after so long, should the asking process be gone by then; 0 calls it off."""
    if hasattr(signal, "alarm"):  # Windows has none
        signal.alarm(math.ceil(seconds))


def _limit_memory() -> None:
    with contextlib.suppress(ImportError):  # Windows knows no such limit; the limits of size and time remain
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (_MAX_MEMORY_BYTES, _MAX_MEMORY_BYTES))


if __name__ == "__main__":
    _serve(sys.stdin.buffer, sys.stdout.buffer)
