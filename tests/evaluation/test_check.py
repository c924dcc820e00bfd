"""What is found wrong with a question set: every finding, and nothing in a set that is right."""

from __future__ import annotations

import json
import re
import shutil
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.cli import main
from qa.errors import QuestionSetError
from qa.evaluation.check import Finding, Line, _close_pairs, check_questions, read_lines
from qa.evaluation.metrics import contains_answer
from qa.evaluation.questions import Question
from qa.records import Document
from qa.settings import PROJECT_DIR
from tests.conftest import SmallCorpus

TEXTS = {
    "en/cemr": "CEMR was founded in 1951. CEMR has 1,300 members.",
    "sv/cemr": "CEMR grundades 1951.",
    "en/uclg": "UCLG seeks a united voice.",
}
DOCUMENTS = tuple(Document(path, path, path, path[:2], text) for path, text in TEXTS.items())
FOUNDED = Question("q1", "en", "When was CEMR founded?", ("1951",), ("en/cemr", "sv/cemr"))
FOUNDED_ROW = {"id": "q1", "language": "en", "question": "When was CEMR founded?", "answers": ["1951"]}


def as_labelled(question: str) -> tuple[str, float]:
    """Tells no language."""
    return "und", 0.0


def checked(*questions: Question) -> list[Finding]:
    """Findings but those of too few questions."""
    found = check_questions([Line(n, question) for n, question in enumerate(questions, 1)], DOCUMENTS, as_labelled)
    return [finding for finding in found if "too few" not in finding.message]


def asking(question: str = "When?", *answers: str, documents: tuple[str, ...] = (), language: str = "en") -> Question:
    return Question("q2", language, question, answers, documents)


def test_a_right_set_has_no_finding() -> None:
    assert checked(FOUNDED, asking("How many members has CEMR got?", "1300", documents=("en/cemr",))) == []


@pytest.mark.parametrize(
    ("question", "message"),
    [
        (asking("when was cemr founded"), "asks the same as q1 in line 1; take one of the two out"),
        (
            asking("When?", "1951", documents=("en/cemrs", "en/cemr")),
            "there is no document 'en/cemrs'; write 'en/cemr', if that is meant",
        ),
        (
            asking("When?", "1951", documents=("xyz", "en/cemr")),
            "there is no document 'xyz'; write its path below the corpus folder",
        ),
        (
            asking("When?", "1952", documents=("en/cemr",)),
            "no document holds the gold string '1952'; copy it from the document that tells",
        ),
        (asking("When?", "195", documents=()), "no document holds the gold string '195'; copy it"),
        (
            asking("What voice?", "united voice", documents=("en/cemr",)),
            "the documents named don't hold 'united voice', but en/uclg; name the one that is meant",
        ),
        (
            asking("Was it in 1951?", "1951", documents=("en/cemr",)),
            "holds its own answer '1951'; ask without it, or expect more of the answer",
        ),
        (
            asking("When?", "1951", "–", documents=("en/cemr",)),
            "the gold string '–' has no letter or digit; write what the document says",
        ),
    ],
)
def test_an_error_is_told_with_what_to_do(question: Question, message: str) -> None:
    errors = [finding for finding in checked(FOUNDED, question) if finding.is_error]
    assert [(error.line, error.id) for error in errors] == [(2, "q2")]
    assert re.match(re.escape(message), errors[0].message)


@pytest.mark.parametrize(
    ("question", "message"),
    [
        (asking("When?", "1951"), "names no document, so finding and citing aren't measured; name those that tell"),
        (asking("Why?", documents=("en/uclg",)), "names documents but no answer; add what they say, or take them out"),
        (
            asking("When?", "1951", documents=("en/cemr", "en/uclg")),
            "en/uclg holds none of the answers; add what it says, or take it out",
        ),
        (
            asking("So when was CEMR founded?", "1951", documents=("en/cemr",)),
            "asks nearly the same as q1 in line 1; keep both only if visitors would ask both",
        ),
    ],
)
def test_a_hint_is_told_with_what_to_do(question: Question, message: str) -> None:
    (hint,) = checked(FOUNDED, question)
    assert (hint.line, hint.id, hint.is_error) == (2, "q2", False)
    assert re.match(re.escape(message), hint.message)


@given(st.lists(st.frozensets(st.sampled_from("abcdefghijkl"), max_size=12), max_size=30))
def test_close_pairs_are_those_that_comparing_all_finds(sets: list[frozenset[str]]) -> None:
    every = combinations(range(len(sets)), 2)
    expected = [(a, b) for a, b in every if 5 * len(sets[a] & sets[b]) >= 4 * len(sets[a] | sets[b]) > 0]
    assert _close_pairs(sets) == expected


def test_nearly_the_same_words_with_another_answer_or_language_are_another_question() -> None:
    members = asking("So when was CEMR founded?", "united voice", documents=("en/uclg",))
    danish = asking("So when was CEMR founded?", "1951", documents=("en/cemr",), language="da")
    assert checked(FOUNDED, members) == checked(FOUNDED, danish) == []


@pytest.mark.parametrize(
    ("question", "label", "found", "probability", "is_told"),
    [
        ("När grundades CEMR egentligen?", "fi", "sv", 0.99, True),
        ("När grundades CEMR egentligen?", "fi", "sv", 0.97, False),
        ("När grundades CEMR egentligen?", "sv", "sv", 0.99, False),
        ("När grundades CEMR?", "fi", "sv", 0.99, False),  # three words, one of them a name
        ("Hvornår blev CEMR stiftet?", "nb", "da", 0.999, False),  # kin
        ("Hvornår blev CEMR stiftet?", "nb", "da", 0.99995, True),
        ("Hvornår blev CEMR stiftet?", "sv", "da", 0.99, True),
        ("Pourquoi pas, en fin de compte ?", "en", "und", 0.0, False),
    ],
)
def test_a_label_that_is_surely_wrong_is_told(
    question: str, label: str, found: str, probability: float, is_told: bool
) -> None:
    line = Line(1, Question("q1", label, question, (), ()))
    findings = check_questions([line], DOCUMENTS, lambda _: (found, probability))
    told = [finding.message for finding in findings if "looks like" in finding.message]
    assert told == ([f"looks like {found}, not {label}; mend the label if it is wrong"] if is_told else [])


def test_drafts_and_small_languages_are_counted() -> None:
    lines = [Line(n, Question(str(n), "en", f"What is {n}?", (), ()), is_draft=n > 3) for n in range(1, 11)]
    lines.append(Line(12, Question("11", "fi", "Mikä?", (), ())))
    assert [
        finding for finding in check_questions(lines, DOCUMENTS, as_labelled) if "nearly" not in finding.message
    ] == [
        Finding(4, "4", 'first of 7 drafts; look each one over, then take its "draft" and "from" out', is_error=False),
        Finding(12, "fi", "too few to tell anything by (1 in this language); write at least 10", is_error=False),
    ]


@given(st.lists(st.tuples(st.sampled_from(["1951", "1,300", "1300", "a united", "voice", "x", "–"]), st.booleans())))
def test_a_gold_string_is_missed_exactly_when_no_document_contains_it(golds: list[tuple[str, bool]]) -> None:
    questions = [
        Question(str(n), "en", f"Question {n}?", (gold,), ("en/cemr",) if named else ())
        for n, (gold, named) in enumerate(golds)
    ]
    wrong = {finding.id for finding in checked(*questions) if finding.is_error}
    assert wrong == {
        question.id
        for question in questions
        if not any(contains_answer(question.answers, TEXTS[path]) for path in question.documents or TEXTS)
    }


def test_lines_are_counted_as_an_editor_does(tmp_path: Path) -> None:
    file = tmp_path / "set.jsonl"
    rows = [FOUNDED_ROW, FOUNDED_ROW | {"id": "q2", "draft": True, "from": "CEMR was founded in 1951."}]
    file.write_text("\n" + json.dumps(rows[0]) + "\n\n" + json.dumps(rows[1]) + "\n", "utf-8")
    assert [(line.number, line.question.id, line.is_draft) for line in read_lines(file)] == [
        (2, "q1", False),
        (4, "q2", True),
    ]
    with pytest.raises(QuestionSetError, match="is a folder: give a question set in JSON Lines"):
        read_lines(tmp_path)
    with pytest.raises(QuestionSetError, match=r"none\.jsonl can't be read \(No such file or directory\)"):
        read_lines(tmp_path / "none.jsonl")


def test_the_command_exits_with_1_for_errors_only(
    small_corpus: SmallCorpus, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    corpus_dir = small_corpus({"en/cemr.md": TEXTS["en/cemr"]}).corpus_dir
    file = tmp_path / "set.jsonl"
    command = ["questions", "check", str(file), "--corpus", str(corpus_dir)]
    file.write_text(json.dumps(FOUNDED_ROW | {"documents": ["en/cemr"]}), "utf-8")
    assert main(command) == 0
    little = "too few to tell anything by (1 in this language); write at least 10"
    assert capsys.readouterr().out == f"{file}:1: en: hint: {little}\nquestions 1, errors 0, hints 1\n"
    file.write_text(json.dumps(FOUNDED_ROW | {"documents": ["en/uclg"]}), "utf-8")
    assert main(command) == 1
    assert f"{file}:1: q1: there is no document 'en/uclg'; write" in capsys.readouterr().out
    assert main([*command, "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert [(finding["line"], finding["id"], finding["is_error"]) for finding in found] == [
        (1, "q1", True),
        (1, "q1", True),
        (1, "en", False),
    ]


def test_the_shipped_development_set_is_right(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["questions", "check", str(PROJECT_DIR / "tests" / "data" / "corpus-dev.jsonl")]) == 0
    assert "looks like" not in capsys.readouterr().out


def test_a_mislabelled_set_is_noticed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copy(PROJECT_DIR / "tests" / "data" / "corpus-dev.jsonl", file := tmp_path / "set.jsonl")
    rows = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    finnish = [row | {"language": "sv"} for row in rows if row["language"] == "fi"]
    file.write_text("\n".join(json.dumps(row) for row in finnish), "utf-8")
    main(["questions", "check", str(file)])
    told = capsys.readouterr().out.count("looks like fi, not sv")
    longer = sum(len(row["question"].split()) >= 4 for row in finnish)
    assert told >= 0.9 * longer
