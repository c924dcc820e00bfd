"""Contacts for an answer: one person on several pages is one card."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.answer.contacts import People, Person, named_in_question, person_key
from qa.records import Contact, Document, Source

ADA = Contact("Ada Berg", "en/a", "Head of Networks", None, ("UCLG", "CEMR"), None, None, "2024-05-01")
NILS = Contact("Nils Lund", "en/a", "Boss", "Office", ("all",), "nils@ks.no", "11 11 11 11")


def documents(*contacts: Contact) -> dict[str, Document]:
    """A document for each path that the contacts name, in the language of its folder; its text tells of them."""
    lines: dict[str, list[str]] = {}
    placed: dict[str, list[Contact]] = {}
    for contact in contacts:
        text = lines.setdefault(contact.document, ["Title\n"])
        told = "\n".join(filter(None, (contact.name, contact.title, contact.unit, *contact.responsibilities)))
        told = "\n".join(filter(None, (told, contact.email, contact.phone))) + "\n"
        start = sum(map(len, text))
        placed.setdefault(contact.document, []).append(replace(contact, start=start, end=start + len(told) - 1))
        text.append(told)
    return {
        path: Document(path, path, "Title", path.split("/")[0], "".join(lines[path]), (), tuple(told))
        for path, told in placed.items()
    }


def person(*contacts: Contact) -> Person:
    """Ada Berg, of all the people of some contacts."""
    found = People(documents(*contacts)).find("Ada Berg")
    assert found is not None
    return found


def bare(card: Contact) -> Contact:
    """A card without its places."""
    return replace(card, start=0, end=0, sources=())


def test_one_page_gives_the_card_as_it_stands() -> None:
    assert bare(person(ADA).card("en")) == ADA


def test_nobody_of_that_name() -> None:
    assert People(documents(ADA)).find("Nils Lund") is None
    assert People({}).everybody == ()


def test_what_one_page_does_not_tell_another_does() -> None:
    card = person(
        Contact("Ada Berg", "en/lead", responsibilities=("UCLG",)),
        Contact("Ada Berg", "en/other", "Head", "Networks", ("CEMR", "uclg"), "ada@ks.no"),
        Contact("Ada Berg", "fi/kolmas", "Johtaja", "Verkostot", ("UCLG",), None, "24 13 26 00"),
        NILS,
    ).card("en", "en/lead")
    told = Contact("Ada Berg", "en/lead", "Head", "Networks", ("UCLG", "CEMR"), "ada@ks.no", "24 13 26 00")
    assert bare(card) == told


@pytest.mark.parametrize(
    ("language", "title", "duties"),
    [
        ("en", "Head", ("networks",)),
        ("fi", "Johtaja", ("verkostot",)),
        ("sv", "Chef", ("networks",)),  # no Swedish duties: those of English, which most can read
        ("de", "Head", ("networks",)),
    ],
)
def test_each_field_is_in_the_users_language_if_any_page_tells_it_so(
    language: str, title: str, duties: tuple[str, ...]
) -> None:
    ada = person(
        Contact("Ada Berg", "en/a", "Head", None, ("networks",)),
        Contact("Ada Berg", "fi/a", "Johtaja", None, ("verkostot",)),
        Contact("Ada Berg", "sv/a", "Chef"),
    )
    card = ada.card(language)
    assert (card.title, card.responsibilities) == (title, duties)


def test_a_title_in_another_language_is_better_than_none_and_its_language_is_known() -> None:
    card = person(Contact("Ada Berg", "en/a", None, None, ("networks",)), Contact("Ada Berg", "sv/a", "Chef")).card(
        "en"
    )
    assert (card.title, card.language_of("title", "Chef")) == ("Chef", "sv")
    assert card.language_of("responsibilities", "networks") == "en"
    assert card.language_of("title", "Head") is None


@pytest.mark.parametrize("field", ["title", "email", "phone"])
def test_of_two_values_the_newest_page_wins_and_both_are_sources(field: str) -> None:
    ada = person(
        replace(Contact("Ada Berg", "en/a", verified="2019-01-01"), **{field: "old 24 13 26 00"}),
        replace(Contact("Ada Berg", "en/b", verified="2024-01-01"), **{field: "new 24 13 26 11"}),
        replace(Contact("Ada Berg", "en/c"), **{field: "undated 24 13 26 22"}),
    )
    card = ada.card("en", "en/a")
    assert (card.document, getattr(card, field)) == ("en/a", "new 24 13 26 11")
    told = {(source.value, source.document) for source in card.sources if source.field == field}
    assert told == {("old 24 13 26 00", "en/a"), ("new 24 13 26 11", "en/b"), ("undated 24 13 26 22", "en/c")}


def test_of_two_values_without_a_date_that_of_the_leading_page_wins() -> None:
    ada = person(Contact("Ada Berg", "en/a", email="a@ks.no"), Contact("Ada Berg", "en/b", email="b@ks.no"))
    assert [ada.card("en", lead).email for lead in ("en/a", "en/b")] == ["a@ks.no", "b@ks.no"]


@pytest.mark.parametrize(
    ("other", "date"),
    [
        (Contact("Ada Berg", "en/b", email="ada@ks.no", verified="2020-01-01"), "2020-01-01"),
        (Contact("Ada Berg", "en/b", email="ada@ks.no"), None),
        (Contact("Ada Berg", "en/b", responsibilities=("uclg",), verified="2020-01-01"), "2024-05-01"),
    ],
)
def test_a_card_bears_a_date_on_which_all_of_it_was_told(other: Contact, date: str | None) -> None:
    assert person(ADA, other).card("en", "en/a").verified == date


@pytest.mark.parametrize(
    ("preferred", "language", "lead"),
    [("sv/a", "fi", "sv/a"), (None, "fi", "fi/a"), ("xx/none", "sv", "sv/a"), (None, "de", "en/full")],
)
def test_the_page_asked_about_leads_else_one_in_the_users_language(
    preferred: str | None, language: str, lead: str
) -> None:
    ada = person(
        Contact("Ada Berg", "en/bare"),
        Contact("Ada Berg", "en/full", "Head"),
        Contact("Ada Berg", "fi/a", "Johtaja"),
        Contact("Ada Berg", "sv/a", "Chef"),
    )
    assert ada.card(language, preferred).document == lead


def test_a_source_tells_where_its_value_stands() -> None:
    told = documents(ADA, NILS, replace(ADA, document="fi/a", phone="24 13 26 00"))
    found = People(told).find("Ada Berg")
    assert found is not None
    assert [source.field for source in found.sources if source.document == "fi/a"] == [
        "name", "title", "phone", "responsibilities", "responsibilities",
    ]  # fmt: skip
    for source in found.sources:
        assert told[source.document].text[source.start : source.end] == source.value
        assert (source.language, source.verified) == (source.document[:2], "2024-05-01")


def test_a_card_has_one_source_for_each_thing_told() -> None:
    card = person(
        Contact("Ada Berg", "en/a", "Head", email="ada@ks.no", verified="2019-01-01"),
        Contact("Ada Berg", "en/b", "Head", email="ada@ks.no", phone="24 13 26 00", verified="2020-01-01"),
        Contact("Ada Berg", "en/c", "Head", phone="24 13 26 00", verified="2021-01-01"),
        Contact("Ada Berg", "de/a", "Head", phone="24 13 26 00", verified="2018-01-01"),
    ).card("en", "en/a")
    assert [(source.field, source.document) for source in card.sources] == [
        ("name", "en/a"), ("title", "en/a"), ("email", "en/a"), ("phone", "en/c"), ("title", "de/a"),
    ]  # fmt: skip


def test_a_value_that_stands_nowhere_has_no_place() -> None:
    page = Document("en/a", "a", "A", "en", "About us.", contacts=(Contact("Ada Berg", "en/a", "Head"),))
    found = People({"en/a": page}).find("Ada Berg")
    assert found is not None
    assert found.sources[1] == Source("title", "Head", "en/a", "en", 0, 0)
    proof = found.proof(found.card("en"), ["title"])
    assert (proof.document, proof.start, proof.end, proof.answer) == ("en/a", 0, 0, (0, 0))


def test_the_proof_of_a_title_is_what_the_page_says_of_the_person() -> None:
    told = documents(NILS, ADA)
    found = People(told).find("Ada Berg")
    assert found is not None
    proof = found.proof(found.card("en"), ["title"])
    text = told["en/a"].text
    assert text[proof.start : proof.end] == "Ada Berg\nHead of Networks\nUCLG\nCEMR"
    assert text[slice(*proof.answer)] == "Head of Networks"


def test_the_proof_of_an_address_in_running_text_is_its_sentence() -> None:
    text = "Ada Berg\nHead\n\nWe are glad. Write to ada.berg(at)ks.no today. Thank you."
    page = Document(
        "en/a",
        "a",
        "A",
        "en",
        text,
        contacts=(Contact("Ada Berg", "en/a", "Head", None, (), "ada.berg(at)ks.no", None, None, 0, 13),),
    )
    found = People({"en/a": page}).find("Ada Berg")
    assert found is not None
    proof = found.proof(found.card("en"), ["email"])
    assert text[proof.start : proof.end] == "Write to ada.berg(at)ks.no today."
    assert text[slice(*proof.answer)] == "ada.berg(at)ks.no"


@pytest.mark.parametrize("spelling", ["ada berg", "ADA  BERG", "Berg, Ada", "Áda Berg", "Ada\u00a0Berg"])
def test_spellings_of_one_name_are_one_person(spelling: str) -> None:
    people = People(documents(ADA, Contact(spelling, "fi/a", email="ada@ks.no")))
    assert len(people.everybody) == 1
    assert people.everybody[0].card("en").email == "ada@ks.no"


@pytest.mark.parametrize("other", ["Ida Berg", "Ada Bergh", "Berg Ada", "Ada M. Berg"])
def test_other_names_are_other_people(other: str) -> None:
    assert len(People(documents(ADA, Contact(other, "en/a"))).everybody) == 2


@given(st.text(st.characters(categories=("Ll", "Lu", "Zs"))))
def test_a_key_is_the_same_for_every_case_and_spacing(name: str) -> None:
    assert person_key(f"  {name} ") == person_key(name)
    assert person_key(person_key(name)) == person_key(name)


def test_people_named_in_a_text_in_the_order_of_the_text() -> None:
    people = People(documents(ADA, NILS, replace(ADA, name="Eva Ek"), replace(ADA, document="fi/a")))
    found = people.named_in("Nils Lund and Ada Berg lead; Eva leads not. Ada Berg and Nils Lund.")
    assert [one.told[0].name for one in found] == ["Nils Lund", "Ada Berg"]
    assert people.named_in("") == []


def test_people_whose_address_stands_in_a_text() -> None:
    people = People(documents(ADA, NILS))
    assert [p.told[0].name for p in people.reached_by("Write to nils@ks.no!")] == ["Nils Lund"]
    assert [p.told[0].name for p in people.reached_by("Tel. 11 11 11 11")] == ["Nils Lund"]
    assert people.reached_by("Write to ada@ks.no or Nils Lund.") == []


@pytest.mark.parametrize(
    ("question", "names", "words"),
    [
        ("What is Ada Berg's title?", ["Ada Berg"], {"Ada", "Berg's"}),
        ("Mikä on Lundin puhelinnumero?", [], set()),
        ("Mikä on Nils Lundin puhelinnumero?", ["Nils Lund"], {"Nils", "Lundin"}),
        ("Lunds telefon, Nils", ["Nils Lund"], {"Nils", "Lunds"}),
        ("Mikä on Lund:n puhelinnumero?", ["Nils Lund"], {"Lund:n"}),
        ("numéro de téléphone d’Ada Berg", ["Ada Berg"], {"d’Ada", "Berg"}),
        ("ada berg and nils lund", ["Ada Berg", "Nils Lund"], {"ada", "berg", "nils", "lund"}),
        ("Ada Berg and Lund", ["Ada Berg"], {"Ada", "Berg"}),
        ("Where are the twin towns?", [], set()),
        ("", [], set()),
    ],
)
def test_people_asked_about(question: str, names: list[str], words: set[str]) -> None:
    people, said = People(documents(ADA, NILS)).asked_about(question)
    assert ([one.told[0].name for one in people], said) == (names, words)


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("Mikä on Arja Puukon titteli?", {"Arja Puukko"}),
        ("What does Puukko do, and Sulin?", {"Arja Puukko", "Ida Sulin"}),
        ("Vad gör Ida Sulins team?", {"Ida Sulin"}),
        ("Who is Arja?", set()),
        ("Where are the twin towns?", set()),
        ("", set()),
    ],
)
def test_people_named_in_a_question(question: str, names: set[str]) -> None:
    assert named_in_question(question, ["Arja Puukko", "Ida Sulin", "Eva Ek"]) == names
