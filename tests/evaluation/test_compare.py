"""Two evaluations of the same questions."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.errors import QuestionSetError
from qa.evaluation.compare import answer_of, compare, difference, read_predictions
from qa.evaluation.results import Comparison, Difference
from qa.evaluation.run import measure
from qa.evaluation.tables import comparison_table
from qa.records import Answer, Contact
from tests.evaluation.samples import FOUNDED, PAGES, UNTOLD, answer, outcome

RIGHT, WRONG, REFUSED = answer(), answer("In 1949."), answer(None)


def compared(before: dict[str, Answer], after: dict[str, Answer]) -> Comparison:
    """Answers to as many questions, all asking the same but ``none…``, which the documents don't answer."""
    asked = [
        outcome(replace(UNTOLD if name.startswith("none") else FOUNDED, id=name), reply)
        for name, reply in after.items()
    ]
    return compare(before, asked, PAGES)


def test_what_got_better_and_worse() -> None:
    before = {"a": RIGHT, "b": WRONG, "c": REFUSED, "none": REFUSED, "old": RIGHT}
    after = {"a": WRONG, "b": RIGHT, "c": RIGHT, "none": RIGHT, "new": RIGHT, "newer": RIGHT}
    found = compared(before, after)
    assert [(change.id, change.kind) for change in found.changes] == [
        ("a", "worse"),
        ("b", "better"),
        ("c", "better"),
        ("none", "worse"),
    ]
    assert (found.changes[0].before.answer, found.changes[0].after.answer) == (RIGHT, WRONG)
    assert (found.n_questions, found.n_only_before, found.n_only_after) == (4, 1, 2)
    assert found.metrics["answer"] == Difference(1 / 3, 2 / 3, pytest.approx(1 / 3), 1.0, 2, 1)
    assert found.metrics["refusal"] == Difference(1.0, 0.0, -1.0, 1.0, 0, 1)
    assert found.metrics["false_refusal"] == Difference(1 / 3, 0.0, pytest.approx(-1 / 3), 1.0, 1, 0)  # less is better
    assert "refusal_precision" not in found.metrics


def test_a_metric_is_compared_on_the_questions_that_it_applies_to_both_times() -> None:
    found = compared({"a": REFUSED, "b": RIGHT}, {"a": answer(cited="x"), "b": RIGHT})
    assert found.metrics["citation"] == Difference(1.0, 1.0, 0.0, 1.0, 0, 0)


def test_the_same_answers_differ_in_nothing() -> None:
    found = compared({"a": RIGHT, "none": REFUSED}, {"a": RIGHT, "none": REFUSED})
    assert found.changes == ()
    assert {(d.difference, d.p_value, d.n_better, d.n_worse) for d in found.metrics.values()} == {(0.0, 1.0, 0, 0)}


def test_six_better_and_none_worse_is_more_than_noise() -> None:
    names = "abcdef"
    found = compared(dict.fromkeys(names, WRONG), dict.fromkeys(names, RIGHT)).metrics["answer"]
    assert (found.p_value, found.is_significant) == (2 / 64, True)


@given(st.lists(st.tuples(st.sampled_from([0.0, 0.5, 1.0]), st.sampled_from([0.0, 0.5, 1.0])), min_size=1, max_size=12))
def test_a_difference_turns_round_with_the_order(pairs: list[tuple[float, float]]) -> None:
    found, turned = difference(pairs), difference([(now, then) for then, now in pairs])
    assert (found.n_better, found.n_worse) == (turned.n_worse, turned.n_better)
    assert found.difference == pytest.approx(-turned.difference)
    assert found.p_value == pytest.approx(turned.p_value)


def test_figures_between_0_and_1_are_tested_by_randomisation() -> None:
    assert difference([(0.0, 0.5), (0.0, 0.25), (0.5, 0.75)]).p_value == 0.25  # two of eight patterns
    assert difference([(0.0, 1.0)] * 3).p_value == 0.25  # McNemar: 2 · 1/8


def test_no_question_in_common() -> None:
    with pytest.raises(QuestionSetError, match="--compare: the earlier evaluation has none of these questions"):
        compared({"x": RIGHT}, {"a": RIGHT})


# --- Predictions as they are read ---------------------------------------------------------------------------

CARD = Contact("Ada Berg", "en/cemr", "Adviser", None, ("twinning",), "ada@ks.no")


@pytest.mark.parametrize("reply", [answer(contacts=(CARD,), documents=("fi/cemr", "x")), REFUSED])
def test_an_answer_that_was_written_measures_as_it_did(reply: Answer) -> None:
    question = replace(FOUNDED, answers=("1951", "ada@ks.no"))
    read = answer_of(json.loads(json.dumps(reply.to_json())))
    assert measure(question, read, PAGES) == measure(question, reply, PAGES)
    assert (read.contacts, read.citations, read.confidence) == (reply.contacts, reply.citations, reply.confidence)


def test_what_other_versions_wrote_besides_is_left_out() -> None:
    row = RIGHT.to_json() | {"mood": "calm"}
    row["citations"] = [{**row["citations"][0], "colour": "red"}]
    assert answer_of(row).citations == RIGHT.citations


def test_predictions_are_read_from_their_folder_or_file(tmp_path: Path) -> None:
    file = tmp_path / "predictions.jsonl"
    file.write_text(json.dumps({"id": "a", **RIGHT.to_json()}) + "\n", "utf-8")
    assert list(read_predictions(tmp_path)) == list(read_predictions(file)) == ["a"]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({}, r"predictions\.jsonl:1: is no prediction of `qa evaluate --out` \(KeyError\('question'\)\)"),
        ({**RIGHT.to_json(), "confidence": "much"}, r":1: is no prediction of `qa evaluate --out` \(ValueError"),
        ({**RIGHT.to_json(), "citations": [{"document": "x"}]}, r":1: is no prediction .* \(TypeError"),
        ({**RIGHT.to_json(), "timings_ms": 7}, r":1: is no prediction .* \(AttributeError"),
    ],
)
def test_a_line_that_is_no_prediction(tmp_path: Path, row: dict[str, Any], message: str) -> None:
    (tmp_path / "predictions.jsonl").write_text(json.dumps(row), "utf-8")
    with pytest.raises(QuestionSetError, match=message):
        read_predictions(tmp_path)


@pytest.mark.parametrize("name", ["", "none", "none.jsonl"])
def test_no_predictions(tmp_path: Path, name: str) -> None:
    with pytest.raises(QuestionSetError, match=r"holds no predictions\.jsonl: give the --out folder of an earlier"):
        read_predictions(tmp_path / name)


# --- The table ----------------------------------------------------------------------------------------------


def test_the_table_of_a_comparison() -> None:
    names = [f"q{n}" for n in range(25)]
    found = compared(
        {**dict.fromkeys(names, WRONG), "z": RIGHT, "old": RIGHT}, {**dict.fromkeys(names, RIGHT), "z": WRONG}
    )
    shown = comparison_table(found).splitlines()
    assert shown[0] == "compared on 26 questions (1 only in the earlier one, 0 only in this one)"
    assert shown[1].split() == ["before", "after", "change", "p", "better", "worse"]
    assert shown[2].split() == ["answer", "0.038", "0.962", "+0.923", "0.000*", "25", "1"]
    assert "* chance alone would seldom make such a difference (p < 0.05)" in shown
    assert shown[-2].startswith("better (25): q0, q1, ")
    assert shown[-2].endswith(", q19 and 5 more")
    assert shown[-1] == "worse (1): z"


def test_the_table_of_no_change_says_no_more() -> None:
    shown = comparison_table(compared({"a": RIGHT}, {"a": RIGHT})).splitlines()
    assert all("*" not in line and "better (" not in line for line in shown)
