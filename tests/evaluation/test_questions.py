"""Question sets, as they are read."""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from qa.errors import QuestionSetError
from qa.evaluation.questions import Question, read_questions
from qa.settings import LANGUAGES, PROJECT_DIR

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
QUESTIONS = st.lists(
    st.builds(
        Question,
        TEXT,
        st.sampled_from(LANGUAGES),
        TEXT.map(lambda text: f"x{text}"),
        st.lists(TEXT, max_size=2).map(tuple),
        st.lists(TEXT, max_size=2).map(tuple),
    ),
    min_size=1,
    max_size=5,
    unique_by=lambda question: question.id,
)


def write(folder: Path, *lines: str) -> Path:
    file = folder / "questions.jsonl"
    file.write_bytes("\n".join(lines).encode())
    return file


@given(QUESTIONS, st.booleans())
@example([Question("1", "en", "a\u2028b\u0085c\x0bd", ("\r\n",), ())], False)
def test_a_set_is_read_as_it_was_written(tmp_path: Path, questions: list[Question], ascii_only: bool) -> None:
    file = write(tmp_path, *(json.dumps(asdict(q), ensure_ascii=ascii_only) for q in questions))
    assert read_questions(file) == tuple(questions)


def test_what_is_left_out_has_a_default(tmp_path: Path) -> None:
    file = write(tmp_path, "", '{"language": "fi", "question": "Milloin?", "note": "near"}', "  ")
    assert read_questions(file) == (Question("2", "fi", "Milloin?", (), ()),)


def test_a_question_without_an_answer_is_not_answerable() -> None:
    assert Question("1", "en", "?", ("1951",), ()).is_answerable
    assert not Question("1", "en", "?", (), ("en/cemr",)).is_answerable


def test_line_ends_and_byte_order_mark_of_any_system(tmp_path: Path) -> None:
    file = tmp_path / "questions.jsonl"
    file.write_bytes(b'\xef\xbb\xbf{"language": "en", "question": "a"}\r\n{"language": "en", "question": "b"}\r\n')
    assert [question.question for question in read_questions(file)] == ["a", "b"]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("not json", r"questions\.jsonl:2: is no JSON object"),
        ("[1, 2]", r'questions\.jsonl:2: expected an object with a "question"'),
        ('{"language": "en"}', r':2: expected an object with a "question"'),
        ('{"language": "en", "question": 7}', r':2: expected an object with a "question"'),
        ('{"language": "en", "question": " ?"}', r":2: the question is empty"),
        ('{"language": "xx", "question": "a"}', r":2: language 'xx' is not known: use one of en, fi"),
        ('{"question": "a"}', r":2: language '' is not known"),
        ('{"language": ["en"], "question": "a"}', r":2: language .* is not known"),
        ('{"language": "en", "question": "a", "answers": "1951"}', r':2: "answers" must be a list of strings'),
        ('{"language": "en", "question": "a", "answers": [1951]}', r':2: "answers" must be a list of strings'),
        ('{"language": "en", "question": "a", "documents": null}', r':2: "documents" must be a list of strings'),
        ('{"id": "1", "language": "en", "question": "a"}', r"the id '1' is used twice: give each question its own"),
        ("[" * 100_000, r":2: is no JSON object"),
    ],
)
def test_a_line_that_cannot_be_read_is_named(tmp_path: Path, line: str, message: str) -> None:
    file = write(tmp_path, '{"id": "1", "language": "en", "question": "a"}', line)
    with pytest.raises(QuestionSetError, match=message):
        read_questions(file)


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "latin.jsonl").write_bytes(b'{"question": "\xe4"}')
    (tmp_path / "empty.jsonl").write_bytes(b"\n\n")
    for file, message in (
        (tmp_path / "none.jsonl", r"can't be read \(No such file or directory\): give a JSON Lines file"),
        (tmp_path, r"can't be read \(Is a directory\)"),
        (tmp_path / ("x" * 300), r"can't be read \(File name too long\)"),
        (tmp_path / "latin.jsonl", r"can't be read \(it is not UTF-8\)"),
        (tmp_path / "empty.jsonl", "holds no question: write one JSON object a line"),
    ):
        with pytest.raises(QuestionSetError, match=message):
            read_questions(file)


def test_a_big_set_is_read_soon(tmp_path: Path) -> None:
    file = write(tmp_path, *(f'{{"id": "{n}", "language": "en", "question": "a"}}' for n in range(20_000)))
    started = time.perf_counter()
    assert len(read_questions(file)) == 20_000
    assert time.perf_counter() - started < 3.0


@pytest.mark.parametrize("name", ["corpus-dev", "corpus-test", "seeds-dev", "seeds-test"])
def test_the_question_sets_that_come_along_can_be_read(name: str) -> None:
    questions = read_questions(PROJECT_DIR / "tests" / "data" / f"{name}.jsonl")
    assert len(questions) > 50
    assert any(not question.is_answerable for question in questions)
