"""Question sets of others as they are read, and what is written for TREC's tools."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from qa.errors import QuestionSetError
from qa.evaluation.formats import read_question_set, trec_id, trec_qrels, trec_run
from qa.evaluation.pages import Pages
from qa.evaluation.questions import Question, QuestionSet
from tests.evaluation.samples import FOUNDED, PAGES, UNTOLD, answer, outcome

QUERIES: list[dict[str, Any]] = [
    {"_id": "q1", "text": "When was CEMR founded?", "metadata": {"language": "en"}},
    {"_id": "q2", "text": "Milloin CEMR perustettiin?", "metadata": {}},
    {"_id": "q3", "text": "Vad kostar en hamburgare?", "language": "sv"},
    {"_id": "q4", "text": "Of another split"},
]
QRELS = "query-id\tcorpus-id\tscore\nq1\ten/cemr\t1\nq1\tfi/cemr\t2\nq1\tsv/uclg\t0\nq2\td7\t1\nq3\td7\t0\n"
Write = Callable[..., Path]


def read(path: Path, pages: Pages = PAGES) -> QuestionSet:
    """The set at a path; every question that doesn't tell its language is Finnish, but for unlucky ones."""
    return read_question_set(path, lambda text: "und" if "unlucky" in text else "fi", pages)


def lines(rows: list[dict[str, Any]]) -> str:
    return "".join(f"{json.dumps(row)}\n" for row in rows)


@pytest.fixture
def beir(tmp_path: Path) -> Write:
    """A function that writes a BEIR folder."""

    def write(queries: str = lines(QUERIES), corpus: str | None = None, **qrels: str) -> Path:
        folder = tmp_path / "beir"
        (folder / "qrels").mkdir(parents=True)
        (folder / "queries.jsonl").write_text(queries, "utf-8")
        for name, text in (qrels or {"test": QRELS}).items():
            (folder / "qrels" / f"{name}.tsv").write_text(text, "utf-8")
        if corpus is not None:
            (folder / "corpus.jsonl").write_text(corpus, "utf-8")
        return folder

    return write


# --- BEIR ---------------------------------------------------------------------------------------------------


def test_a_beir_folder(beir: Write) -> None:
    found = read(beir())
    assert found == QuestionSet(
        (
            Question("q1", "en", "When was CEMR founded?", (), ("en/cemr", "fi/cemr"), has_answers=False),
            Question("q2", "fi", "Milloin CEMR perustettiin?", (), ("d7",), has_answers=False, has_language=False),
            Question("q3", "sv", "Vad kostar en hamburgare?", (), (), has_answers=False),
        )
    )
    assert [question.is_answerable for question in found.questions] == [True, True, False]


def test_all_splits_are_read_and_the_header_may_be_missing(beir: Write) -> None:
    found = read(beir(test="q1\td1\t1\n", dev="query-id\tcorpus-id\tscore\r\nq4\td4\t1.0\r\n"))
    assert [(question.id, question.documents) for question in found.questions] == [("q1", ("d1",)), ("q4", ("d4",))]


def test_the_corpus_tells_by_which_title_the_index_may_know_a_document(beir: Write) -> None:
    corpus = lines([{"_id": "d7", "title": "Cemr suomeksi", "text": "…"}, {"_id": "d8", "title": "", "text": "…"}])
    found = read(beir(corpus=corpus, test="q1\td7\t1\nq2\td8\t1\nq3\td9\t1\n"))
    assert [question.documents for question in found.questions] == [("Cemr suomeksi",), ("d8",), ("d9",)]


def test_answers_may_be_told_in_the_metadata(beir: Write) -> None:
    row = {"_id": "q1", "text": "When?", "metadata": {"answers": ["1951"], "language": "en"}}
    assert read(beir(lines([row]))).questions == (Question("q1", "en", "When?", ("1951",), ("en/cemr", "fi/cemr")),)


@pytest.mark.parametrize(
    ("queries", "qrels", "fault"),
    [
        (lines(QUERIES) + "no json\n", QRELS, "queries.jsonl:5: is no JSON object (Expecting value"),
        (lines([*QUERIES[1:], {"_id": "q1"}]), QRELS, 'queries.jsonl:4: expected an object with a "text"'),
        (lines([*QUERIES[1:], {"_id": "q1", "text": "?"}]), QRELS, "queries.jsonl:4: the question is empty"),
        (lines([*QUERIES[1:], {"_id": "q1", "text": "x", "language": "xx"}]), QRELS, ":4: language 'xx' is not known"),
        (lines([*QUERIES[1:], {"_id": "q1", "text": "unlucky"}]), QRELS, ":4: its language can't be detected: add a"),
        (lines([*QUERIES, QUERIES[0]]), QRELS, "the id 'q1' is used twice"),
        (lines(QUERIES), f"{QRELS}q1 d1 1\n", "test.tsv:7: expected query, document and score, with tabs between"),
        (lines(QUERIES), f"{QRELS}q1\td1\tmuch\n", "test.tsv:7: expected query, document and score"),
    ],
)
def test_a_fault_in_a_beir_folder_is_named_and_the_rest_goes_on(
    queries: str, qrels: str, fault: str, beir: Write
) -> None:
    found = read(beir(queries, test=qrels))
    assert len(found.questions) >= 2
    (told,) = found.faults
    assert fault in told


def test_a_folder_that_is_no_set(beir: Write, tmp_path: Path) -> None:
    (tmp_path / "bare").mkdir()
    with pytest.raises(
        QuestionSetError, match=r"bare is no BEIR folder: it must hold queries\.jsonl and qrels/\*\.tsv"
    ):
        read(tmp_path / "bare")
    folder = beir(test="q9\td1\t1\n")
    with pytest.raises(QuestionSetError, match="beir holds no question: its qrels judge none of its queries"):
        read(folder)
    (folder / "queries.jsonl").unlink()
    with pytest.raises(QuestionSetError, match="beir is no BEIR folder"):
        read(folder)


# --- SQuAD --------------------------------------------------------------------------------------------------

QA: dict[str, Any] = {"id": "a1", "question": "Milloin?", "answers": [{"text": "1951", "answer_start": 3}] * 2}
IMPOSSIBLE = {"id": "a2", "question": "Miksi?", "is_impossible": True, "answers": [], "plausible_answers": []}


def squad(tmp_path: Path, *qas: Any, title: str = "Cemr_suomeksi", **about: Any) -> Path:
    file = tmp_path / "set.json"
    paragraphs = [{"context": "In 1951 …", "qas": list(qas)}]
    file.write_text(
        json.dumps({"version": "v2.0", "data": [{"title": title, "paragraphs": paragraphs}], **about}, indent=1)
    )
    return file


def test_squad_1_and_2(tmp_path: Path) -> None:
    assert read(squad(tmp_path, QA, {**IMPOSSIBLE, "language": "sv"})) == QuestionSet(
        (
            Question("a1", "fi", "Milloin?", ("1951",), ("Cemr suomeksi",), has_language=False),
            Question("a2", "sv", "Miksi?", (), ("Cemr suomeksi",)),
        )
    )


def test_a_title_that_the_index_does_not_know_is_no_gold_document(tmp_path: Path) -> None:
    (question,) = read(squad(tmp_path, QA, title="Super_Bowl_50", language="en")).questions
    assert (question.documents, question.language, question.has_language) == ((), "en", True)


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ("a1", r'set\.json: data\[0\]\.paragraphs\[0\]\.qas\[1\]: expected an object with a "question"'),
        ({"question": "…"}, r"qas\[1\]: the question is empty"),
        ({"question": "Miksi?"}, r'has no "answers" and isn\'t marked "is_impossible"'),
        ({"question": "Miksi?", "answers": ["1951"]}, r'each of "answers" must be an object with a "text"'),
        ({"question": "Miksi?", "answers": [{"text": None}]}, r'each of "answers" must be an object with a "text"'),
        ({**QA, "id": "a9", "language": "xx"}, "language 'xx' is not known"),
        ({**QA, "id": "a9", "question": "unlucky"}, "its language can't be detected"),
        ({**QA, "question": "Again?"}, "the id 'a1' is used twice"),
    ],
)
def test_a_fault_in_squad_is_named_and_the_rest_goes_on(tmp_path: Path, row: Any, fault: str) -> None:
    found = read(squad(tmp_path, QA, row))
    assert [question.id for question in found.questions] == ["a1"]
    (told,) = found.faults
    with pytest.raises(QuestionSetError, match=fault):
        raise QuestionSetError(told)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"data": []}', r'set holds no question: expected SQuAD\'s {"data": \[{"paragraphs"'),
        ('{"data": "x"}', "set holds no question"),
        ('{"data": [{"paragraphs": [{"qas": 7}]}]}', "set holds no question"),
        ('[{"question": "a"}]', r'set is a JSON list: write one object a line, or SQuAD\'s {"data"'),
        ('{\n"question": "a"\n}', r"set:1: expected an object|set:1: is no JSON object"),
        ("", "set holds no question: write one JSON object a line"),
        ("id,question\n1,a\n", r"set:1: is no JSON object .* \(and 1 more like it\)"),
    ],
)
def test_a_file_that_is_no_set(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "set").write_text(text, "utf-8")
    with pytest.raises(QuestionSetError, match=message):
        read(tmp_path / "set")


def test_json_lines_are_read_whatever_the_name(tmp_path: Path) -> None:
    (tmp_path / "set.json").write_text('{"id": "1", "language": "en", "question": "a"}\n', "utf-8")
    assert [question.id for question in read(tmp_path / "set.json").questions] == ["1"]


# --- TREC ---------------------------------------------------------------------------------------------------


def parsed(text: str) -> list[list[str]]:
    return [line.split() for line in text.splitlines()]


def test_a_run_and_its_judgements() -> None:
    asked = [
        outcome(FOUNDED, answer(documents=("uclg", "sv/cemr", "fi/cemr", "uclg"))),
        outcome(UNTOLD, answer(None)),
        outcome(replace(FOUNDED, id="q 2", documents=("a page", "b")), answer(documents=())),
    ]
    assert trec_run(asked, PAGES) == (
        "1 Q0 uclg 1 1.000000 kysy\n1 Q0 cemr 2 0.500000 kysy\nq%202 Q0 - 1 1.000000 kysy\n"
    )
    assert trec_qrels(asked, PAGES) == "1 0 cemr 1\nq%202 0 a%20page 1\nq%202 0 b 1\n"


NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)


@given(NAMES, st.lists(NAMES, max_size=5), st.lists(NAMES, min_size=1, max_size=3, unique=True))
@example("50%", ["%20", " ", "\u2028"], ["a\tb"])
def test_what_is_written_is_what_is_read(id: str, found: list[str], gold: list[str]) -> None:
    asked = [outcome(Question(id, "en", "?", ("x",), tuple(gold)), answer(documents=tuple(found)))]
    run, qrels = parsed(trec_run(asked, PAGES)), parsed(trec_qrels(asked, PAGES))
    assert [len(row) for row in run] == [6] * len(run)
    assert {unquote(row[0]) for row in run + qrels} == {id}
    pages = PAGES.ranked(found)
    assert [unquote(row[2]) for row in run] == (pages or ["-"])
    assert [unquote(row[2]) for row in qrels] == PAGES.ranked(gold)
    scores = [float(row[4]) for row in run]
    assert scores == sorted(set(scores), reverse=True)


def test_an_id_is_one_word() -> None:
    assert [trec_id(name) for name in ("", "a b", "100%", "\n")] == ["%", "a%20b", "100%25", "%0A"]
