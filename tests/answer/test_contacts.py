"""Contacts for an answer: one person on several pages is one card."""

from __future__ import annotations

from dataclasses import replace

import pytest

from qa.answer.contacts import contact_card, named_in, named_in_question
from qa.records import Contact, Document

ADA = Contact("Ada Berg", "en/a", "Head of Networks", None, ("UCLG", "CEMR"), None, None, "2024-05-01", 3, 9)


def documents(*contacts: Contact) -> dict[str, Document]:
    """A document for each path that the contacts name, in the language of its folder."""
    by_path: dict[str, list[Contact]] = {}
    for contact in contacts:
        by_path.setdefault(contact.document, []).append(contact)
    return {
        path: Document(path, path, "Title", path.split("/")[0], "text", (), tuple(told))
        for path, told in by_path.items()
    }


def test_one_page_gives_the_card_as_it_stands() -> None:
    assert contact_card("Ada Berg", "en/a", "en", documents(ADA)) == ADA


def test_nobody_of_that_name() -> None:
    assert contact_card("Nils Lund", None, "en", documents(ADA)) is None


def test_what_one_page_does_not_tell_another_does() -> None:
    told = documents(
        Contact("Ada Berg", "en/lead", responsibilities=("UCLG",)),
        Contact("Ada Berg", "en/other", "Head", "Networks", ("CEMR",), "ada@ks.no"),
        Contact("Ada Berg", "fi/kolmas", "Johtaja", "Verkostot", ("UCLG",), "wrong@ks.no", "24 13 26 00"),
        Contact("Nils Lund", "en/other", "Boss", "Office", ("all",), "nils@ks.no", "11 11 11 11"),
    )
    card = contact_card("Ada Berg", "en/lead", "en", told)
    assert card == Contact("Ada Berg", "en/lead", "Head", "Networks", ("UCLG",), "ada@ks.no", "24 13 26 00")


def test_an_address_is_the_same_in_every_language() -> None:
    told = documents(Contact("Ada Berg", "en/a", "Head"), Contact("Ada Berg", "fi/a", "Johtaja", email="ada@ks.no"))
    assert contact_card("Ada Berg", "en/a", "en", told) == Contact("Ada Berg", "en/a", "Head", email="ada@ks.no")


def test_title_and_duties_do_not_mix_languages() -> None:
    told = documents(
        Contact("Ada Berg", "en/a", email="ada@ks.no"), Contact("Ada Berg", "fi/a", "Johtaja", None, ("verkostot",))
    )
    card = contact_card("Ada Berg", "en/a", "en", told)
    assert card == Contact("Ada Berg", "en/a", None, None, (), "ada@ks.no")


@pytest.mark.parametrize(
    ("preferred", "language", "lead"),
    [("sv/a", "fi", "sv/a"), (None, "fi", "fi/a"), ("xx/none", "sv", "sv/a"), (None, "de", "en/full")],
)
def test_the_page_asked_about_leads_else_one_in_the_users_language(
    preferred: str | None, language: str, lead: str
) -> None:
    told = documents(
        Contact("Ada Berg", "en/bare"),
        Contact("Ada Berg", "fi/a", "Johtaja"),
        Contact("Ada Berg", "sv/a", "Chef"),
        Contact("Ada Berg", "en/full", "Head"),
    )
    card = contact_card("Ada Berg", preferred, language, told)
    assert card is not None
    if (preferred, language) == (None, "de"):
        assert card.title is not None
    else:
        assert card.document == lead


def test_the_date_and_place_are_those_of_the_page_that_leads() -> None:
    other = replace(ADA, document="en/b", verified="2020-01-01", email="ada@ks.no", start=50, end=60)
    card = contact_card("Ada Berg", "en/a", "en", documents(other, ADA))
    assert card is not None
    assert (card.verified, card.start, card.end, card.email) == ("2024-05-01", 3, 9, "ada@ks.no")


def test_people_named_in_a_text_in_the_order_of_the_text() -> None:
    told = list(documents(ADA, replace(ADA, name="Nils Lund"), replace(ADA, name="Eva Ek")).values())
    assert named_in("Nils Lund and Ada Berg lead; Eva leads not.", told) == ["Nils Lund", "Ada Berg"]
    assert named_in("", told) == []


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
