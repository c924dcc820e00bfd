"""Drafts of questions: exactly known for a tiny corpus, and sound for the shipped one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from qa.cli import main
from qa.evaluation.check import Line, check_questions
from qa.evaluation.draft import Draft, as_rows, draft_questions
from qa.evaluation.metrics import contains_answer, normalised
from qa.evaluation.questions import Question, read_questions
from qa.evaluation.templates import template_languages
from qa.ingest.corpus import read_corpus
from qa.records import Document
from qa.settings import INTERFACE_LANGUAGES, PROJECT_DIR
from tests.conftest import SmallCorpus

UNION = """---
language: en
id: union
contacts:
  - name: Anna Berg
    title: Head of Networks
    responsibilities: [town twinning]
    email: anna.berg(at)union.org
---

## The members of the Union

The Union of Towns, the oldest of its kind, was founded in 1951. The Union of Towns has more than 1,300 members in
Europe. Over 40 towns belong to its council. It is 70 years old.

The president of the Union of Towns is Carl Lind. The Union of Towns is an association of towns.

## How to join

The Union of Towns has the following duties:

- advice
- lobbying
"""
VERSION = "---\nlanguage: fi\nid: union\n---\n\nKaupunkiliitto perustettiin vuonna 1951.\n"


def drafts_of(small_corpus: SmallCorpus, **files: str) -> tuple[Draft, ...]:
    """Drafts of a corpus whose files are named by language."""
    settings = small_corpus({f"{name}/page.md": text for name, text in files.items()})
    return draft_questions(read_corpus(settings.corpus_dir)[0])


def asked(drafts: tuple[Draft, ...], language: str) -> dict[str, tuple[str, ...]]:
    return {draft.question: draft.answers for draft in drafts if draft.language == language}


@pytest.fixture(scope="module")
def shipped() -> tuple[Document, ...]:
    """The documents of the shipped corpus."""
    return read_corpus(PROJECT_DIR / "corpus")[0]


@pytest.fixture(scope="module")
def shipped_drafts(shipped: tuple[Document, ...]) -> tuple[Draft, ...]:
    return draft_questions(shipped)


def test_the_drafts_of_a_page_in_reading_order(small_corpus: SmallCorpus) -> None:
    drafts = drafts_of(small_corpus, en=UNION)
    assert list(asked(drafts, "en").items()) == [
        (
            "What should I know about the members of the Union?",
            (
                "The Union of Towns, the oldest of its kind, was founded in 1951.",
                "The Union of Towns has more than 1,300 members in Europe.",
                "Over 40 towns belong to its council.",
                "It is 70 years old.",
                "The president of the Union of Towns is Carl Lind.",
                "The Union of Towns is an association of towns.",
            ),
        ),
        ("When was the Union of Towns founded?", ("1951",)),
        ("How many members in Europe does the Union of Towns have?", ("1,300",)),
        ("How many towns belong to its council?", ("40",)),
        ("Who is the president of the Union of Towns?", ("Carl Lind",)),
        ("What is the Union of Towns?", ("an association of towns",)),
        ("How to join?", ("The Union of Towns has the following duties:", "advice", "lobbying")),
        ("What duties does the Union of Towns have?", ("advice", "lobbying")),
        ("What is the e-mail address of Anna Berg?", ("anna.berg(at)union.org",)),
        ("What is the job title of Anna Berg?", ("Head of Networks",)),
        ("What is Anna Berg responsible for?", ("town twinning",)),
        ("Who is the Head of Networks?", ("Anna Berg",)),
        ("Who is responsible for town twinning?", ("Anna Berg",)),
    ]


def test_a_contact_is_asked_about_across_languages(small_corpus: SmallCorpus) -> None:
    drafts = drafts_of(small_corpus, en=UNION)
    others = {draft.language: (draft.question, draft.answers) for draft in drafts if draft.language != "en"}
    assert others == {
        "fi": ("Mistä sähköpostiosoitteesta Anna Berg on tavoitettavissa?", ("anna.berg(at)union.org",)),
        "sv": ("Vilken titel har Anna Berg?", ("Head of Networks",)),
        "nb": ("Hva har Anna Berg ansvaret for?", ("town twinning",)),
        "da": ("Hvilken e-mailadresse har Anna Berg?", ("anna.berg(at)union.org",)),
        "de": ("Welche Funktion hat Anna Berg?", ("Head of Networks",)),
        "fr": ("De quoi s'occupe Anna Berg ?", ("town twinning",)),
        "et": ("Millisel e-posti aadressil on Anna Berg kättesaadav?", ("anna.berg(at)union.org",)),
    }


def test_language_versions_that_tell_it_too_are_named(small_corpus: SmallCorpus) -> None:
    drafts = drafts_of(small_corpus, en=UNION, fi=VERSION)
    founded = {draft.question: draft.documents for draft in drafts if draft.answers == ("1951",)}
    assert founded == {
        "When was the Union of Towns founded?": ("en/page", "fi/page"),
        "Milloin Kaupunkiliitto perustettiin?": ("fi/page", "en/page"),
    }


@pytest.mark.parametrize(
    ("language", "text", "question", "answer"),
    [
        (
            "fi",
            "Suomen kunnilla on noin 1 300 ystävyyskuntaa.",
            "Kuinka monta ystävyyskuntaa Suomen kunnilla on?",
            "1 300",
        ),
        ("fi", "Liiton puheenjohtaja on Anna Berg.", "Kuka on Liiton puheenjohtaja?", "Anna Berg"),
        ("sv", "Förbundet grundades 1951.", "När grundades Förbundet?", "1951"),
        ("sv", "Över 40 orter hör till nätverket.", "Hur många orter hör till nätverket?", "40"),
        ("nb", "Forbundet ble stiftet i 1951 og har kontor i Oslo.", "Når ble Forbundet stiftet?", "1951"),
        ("nb", "Forbundet har mer enn 300 medlemmer.", "Hvor mange medlemmer har Forbundet?", "300"),
        ("da", "Foreningen blev oprettet i 1951.", "Hvornår blev Foreningen oprettet?", "1951"),
        ("de", "Der Bund wurde 1951 gegründet.", "Wann wurde Der Bund gegründet?", "1951"),
        ("fr", "Le réseau compte 41 associations.", "Le réseau compte combien d'associations ?", "41"),
        ("et", "Linnade liit asutati 1951. aastal.", "Millal Linnade liit asutati?", "1951"),
    ],
)
def test_what_a_sentence_answers(
    small_corpus: SmallCorpus, language: str, text: str, question: str, answer: str
) -> None:
    assert asked(drafts_of(small_corpus, **{language: f"{text}\n"}), language) == {question: (answer,)}


@pytest.mark.parametrize(
    "text",
    [
        "It was founded in 1951.",  # what was?
        "This union has 300 members.",
        "Almost 90% of the towns have a twin town.",
        "Carl Lind is 50 years old.",
        "UCLG has members in 140 of the 193 member states.",
        "The number is 5.",
        "",
        "word " * 400 + "is a word.",
    ],
)
def test_what_does_not_name_its_subject_is_left_alone(small_corpus: SmallCorpus, text: str) -> None:
    assert asked(drafts_of(small_corpus, en=f"Hello.\n\n{text}\n"), "en") == {}


def test_a_question_that_several_pages_answer_is_asked_once(small_corpus: SmallCorpus) -> None:
    page = "---\ncontacts:\n  - name: {}\n    responsibilities: [town twinning]\n---\nHello.\n"
    settings = small_corpus({"en/a.md": page.format("Anna Berg"), "en/b.md": page.format("Carl Lind")})
    (draft,) = (d for d in draft_questions(read_corpus(settings.corpus_dir)[0], ["en"]) if d.question.startswith("Who"))
    assert draft.question == "Who is responsible for town twinning?"
    assert (draft.answers, draft.documents) == (("Anna Berg", "Carl Lind"), ("en/a", "en/b"))


def test_there_are_templates_for_every_language_of_the_page() -> None:
    assert set(template_languages()) == set(INTERFACE_LANGUAGES)


def test_every_draft_of_the_shipped_corpus_is_sound(
    shipped: tuple[Document, ...], shipped_drafts: tuple[Draft, ...]
) -> None:
    texts = {document.path: document.text for document in shipped}
    for draft in shipped_drafts:
        assert all(any(answer in texts[path] for path in draft.documents) for answer in draft.answers), draft
        assert texts[draft.documents[0]].startswith(draft.source, draft.start)
        assert not any(contains_answer([answer], draft.question) for answer in draft.answers)
        assert not set("{}|\n") & set(draft.question)
        assert "  " not in draft.question
    asked_twice = [(draft.language, normalised(draft.question)) for draft in shipped_drafts]
    assert len(set(asked_twice)) == len(asked_twice)
    counts = {code: sum(draft.language == code for draft in shipped_drafts) for code in template_languages()}
    assert min(counts[code] for code in ("en", "fi", "sv", "nb", "da")) >= 40, counts
    assert min(counts.values()) >= 3, counts


def test_every_draft_of_the_shipped_corpus_passes_the_check(
    shipped: tuple[Document, ...], shipped_drafts: tuple[Draft, ...]
) -> None:
    lines = [
        Line(number, Question(row["id"], row["language"], row["question"], (*row["answers"],), (*row["documents"],)))
        for number, row in enumerate(as_rows(shipped_drafts), 1)
    ]
    findings = check_questions(lines, shipped, lambda question: ("und", 0.0))
    assert [finding.message for finding in findings if finding.is_error] == []


def test_a_limit_takes_evenly_from_all(shipped: tuple[Document, ...], shipped_drafts: tuple[Draft, ...]) -> None:
    few = draft_questions(shipped, limit=4)
    for code in template_languages():
        every = [draft for draft in shipped_drafts if draft.language == code]
        assert [draft for draft in few if draft.language == code] == [every[n * len(every) // 4] for n in range(4)]
    assert draft_questions(shipped, ["sv"], 1000) == tuple(draft for draft in shipped_drafts if draft.language == "sv")


def test_the_command_writes_a_question_set(
    small_corpus: SmallCorpus, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = small_corpus({"en/page.md": UNION})
    command = ["questions", "draft", "--corpus", str(settings.corpus_dir), "--language", "en", "sv"]
    assert main(command) == 0
    printed = capsys.readouterr().out
    rows = [json.loads(line) for line in printed.splitlines()]
    assert rows[1] == {
        "id": "draft-en-002",
        "language": "en",
        "question": "When was the Union of Towns founded?",
        "answers": ["1951"],
        "documents": ["en/page"],
        "draft": True,
        "from": "The Union of Towns, the oldest of its kind, was founded in 1951.",
    }
    assert [row["language"] for row in rows] == ["en"] * 13 + ["sv"]
    out = tmp_path / "drafts.jsonl"
    assert main([*command, "--out", str(out)]) == 0
    assert out.read_text("utf-8") == printed
    assert len(read_questions(out)) == 14
    assert main([*command, "--out", str(out)]) == 2
    assert "is there already: choose another --out" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--language", "xx"], "--language xx: questions can be drafted in en, fi, sv, nb, da, de, fr, et"),
        (["--limit", "0"], "--limit 0: expected a number of questions, 1 or more"),
        (["--corpus", "/nowhere"], "/nowhere is no folder"),
        (["--out", "/nowhere/drafts.jsonl"], r"can't be written (No such file or directory): choose another --out"),
    ],
)
def test_what_cannot_be_drafted_is_said(options: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["questions", "draft", *options]) == 2
    assert message in capsys.readouterr().err
