"""Questions that a document asks and answers itself."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.answer.faq import Likeness
from qa.assistant import Assistant
from qa.building import build
from qa.records import Answer
from qa.search.embeddings import StaticModel
from qa.search.glossary import Glossary, Mentions
from qa.search.interaction import LateInteraction
from qa.settings import PROJECT_DIR, Settings
from tests.conftest import SmallCorpus

DATA = PROJECT_DIR / "tests" / "data"


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    """The assistant over questions and answers in four languages, as CSV and as pages."""
    index_dir = tmp_path_factory.mktemp("faq") / "index"
    settings = replace(Settings(), corpus_dir=DATA / "faq-dev", index_dir=index_dir)
    build(settings)
    return Assistant.load(settings)


def rows(name: str, delimiter: str = ",") -> list[tuple[str, str]]:
    with (DATA / "faq-dev" / name).open(encoding="utf-8", newline="") as opened:
        return [(row[0], row[1]) for row in list(csv.reader(opened, delimiter=delimiter))[1:]]


@pytest.mark.parametrize(("question", "told"), [*rows("membership.en.csv"), *rows("vanorter.sv.csv", ";")])
def test_whoever_asks_in_the_documents_words_gets_its_answer_and_no_more(
    asked: Assistant, question: str, told: str
) -> None:
    for spoken in (question, question.lower().rstrip("?"), f"  {question.upper()} "):
        answer = asked.ask(spoken)
        assert (answer.status, answer.answer) == ("answered", told)
        assert_quoted(asked, answer)


def test_in_other_words_the_documents_question_is_quoted_with_its_answer(asked: Assistant) -> None:
    answer = asked.ask("May I bring a dog to the meeting?")
    told = "Yes, dogs are welcome as long as they are kept on a lead."
    assert answer.answer == f"Can I bring my dog to the meeting?\n\n{told}"
    (citation,) = answer.citations
    assert citation.quote[citation.answer_start : citation.answer_end] == told
    assert_quoted(asked, answer)


def test_in_another_language_too(asked: Assistant) -> None:
    answer = asked.ask("Kuka maksaa matkakulut?")
    assert answer.answer.endswith("Gästerna betalar sina resor och värden står för maten och boendet.")
    assert (answer.language, answer.answer_language) == ("fi", "sv")
    assert "ruotsiksi" in (answer.notice or "")


@pytest.mark.parametrize(
    "question",
    ["Where can I park my bicycle?", "Who may speak in the general assembly?", "Hva må rapporten inneholde?"],
)
def test_a_question_with_another_thing_in_it_is_another_question(asked: Assistant, question: str) -> None:
    assert asked.ask(question).status == "not_found"


def test_what_a_sentence_of_an_answer_tells_is_answered_by_it(asked: Assistant) -> None:
    answer = asked.ask("Hur länge syns annonsen i nyhetsbrevet?")
    assert answer.answer == "Annonsen syns i nyhetsbrevet i tre månader."


def test_a_name_or_number_that_is_not_in_it_makes_another_question(small_corpus: SmallCorpus) -> None:
    what = "## What is a twin town?\n\nA town abroad that works with one at home.\n"
    when = "## Who won the twinning prize in 2019?\n\nA choir from the north.\n"
    settings = small_corpus({"en/faq.md": f"# FAQ\n\n{what}\n{when}"})
    build(settings)
    assistant = Assistant.load(settings)
    named = assistant.consider("What is the twin town of Espoo?").entry
    assert named is not None
    assert named.probability == 0
    assert assistant.ask("Who won the twinning prize in 2021?").status == "not_found"
    assert assistant.ask("Who got the twinning prize in 2019?").answer.endswith("A choir from the north.")


def test_a_number_to_call_is_not_answered_by_another_question(small_corpus: SmallCorpus) -> None:
    settings = small_corpus({"en/faq.md": "# FAQ\n\n## Where is the secretariat?\n\nNext to the station.\n"})
    build(settings)
    answer = Assistant.load(settings).ask("What is the phone number of the secretariat?")
    assert answer.status == "not_found"


def test_a_question_of_the_same_words_is_answered_whatever_it_asks_for(small_corpus: SmallCorpus) -> None:
    settings = small_corpus({"en/faq.md": "# FAQ\n\n## What does it cost to join?\n\nAsk the secretariat.\n"})
    build(settings)
    assert Assistant.load(settings).ask("What does it cost to join?").answer == "Ask the secretariat."


def test_a_list_is_quoted_whole_and_a_long_answer_to_the_end_of_a_sentence(small_corpus: SmallCorpus) -> None:
    sentence = "The board looks at every application with great care and takes the time that it needs. "
    long = f"## How long does it take?\n\n{sentence * 12}\n"
    items = "## What do I need?\n\nYou need:\n\n- a pen\n- some paper\n\n## Is that all?\n\nYes.\n"
    settings = small_corpus({"en/faq.md": f"# FAQ\n\n{items}\n{long}"})
    build(settings)
    assistant = Assistant.load(settings)
    assert assistant.ask("What do I need?").answer == "You need:\n\n- a pen\n- some paper"
    cut = assistant.ask("How long does it take?").answer
    assert 500 < len(cut) <= 600
    assert cut.endswith("that it needs.")


def test_a_question_without_an_answer_answers_nothing(small_corpus: SmallCorpus) -> None:
    settings = small_corpus({"en/faq.md": "# FAQ\n\n## Who pays the bill?\n\nThe host.\n\n## Any other questions?\n"})
    build(settings)
    assistant = Assistant.load(settings)
    assert assistant.ask("Any other questions?").answer != "The host."
    assert assistant.ask("Who pays the bill?").answer == "The host."


def test_a_sentence_longer_than_is_quoted_is_still_an_answer(small_corpus: SmallCorpus) -> None:
    endless = "on " * 1_000
    settings = small_corpus(
        {"en/faq.md": f"# FAQ\n\n## How does it go?\n\nIt goes {endless}.\n\n## Why?\n\nWhy not.\n"}
    )
    build(settings)
    answer = Assistant.load(settings).ask("How does it go?").answer
    assert answer.startswith("It goes on on")
    assert len(answer) <= 1_200


def test_somebody_is_remembered_by_name_not_by_an_answer(asked: Assistant) -> None:
    turn = asked.ask("Vem betalar resekostnaderna?").turn
    assert turn is not None
    assert turn.person is None


@pytest.mark.parametrize(("name", "answered", "refused"), [("faq-dev", 0.8, 0.8), ("faq-test", 0.65, 0.65)])
def test_as_many_are_answered_and_refused_as_was_measured(
    tmp_path: Path, name: str, answered: float, refused: float
) -> None:
    settings = replace(Settings(), corpus_dir=DATA / name, index_dir=tmp_path / "index")
    build(settings)
    assistant = Assistant.load(settings)
    right: dict[bool, list[bool]] = {True: [], False: []}
    for line in (DATA / f"{name}.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        answer = assistant.ask(row["question"])
        told = [gold for gold in row["answers"] if gold in answer.answer]
        right[bool(row["answers"])].append(bool(told) if row["answers"] else answer.status == "not_found")
    assert mean(right[True]) >= answered
    assert mean(right[False]) >= refused


@given(st.text(max_size=60), st.text(max_size=60))
def test_likeness_is_measured_both_ways_and_is_never_nothing(model: StaticModel, one: str, other: str) -> None:
    interaction = LateInteraction(model, Mentions(Glossary(), ()))
    first, second = interaction.query(one, "en"), interaction.query(other, "en")
    forth_found, back_found = first.matches([other])[:, 0], second.matches([one])[:, 0]
    there = Likeness.of(first, forth_found, second, back_found)
    back = Likeness.of(second, back_found, first, forth_found)
    assert (there.found, there.missing_found, there.swapped) == (back.asked, back.missing_asked, back.swapped)
    assert all(-1.001 <= value <= 2.001 for value in asdict(there).values())


def test_the_same_words_are_the_same_question(model: StaticModel) -> None:
    question = "Who pays the travel costs?"
    query = LateInteraction(model, Mentions(Glossary(), ())).query(question, "en")
    found = query.matches([question])[:, 0]
    alike = Likeness.of(query, found, query, found)
    assert [alike.found, alike.asked] == pytest.approx([1, 1], abs=1e-3)
    assert alike.swapped == pytest.approx(0, abs=1e-3)


def assert_quoted(assistant: Assistant, answer: Answer) -> None:
    for citation in answer.citations:
        assert assistant.by_path[citation.document].text[citation.start : citation.end] == citation.quote


def mean(values: Sequence[bool]) -> float:
    return sum(values) / len(values)
