"""Contacts as typed data, from front matter and from pages as people write them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

import pytest

from qa.errors import DocumentError
from qa.ingest.contacts import from_front_matter, in_prose, natural_name, split_contacts, with_address
from qa.ingest.html import read_html
from qa.ingest.layout import Part
from qa.ingest.person import Person
from qa.ingest.plain import read_plain
from qa.text import ADDRESS


def contacts_of(parts: Sequence[Part]) -> tuple[tuple[Part, ...], tuple[Person, ...]]:
    parts = split_contacts(parts)
    return parts, tuple(part.person for part in parts if part.person)


def people_in(source: str) -> list[Person]:
    """The people of a plain text."""
    return [part.person for part in split_contacts(read_plain(source)) if part.person]


def people_on(markup: str) -> list[Person]:
    """The people of an HTML page."""
    return [part.person for part in split_contacts(read_html(markup).parts) if part.person]


SWEDISH = """Verksamheten förnyas

Skicka idéer till laura.parsama(at)kuntaliitto.fi.

Laura Parsama

Laura Parsama

Chef för internationella ärenden
Enheten för nätverk, Internationella teamet
Ansvarsområden
  • ledningsansvar för teamet
  • internationella nätverk (UCLG, CEMR)
"""
FINNISH = """Ystävyyskunnat
Kuntaliitto seuraa toimintaa.
Arja Puukko
Erityisasiantuntija
Vastuualueet
- EU:n alueiden komitea
- ystävyyskunnat
arja.puukko@kuntaliitto.fi
"""
NORWEGIAN = """Kontakt oss
Bjørn Arild Gram
Styreleder
Tlf: +47 24 13 26 00
E-post: bjorn.gram@ks.no
"""
DANISH = """Kontakt
Mette Aagaard Sørensen
Chefkonsulent
Ansvarsområder:
- venskabsbyer
mette.aagaard.sorensen@kl.dk
"""
GERMAN = """Ansprechpartner für die Gemeinden
Jürgen Groß
Referatsleiter
Zuständigkeiten
- Städtepartnerschaften
- Kongress des Europarates
"""
ENGLISH = """Who to contact
Paula Kosunen
- EU lobbying work
- Congress, UCLG and CEMR
Town twinning
"""


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (
            SWEDISH,
            Person(
                "Laura Parsama",
                "Chef för internationella ärenden",
                "Enheten för nätverk, Internationella teamet",
                ("ledningsansvar för teamet", "internationella nätverk (UCLG, CEMR)"),
                "laura.parsama(at)kuntaliitto.fi",
            ),
        ),
        (
            FINNISH,
            Person(
                "Arja Puukko",
                "Erityisasiantuntija",
                None,
                ("EU:n alueiden komitea", "ystävyyskunnat"),
                "arja.puukko@kuntaliitto.fi",
            ),
        ),
        (
            NORWEGIAN,
            Person("Bjørn Arild Gram", "Styreleder", email="bjorn.gram@ks.no", phone="+47 24 13 26 00"),
        ),
        (
            DANISH,
            Person(
                "Mette Aagaard Sørensen",
                "Chefkonsulent",
                None,
                ("venskabsbyer",),
                "mette.aagaard.sorensen@kl.dk",
            ),
        ),
        (
            GERMAN,
            Person(
                "Jürgen Groß", "Referatsleiter", None, ("Städtepartnerschaften", "Kongress des Europarates")
            ),
        ),
        (ENGLISH, Person("Paula Kosunen", None, None, ("EU lobbying work", "Congress, UCLG and CEMR"))),
    ],
    ids=["sv", "fi", "nb", "da", "de", "en"],
)  # fmt: skip
def test_a_person_on_a_page(source: str, expected: Person) -> None:
    assert people_in(source) == [expected]


def test_what_stands_below_the_duties_belongs_to_the_person() -> None:
    source = "Contact us\nAda Berg\nHead\n- networks\nTel. 24 13 26 00\nnetworks@ks.no\nOur opening hours are long.\n"
    parts, people = contacts_of(read_plain(source))
    assert people == (Person("Ada Berg", "Head", None, ("networks",), "networks@ks.no", "24 13 26 00"),)
    assert [part.kind for part in parts] == ["heading", "contact", "paragraph"]
    assert "24 13 26 00" in parts[1].text
    assert "networks@ks.no" in parts[1].text


def test_a_directory_of_many_people_is_read_soon() -> None:
    letters = "abcdefghijklmn"
    names = [f"Ada{a}{b} Berg{c}" for a in letters for b in letters for c in letters[:5]]
    source = "Contact us\n" + "".join(f"{name}\nHead of Networks\n- UCLG and other networks\n" for name in names)
    started = time.perf_counter()
    assert [person.name for person in people_in(source)] == names
    assert time.perf_counter() - started < 3.0


def test_no_line_of_a_card_is_lost() -> None:
    lines = ["Ada Berg", "Head", "Networks", "Office 14, Oslo", "E-mail: post@ks.no (we answer on Mondays)", "- UCLG"]
    parts, (person,) = contacts_of(read_plain("\n".join(["Contact us", *lines, "Welcome to us."])))
    assert (person.name, person.title, person.unit, person.email) == ("Ada Berg", "Head", "Networks", "post@ks.no")
    text = "\n".join(part.text for part in parts)
    assert all(line.removeprefix("- ") in text for line in lines)


def test_people_come_in_the_order_of_the_page_and_repeatedly() -> None:
    source = "Contacts\nAda Berg\n- networks\nNetworks\nNils Lund\n- twinning\nMore\nAda Berg\n- networks\n"
    assert [person.name for person in people_in(source)] == ["Ada Berg", "Nils Lund", "Ada Berg"]


def test_a_person_becomes_one_part_and_the_rest_stays() -> None:
    parts, people = contacts_of(read_plain("Contacts\nAda Berg\nHead\n- networks\nThat is all."))
    assert [(part.kind, part.text) for part in parts] == [
        ("heading", "Contacts"),
        ("contact", "Ada Berg\nHead\n- networks"),
        ("paragraph", "That is all."),
    ]
    assert parts[1] == Part.of_person(people[0])


@pytest.mark.parametrize(
    "card",
    [
        "<p><strong>Ada Berg</strong><br>Head of Networks<br>+47 24 13 26 00<br>ada.berg@ks.no</p>",
        "<h3>Ada Berg</h3><p>Head of Networks</p><p>Tel. +47 24 13 26 00</p><p>ada.berg@ks.no</p>",
        "<h3>Ada Berg</h3><div>Head of Networks</div><ul><li>Tel. +47 24 13 26 00</li></ul><p>ada.berg@ks.no</p>",
    ],
)  # fmt: skip
def test_a_person_on_a_web_page(card: str) -> None:
    (person,) = people_on(f"<h2>Contact us</h2><p>We answer soon.</p>{card}<p>Welcome!</p>")
    assert (person.name, person.title, person.email) == ("Ada Berg", "Head of Networks", "ada.berg@ks.no")


@pytest.mark.parametrize(
    "source",
    [
        "Town Twinning\n- history of town twinning\n- figures\n",
        "Ada Berg\nShe leads the team and its work.\n",
        "The congress\nNicosia Cyprus\nIt was held in 2016.\n",
        "Ada Berg\n2.12.2021\nThe work goes on.\n",
        "ada berg\n- networks\n",
        "ADA BERG\n- networks\n",
        "Ada\n- networks\n",
    ],
)
def test_who_is_no_contact(source: str) -> None:
    assert people_in(source) == []


def test_an_address_is_copied_as_it_stands() -> None:
    person = Person("Ada Berg")
    for address in ("ada.berg(at)ks.no", "ada.berg@ks.no", "ada_berg [at] ks.no", "Ada-Berg@ks.no", "berg.ada@ks.no"):
        assert with_address(person, ADDRESS.findall(f"Write to {address} today.")).email == address


@pytest.mark.parametrize("address", ["post@ks.no", "berg@ks.no", "ada@ks.no", "adaberg@ks.no", "nils.berg@ks.no"])
def test_an_address_that_does_not_bear_the_whole_name_is_not_given(address: str) -> None:
    assert with_address(Person("Ada Berg"), ADDRESS.findall(f"Write to {address}.")).email is None


def test_letters_of_the_north_are_spelt_out_in_addresses() -> None:
    for name, address in (
        ("Bjørn Åse", "bjorn.ase@ks.no"),
        ("Märta Öberg", "marta.oberg@skr.se"),
        ("Niels Sørensen", "niels.sorensen@kl.dk"),
        ("Jüri Põld", "juri.pold@elvl.ee"),
    ):
        assert with_address(Person(name), ADDRESS.findall(f"({address})")).email == address


def test_a_known_address_stays() -> None:
    person = Person("Ada Berg", email="first@ks.no")
    assert with_address(person, ["ada.berg@ks.no"]) == person


def test_contacts_from_front_matter() -> None:
    value = [
        {
            "name": "Ada Berg",
            "title": "Head",
            "unit": "Networks",
            "responsibilities": ["UCLG", "CEMR"],
            "email": "ada(at)ks.no",
            "phone": "24 13 26 00",
            "verified": "2024-05-01",
        },
        {"name": " Nils  Lund ", "responsibilities": "twinning", "title": ""},
    ]
    assert from_front_matter(value) == (
        Person("Ada Berg", "Head", "Networks", ("UCLG", "CEMR"), "ada(at)ks.no", "24 13 26 00", "2024-05-01"),
        Person("Nils Lund", responsibilities=("twinning",)),
    )


@pytest.mark.parametrize("nobody", [None, "", []])
def test_front_matter_may_name_nobody(nobody: object) -> None:
    assert from_front_matter(nobody) == ()


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("Ada Berg", "must be a list of people"),
        ({"name": "Ada Berg"}, "must be a list of people"),
        (["Ada Berg"], "must be a list of people"),
        ([{"title": "Head"}], "has no name: add `name:`"),
        ([{"name": ""}], "has no name: add `name:`"),
        ([{"name": "\ud800"}], "has no name: add `name:`"),
        ([{"name": "Ada Berg", "responsibilities": {"a": "b"}}], "responsibilities of Ada Berg must be a list"),
        ([{"name": "Ada Berg", "responsibilities": 3}], "responsibilities of Ada Berg must be a list"),
    ],
)
def test_contacts_that_cannot_be_read_are_refused(value: object, message: str) -> None:
    with pytest.raises(DocumentError, match=message):
        from_front_matter(value)


def test_a_person_as_text_holds_everything_known_in_lines() -> None:
    person = Person("Ada Berg", "Head", "Networks", ("UCLG", "CEMR"), "ada(at)ks.no", "24 13 26 00")
    assert person.as_text() == "Ada Berg\nHead\nNetworks\n- UCLG\n- CEMR\nada(at)ks.no\n24 13 26 00"
    assert replace(person, unit=None, phone=None).as_text() == "Ada Berg\nHead\n- UCLG\n- CEMR\nada(at)ks.no"


@pytest.mark.parametrize(
    ("text", "name", "title"),
    [
        ("Arbetet leds av Ida Sulin, chef för ärenden, och går vidare.", "Ida Sulin", "chef för ärenden"),
        ("Arbeidet ledes av Bjørn Åse, seksjonsleder for EU-saker.", "Bjørn Åse", "seksjonsleder for EU-saker"),
        ("Siitä vastaa Arja Puukko, EU-asioiden päällikkö.", "Arja Puukko", "EU-asioiden päällikkö"),
        ("It is led by Ada van Berg, special adviser; write to her.", "Ada van Berg", "special adviser"),
        ("Le dossier est suivi par Anne Dubois, chargée de mission, à Paris.", "Anne Dubois", "chargée de mission"),
        ("Seda juhib Jüri Põld, rahvusvaheliste suhete juht.", "Jüri Põld", "rahvusvaheliste suhete juht"),
        ("It is led by Stefano Bonaccini, president of the region.", "Stefano Bonaccini", None),
        ("It was led by Ada Berg, former head of services.", "Ada Berg", None),
        ("It is led by Ada Berg, director of Eurocities.", "Ada Berg", None),
        ("It is led by Ada Berg, who is head of services.", "Ada Berg", None),
        ("Enligt Ida Sulin, ledare för ärenden, framskrider det.", "Enligt Ida Sulin", None),
        ("Gunn Marit Helgesen, leder for enheten, sier det.", "Marit Helgesen", None),
        ("It is led by Ada Berg, Nils Lund and others.", "Ada Berg", None),
    ],
)  # fmt: skip
def test_a_person_in_running_text(text: str, name: str, title: str | None) -> None:
    people = list(in_prose(f"Before. {text}\nAfter."))
    assert people == ([(Person(name, title), 8, 8 + len(text))] if title else [])


def test_running_text_without_full_stops_is_read_soon() -> None:
    text = "by Ada Berg, a Ada-Berg, von der Head of " * 5_000
    started = time.perf_counter()
    assert list(in_prose(text)) == []
    assert time.perf_counter() - started < 3.0


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("Puukko, Arja", "Arja Puukko"),
        ("von Essen, Carl Gustaf", "Carl Gustaf von Essen"),
        ("Arja Puukko", "Arja Puukko"),
        ("Berg, Ada, PhD", "Berg, Ada, PhD"),
        ("Berg,", "Berg,"),
        ("", ""),
    ],
)
def test_a_name_with_the_family_first(written: str, name: str) -> None:
    assert natural_name(written) == name


def test_a_list_of_names_with_the_family_first_is_read_where_the_address_bears_the_name() -> None:
    lines = ["Contacts", "Puukko, Arja", "Adviser", "arja.puukko@ks.no", "Sulin, Ida", "Head", "ida.sulin@ks.no"]
    parts, people = contacts_of(read_plain("\n".join([*lines, "That is all.", "Oulu, Finland", "Tel. 24 13 26 00"])))
    assert people == (
        Person("Arja Puukko", "Adviser", email="arja.puukko@ks.no"),
        Person("Ida Sulin", "Head", email="ida.sulin@ks.no"),
    )
    assert parts[1].text.startswith("Puukko, Arja\n")


def test_in_front_matter_a_name_may_have_the_family_first() -> None:
    assert from_front_matter([{"name": "Puukko, Arja"}]) == (Person("Arja Puukko"),)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Ada Berg, adviser, tel. 24 13 26 00, ada.berg(at)ks.no",
         Person("Ada Berg", "adviser", email="ada.berg(at)ks.no", phone="24 13 26 00")),
        ("Lisätietoja: kehittämispäällikkö Aino Koe, puh. 050 555 0101, aino.koe@koe.fi",
         Person("Aino Koe", "kehittämispäällikkö", email="aino.koe@koe.fi", phone="050 555 0101")),
        ("Toimitusjohtaja Aino Koe, p. 050 555 0101",
         Person("Aino Koe", "Toimitusjohtaja", phone="050 555 0101")),
        ("Per-Erik Prov – handläggare, avdelningen för EU – per-erik.prov@x.se",
         Person("Per-Erik Prov", "handläggare", "avdelningen för EU", email="per-erik.prov@x.se")),
        ("Frau Dr. Anke Muster | Referentin | Tel.: +49 30 555 01-23",
         Person("Frau Dr. Anke Muster", "Referentin", phone="+49 30 555 01-23")),
        ("Jean D’Essai, j.dessai [at] x.fr", Person("Jean D’Essai", email="j.dessai [at] x.fr")),
    ],
)  # fmt: skip
def test_a_contact_on_one_line(line: str, expected: Person) -> None:
    for kind in ("paragraph", "item"):
        (part,), (person,) = contacts_of([Part(kind, line)])
        assert (part.text, person) == (line, expected)


@pytest.mark.parametrize(
    "line",
    [
        "Ada Berg, who leads the work, can be reached at ada.berg@ks.no.",
        "Write to Ada Berg, adviser, ada.berg@ks.no",
        "Oulu City Hall, Kirkkokatu 2, tel. 08 123 4567",
        "Town Hall Espoo, kirjaamo@espoo.fi",
        "Ada Berg, adviser, Oslo, Norway, tel. 24 13 26 00",
        "Ada Berg, adviser",
        "The desk, tel. 24 13 26 00",
        "Ada Berg 24 13 26 00",
    ],
)
def test_a_line_that_is_no_contact(line: str) -> None:
    assert contacts_of([Part("paragraph", line)])[1] == ()


@pytest.mark.parametrize(
    ("card", "expected"),
    [
        ("<li><h4>Ada Berg</h4><p>Head of Events</p><p>24 13 26 00</p></li>",
         Person("Ada Berg", "Head of Events", phone="24 13 26 00")),
        ("<li><b>Ada Berg</b><br>adviser<br>ada@ks.no</li>", Person("Ada Berg", "adviser", email="ada@ks.no")),
        ("<p>Ada Berg</p><p>adviser</p><ul><li>Tel: 24 13 26 00</li><li>ada@ks.no</li></ul>",
         Person("Ada Berg", "adviser", email="ada@ks.no", phone="24 13 26 00")),
        ("<div>Ada Berg</div><div>adviser</div><a href='tel:24132600'>24 13 26 00</a><a href='mailto:ada@ks.no'>M</a>",
         Person("Ada Berg", "adviser", email="ada@ks.no", phone="24 13 26 00")),
        ("<p>Ada Berg, adviser<br>Tel: 24 13 26 00<br>Mail: ada@ks.no</p>",
         Person("Ada Berg", "adviser", email="ada@ks.no", phone="24 13 26 00")),
        ("<p>Ada Berg<br>Membership Manager<br>ada@ks.no</p>",
         Person("Ada Berg", "Membership Manager", email="ada@ks.no")),
        ("<p>Ada Berg<br>Abteilung Europa<br>berg(ät)ks.no</p>",
         Person("Ada Berg", "Abteilung Europa", email="berg(ät)ks.no")),
        ("<h3>Ada Berg</h3><p>chair</p><h2>Secretariat</h2><ul><li>tel. 24 13 26 00</li></ul>", None),
        ("<h3>Ada Berg</h3><p>chair</p><ul><li><b>Nils Lund</b><br>adviser<br>nils@ks.no</li></ul>",
         Person("Nils Lund", "adviser", email="nils@ks.no")),
    ],
)  # fmt: skip
def test_a_card_on_a_web_page(card: str, expected: Person | None) -> None:
    page = f"<main><h1>Office</h1><p>We answer soon.</p><section>{card}</section></main>"
    assert people_on(page) == ([expected] if expected else [])


def test_an_address_bears_a_name_with_a_hyphen() -> None:
    assert with_address(Person("Eero Testi-Virtanen"), ["eero.testi-virtanen@x.fi"]).email == "eero.testi-virtanen@x.fi"
