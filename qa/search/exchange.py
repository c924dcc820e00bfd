"""An index as JSON Lines, for other programs and for keeping: written as it is read, and read back.

::

    {"kysy": 1, "generation": "000007", "created": "…", "model": "…", …}     the first line
    {"document": {"path": "…", "title": "…", "text": "…", "contacts": […], …}}
    {"passage": {"document": "…", "start": 0, "end": 80, "text": "…", …}}    all documents come before the passages

The names of the fields are those of ``qa.records``. Vectors aren't part of it: they follow from the texts and a model.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from typing import Any, TypeAlias

from qa.errors import IndexFault
from qa.records import Block, Contact, Document, Passage, Source

VERSION = 1
_LEFT_OUT = ("files", "hashes")  # of the manifest: they tell of the index's own files

Record: TypeAlias = Document | Passage


def export_lines(
    generation: str, manifest: Mapping[str, Any], documents: Iterable[Document], passages: Iterable[Passage]
) -> Iterator[str]:
    """The lines of an export, each with its line feed; documents and passages are taken one at a time."""
    about = {name: value for name, value in manifest.items() if name not in _LEFT_OUT}
    yield _line({"kysy": VERSION, "generation": generation, **about})
    yield from (_line({"document": asdict(document)}) for document in documents)
    yield from (_line({"passage": asdict(passage)}) for passage in passages)


def read_export(lines: Iterable[str]) -> Iterator[Record]:
    """The documents, then the passages of an export.

    Raises IndexFault for a line that is something else, and when there are fewer lines than the first one says.
    """
    number, missing = 0, 1
    for number, line in enumerate(lines, 1):
        try:
            told = json.loads(line)
            missing -= 1
            if number == 1:
                if told["kysy"] != VERSION:
                    raise ValueError(f"version {told['kysy']}")
                missing = int(told["documents"]) + int(told["passages"])
            elif "document" in told:
                yield _document(told["document"])
            else:
                yield _passage(told["passage"])
        except (ValueError, KeyError, TypeError) as error:
            raise IndexFault(f"line {number} is not of an export of this version ({error}): export again") from None
    if missing:
        raise IndexFault(f"the export has {number} lines, {number + missing} are expected: export again")


def _line(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False) + "\n"


def _document(told: dict[str, Any]) -> Document:
    blocks = tuple(Block(**block) for block in told["blocks"])
    return Document(**{**told, "blocks": blocks, "contacts": tuple(_contact(contact) for contact in told["contacts"])})


def _contact(told: dict[str, Any]) -> Contact:
    sources = tuple(Source(**source) for source in told["sources"])
    return Contact(**{**told, "responsibilities": tuple(told["responsibilities"]), "sources": sources})


def _passage(told: dict[str, Any]) -> Passage:
    sentences = tuple((start, end) for start, end in told["sentences"])
    return Passage(**{**told, "headings": tuple(told["headings"]), "sentences": sentences})
