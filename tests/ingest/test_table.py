"""Tables → lines, contacts, questions and answers."""

from __future__ import annotations

import pytest

from qa.errors import DocumentError
from qa.ingest.csv import MAX_ROWS, read
from qa.ingest.person import Person
from qa.ingest.source import Page, SavedFile
from qa.ingest.table import table_parts


def csv_page(text: str | bytes, suffix: str = ".csv") -> Page:
    return read(SavedFile(f"a{suffix}", text if isinstance(text, bytes) else text.encode(), suffix))


HEADS = [
    "Name,Job title,E-mail,Phone,Responsibilities",
    "Nimi,Tehtävänimike,Sähköposti,Puhelin,Vastuualueet",
    "Namn,Befattning,E-post,Telefon,Ansvarsområden",
    "Navn,Stilling,E-post,Telefon,Ansvarsområder",
    "Navn,Titel,E-mail,Telefon,Ansvarsområder",
    "Name,Funktion,E-Mail,Telefon,Zuständigkeiten",
    "Nom,Fonction,Courriel,Téléphone,Responsabilités",
    "Nimi,Amet,E-post,Telefon,Ülesanded",
]


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("sign", [",", ";", "\t"])
def test_a_table_of_people_is_contacts_in_every_language(head: str, sign: str) -> None:
    row = ["Åse Bjørnøy", "rådgiver", "ase@example.org", "+47 24 13 26 00", '"EU; twinning"']
    page = csv_page(head.replace(",", sign) + "\n" + sign.join(row))
    (part,) = page.parts
    assert part.person == Person(
        "Åse Bjørnøy", "rådgiver", None, ("EU", "twinning"), "ase@example.org", "+47 24 13 26 00"
    )
    assert part.text == "Åse Bjørnøy\nrådgiver\n- EU\n- twinning\nase@example.org\n+47 24 13 26 00"


def test_first_and_last_names_are_joined_and_further_columns_kept() -> None:
    (part,) = csv_page("Sukunimi;Etunimi;Sähköposti;Kieli\nVirtanen;Maija;m@example.org;ruotsi").parts
    assert part.person == Person("Maija Virtanen", email="m@example.org")
    assert part.text == "Maija Virtanen\nm@example.org\nKieli: ruotsi"


@pytest.mark.parametrize(
    "head", ["Question,Answer", "Kysymys,Vastaus", "Fråga,Svar", "Spørgsmål,Svar", "Frage,Antwort", "Küsimus,Vastus"]
)
def test_questions_and_answers_are_headings_and_paragraphs(head: str) -> None:
    page = csv_page(f'{head}\n"When?","In 1951.\nIn Geneva."\nWho?,CEMR.\n')
    assert [(part.kind, part.text) for part in page.parts] == [
        ("heading", "When?"),
        ("paragraph", "In 1951."),
        ("paragraph", "In Geneva."),
        ("heading", "Who?"),
        ("paragraph", "CEMR."),
    ]


@pytest.mark.parametrize(
    ("rows", "lines"),
    [
        ([["Town", "Year"], ["Køge", "1939"], ["Oulu", "1950"]], ["Town: Køge; Year: 1939", "Town: Oulu; Year: 1950"]),
        ([["Address:", "Street 1"], ["Open", "8–16"]], ["Address: Street 1", "Open: 8–16"]),
        ([["1951", "Geneva"], ["1984", "Turin"]], ["1951: Geneva", "1984: Turin"]),
        ([["Members"], ["Espoo"]], ["Members", "Espoo"]),
        ([["Twin towns 2024", ""], ["Town", "Since"], ["Køge", "1939"], ["Oulu", ""]],
         ["Twin towns 2024", "Town: Køge; Since: 1939", "Town: Oulu"]),
        ([["", ""], []], []),
        ([["Town", "Since"], ["a", "b", "c"], ["d"]], ["Town: a; Since: b; c", "Town: d"]),
    ],
)  # fmt: skip
def test_rows_become_lines(rows: list[list[str]], lines: list[str]) -> None:
    assert [part.text for part in table_parts(rows)] == lines


def test_a_cell_that_would_be_a_formula_elsewhere_stays_text() -> None:
    cells = ['=HYPERLINK("http://example.org")', "+1", "-1", "@SUM(A1)"]
    page = csv_page("A;B;C;D\n" + ";".join(cells))
    assert [part.text for part in page.parts] == [f"A: {cells[0]}; B: +1; C: -1; D: @SUM(A1)"]


def test_csv_as_older_programs_save_it() -> None:
    page = csv_page("Kommun;Vänort\nEkenäs;Køge\nÅbo;Århus\n".encode("cp1252"))
    assert [part.text for part in page.parts] == ["Kommun: Ekenäs; Vänort: Køge", "Kommun: Åbo; Vänort: Århus"]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"a,b\n" * (MAX_ROWS + 1), "has more than 50,000 rows: split it"),
        (b"a," + b"x" * 200_000, r"is no proper CSV \(field larger than field limit"),
    ],
)
def test_what_is_too_big_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(DocumentError, match=message):
        csv_page(data)


@pytest.mark.parametrize(
    ("head", "row", "expected"),
    [
        ("Sukunimi;Etunimi;GSM;Sposti", "Berg;Ada;24 13 26 00;ada@x.org",
         Person("Ada Berg", email="ada@x.org", phone="24 13 26 00")),
        ("Nom;Prénom;Fonction;Portable", "Berg;Ada;chargée;24 13 26 00",
         Person("Ada Berg", "chargée", phone="24 13 26 00")),
        ("Name, Vorname;Amt;Durchwahl", "Berg, Ada;Europa;24 13 26 00", Person("Ada Berg", phone="24 13 26 00")),
        ("Name (family first);E-mail [work]", "Berg, Ada;ada@x.org", Person("Ada Berg", email="ada@x.org")),
    ],
)  # fmt: skip
def test_an_address_and_a_number_are_known_by_themselves(head: str, row: str, expected: Person) -> None:
    (part,) = table_parts([head.split(";"), row.split(";")])
    assert part.person == expected
    assert all(cell in part.text for cell in row.split(";")[2:])


def test_a_table_of_places_with_figures_is_none_of_people() -> None:
    for head in ("Town", "Name"):
        rows = [[head, "Founded", "Budget"], ["Oulu", "1605", "24 136 000"], ["Oslo", "1048", "98 000 000"]]
        assert [part.kind for part in table_parts(rows)] == ["paragraph"] * 2


def test_a_row_without_heads_is_a_contact_when_its_name_fits() -> None:
    rows = [["Ms Ada Berg", "Secretary General", "a.berg AT x.org"], ["Oulu City Hall", "Kirkkokatu 2", "24 13 26 00"]]
    ada, hall = table_parts(rows)
    assert ada.person == Person("Ms Ada Berg", "Secretary General", email="a.berg AT x.org")
    assert (hall.kind, hall.text) == ("paragraph", "Oulu City Hall; Kirkkokatu 2; 24 13 26 00")
