"""Questions, replies and pages that the tests of the evaluation share."""

from __future__ import annotations

from qa.evaluation.pages import Pages
from qa.evaluation.questions import Question
from qa.evaluation.results import Outcome
from qa.evaluation.run import measure
from qa.records import Answer, Citation, Contact, Document, Hit, Passage, Status

FOUNDED = Question("1", "en", "When was CEMR founded?", ("1951",), ("en/cemr", "fi/cemr"))
UNTOLD = Question("2", "en", "What does a hamburger cost?", (), ())
CEMR = (
    Document("en/cemr", "cemr", "CEMR", "en", "", contacts=(Contact("Ada Berg", "en/cemr"),)),
    Document("fi/cemr", "cemr", "Cemr suomeksi", "fi", ""),
    Document("sv/cemr", "cemr", "CEMR på svenska", "sv", ""),
)
PAGES = Pages.of(CEMR)


def answer(
    text: str | None = "CEMR was founded in 1951.",
    documents: tuple[str, ...] = ("en/cemr",),
    cited: str = "en/cemr",
    contacts: tuple[Contact, ...] = (),
    language: str = "en",
    ms: float = 2.0,
) -> Answer:
    """A reply; None as text is a refusal."""
    citations = (Citation(cited, "CEMR", None, "en", text, 0, len(text)),) if text else ()
    hits = tuple(Hit(Passage(path, 0, 1, "x", "t", "en", path), 1.0) for path in documents)
    status: Status = "answered" if text else "not_found"
    said = text or "The documents don’t tell me that: 1951."
    return Answer("?", language, status, said, "en", None, citations, contacts, 0.9, hits, {"total": ms})


def outcome(question: Question, reply: Answer, pages: Pages = PAGES) -> Outcome:
    """A question with its reply, measured."""
    return Outcome(question, reply, measure(question, reply, pages))
