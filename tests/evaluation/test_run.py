"""Questions asked of the assistant → metrics → figures."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from qa.assistant import Assistant
from qa.evaluation.pages import Pages
from qa.evaluation.questions import Question
from qa.evaluation.results import Interval
from qa.evaluation.run import METRICS, measure, pair_of, run, summarise
from qa.records import Contact, Document
from tests.evaluation.samples import CEMR, FOUNDED, PAGES, UNTOLD, answer, outcome


def test_a_right_answer() -> None:
    found = measure(FOUNDED, answer(documents=("sv/uclg", "sv/uclg", "fi/cemr", "en/cemr")))
    assert found == {
        "language": 1.0,
        "answer": 1.0,
        "exact_match": 0.0,
        "f1": pytest.approx(2 / 6),  # one word of one, one of five
        "false_refusal": 0.0,
        "recall@1": 0.0,
        "recall@3": 1.0,
        "recall@5": 1.0,
        "recall@10": 1.0,
        "mrr@10": 1 / 2,  # a document counts once
        "ndcg@10": pytest.approx((0.63093 + 0.5) / 1.63093, abs=1e-5),  # without an index, each version is a page
        "citation": 1.0,
        "citation_quote": 1.0,
    }


def test_language_versions_are_one_page() -> None:
    found = measure(FOUNDED, answer(documents=("sv/uclg", "sv/cemr", "en/cemr", "fi/cemr"), cited="sv/cemr"), PAGES)
    assert (found["mrr@10"], found["recall@3"], found["citation"]) == (1 / 2, 1.0, 1.0)
    assert found["ndcg@10"] == pytest.approx(0.63093, abs=1e-5)  # one gold page, at rank 2


def test_a_wrong_answer() -> None:
    found = measure(FOUNDED, answer("It was 1949.", ("sv/uclg",), "sv/uclg", language="de"))
    assert (found["answer"], found["citation"], found["language"], found["false_refusal"]) == (0.0, 0.0, 0.0, 0.0)
    assert found["mrr@10"] == found["recall@10"] == found["ndcg@10"] == found["citation_quote"] == found["f1"] == 0.0


def test_a_refusal_of_what_the_documents_tell_holds_no_answer() -> None:
    found = measure(FOUNDED, answer(None), PAGES)
    assert (found["answer"], found["exact_match"], found["f1"]) == (0.0, 0.0, 0.0)
    assert (found["false_refusal"], found["refusal_precision"], found["recall@1"]) == (1.0, 0.0, 1.0)
    assert {"citation", "citation_quote", "answer_language"}.isdisjoint(found)


def test_a_question_that_the_documents_do_not_answer() -> None:
    assert measure(UNTOLD, answer(None)) == {"language": 1.0, "refusal": 1.0, "refusal_precision": 1.0}
    assert measure(UNTOLD, answer("It costs 1951.")) == {"language": 1.0, "refusal": 0.0}


def test_the_marked_words_are_what_is_matched_exactly() -> None:
    reply = answer("CEMR was founded in 1951.")
    marked = replace(reply, citations=(replace(reply.citations[0], answer_start=20, answer_end=24),))
    found = measure(FOUNDED, marked)
    assert (found["exact_match"], found["f1"], found["answer"]) == (1.0, 1.0, 1.0)


def test_a_card_is_part_of_the_answer() -> None:
    question = Question("3", "en", "Who?", ("ada@ks.no",), ())
    card = Contact("Ada Berg", "d", email="ada@ks.no")
    without, with_card = (measure(question, answer("Ada Berg", contacts=cards)) for cards in ((), (card,)))
    assert (without["answer"], without["contact"]) == (0.0, 0.0)
    assert (with_card["answer"], with_card["contact"]) == (1.0, 1.0)
    assert measure(question, answer(None, contacts=(card,)))["contact"] == 0.0


def test_a_card_is_asked_for_where_the_gold_string_is_an_address_or_a_known_name() -> None:
    reply = answer("Ada Berg leads it.", contacts=(Contact("Ada Berg", "d"),))
    question = Question("3", "en", "Who leads it?", ("Ada  BERG", "she"), ())
    assert measure(question, reply, PAGES)["contact"] == 1.0
    assert measure(question, answer("Ada Berg leads it."), PAGES)["contact"] == 0.0
    assert "contact" not in measure(question, reply)  # nobody of that name is known
    assert "contact" not in measure(FOUNDED, reply, PAGES)


@pytest.mark.parametrize(
    ("language", "told_in", "expected"), [("en", "en", 1.0), ("en", "fi", 0.0), ("sv", "en", None), ("de", "en", None)]
)
def test_the_answer_is_in_the_language_of_the_question_where_a_gold_document_is(
    language: str, told_in: str, expected: float | None
) -> None:
    question = replace(FOUNDED, language=language)  # its gold documents are in English and Finnish
    assert measure(question, replace(answer(), answer_language=told_in), PAGES).get("answer_language") == expected


def test_a_set_without_answers_measures_what_is_found_and_cited() -> None:
    question = Question("q", "en", "CEMR?", (), ("en/cemr",), has_answers=False)
    found = measure(question, answer(), PAGES)
    assert {"answer", "f1", "contact", "refusal"}.isdisjoint(found)
    assert (found["recall@1"], found["citation"], found["false_refusal"]) == (1.0, 1.0, 0.0)
    assert outcome(question, answer()).is_right
    assert not outcome(question, answer(None)).is_right


def test_a_language_that_was_detected_is_not_measured() -> None:
    assert "language" not in measure(replace(FOUNDED, has_language=False), answer())


@pytest.mark.parametrize(
    ("question", "pair"),
    [
        (FOUNDED, ("en", "en")),
        (replace(FOUNDED, language="fi"), ("fi", "fi")),
        (replace(FOUNDED, language="de"), ("de", "en")),
        (replace(FOUNDED, language="de", documents=("fi/cemr", "en/cemr")), ("de", "fi")),
        (replace(FOUNDED, documents=("nowhere",)), None),
        (replace(FOUNDED, documents=()), None),
        (replace(FOUNDED, answers=()), None),
    ],
)
def test_the_pair_of_languages(question: Question, pair: tuple[str, str] | None) -> None:
    assert pair_of(question, PAGES) == pair


def test_pages_are_known_by_path_id_and_title() -> None:
    other = Document("uclg", "uclg", "CEMR", "en", "")
    pages = Pages.of([*CEMR, other])
    assert [pages.page(name) for name in ("en/cemr", "cemr", "Cemr suomeksi", "nowhere")] == ["cemr"] * 3 + ["nowhere"]
    assert "CEMR" not in pages  # two pages have that title
    assert "CEMR" in Pages.of(CEMR)
    assert pages.languages(["cemr"]) == ("en", "fi", "sv")
    assert pages.languages(["fi/cemr", "uclg", "en/cemr", "nowhere"]) == ("fi", "en")
    assert pages.ranked(["uclg", "fi/cemr", "en/cemr", "x"]) == ["uclg", "cemr", "x"]


def test_figures_are_those_of_the_questions_they_apply_to() -> None:
    fi = Question("4", "fi", "Milloin?", ("1951",), ("en/cemr",))
    asked = [
        outcome(FOUNDED, answer(ms=1.0)),
        outcome(FOUNDED, answer(None, ms=2.0)),
        outcome(UNTOLD, answer(None, ms=3.0)),
        outcome(fi, answer(language="fi", ms=10.0)),
    ]
    found = summarise(asked, PAGES)
    assert list(found.groups) == ["all", "en", "fi", "en>en", "fi>en"]
    every, en, fi_row = found.overall, found.by_language["en"], found.by_language["fi"]
    assert (every["answer"].value, every["answer"].n) == (pytest.approx(2 / 3), 3)
    assert every["false_refusal"].value == pytest.approx(1 / 3)
    assert every["refusal"] == Interval(1.0, 1.0, 1.0, 1)
    assert every["refusal_precision"].value == 0.5
    assert (en["answer"].value, fi_row["answer"].value) == (0.5, 1.0)
    assert "refusal" not in fi_row
    assert found.by_pair["en", "en"]["answer"].n == 2
    assert found.latency_ms == {"p50": 2.5, "p95": pytest.approx(8.95)}
    assert [metric for metric in METRICS if metric in every] == list(every)


def test_the_curve_and_the_bins_take_refusals_as_they_are() -> None:
    asked = [
        outcome(FOUNDED, replace(answer(), confidence=0.9)),  # right
        outcome(UNTOLD, replace(answer("x"), confidence=0.8)),  # answered and shouldn't be
        outcome(FOUNDED, replace(answer(None), confidence=0.3)),  # what it would have said isn't known: wrong
        outcome(UNTOLD, replace(answer(None), confidence=0.1)),  # no answer would be right
    ]
    found = summarise(asked)
    assert [(p.coverage, p.risk) for p in found.risk_coverage] == [
        (0.25, 0.0),
        (0.5, 0.5),
        (0.75, pytest.approx(2 / 3)),
        (1.0, 0.75),
    ]
    assert found.aurc == pytest.approx((0 + 1 / 2 + 2 / 3 + 3 / 4) / 4)
    assert [(b.n, b.accuracy) for b in found.reliability] == [(1, 0.0), (1, 1.0)]
    assert found.calibration_error == pytest.approx((0.8 + 0.1) / 2)


def test_an_evaluation_as_json() -> None:
    asked = [outcome(FOUNDED, answer())] * 10 + [outcome(UNTOLD, answer(None))]
    row = json.loads(json.dumps(summarise(asked, PAGES).to_json()))
    assert (row["all"]["questions"], row["all"]["unanswerable"], row["all"]["answer"]) == (11, 1, 1.0)
    assert row["en"]["recall@1"] == 1.0
    assert row["intervals"]["en>en"]["answer"] == {"value": 1.0, "low": 1.0, "high": 1.0, "n": 10, "reliable": True}
    assert not row["intervals"]["all"]["refusal"]["reliable"]
    assert set(row) == {
        "all",
        "en",
        "intervals",
        "risk_coverage",
        "aurc",
        "reliability",
        "calibration_error",
        "latency_ms",
    }


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
    pages = Pages.of(assistant.documents)
    assert [outcome.metrics for outcome in outcomes] == [measure(o.question, o.answer, pages) for o in outcomes]
    alone = assistant.ask("UCLG")
    assert outcomes[2].answer.language == alone.language


def test_the_label_can_be_told_as_the_language_of_the_page(assistant: Assistant) -> None:
    asked = [Question(code, code, "UCLG", ("x",), ()) for code in ("fi", "sv", "nb")]
    told = run(assistant, asked, as_page_language=True)
    assert [o.answer.language for o in told] == [
        assistant.ask("UCLG", page_language=code).language for code in ("fi", "sv", "nb")
    ]
