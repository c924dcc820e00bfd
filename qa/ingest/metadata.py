"""What a document is called, in which language it is, where it comes from and of when.

Front matter goes before what the page tells of itself, that before what the file's name and its sidecar tell.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from email.utils import parsedate_to_datetime
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from qa.errors import DocumentError
from qa.ingest.layout import Part
from qa.language import belied, detect_document
from qa.settings import LANGUAGES
from qa.text import clean, is_question

KEYS = frozenset(("title", "language", "url", "updated", "id", "contacts", "source"))
# "Jasmin Repo 2.12.2021" as the first line of a page
_BYLINE = re.compile(r"[^.\d]{0,60}?(?P<day>\d{1,2})\.(?P<month>\d{1,2})\.(?P<year>\d{4})")
_MADE_UP = re.compile(
    r"^Microsoft \w+ - |\.(?:docx?|odt|rtf|xlsx?|pptx?|pdf|indd|qxd|dotx?)$|^(?:untitled|untitled document|document\d*|"
    r"asiakirja\d*|dokument\d*|(?:power)?point presentation|powerpoint-\w+|book\d|none"
    r"|\((?:anonymous|unspecified)\))$|^[\W\d_]*$",
    re.IGNORECASE,
)
_TO_OURS = {"no": "nb"}


def check_names(matter: Mapping[str, Any]) -> None:
    """Raises DocumentError for front matter with a name that isn't known."""
    unknown = sorted(str(key) for key in matter if key not in KEYS)
    if unknown:
        raise DocumentError(f"front matter has the unknown name {unknown[0]!r}: known are {', '.join(sorted(KEYS))}")


def text_of(matter: Mapping[str, Any], key: str) -> str | None:
    """A value of the front matter as one line."""
    value = matter.get(key)
    if isinstance(value, (dict, list)):
        raise DocumentError(f"front matter `{key}` must be one line of text")
    return clean(str(value)).replace("\n", " ") or None if value is not None else None


def date_of(matter: Mapping[str, Any]) -> str | None:
    """``updated`` of the front matter. Raises DocumentError when it is no date."""
    text = str(matter.get("updated") or "").strip()
    if not text:
        return None
    try:
        return datetime.date.fromisoformat(text).isoformat()
    except ValueError:
        raise DocumentError(f"front matter `updated: {text}` is no date: write it as 2024-05-31") from None


def iso_date(told: str | None) -> str | None:
    """The day of a time as pages, office files and servers write it; None when it is none.

    >>> iso_date("2024-05-31T10:00:00+03:00"), iso_date("Fri, 31 May 2024 07:00:00 GMT"), iso_date("soon")
    ('2024-05-31', '2024-05-31', None)
    """
    day = re.match(r"\s*(\d{4})-(\d\d)-(\d\d)(?!\d)", told or "")
    try:
        if day:
            return datetime.date(int(day[1]), int(day[2]), int(day[3])).isoformat()
        return parsedate_to_datetime(told).date().isoformat() if told else None
    except (ValueError, TypeError, IndexError):
        return None


def without_byline_heading(parts: tuple[Part, ...]) -> tuple[Part, ...]:
    """An author and date over the page are a paragraph, not its title."""
    if parts and parts[0].kind == "heading" and _BYLINE.fullmatch(parts[0].text.strip()):
        return (replace(parts[0], kind="paragraph", level=0), *parts[1:])
    return parts


def byline_date(parts: Sequence[Part]) -> str | None:
    """The date of an author's line over the page."""
    byline = _BYLINE.fullmatch(parts[0].text.strip()) if parts else None
    if not byline:
        return None
    try:
        return datetime.date(int(byline["year"]), int(byline["month"]), int(byline["day"])).isoformat()
    except ValueError:
        return None


def declared_language(told: str | None) -> str | None:
    """The code of a language that front matter names. Raises DocumentError when it isn't known."""
    if told and not known_language(told):
        raise DocumentError(f"language {told!r} is not known: use one of {', '.join(LANGUAGES)}")
    return known_language(told)


def known_language(told: str | None) -> str | None:
    """The code of a language tag, None for a language that isn't ours.

    >>> known_language("sv_FI"), known_language("no"), known_language("ru")
    ('sv', 'nb', None)
    """
    code = (told or "").strip().lower().replace("_", "-").split("-")[0]
    code = _TO_OURS.get(code, code)
    return code if code in LANGUAGES else None


def folder_language(path: str) -> str | None:
    """The language that the top folder is named by."""
    folder = path.split("/")[0]
    return folder if folder in LANGUAGES and "/" in path else None


def language_of_name(path: str) -> tuple[str, str | None]:
    """A path without the language code at its end, and that code.

    >>> language_of_name("about/uclg.fi"), language_of_name("about/uclg")
    (('about/uclg', 'fi'), ('about/uclg', None))
    """
    code = PurePosixPath(path).suffix.removeprefix(".")
    return (path.removesuffix(f".{code}"), code) if code in LANGUAGES else (path, None)


def told_language(told: str | None, text: str) -> str | None:
    """The language that a page or its server declares, or the one that its text plainly is in."""
    code = known_language(told)
    return (belied(code, text) or code) if code else None


def detected_language(text: str) -> str:
    """What the text looks like ("und" when unclear)."""
    return detect_document(text)


def web_address(url: str | None) -> str | None:
    """Only http(s) addresses become links."""
    return url if url and re.match(r"https?://[^\s<>\"']+$", url) else None


def version_id(url: str | None, versions: Sequence[str]) -> str | None:
    """What all language versions of a page on the web have in common: the first of their addresses.

    A site's front page stands in for versions that there aren't, so it only is a version of a front page.

    >>> version_id("https://x.org/sv/b", ["https://x.org/fi/a", "https://x.org/sv/b", "https://x.org/en/"])
    'https://x.org/fi/a'
    """
    own = web_address(url)
    others = [other for other in map(web_address, versions) if other and is_front(other) == is_front(own or other)]
    return min({own, *others} - {None}, key=str, default=None) if len({own, *others} - {None}) > 1 else None


def is_front(url: str) -> bool:
    """Whether an address is that of a site's front page, in whatever language."""
    steps = [step for step in urlsplit(url).path.split("/") if step]
    return len(steps) <= 1 and all(known_language(step) or step.startswith("index") for step in steps)


def document_title(told: str | None) -> str | None:
    """The title in the properties of an office file or PDF; None when a program made it up from a file's name.

    >>> document_title("Town twinning"), document_title("Microsoft Word - memo.docx"), document_title("Document1")
    ('Town twinning', None, None)
    """
    title = clean(told or "").replace("\n", " ")
    return None if _MADE_UP.search(title) or not title else title


def first_title(parts: Sequence[Part]) -> str | None:
    """The first heading; in a text without one, its first line when that is short enough for a title.

    The first of several headings that all are questions is no title.
    """
    headings = [part for part in parts if part.kind == "heading"]
    beside = {heading.text for heading in headings if heading.level == headings[0].level}
    if len(beside) > 1 and all(map(is_question, beside)):
        return None
    first = clean(parts[0].text).split("\n")[0] if parts else ""
    title = headings[0].text if headings else first if len(first) <= 120 else None
    return clean(title).replace("\n", " ") if title else None


def title_of_name(path: str) -> str:
    """The name of a file as a title, where nothing else is one.

    >>> title_of_name("about/membership_faq.en"), title_of_name("CEMR-FAQ")
    ('Membership faq', 'CEMR FAQ')
    """
    name = re.sub(r"[-_\s]+", " ", PurePosixPath(language_of_name(path)[0]).name).strip()
    return name[:1].upper() + name[1:]
