"""The raw seed documents, when they lie beside the repository: plain texts as they were found on the web."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from qa.assistant import Assistant
from qa.building import build
from qa.evaluation.questions import read_questions
from qa.evaluation.run import run, summarise
from qa.settings import PROJECT_DIR, Settings

SEEDS = PROJECT_DIR.parent / "shared" / "seeds"
pytestmark = pytest.mark.skipif(not SEEDS.is_dir(), reason="there is no folder ../shared/seeds beside the repository")


@pytest.fixture(scope="module")
def seeds(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    settings = replace(Settings(), corpus_dir=SEEDS, index_dir=tmp_path_factory.mktemp("seeds") / "index")
    report = build(settings)
    assert (report.documents, report.skipped) == (4, ())
    return Assistant.load(settings)


def test_language_title_and_date_of_each_page(seeds: Assistant) -> None:
    assert [(d.path[:3], d.language, d.updated) for d in seeds.documents] == [
        ("000", "en", None),
        ("001", "sv", None),
        ("002", "sv", "2021-12-02"),
        ("003", "nb", None),
    ]
    titles = [document.title for document in seeds.documents]
    assert titles[0] == "Our international work"
    assert titles[1].startswith("Kommunförbundet utvecklar sin verksamhet")
    assert titles[2].startswith("Kommunala beslutsfattare")
    assert titles[3] == "Hva er CEMR?"


def test_the_contacts_of_the_pages(seeds: Assistant) -> None:
    found = [(c.document[:3], c.name, c.title, len(c.responsibilities)) for d in seeds.documents for c in d.contacts]
    assert found == [
        ("000", "Laura Parsama", None, 3),
        ("000", "Paula Kosunen", None, 3),
        ("000", "Laura Parsama", None, 3),
        ("000", "Arja Puukko", None, 2),
        ("001", "Laura Parsama", "Chef för internationella ärenden", 3),
        ("001", "Ida Sulin", "ledare för svenska och internationella ärenden", 0),
    ]
    swedish = seeds.documents[1].contacts[0]
    assert swedish.email == "laura.parsama(at)kuntaliitto.fi"
    assert swedish.unit == "Enheten för kundrelationer, nätverk och internationella ärenden, Internationella teamet"


def test_every_word_of_a_page_is_in_its_document(seeds: Assistant) -> None:
    signs = {"-", "•", "Ansvarsområden"}
    for document, file in zip(seeds.documents, sorted(SEEDS.glob("*.txt")), strict=True):
        told = set(document.text.split())
        assert {word for word in file.read_text("utf-8-sig").split() if word not in told} <= signs


def test_offsets_are_right_for_every_question(seeds: Assistant) -> None:
    eager = Assistant.load(replace(seeds.settings, min_confidence=0.0))
    texts = {document.path: document.text for document in eager.documents}
    for question in read_questions(PROJECT_DIR / "tests" / "data" / "seeds-dev.jsonl"):
        (citation,) = eager.ask(question.question).citations
        assert texts[citation.document][citation.start : citation.end] == citation.quote


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("How many twin towns do Finnish municipalities have?", "1,300"),
        ("When was the Council of Europe established?", "1949"),
        ("Who should I contact about town twinning?", "Arja Puukko"),
        ("När öppnade Kommunförbundet sitt kontor i Bryssel?", "1992"),
        ("Vem leder arbetet med förnyelsen?", "Ida Sulin"),
        ("Når ble CEMR stiftet?", "1951"),
        ("Hvem er president i CEMR?", "Stefano Bonaccini"),
        ("Hvilke temaer jobber CEMR med?", "sysselsetting og tjenestetilbud"),
        ("Milloin CEMR perustettiin?", "1951"),
        ("Wann wurde CEMR gegründet?", "1951"),
    ],
)
def test_some_answers(seeds: Assistant, question: str, words: str) -> None:
    answer = seeds.ask(question)
    assert words in answer.answer or any(words == contact.name for contact in answer.contacts)


def test_most_answers_of_the_development_set_are_right(seeds: Assistant) -> None:
    questions = read_questions(Path(PROJECT_DIR / "tests" / "data" / "seeds-dev.jsonl"))
    every = summarise(run(seeds, questions)).overall
    assert every["answer"].value >= 0.5
    assert every["refusal"].value >= 0.5
    assert every["language"].value >= 0.8
