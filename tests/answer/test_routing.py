"""Who is asked for: people named in a question, or those whose duties fit its topic."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from qa.answer.contacts import People
from qa.answer.routing import Routed, Router, beside_topic_removed
from qa.assistant import Assistant
from qa.building import build
from qa.records import Answer, Contact, Document
from qa.search.embeddings import StaticModel
from qa.search.glossary import Glossary, Mentions
from qa.search.interaction import LateInteraction
from qa.settings import PROJECT_DIR, Settings

SEEDS = PROJECT_DIR.parent / "shared" / "seeds"
QUESTIONS = PROJECT_DIR / "tests" / "data" / "contacts-dev.jsonl"
FIRST_CARD_RIGHT = 0.94
RIGHT_REFUSAL = 0.94

ADA = Contact(
    "Ada Berg", "en/a", "Head of Networks", "Team North", ("town twinning", "cooperation with schools"), "ada@ks.no"
)
NILS = Contact("Nils Lund", "en/a", None, None, ("waste management", "climate policy"), None, "24 13 26 00")
EVA = Contact("Eva Ek", "sv/a", None, None, ("stadsplanering", "byggnadslov"))
PAGES = {
    path: Document(path, path, "Title", path[:2], "text", (), people)
    for path, people in (("en/a", (ADA, NILS)), ("sv/a", (EVA,)))
}


@pytest.fixture(scope="module")
def route(model: StaticModel) -> Callable[..., Routed | None]:
    interaction = LateInteraction(model, Mentions(Glossary(), ["en", "sv"]))
    return Router(People(PAGES), model.tokens, interaction.query).route


def names(routed: Routed | None) -> list[str]:
    return [person.told[0].name for person in routed.people] if routed else []


@pytest.mark.parametrize(
    ("question", "kind", "language", "first"),
    [
        ("Who do I contact about town twinning?", "contact", "en", "Ada Berg"),
        ("who handles waste", "contact", "en", "Nils Lund"),
        ("Who is responsible for urban planning?", "contact", "en", "Eva Ek"),
        ("Kuka vastaa ilmastopolitiikasta?", "contact", "fi", "Nils Lund"),
        ("Wer ist für Klimapolitik zuständig?", "contact", "de", "Nils Lund"),
        ("Who handles building permits?", "contact", "en", "Eva Ek"),
        ("Kuka hoitaa jätehuoltoa?", "contact", "fi", "Nils Lund"),
        ("Qui s'occupe de la politique climatique ?", "contact", "fr", "Nils Lund"),
        ("Who leads the networks team?", "person", "en", "Ada Berg"),
    ],
)
def test_the_person_whose_duties_fit_comes_first(
    route: Callable[..., Routed | None], question: str, kind: str, language: str, first: str
) -> None:
    routed = route(question, kind, language)
    assert names(routed)[:1] == [first]
    assert routed is not None
    assert routed.probability > 0.5
    assert (routed.named, routed.lacks, routed.fields) == (False, False, ())


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("Who do I contact about taxes?", "en"),
        ("Vem ansvarar för simhallen?", "sv"),
        ("Kuka vastaa hammashoidosta?", "fi"),
    ],
)
def test_for_another_topic_nobody_fits(route: Callable[..., Routed | None], question: str, language: str) -> None:
    routed = route(question, "contact", language)
    assert routed is not None
    assert routed.probability < 0.5


@pytest.mark.parametrize(
    ("question", "kind", "language", "people", "fields", "lacks"),
    [
        ("What is Ada Berg's e-mail?", "email", "en", ["Ada Berg"], ("email",), False),
        ("Ada Berg's phone number", "phone", "en", ["Ada Berg"], ("phone",), True),
        ("emails of Ada Berg and Nils Lund", "email", "en", ["Ada Berg"], ("email",), False),
        ("Mikä on Ada Bergin titteli?", "definition", "fi", ["Ada Berg"], ("title",), False),
        ("Vilken titel har Nils Lund?", "other", "sv", ["Nils Lund"], ("title",), True),
        ("Was macht Eva Ek?", "other", "de", ["Eva Ek"], ("responsibilities",), False),
        ("Dans quelle unité travaille Ada Berg ?", "other", "fr", ["Ada Berg"], ("unit",), False),
        ("Who is Eva Ek?", "person", "en", ["Eva Ek"], (), False),
        ("Nils Lund", "other", "en", ["Nils Lund"], (), False),
        ("How can I contact Nils Lund?", "contact", "en", ["Nils Lund"], ("email", "phone"), False),
        ("How can I contact Eva Ek?", "contact", "en", ["Eva Ek"], ("email", "phone"), True),
    ],
)
def test_what_is_asked_of_people_who_are_named(
    route: Callable[..., Routed | None],
    question: str,
    kind: str,
    language: str,
    people: list[str],
    fields: tuple[str, ...],
    lacks: bool,
) -> None:
    routed = route(question, kind, language)
    assert names(routed) == people
    assert routed is not None
    assert (routed.named, routed.fields, routed.lacks) == (True, fields, lacks)


@pytest.mark.parametrize(
    ("question", "kind", "language"),
    [
        ("Which languages does Ada Berg speak?", "other", "en"),
        ("When was Ada Berg born?", "birth", "en"),
        ("What is Ada Berg's salary?", "money", "en"),
        ("What is the title of Ada Berg's first book?", "other", "en"),
        ("Where are the twin towns?", "place", "en"),
        ("UCLG", "other", "en"),
        ("", "other", "en"),
    ],
)
def test_what_is_no_question_for_a_card(
    route: Callable[..., Routed | None], question: str, kind: str, language: str
) -> None:
    assert route(question, kind, language) is None


def test_who_has_the_address_is_preferred_among_those_who_fit(model: StaticModel) -> None:
    both = tuple(replace(one, responsibilities=("town twinning",)) for one in (NILS, ADA))
    page = replace(PAGES["en/a"], contacts=both)
    router = Router(People({"en/a": page}), model.tokens, LateInteraction(model, Mentions(Glossary(), ["en"])).query)
    assert names(router.route("Who handles town twinning?", "contact", "en")) == ["Nils Lund", "Ada Berg"]
    assert names(router.route("e-mail for town twinning", "email", "en")) == ["Ada Berg"]
    assert names(router.route("phone number for town twinning", "phone", "en")) == ["Nils Lund"]


def test_at_most_three_people(model: StaticModel) -> None:
    people = tuple(Contact(f"Ada {name}", "en/a", None, None, ("twinning",)) for name in ("Ek", "Al", "Lund", "Berg"))
    page = replace(PAGES["en/a"], contacts=people)
    router = Router(People({"en/a": page}), model.tokens, LateInteraction(model, Mentions(Glossary(), ["en"])).query)
    assert names(router.route("Who handles twinning?", "contact", "en")) == ["Ada Ek", "Ada Al", "Ada Lund"]


def test_without_anybody_nobody_is_found(model: StaticModel) -> None:
    query = LateInteraction(model, Mentions(Glossary(), ["en"])).query
    for contacts in ((), (Contact("Ada Berg", "en/a"),)):
        router = Router(People({"en/a": replace(PAGES["en/a"], contacts=contacts)}), model.tokens, query)
        assert router.route("Who handles town twinning?", "contact", "en") is None


def test_fit_is_the_best_description_less_half_its_worst_word(model: StaticModel) -> None:
    """Against a brute force over descriptions and words."""
    interaction = LateInteraction(model, Mentions(Glossary(), ["en", "sv"]))
    router = Router(People(PAGES), model.tokens, interaction.query)
    topic = interaction.query("climate schools twinning", "en")
    ends = (*topic.word_starts[1:], len(topic.weights))
    expected = []
    for contact in (ADA, NILS, EVA):
        fits = []
        for text in (
            *contact.responsibilities,
            *filter(None, [f"{contact.title} {contact.unit}" if contact.title else None]),
        ):
            match = topic.matches([text])[:, 0]
            left = [
                sum(topic.weights[n] * (1 - match[n]) for n in range(start, end))
                for start, end in zip(topic.word_starts, ends, strict=True)
            ]
            fits.append(float(topic.weights @ match) - max(left) / 2)
        expected.append(max(fits))
    assert router._fit(topic) == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize(
    ("topic", "language", "words"),
    [
        ("person questions town twinning", "en", ["town", "twinning"]),
        ("asioissa ystävyyskunta", "fi", ["ystävyyskunta"]),
        ("Fragen zu Partnerstädten?", "de", ["Partnerstädten"]),
        ("henkilöstöasiat", "fi", ["henkilöstöasiat"]),
        ("Personalfragen", "de", ["Personalfragen"]),
        ("anything at all", "xx", ["anything", "at", "all"]),
        ("", "en", []),
    ],
)
def test_words_beside_the_topic(topic: str, language: str, words: list[str]) -> None:
    assert beside_topic_removed(topic, language) == words


def test_a_question_that_is_not_about_people_costs_next_to_nothing(route: Callable[..., Routed | None]) -> None:
    question = "How many municipalities and regions in the Nordic countries have twin towns in Estonia?"
    times = []
    for _ in range(50):
        started = time.perf_counter()
        route(question, "count", "en")
        times.append(time.perf_counter() - started)
    assert np.median(times) < 0.0003


# --- Over the seed documents --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def replies(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[dict[str, Any], Answer]]:
    """The development questions about people, each with its reply."""
    if not SEEDS.is_dir():
        pytest.skip("there is no folder ../shared/seeds beside the repository")
    settings = replace(Settings(), corpus_dir=SEEDS, index_dir=tmp_path_factory.mktemp("seeds") / "index")
    build(settings)
    assistant = Assistant.load(settings)
    questions = [json.loads(line) for line in Path(QUESTIONS).read_text("utf-8").splitlines()]
    return [(question, assistant.ask(question["question"])) for question in questions]


def told_by(answer: Answer) -> str:
    """The reply and what its cards say, in small letters."""
    cards = ((c.name, c.title, c.unit, *c.responsibilities, c.email, c.phone) for c in answer.contacts)
    return "\n".join([answer.answer, *(text for card in cards for text in card if text)]).lower()


def is_right(question: dict[str, Any], answer: Answer) -> bool:
    told = told_by(answer)
    is_first = bool(answer.contacts) and answer.contacts[0].name in question["contacts"]
    return answer.status == "answered" and is_first and any(gold.lower() in told for gold in question["answers"])


def test_the_set_asks_in_every_language_and_a_third_has_no_answer() -> None:
    questions = [json.loads(line) for line in Path(QUESTIONS).read_text("utf-8").splitlines()]
    assert len({question["id"] for question in questions}) == len(questions) >= 40
    assert {question["language"] for question in questions} == set("en fi sv nb nn da de fr et".split())
    unanswerable = [question for question in questions if not question["contacts"]]
    assert len(unanswerable) >= len(questions) / 3
    assert all(not question["answers"] and not question["documents"] for question in unanswerable)


def test_the_first_card_is_the_right_one(replies: list[tuple[dict[str, Any], Answer]]) -> None:
    right = [is_right(question, answer) for question, answer in replies if question["contacts"]]
    assert np.mean(right) >= FIRST_CARD_RIGHT


def test_what_is_not_told_is_refused_without_a_card(replies: list[tuple[dict[str, Any], Answer]]) -> None:
    refused = [answer.status == "not_found" for question, answer in replies if not question["contacts"]]
    assert np.mean(refused) >= RIGHT_REFUSAL
    assert all(not answer.contacts for _, answer in replies if answer.status == "not_found")


def test_every_card_says_what_its_sources_say(replies: list[tuple[dict[str, Any], Answer]]) -> None:
    for _, answer in replies:
        for card in answer.contacts:
            facts = {(source.field, source.value) for source in card.sources}
            shown = [(field, getattr(card, field)) for field in ("name", "title", "unit", "email", "phone")]
            shown += [("responsibilities", duty) for duty in card.responsibilities]
            assert {(field, value) for field, value in shown if value} <= facts
