"""Dates of a page as its authors write them: "Päivitetty 3.2.2022", "Last updated: 6 May 2024".

A line that opens with such words, or has them after another date, and holds little else. A sentence that tells when a
law was changed is none. The words stand in ``dates.toml``, in all our languages.
"""

from __future__ import annotations

import datetime
import re
import tomllib
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

_MAX_LINE_CHARS = 160
_MAX_REST_CHARS = 40
_DATE = (
    r"(?:(?P<iso>\d{4}-\d\d-\d\d)(?!\d)"
    r"|(?P<day>\d{1,2})(?:\.\s?|/|-)(?P<month>\d{1,2})(?:\.\s?|/|-)(?P<year>\d{4})(?!\d)"
    r"|(?P<day_1>\d{1,2})(?:\.|er|st|nd|rd|th)?(?: de| of)? (?P<word_1>[^\W\d]+)\.?,?(?: de)? (?P<year_1>\d{4})"
    r"|(?P<word_2>[^\W\d]+)\.? (?P<day_2>\d{1,2})(?:st|nd|rd|th)?, (?P<year_2>\d{4}))"
)
_BEFORE = r"(?:^|\d|[|·•–(-])\W*"
_BETWEEN = r"(?![^\W\d])\W{0,4}(?:[^\W\d]{1,4}\W{1,3})?"  # "Updated: on …", "opdateret d. …"


def changed_on(lines: Iterable[str]) -> str | None:
    """The day of the last change, as ISO, by the first line that tells one.

    >>> changed_on(["Town twinning", "Published 1 May 2021 | Last updated: 3.2.2022"])
    '2022-02-03'
    """
    return _first(lines, "changed")


def published_on(lines: Iterable[str]) -> str | None:
    """The day of publication, as ISO, by the first line that tells one.

    >>> published_on(["The statutes were published on 3 May 2019.", "Veröffentlicht am 12. März 2024"])
    '2024-03-12'
    """
    return _first(lines, "published")


def _first(lines: Iterable[str], what: str) -> str | None:
    return next((day for line in lines if len(line) <= _MAX_LINE_CHARS for day in _days(line, what)), None)


def _days(line: str, what: str) -> Iterator[str]:
    for told in _telling(what).finditer(line):
        rest = _telling("changed").split(line[told.end() :])[0]
        if len(rest) <= _MAX_REST_CHARS and (day := _iso(told.groupdict())):
            yield day


def _iso(found: dict[str, str | None]) -> str | None:
    month = found["month"] or _months().get((found["word_1"] or found["word_2"] or "").lower())
    year = found["year"] or found["year_1"] or found["year_2"]
    day = found["day"] or found["day_1"] or found["day_2"]
    try:
        if found["iso"]:
            return datetime.date.fromisoformat(found["iso"]).isoformat()
        return datetime.date(int(year or 0), int(month or 0), int(day or 0)).isoformat()
    except ValueError:
        return None


@lru_cache(maxsize=2)
def _telling(what: str) -> re.Pattern[str]:
    words = "|".join(re.escape(word) for word in sorted(_words()[what], key=len, reverse=True))
    return re.compile(f"{_BEFORE}(?:{words}){_BETWEEN}{_DATE}", re.IGNORECASE)


@lru_cache(maxsize=1)
def _months() -> dict[str, int]:
    return {word: number for number, words in enumerate(_words()["months"], 1) for word in words}


@lru_cache(maxsize=1)
def _words() -> dict[str, Any]:
    with Path(__file__).with_name("dates.toml").open("rb") as opened:
        return tomllib.load(opened)
