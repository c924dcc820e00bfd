"""What an evaluation has to know of the indexed documents: which are one page, in which languages, and whom they name.

A fact that stands in five languages is one fact. Where a set names ``en/cemr`` and ``fi/cemr`` was found, the page was.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from qa.evaluation.metrics import normalised
from qa.records import Document


@dataclass(frozen=True, slots=True)
class Pages:
    """The indexed documents by name. A document is named by its path, its page's id, or its title if no other has it.

    Names that the index doesn't know stand for themselves.
    """

    page_of: Mapping[str, str] = field(default_factory=dict)
    languages_of: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    contact_names: frozenset[str] = frozenset()

    @classmethod
    def of(cls, documents: Iterable[Document]) -> Pages:
        """The pages of an index, ``Assistant.documents``."""
        by_name: dict[str, list[Document]] = defaultdict(list)
        documents = tuple(documents)
        for key in ("title", "id", "path"):  # where names are alike, a path wins over an id, an id over a title
            named = defaultdict(list)
            for document in documents:
                named[getattr(document, key)].append(document)
            by_name.update({name: told for name, told in named.items() if len({d.id for d in told}) == 1})
        return cls(
            {name: told[0].id for name, told in by_name.items()},
            {name: tuple(dict.fromkeys(d.language for d in told)) for name, told in by_name.items()},
            frozenset(normalised(contact.name) for d in documents for contact in d.contacts),
        )

    def __contains__(self, name: str) -> bool:
        return name in self.page_of

    def page(self, name: str) -> str:
        """The id of the page that a document is a version of."""
        return self.page_of.get(name, name)

    def ranked(self, documents: Iterable[str]) -> list[str]:
        """Pages in the order of their first document, each once."""
        return list(dict.fromkeys(map(self.page, documents)))

    def languages(self, documents: Sequence[str]) -> tuple[str, ...]:
        """The languages of documents, in their order, each once."""
        return tuple(dict.fromkeys(code for name in documents for code in self.languages_of.get(name, ())))
