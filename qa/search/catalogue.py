"""The documents by their paths, with what must be known of all of them before any is read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from qa.records import Document
from qa.search.rows import Plain, Rows

NAME = "catalogue"


def catalogued(document: Document, n_passages: int) -> Plain:
    """A document's line of the catalogue: path, id, language, number of contacts, number of passages."""
    return [document.path, document.id, document.language, len(document.contacts), n_passages]


class Catalogue(Mapping[str, Document]):
    """Path → document. Only what the catalogue tells is in memory; a document is read when it is asked for.

    The passages of document n are the rows ``first[n]:first[n + 1]``; ``languages`` counts documents by language.
    """

    def __init__(self, folder: Path, documents: Rows[Document]) -> None:
        """Raises OSError or ValueError when the catalogue can't be read or is of other documents."""
        self.lines: Rows[Plain] = Rows(folder, NAME, list, 0)
        told = self.lines.plain()
        if len(told) != len(documents):
            raise ValueError("the catalogue is of other documents")
        self._documents = documents
        self.rows = {path: row for row, (path, *_) in enumerate(told)}
        self.first: NDArray[np.int64] = np.cumsum([0, *(n for *_, n in told)])
        self._with_contacts = [row for row, (*_, n_contacts, _) in enumerate(told) if n_contacts]
        self.languages = Counter(language for _, _, language, *_ in told)
        self._versions: dict[str, list[int]] = {}
        for row, (_, page, *_) in enumerate(told):
            self._versions.setdefault(page, []).append(row)

    def __getitem__(self, path: str) -> Document:
        return self._documents.row(self.rows[path])

    def __iter__(self) -> Iterator[str]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def versions(self, page: str) -> list[Document]:
        """The documents that have an id: language versions of one page."""
        return [self._documents[row] for row in self._versions.get(page, ())]

    def with_contacts(self) -> dict[str, Document]:
        """Path → document, for those that name a contact."""
        documents = (self._documents[row] for row in self._with_contacts)
        return {document.path: document for document in documents}
