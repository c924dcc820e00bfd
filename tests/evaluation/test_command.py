"""``qa evaluate``: formats, faults, files, floors, comparison; and its table."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from qa.cli import main
from qa.evaluation.questions import Question
from qa.evaluation.run import measure, summarise
from qa.evaluation.tables import evaluation_table
from qa.settings import PROJECT_DIR
from tests.evaluation.samples import FOUNDED, PAGES, UNTOLD, answer, outcome

Captured = pytest.CaptureFixture[str]
ROWS: list[dict[str, Any]] = [
    {"id": "1", "language": "en", "question": "When was CEMR founded?", "answers": ["1951"], "documents": ["en/cemr"]},
    {
        "id": "2",
        "language": "fi",
        "question": "Milloin CEMR perustettiin?",
        "answers": ["1951"],
        "documents": ["en/cemr"],
    },
    {"id": "3", "language": "en", "question": "What does a hamburger cost?"},
]


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    file = tmp_path / "set.jsonl"
    file.write_text("".join(f"{json.dumps(row)}\n" for row in ROWS), "utf-8")
    return file


def evaluate(index: Path, questions: Path, *options: str | Path) -> int:
    return main(["evaluate", str(questions), "--index", str(index), *map(str, options)])


def test_every_file_is_written(built_index: Path, questions: Path, tmp_path: Path, capsys: Captured) -> None:
    out = tmp_path / "out"
    assert evaluate(built_index, questions, "--out", out) == 0
    assert {file.name for file in out.iterdir()} == {
        "predictions.jsonl",
        "metrics.json",
        "run.trec",
        "qrels.trec",
        "report.html",
    }
    rows = [json.loads(line) for line in (out / "predictions.jsonl").read_text("utf-8").splitlines()]
    assert [(row["id"], row["status"]) for row in rows] == [("1", "answered"), ("2", "answered"), ("3", "not_found")]
    figures = json.loads((out / "metrics.json").read_text("utf-8"))
    assert figures["intervals"]["fi>en"]["answer"]["value"] == 1.0
    assert {line.split()[0] for line in (out / "run.trec").read_text("utf-8").splitlines()} == {"1", "2"}
    assert (out / "qrels.trec").read_text("utf-8") == "1 0 cemr 1\n2 0 cemr 1\n"
    assert "<html" in (out / "report.html").read_text("utf-8")
    assert capsys.readouterr().err == ""


def test_a_line_that_cannot_be_read_is_said_and_the_rest_goes_on(
    built_index: Path, questions: Path, capsys: Captured
) -> None:
    questions.write_text(questions.read_text("utf-8") + "no json\n", "utf-8")
    assert evaluate(built_index, questions) == 0
    shown = capsys.readouterr()
    assert shown.err.startswith(f"qa: {questions}:4: is no JSON object (")
    assert shown.err.endswith(" (left out)\n")
    assert ["questions", "3", "2", "1"] in [line.split() for line in shown.out.splitlines()]
    assert evaluate(built_index, questions, "--strict") == 2
    shown = capsys.readouterr()
    assert shown.err.startswith(f"qa: {questions}:4: is no JSON object (")
    assert (shown.out, shown.err.count("\n")) == ("", 1)


def test_gold_documents_that_the_index_does_not_hold_are_said(
    built_index: Path, questions: Path, capsys: Captured
) -> None:
    questions.write_text(questions.read_text("utf-8").replace("en/cemr", "en/nowhere"), "utf-8")
    assert evaluate(built_index, questions, "--json") == 0
    shown = capsys.readouterr()
    assert shown.err == (
        "qa: 2 of 3 questions name no document that the index holds, such as 'en/nowhere':"
        " there finding and citing count as failed\n"
    )
    assert json.loads(shown.out)["all"]["recall@10"] == 0.0


def test_a_beir_folder_is_evaluated(built_index: Path, tmp_path: Path, capsys: Captured) -> None:
    (tmp_path / "qrels").mkdir()
    (tmp_path / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\n1\ten/cemr\t1\n2\tfi/cemr\t1\n", "utf-8")
    rows = [{"_id": row["id"], "text": row["question"]} for row in ROWS]
    (tmp_path / "queries.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows), "utf-8")
    assert evaluate(built_index, tmp_path, "--json") == 0
    figures = json.loads(capsys.readouterr().out)
    assert (figures["en"]["questions"], figures["fi"]["questions"]) == (1, 1)  # detected
    assert (figures["all"]["recall@1"], figures["all"]["citation"]) == (1.0, 1.0)
    assert {"answer", "language"}.isdisjoint(figures["all"])


def test_squad_is_evaluated(built_index: Path, tmp_path: Path, capsys: Captured) -> None:
    qas = [{"id": row["id"], "question": row["question"], "answers": [{"text": "1951"}]} for row in ROWS[:2]]
    qas.append({"id": "3", "question": ROWS[2]["question"], "answers": [], "is_impossible": True})
    (tmp_path / "set.json").write_text(json.dumps({"data": [{"title": "x", "paragraphs": [{"qas": qas}]}]}), "utf-8")
    assert evaluate(built_index, tmp_path / "set.json", "--json") == 0
    figures = json.loads(capsys.readouterr().out)
    assert (figures["all"]["answer"], figures["all"]["refusal"]) == (1.0, 1.0)


def test_floors_by_language_and_pair(built_index: Path, questions: Path, capsys: Captured) -> None:
    assert (
        evaluate(built_index, questions, "--min", "answer/fi=1", "--min", "answer/fi>en=1", "--min", "refusal=1") == 0
    )
    capsys.readouterr()
    questions.write_text(questions.read_text("utf-8").replace("1951", "1949"), "utf-8")
    assert evaluate(built_index, questions, "--min", "answer/fi>en=0.7") == 1
    assert capsys.readouterr().err == (
        "qa: answer is 0.000 in fi>en (95 %: 0.00 to 0.00, 1 question, fewer than 10 say little); the floor is 0.7\n"
    )


def test_an_earlier_evaluation_is_compared(
    built_index: Path, questions: Path, tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KYSY_MIN_CONFIDENCE", "1")  # all is refused
    assert evaluate(built_index, questions, "--out", tmp_path / "out") == 0
    monkeypatch.delenv("KYSY_MIN_CONFIDENCE")
    capsys.readouterr()
    assert evaluate(built_index, questions, "--out", tmp_path / "out", "--compare", tmp_path / "out") == 0
    shown = capsys.readouterr().out
    assert "compared on 3 questions (0 only in the earlier one, 0 only in this one)" in shown
    assert "better (2): 1, 2" in shown
    comparison = json.loads((tmp_path / "out" / "metrics.json").read_text("utf-8"))["comparison"]
    assert (comparison["better"], comparison["worse"]) == (["1", "2"], [])
    assert comparison["metrics"]["answer"]["p_value"] == 0.5


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--compare", "{tmp}"], "holds no predictions.jsonl: give the --out folder of an earlier evaluation"),
        (["--compare", "{tmp}/set.jsonl"], "set.jsonl:1: is no prediction of `qa evaluate --out`"),
        (["--min", "beauty=1"], "beauty was not measured; measured are answer"),
        (["--out", "{tmp}/set.jsonl"], "can't be written (File exists): choose another --out"),
    ],
)
def test_a_wrong_option_is_known_before_anything_is_asked(
    options: list[str], message: str, built_index: Path, questions: Path, tmp_path: Path, capsys: Captured
) -> None:
    assert evaluate(built_index, questions, *(option.replace("{tmp}", str(tmp_path)) for option in options)) == 2
    shown = capsys.readouterr()
    assert message in shown.err
    assert (shown.out, shown.err.count("\n")) == ("", 1)


def test_the_floors_of_every_change_can_be_checked(built_index: Path, capsys: Captured) -> None:
    names = ("answer", "refusal", "citation", "recall@3", "false_refusal", "language")
    floors = [part for name in names for part in ("--min", f"{name}=0")]
    assert evaluate(built_index, PROJECT_DIR / "tests" / "data" / "corpus-dev.jsonl", *floors) == 0
    assert capsys.readouterr().err == ""


# --- The table ----------------------------------------------------------------------------------------------


def test_the_table_marks_what_few_questions_say() -> None:
    table = evaluation_table(summarise([*[outcome(FOUNDED, answer())] * 10, outcome(UNTOLD, answer(None))], PAGES))
    rows = {line.split()[0]: line.split()[1:] for line in table.splitlines() if line}
    assert rows["questions"] == ["11", "11"]
    assert rows["unanswerable"] == ["1", "1"]
    assert rows["answer"] == ["1.000", "1.00–1.00", "1.000"]
    assert rows["refusal"] == ["1.000~", "1.00–1.00", "1.000~"]
    assert rows["~"] == ["fewer", "than", "10", "questions", "say", "little"]
    assert "question" not in rows  # all within one language: no table of pairs
    assert "2.0 ms a question, 2.0 ms for all but one in twenty" in table


def test_the_table_shows_pairs_of_languages() -> None:
    german = Question("de", "de", "Wann?", ("1951",), ("en/cemr",))
    asked = [outcome(FOUNDED, answer())] * 2 + [outcome(german, answer(None))]
    lines = [line.split() for line in evaluation_table(summarise(asked, PAGES)).splitlines()]
    assert ["de", ">", "en", "1", "0.000~", "0.00–0.00", "1.000~", "1.00–1.00"] in lines
    assert ["question", ">", "source", "n", "answer", "citation", "recall@3"] in lines
    assert measure(german, answer(None), PAGES)["answer"] == 0.0
