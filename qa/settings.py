"""Every setting in one table: name, default, unit and help; read once, frozen.

A setting is given as an environment variable (``KYSY_`` and the name in capitals) or by an option of
the command line. ``docs/settings.md`` is generated from the table. Nothing else reads the environment.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from qa.errors import SettingsError

PREFIX = "KYSY_"
PACKAGE_DIR = Path(__file__).resolve().parent
PROJECT_DIR = PACKAGE_DIR.parent

LANGUAGES = ("en", "fi", "sv", "nb", "nn", "da", "de", "fr", "et", "is", "nl", "es", "it", "pl")
"""Languages of questions and documents, as the embedded model knows them."""

INTERFACE_LANGUAGES = ("en", "fi", "sv", "nb", "da", "de", "fr", "et")
"""Languages that notices, refusals and the page are written in."""


def _setting(default: Any, help: str, low: float | None = None, high: float | None = None) -> Any:
    return field(default=default, metadata={"help": help, "low": low, "high": high})


@dataclass(frozen=True)
class Settings:
    """The settings of one process."""

    corpus_dir: Path = _setting(PROJECT_DIR / "corpus", "folder of documents that `qa build` reads")
    index_dir: Path = _setting(PROJECT_DIR / "index", "folder that holds the built index")
    glossary: Path = _setting(
        PROJECT_DIR / "corpus" / "glossary.csv",
        "terms that mean the same, for a corpus without its own glossary.csv",
    )
    model: str = _setting(
        str(PACKAGE_DIR / "model"), "embedding model: a folder, or the name of a sentence-transformers model"
    )
    allow_download: bool = _setting(
        False, "let the embedding model be fetched from a model hub (false: the network is never tried)"
    )
    max_file_mb: int = _setting(50, "largest file of the corpus that is read, in MB", 1, 1_000)
    max_read_s: float = _setting(60.0, "longest time that reading one PDF or office file may take, in s", 1.0, 3_600.0)
    crawl_dir: Path = _setting(PROJECT_DIR / "crawled", "folder that `qa crawl` saves pages in")
    crawl_contact: str = _setting("", "address for a site's keeper, named in the crawler's User-Agent")
    crawl_delay_s: float = _setting(1.0, "least time between two requests to one host, in s", 0.0, 3_600.0)
    crawl_connections: int = _setting(2, "most requests to one host at the same time", 1, 8)
    crawl_timeout_s: float = _setting(30.0, "longest time that one reply may take as a whole, in s", 0.1, 600.0)
    crawl_max_pages: int = _setting(5_000, "most pages that one crawl asks for", 1, 1_000_000)
    crawl_max_depth: int = _setting(20, "most links between a start address and a page", 0, 1_000)
    crawl_max_total_mb: int = _setting(2_000, "most that one crawl fetches, in MB", 1, 1_000_000)
    max_passage_chars: int = _setting(600, "longest passage that is searched as one", 100, 10_000)
    candidates: int = _setting(100, "passages that each ranker hands to late interaction", 10, 1_000)
    max_question_chars: int = _setting(2_000, "longest question that is answered", 10, 100_000)
    min_confidence: float = _setting(0.5, "probability below which the reply is “not found”", 0.0, 1.0)
    max_passages: int = _setting(10, "passages listed with an answer", 1, 10)
    host: str = _setting("127.0.0.1", "address that the service listens on")
    port: int = _setting(7860, "port that the service listens on", 1, 65_535)
    name: str = _setting("Kysy", "name of the assistant on the page")
    organisation: str = _setting("", "name of the association on the page")
    logo: str = _setting("", "the association's logo on the page: an SVG or PNG file")
    feedback_address: str = _setting(
        "", "e-mail or web address for feedback on accessibility (empty: the documents' general contact)"
    )
    accessibility_reviewed: str = _setting(
        "", "when you last went through the page and its accessibility statement yourselves, such as 2026-05-31"
    )
    allowed_origins: str = _setting(
        "", "sites that may embed the widget and call the API, such as `https://example.org`; commas between them"
    )
    widget_secret: str = _setting("", "what signs the widget's tickets (empty: something random, new at each start)")
    widget_ticket_minutes: float = _setting(15.0, "how long a ticket of the widget is good", 0.01, 1_440.0)
    widget_rate_per_minute: int = _setting(
        30, "questions and verdicts that one ticket is good for in a minute (0: no limit)", 0, 100_000
    )
    trusted_proxies: str = _setting(
        "", "addresses or networks of proxies whose `X-Forwarded-For` is believed; commas between them"
    )
    max_body_bytes: int = _setting(65_536, "longest request body that is read", 1_024, 10_000_000)
    client_rate_per_minute: int = _setting(
        300, "requests other than reading that one client may make in a minute (0: no limit)", 0, 1_000_000
    )
    origin_rate_per_minute: int = _setting(
        3_000, "the same for all visitors of one other site together (0: no limit)", 0, 1_000_000
    )
    client_streams: int = _setting(100, "pages of one client that may wait for answers at once", 1, 100_000)
    asking_threads: int = _setting(
        1, "threads that answer: over few passages more only pass Python's lock around, over many two are faster", 1, 64
    )
    max_concurrent: int = _setting(100, "questions worked on or waiting at once; more are told to come back", 1, 10_000)
    max_connections: int = _setting(2_000, "connections open at once", 10, 100_000)
    request_timeout_s: float = _setting(20.0, "longest time for sending a request and taking its reply", 1.0, 600.0)
    drain_s: float = _setting(0.5, "how long requests are still taken after the order to stop", 0.0, 60.0)
    request_log: bool = _setting(False, "write one line of JSON for each request to standard error")
    retention_days: int = _setting(
        0, "days for which questions and comments are kept, scrubbed (0: they are never written)", 0, 3_650
    )
    data_dir: Path = _setting(PROJECT_DIR / "data", "folder for what is kept")

    @classmethod
    def from_environ(cls, environ: Mapping[str, str] | None = None, **overrides: Any) -> Settings:
        """Settings from the environment; ``overrides`` that are not None win.

        Raises SettingsError for a value of the wrong type or out of range, and for an unknown ``KYSY_`` name.

        >>> Settings.from_environ({"KYSY_PORT": "8080"}).port
        8080
        """
        environ = os.environ if environ is None else environ
        known = {PREFIX + f.name.upper(): f for f in dataclasses.fields(cls)}
        unknown = sorted(key for key in environ if key.startswith(PREFIX) and key not in known)
        if unknown:
            raise SettingsError(f"{unknown[0]} is no setting of Kysy: see docs/settings.md for their names")
        values = {f.name: _parse(key, environ[key], f) for key, f in known.items() if key in environ}
        values |= {name: value for name, value in overrides.items() if value is not None}
        settings = cls(**values)
        for f in dataclasses.fields(cls):
            _check_range(f, getattr(settings, f.name))
        return settings


def _parse(key: str, raw: str, field_: dataclasses.Field[Any]) -> Any:
    kind: type = type(field_.default)
    if isinstance(field_.default, bool):
        words = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
        if raw.strip().lower() not in words:
            raise SettingsError(f"{key}={raw!r}: expected true or false")
        return words[raw.strip().lower()]
    if isinstance(field_.default, Path):
        return Path(raw)
    try:
        return kind(raw)
    except ValueError:
        expected = {int: "a whole number", float: "a number"}.get(kind, "text")
        raise SettingsError(f"{key}={raw!r}: expected {expected}") from None


def _check_range(field_: dataclasses.Field[Any], value: Any) -> None:
    low, high = field_.metadata["low"], field_.metadata["high"]
    if low is not None and not low <= value <= high:
        raise SettingsError(f"setting {field_.name}={value}: expected {low} to {high}")
