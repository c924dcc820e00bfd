"""What is written down: one line a request where that is wanted, and scrubbed questions where they may be kept.

The request log never holds a question or an address of a client. Questions and comments are written only with
``retention_days`` above 0, scrubbed, one file a day, and deleted when their days are over. docs/api.md has the formats.
"""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, TextIO

from qa.errors import SettingsError
from qa.records import Answer
from qa.settings import Settings
from qa.web.asking.scrub import scrub


def _now() -> datetime:
    return datetime.now(UTC)


class Retention:
    """The folder of kept records: ``questions-<day>.jsonl``, each deleted ``days`` after its day."""

    def __init__(self, folder: Path, days: int, now: Callable[[], datetime] = _now) -> None:
        self._folder = folder
        self._days = days
        self._now = now
        self._swept: date | None = None
        self._lock = threading.Lock()
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._sweep(now().date())
        except OSError as error:
            told = f"data_dir={str(folder)!r}: records can't be kept there ({error.strerror})"
            raise SettingsError(f"{told}: choose another folder, or set retention_days to 0") from None

    def keep(self, record: dict[str, Any]) -> None:
        """Appends a record, with the minute it was made in. That the disk is full must not cost anybody an answer."""
        now = self._now()
        line = json.dumps({"at": now.strftime("%Y-%m-%dT%H:%MZ"), **record}, ensure_ascii=False)
        with self._lock:
            try:
                if self._swept != now.date():
                    self._sweep(now.date())
                with self._file(now.date()).open("a", encoding="utf-8") as file:
                    file.write(f"{line}\n")
            except OSError as error:
                print(f"qa: a record can't be kept in {self._folder} ({error.strerror})", file=sys.stderr)

    def _file(self, day: date) -> Path:
        return self._folder / f"questions-{day.isoformat()}.jsonl"

    def _sweep(self, today: date) -> None:
        oldest = self._file(today - timedelta(days=self._days))
        for file in self._folder.glob("questions-????-??-??.jsonl"):
            if file.name < oldest.name:
                file.unlink(missing_ok=True)
        self._swept = today


class Journal:
    """Where the service notes what happens; by default nowhere."""

    def __init__(self, log: TextIO | None = None, retention: Retention | None = None) -> None:
        self._log = log
        self._retention = retention

    @classmethod
    def from_settings(cls, settings: Settings) -> Journal:
        """As the settings say. Raises SettingsError when records are to be kept where they can't be."""
        kept = Retention(settings.data_dir, settings.retention_days) if settings.retention_days else None
        return cls(sys.stderr if settings.request_log else None, kept)

    def requested(self, entry: dict[str, Any]) -> None:
        """Logs a request; None values are left out."""
        if self._log:
            told = {"at": _now().isoformat(timespec="milliseconds"), **entry}
            self._log.write(json.dumps({key: value for key, value in told.items() if value is not None}) + "\n")
            self._log.flush()

    def answered(self, id: str, answer: Answer, channel: str) -> None:
        """Keeps a question and what came of it, scrubbed."""
        if self._retention:
            self._retention.keep(
                {
                    "kind": "question",
                    "id": id,
                    "channel": channel,
                    "question": scrub(answer.question),
                    "language": answer.language,
                    "status": answer.status,
                    "smalltalk": answer.smalltalk,
                    "confidence": round(answer.confidence, 3),
                    "documents": [citation.document for citation in answer.citations],
                }
            )

    def judged(self, id: str, verdict: str, comment: str, language: str | None) -> None:
        """Keeps a verdict with its comment, scrubbed."""
        if self._retention:
            record = {"kind": "feedback", "id": id, "verdict": verdict, "comment": scrub(comment), "language": language}
            self._retention.keep(record)
