"""The shipped corpus: every language tells the same facts, in words of its own, and the glossary is well-formed."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from qa.ingest.corpus import read_corpus
from qa.ingest.markdown import split_front_matter
from qa.records import Document
from qa.text import ADDRESS

ROOT = Path(__file__).resolve().parent.parent
CORPUS = ROOT / "corpus"
SEEDS = ROOT.parent / "shared" / "seeds"

LANGUAGES = ("en", "fi", "sv", "nb", "da")
TOPICS = (
    "brussels-office",
    "cemr",
    "cemr-governance",
    "cemr-themes",
    "choosing-goals",
    "committee-of-the-regions",
    "congress",
    "contacts",
    "feedback",
    "global-phenomena",
    "international-work",
    "questions-to-discuss",
    "renewal",
    "town-twinning-benefits",
    "town-twinning-figures",
    "town-twinning-history",
    "uclg",
    "vocabulary",
)
PAIRS = [pytest.param(topic, language, id=f"{language}/{topic}") for topic in TOPICS for language in LANGUAGES]
PEOPLE = (
    "Arja Puukko",
    "Bjørn Arild Gram",
    "Gunn Berit Gjerde",
    "Gunn Marit Helgesen",
    "Ida Sulin",
    "Jasmin Repo",
    "Laura Parsama",
    "Ole Haabeth",
    "Paula Kosunen",
    "Stefano Bonaccini",
)
EMAIL = "laura.parsama(at)kuntaliitto.fi"
GLOSSARY_HEADER = ["concept", "en", "fi", "sv", "nb", "nn", "da", "de", "fr", "et"]

# Figures that one version has and the English one has not, or the other way round, and why.
FIGURE_EXCEPTIONS: dict[tuple[str, str], tuple[frozenset[str], str]] = {}

# A name may be the same in a seed and in the corpus, however long it is: it counts as one word.
OFFICIAL_NAMES = (
    "Association of Finnish Local and Regional Authorities",
    "Ledare för svenska och internationella ärenden",
    EMAIL,
)
RUN = 8

_FIGURE = re.compile(r"\d{1,3}(?:[.,\u00a0 ]\d{3})+(?!\d)|\d+")


@pytest.fixture(scope="module")
def documents() -> dict[str, Document]:
    found, skipped = read_corpus(CORPUS)
    assert not skipped
    return {document.path: document for document in found}


def figures(text: str) -> frozenset[str]:
    return frozenset(re.sub(r"\D", "", figure) for figure in _FIGURE.findall(text))


def words(text: str) -> list[str]:
    for number, name in enumerate(OFFICIAL_NAMES):
        text = re.sub(re.escape(name), f"name{number}", text, flags=re.IGNORECASE)
    return re.findall(r"\w+", re.sub(r"(?<=\d)[.,\u00a0 ](?=\d{3}\b)", "", text).casefold())


def runs(text: str) -> set[tuple[str, ...]]:
    listed = words(text)
    return {tuple(listed[start : start + RUN]) for start in range(len(listed) - RUN + 1)}


def test_every_topic_stands_in_every_language(documents: dict[str, Document]) -> None:
    assert set(documents) == {f"{language}/{topic}" for language in LANGUAGES for topic in TOPICS}


@pytest.mark.parametrize(("topic", "language"), PAIRS)
def test_front_matter_agrees_with_path_and_english(documents: dict[str, Document], topic: str, language: str) -> None:
    document, english = documents[f"{language}/{topic}"], documents[f"en/{topic}"]
    matter, _ = split_front_matter((CORPUS / language / f"{topic}.md").read_text("utf-8"))
    assert (document.id, document.language) == (matter["id"], matter["language"]) == (topic, language)
    assert (document.source, document.updated) == (english.source, english.updated)
    assert document.source
    assert document.title != topic


@pytest.mark.parametrize(("topic", "language"), PAIRS)
def test_contacts_agree_with_english(documents: dict[str, Document], topic: str, language: str) -> None:
    def told(document: Document) -> list[tuple[str, bool, bool, int, str | None, str | None]]:
        return [
            (c.name, bool(c.title), bool(c.unit), len(c.responsibilities), c.email, c.phone) for c in document.contacts
        ]

    document, english = documents[f"{language}/{topic}"], documents[f"en/{topic}"]
    assert told(document) == told(english)
    assert all(c.email == (EMAIL if c.name == "Laura Parsama" else None) for c in document.contacts)


@pytest.mark.parametrize("language", LANGUAGES)
def test_person_is_described_alike_on_every_page(documents: dict[str, Document], language: str) -> None:
    described = {
        (contact.name, contact.title, contact.unit, contact.responsibilities)
        for document in documents.values()
        if document.language == language
        for contact in document.contacts
    }
    assert len(described) == len({name for name, *_ in described})


@pytest.mark.parametrize(("topic", "language"), PAIRS)
def test_figures_agree_with_english(documents: dict[str, Document], topic: str, language: str) -> None:
    allowed, _ = FIGURE_EXCEPTIONS.get((topic, language), (frozenset(), ""))
    difference = figures(documents[f"{language}/{topic}"].text) ^ figures(documents[f"en/{topic}"].text)
    assert difference == allowed


@pytest.mark.parametrize(("topic", "language"), PAIRS)
def test_people_and_addresses_agree_with_english(documents: dict[str, Document], topic: str, language: str) -> None:
    def told(document: Document) -> tuple[set[str], set[str]]:
        return {name for name in PEOPLE if name in document.text}, set(ADDRESS.findall(document.text))

    document, english = documents[f"{language}/{topic}"], documents[f"en/{topic}"]
    assert told(document) == told(english)
    assert told(document)[1] <= {EMAIL}


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_is_copied_from_a_seed(documents: dict[str, Document], language: str) -> None:
    if not SEEDS.is_dir():
        pytest.skip("the seed texts are not beside the repository (../shared/seeds), so nothing to compare with")
    seeds = set[tuple[str, ...]]().union(*(runs(file.read_text("utf-8")) for file in sorted(SEEDS.glob("*.txt"))))
    copied = {
        document.path: " ".join(run)
        for document in documents.values()
        if document.language == language
        for run in runs(f"{document.title}\n{document.text}") & seeds
    }
    assert seeds
    assert not copied


def test_figures_are_read_alike_in_every_notation() -> None:
    told = ("about 1,300 in 1951", "omkring 1.300 i 1951", "noin 1\u00a0300 vuonna 1951")
    assert {figures(text) for text in told} == {frozenset({"1300", "1951"})}


def test_glossary_is_well_formed() -> None:
    with (CORPUS / "glossary.csv").open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    assert header == GLOSSARY_HEADER
    assert len(rows) >= 40
    assert all(len(row) == len(header) for row in rows)
    concepts = [row[0] for row in rows]
    assert all(re.fullmatch(r"[a-z]+(_[a-z]+)*", concept) for concept in concepts)
    assert len(set(concepts)) == len(concepts)


@pytest.mark.parametrize("language", GLOSSARY_HEADER[1:])
def test_glossary_says_each_term_once(language: str) -> None:
    with (CORPUS / "glossary.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    terms = [term for row in rows for term in row[language].split("|")]
    assert all(term and term == term.strip() for term in terms)
    folded = [term.casefold() for term in terms]
    assert sorted(folded) == sorted(set(folded))
