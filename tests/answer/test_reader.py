"""Hits → the span that answers."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import astuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.answer import reader as reader_module
from qa.answer.candidates import COLUMNS
from qa.answer.reader import Reader, Reading, column_weights
from qa.ingest.contacts import split_contacts
from qa.ingest.layout import lay_out
from qa.ingest.passages import split_passages
from qa.ingest.plain import read_plain
from qa.records import Contact, Document, Hit, Subwords
from qa.search.embeddings import StaticModel
from qa.search.glossary import Glossary, Mentions
from qa.search.interaction import LateInteraction
from qa.search.tokens import TokenTable


def document(text: str, path: str = "en/a", id: str = "a") -> Document:
    """A plain text as a document in the language of its folder."""
    parts = split_contacts(read_plain(text))
    people = [part.person for part in parts if part.person]
    laid_out, blocks = lay_out(parts)
    places = [block for block in blocks if block.kind == "contact"]
    contacts = tuple(
        Contact(p.name, path, p.title, p.unit, p.responsibilities, p.email, p.phone, None, place.start, place.end)
        for p, place in zip(people, places, strict=True)
    )
    return Document(path, id, "International work", path.split("/")[0], laid_out, blocks, contacts)


def read(
    model: StaticModel, documents: Sequence[Document], question: str, kind: str, language: str = "en"
) -> Reading | None:
    """What the reader chooses from all passages of the documents, ranked by late interaction."""
    query = LateInteraction(model, Mentions(Glossary(), ())).query(question, language)
    passages = [passage for document in documents for passage in split_passages(document, 600)]
    scores = query.max_sim(Subwords.of([model.tokens(f"{p.context}. {p.text}") for p in passages]))
    hits = [
        Hit(p, float(score), float(score), row=row) for row, (p, score) in enumerate(zip(passages, scores, strict=True))
    ]
    hits.sort(key=lambda hit: hit.score, reverse=True)
    names = {contact.name for document in documents for contact in document.contacts}
    reader = Reader({document.path: document for document in documents}, TokenTable.of(passages, model), names)
    return reader.read(question, query, query, kind, language, hits)


def quote(reading: Reading | None, documents: Sequence[Document]) -> str:
    assert reading is not None
    (text,) = (d.text for d in documents if d.path == reading.hit.passage.document)
    return text[reading.start : reading.end]


def answer(reading: Reading | None, documents: Sequence[Document]) -> str:
    assert reading is not None
    (text,) = (d.text for d in documents if d.path == reading.hit.passage.document)
    return text[slice(*reading.answer)]


CEMR = document(
    "CEMR\nCEMR was founded in 1951. CEMR has members in 41 countries. Its president is Stefano Bonaccini.\n"
    "Twinning\nFinnish municipalities have about 1,300 twin towns in over 40 countries."
    " Almost 90% of the municipalities have a twin town.\n"
    "Themes\nThe work has three thematic areas:\n1. democracy and citizenship\n2. climate and waste\n3. cooperation\n"
    "Feedback\nIdeas are welcome.\n"
    "Ada Berg\nHead of Networks\n- town twinning\n- feedback\nada.berg(at)ks.no\n"
)


@pytest.mark.parametrize(
    ("question", "kind", "sentence", "words"),
    [
        ("When was CEMR founded?", "time", "CEMR was founded in 1951.", "1951"),
        ("In how many countries has CEMR members?", "count", "CEMR has members in 41 countries.", "41"),
        ("Who is the president of CEMR?", "person", "Its president is Stefano Bonaccini.", "Stefano Bonaccini"),
        (
            "How many twin towns do Finnish municipalities have?",
            "count",
            "Finnish municipalities have about 1,300 twin towns in over 40 countries.",
            "1,300",
        ),
        (
            "What share of the municipalities have a twin town?",
            "share",
            "Almost 90% of the municipalities have a twin town.",
            "90%",
        ),
    ],
)
def test_the_sentence_and_in_it_the_words_that_answer(
    model: StaticModel, question: str, kind: str, sentence: str, words: str
) -> None:
    reading = read(model, [CEMR], question, kind)
    assert quote(reading, [CEMR]) == sentence
    assert answer(reading, [CEMR]) == words


def test_of_two_numbers_as_near_to_what_is_counted_a_figure_answers(model: StaticModel) -> None:
    """ "to" is two in Danish."""
    page = document("Twinning\nEurope is estimated to have more than 20,000 twinning links.")
    assert answer(read(model, [page], "How many twinning links are there in Europe?", "count"), [page]) == "20,000"


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("Which are the thematic areas of the work?", "list"),
        ("What thematic areas: democracy, climate?", "list"),
        ("How many thematic areas has the work?", "count"),
    ],
)
def test_a_list_is_given_whole_with_the_line_that_introduces_it(model: StaticModel, question: str, kind: str) -> None:
    whole = "The work has three thematic areas:\n\n1. democracy and citizenship\n2. climate and waste\n3. cooperation"
    assert quote(read(model, [CEMR], question, kind), [CEMR]) == whole


def test_an_item_brings_its_whole_list_only_where_a_list_is_asked_for(model: StaticModel) -> None:
    page = document("Work\nWe do this.\n- climate and waste\n- democracy\nIt is good work.\n")
    asked = "climate and waste"
    assert quote(read(model, [page], asked, "list"), [page]) == "- climate and waste\n- democracy"
    assert quote(read(model, [page], asked, "other"), [page]) == "climate and waste"


def test_an_open_question_is_answered_by_two_sentences_the_best_one_marked(model: StaticModel) -> None:
    page = document("Why\nTown twinning began after the war. It should bring peace.\n\nThe sea is deep.")
    reading = read(model, [page], "Why did town twinning begin?", "reason")
    assert quote(reading, [page]) == "Town twinning began after the war. It should bring peace."
    assert answer(reading, [page]) == "Town twinning began after the war."
    assert quote(read(model, [page], "town twinning began", "person"), [page]) == "Town twinning began after the war."


def test_two_sentences_are_not_quoted_when_they_are_long(model: StaticModel) -> None:
    page = document(f"Why\nTown twinning began after the war. {'It brought peace and more ' * 20}.")
    reading = read(model, [page], "Why did town twinning begin?", "reason")
    assert len(quote(reading, [page])) <= 600
    assert quote(reading, [page]).count("Town twinning") <= 1


@pytest.mark.parametrize(
    ("question", "missing"),
    [("When was the 25th congress in Nicosia?", 1.0), ("When was the 26th congress in Nicosia?", 0.0)],
)
def test_a_number_of_the_question_must_be_there_itself(model: StaticModel, question: str, missing: float) -> None:
    reading = read(model, [document("The 26th congress was held in 2016 in Nicosia.")], question, "time")
    assert reading is not None
    assert reading.features.missing_number == missing


def test_a_name_that_is_nowhere_is_missing(model: StaticModel) -> None:
    there, elsewhere = (
        read(model, [document("Tampere has ten twin towns.")], f"How many twin towns has {town}", "count")
        for town in ("Tampere", "Wrocław")
    )
    assert there is not None
    assert elsewhere is not None
    assert there.features.missing_name < 0.1 < elsewhere.features.missing_name
    assert there.features.missing_word < elsewhere.features.missing_word


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("money", "The fee is 300 euros a year."),
        ("street", "The office is at Rue de la Loi 26."),
        ("birth", "Ada Berg was born in Oslo."),
        ("hours", "The office is open 9.00–15.30."),
        ("phone", "Call +47 24 13 26 00."),
    ],
)
def test_what_is_asked_for_is_lacking_unless_it_stands_there(model: StaticModel, kind: str, told: str) -> None:
    telling = read(model, [document(told)], "the fee, office, Ada Berg", kind)
    silent = read(
        model, [document("Ada Berg works at the office, and there is a fee.")], "the fee, office, Ada Berg", kind
    )
    assert telling is not None
    assert silent is not None
    assert silent.lacks
    assert not telling.lacks


def test_the_weights_are_those_of_the_columns() -> None:
    assert set(tomllib.loads(reader_module._FILE.read_text("utf-8"))) == set(COLUMNS)
    assert column_weights().shape == (len(COLUMNS),)


def test_a_contact_is_given_whole(model: StaticModel) -> None:
    reading = read(model, [CEMR], "Who should I contact about town twinning and feedback?", "contact")
    card = "Ada Berg\nHead of Networks\n- town twinning\n- feedback\nada.berg(at)ks.no"
    assert quote(reading, [CEMR]) == card
    assert answer(reading, [CEMR]) == ""


def test_an_address_is_found_where_it_stands(model: StaticModel) -> None:
    assert "ada.berg(at)ks.no" in quote(read(model, [CEMR], "e-mail of Ada Berg", "email"), [CEMR])


def test_of_a_pages_versions_the_one_in_the_users_language_is_quoted(model: StaticModel) -> None:
    versions = [
        document("CEMR\nCEMR was founded in 1951.", "en/cemr", "cemr"),
        document("CEMR\nCEMR grundades 1951 i Genève.", "sv/cemr", "cemr"),
    ]
    reading = read(model, versions, "När grundades CEMR, founded?", "time", "sv")
    assert quote(reading, versions) == "CEMR grundades 1951 i Genève."
    assert quote(read(model, versions, "CEMR founded", "time", "en"), versions) == "CEMR was founded in 1951."


def test_nothing_to_read_gives_nothing(model: StaticModel) -> None:
    assert read(model, [], "When was CEMR founded?", "time") is None


def test_the_margin_is_to_the_next_passage_and_nothing_when_there_is_none(model: StaticModel) -> None:
    alone = read(model, [document("CEMR was founded in 1951. It grew.")], "When was CEMR founded?", "time")
    assert alone is not None
    assert alone.features.margin == 0.0
    pages = [CEMR, document("The office was opened in 1992.", "en/b", "b")]
    among = read(model, pages, "When was CEMR founded?", "time")
    assert among is not None
    assert among.features.margin > 0.0


def test_what_is_covered_is_at_least_what_the_sentence_holds(model: StaticModel) -> None:
    reading = read(model, [CEMR], "When was CEMR founded?", "time")
    assert reading is not None
    assert reading.features.sentence <= reading.features.covered + 1e-6
    assert reading.features.evidence == 1.0
    assert reading.features.same_language == 1.0


QUESTION = st.lists(
    st.sampled_from("when CEMR 1951 themes climate Ada Berg twin towns 90% list : 🙂 founded who".split()), max_size=6
).map(" ".join)
TEXTS = st.lists(
    st.sampled_from(
        ["CEMR was founded in 1951. It grew.", "The themes are:", "- climate", "1. waste. More of it.", "Ada Berg",
         "- networks", "ada.berg(at)ks.no", "Heading", "It has 41 members, 90% of them towns.", "x" * 700]
    ),
    min_size=1,
    max_size=12,
).map("\n".join)  # fmt: skip
KINDS = st.sampled_from(
    ["time", "count", "share", "person", "email", "phone", "contact", "list", "definition", "other"]
)


@given(TEXTS, QUESTION, KINDS)
def test_a_reading_lies_in_its_document_and_its_words_in_the_reading(
    model: StaticModel, text: str, question: str, kind: str
) -> None:
    page = document(text)
    reading = read(model, [page], question, kind)
    assert reading is not None
    assert 0 <= reading.start < reading.end <= len(page.text)
    assert reading.start <= reading.answer[0] <= reading.answer[1] <= reading.end
    found = page.text[reading.start : reading.end]
    assert found == found.strip()
    assert np.isfinite(astuple(reading.features)).all()
