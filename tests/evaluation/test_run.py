"""Questions asked of the assistant → metrics → floors."""

from __future__ import annotations

import pytest

from qa.assistant import Assistant
from qa.errors import QuestionSetError
from qa.evaluation.questions import Question
from qa.evaluation.run import Outcome, check_floors, measure, run, summarise
from qa.records import Answer, Citation, Contact, Hit, Passage, Status

FOUNDED = Question("1", "en", "When was CEMR founded?", ("1951",), ("en/cemr", "fi/cemr"))
UNTOLD = Question("2", "en", "What does a hamburger cost?", (), ())


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


def test_a_right_answer() -> None:
    found = measure(FOUNDED, answer(documents=("sv/uclg", "sv/uclg", "fi/cemr", "en/cemr")))
    assert found == {
        "language": 1.0,
        "answer": 1.0,
        "false_refusal": 0.0,
        "recall@1": 0.0,
        "recall@3": 1.0,
        "recall@5": 1.0,
        "recall@10": 1.0,
        "mrr@10": 1 / 2,  # a document counts once
        "citation": 1.0,
    }


def test_a_wrong_answer() -> None:
    found = measure(FOUNDED, answer("It was 1949.", ("sv/uclg",), "sv/uclg", language="de"))
    assert (found["answer"], found["citation"], found["language"], found["false_refusal"]) == (0.0, 0.0, 0.0, 0.0)
    assert found["mrr@10"] == found["recall@10"] == 0.0


def test_a_refusal_of_what_the_documents_tell_holds_no_answer() -> None:
    found = measure(FOUNDED, answer(None))
    assert (found["answer"], found["false_refusal"], found["recall@1"]) == (0.0, 1.0, 1.0)
    assert "citation" not in found


@pytest.mark.parametrize(("text", "refusal"), [(None, 1.0), ("It costs 1951.", 0.0)])
def test_a_question_that_the_documents_do_not_answer(text: str | None, refusal: float) -> None:
    assert measure(UNTOLD, answer(text)) == {"language": 1.0, "refusal": refusal}


def test_a_card_is_part_of_the_answer() -> None:
    question = Question("3", "en", "Who?", ("ada@ks.no",), ())
    assert measure(question, answer("Ada Berg"))["answer"] == 0.0
    assert measure(question, answer("Ada Berg", contacts=(Contact("Ada Berg", "d", email="ada@ks.no"),)))["answer"] == 1


def test_means_are_those_of_the_questions_they_apply_to() -> None:
    fi = Question("4", "fi", "Milloin?", ("1951",), ("en/cemr",))
    asked = [
        (FOUNDED, answer(ms=1.0)),
        (FOUNDED, answer(None, ms=2.0)),
        (UNTOLD, answer(None, ms=3.0)),
        (fi, answer(language="fi", ms=10.0)),
    ]
    table = summarise([Outcome(question, reply, measure(question, reply)) for question, reply in asked])
    assert list(table) == ["all", "en", "fi"]
    every, en, fi_row = table["all"], table["en"], table["fi"]
    assert (every["questions"], every["unanswerable"]) == (4, 1)
    assert every["answer"] == pytest.approx(2 / 3)
    assert every["false_refusal"] == pytest.approx(1 / 3)
    assert (every["refusal"], every["citation"], every["language"]) == (1.0, 1.0, 1.0)
    assert every["p50_ms"] == 2.5
    assert (en["questions"], en["answer"], en["p50_ms"]) == (3, 0.5, 2.0)
    assert (fi_row["questions"], fi_row["unanswerable"], fi_row["answer"]) == (1, 0, 1.0)
    assert "refusal" not in fi_row


TABLE = {"all": {"answer": 0.8, "refusal": 0.5}, "fi": {"answer": 0.9}}


@pytest.mark.parametrize("floor", ["answer=0.8", "answer=0", "answer/fi=0.9", "refusal=0.5"])
def test_a_floor_that_is_reached(floor: str) -> None:
    assert check_floors(TABLE, [floor]) == []


def test_floors_that_are_missed_are_named() -> None:
    assert check_floors(TABLE, ["answer=0.81", "refusal=0.4", "answer/fi=1"]) == [
        "answer is 0.800 in all languages; the floor is 0.81",
        "answer is 0.900 in fi; the floor is 1",
    ]


@pytest.mark.parametrize(
    ("floor", "message"),
    [
        ("answer", "--min answer: write it as METRIC=VALUE, such as answer=0.8"),
        ("answer=high", "--min answer=high: write it as METRIC=VALUE"),
        ("answer=nan", "--min answer=nan: write it as METRIC=VALUE"),
        ("answer=", "--min answer=: write it as METRIC=VALUE"),
        ("beauty=0.5", "--min beauty=0.5: beauty was not measured; measured are answer, refusal"),
        ("answer/sv=0.5", "--min answer/sv=0.5: answer/sv was not measured"),
        ("refusal/fi=0.5", "refusal/fi was not measured"),
        ("=0.5", "--min =0.5"),
    ],
)
def test_a_floor_that_cannot_be_read(floor: str, message: str) -> None:
    with pytest.raises(QuestionSetError, match=message):
        check_floors(TABLE, [floor])


def test_a_run_asks_every_question_in_order_and_tells_no_language(assistant: Assistant) -> None:
    asked = [
        FOUNDED,
        UNTOLD,
        Question("3", "nb", "UCLG", ("x",), ()),  # labelled Norwegian; it can't be told
    ]
    calls: list[tuple[str, int, int]] = []
    outcomes = run(assistant, asked, progress=lambda *call: calls.append(call))
    assert [outcome.question for outcome in outcomes] == asked
    assert calls == [("asking", 1, 3), ("asking", 2, 3), ("asking", 3, 3)]
    assert outcomes[0].metrics["answer"] == 1.0
    assert [outcome.metrics for outcome in outcomes] == [measure(o.question, o.answer) for o in outcomes]
    alone = assistant.ask("UCLG")
    assert outcomes[2].answer.language == alone.language


def test_the_label_can_be_told_as_the_language_of_the_page(assistant: Assistant) -> None:
    asked = [Question(code, code, "UCLG", ("x",), ()) for code in ("fi", "sv", "nb")]
    told = run(assistant, asked, as_page_language=True)
    assert [o.answer.language for o in told] == [
        assistant.ask("UCLG", page_language=code).language for code in ("fi", "sv", "nb")
    ]
