"""The glossary: concepts, and how a question names them."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.errors import CorpusError
from qa.search.glossary import FILE_NAME, Glossary, Mentions, load_glossary
from qa.settings import LANGUAGES, Settings

CSV = """concept,en,fi,sv,nb
twinning,town twinning|twin town,ystävyyskuntatoiminta|ystävyyskunta,vänort,vennskapsby
uclg,UCLG|United Cities and Local Governments,,,
region,"region, area",maakunta,,
"""


def glossary(tmp_path: Path, text: str | bytes = CSV) -> Glossary:
    file = tmp_path / FILE_NAME
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return Glossary.from_file(file)


def test_a_glossary_is_read_from_csv(tmp_path: Path) -> None:
    assert glossary(tmp_path).as_lists() == [
        {
            "en": ["town twinning", "twin town"],
            "fi": ["ystävyyskuntatoiminta", "ystävyyskunta"],
            "sv": ["vänort"],
            "nb": ["vennskapsby"],
        },
        {"en": ["UCLG", "United Cities and Local Governments"]},
        {"en": ["region, area"], "fi": ["maakunta"]},
    ]


def test_a_byte_order_mark_and_other_line_ends_do_no_harm(tmp_path: Path) -> None:
    assert glossary(tmp_path, b"\xef\xbb\xbf" + CSV.replace("\n", "\r\n").encode()) == glossary(tmp_path)


CONCEPTS = st.lists(
    st.dictionaries(
        st.sampled_from(LANGUAGES),
        st.lists(st.text(min_size=1, max_size=5), min_size=1, max_size=2),
        min_size=1,
        max_size=3,
    ),
    max_size=3,
)


@given(CONCEPTS)
def test_lists_and_back(concepts: list[dict[str, list[str]]]) -> None:
    assert Glossary.from_concepts(concepts).as_lists() == concepts


def names(found: Glossary, question: str, language: str, documents: str = "en fi sv nb") -> list[str]:
    mentions = Mentions(found, documents.split()).find(question, language)
    return [name for mention in mentions for name in mention.names]


TWINS = ["town twinning", "twin town", "ystävyyskuntatoiminta", "ystävyyskunta", "vänort", "vennskapsby"]
WORLD = ["UCLG", "United Cities and Local Governments"]


@pytest.mark.parametrize(
    ("question", "language", "expected"),
    [
        ("What is town twinning?", "en", TWINS),
        ("How old is a twin town?", "en", TWINS),
        ("Kuka vastaa ystävyyskunnista?", "fi", TWINS),
        ("Hvor mange vennskapsbyer?", "nb", TWINS),
        ("Hvor mange vennskapsbyer?", "nn", TWINS),
        ("Hvor mange vennskapsbyer?", "da", TWINS),
        ("mikä on UCLG", "fi", WORLD),
        ("mikä on uclg?", "fi", WORLD),
        ("Mitä tekee (UCLG):", "sv", WORLD),
        ("Where is the office?", "en", []),
        ("Wie viele vennskapsbyer?", "de", []),
        ("", "en", []),
        ("town", "en", []),
    ],
)
def test_all_names_of_what_a_question_mentions(
    tmp_path: Path, question: str, language: str, expected: list[str]
) -> None:
    assert names(glossary(tmp_path), question, language) == expected


def test_names_are_given_in_the_languages_of_the_documents(tmp_path: Path) -> None:
    assert names(glossary(tmp_path), "Vad är en vänort?", "sv", "fi") == ["ystävyyskuntatoiminta", "ystävyyskunta"]
    assert names(glossary(tmp_path), "Vad är en vänort?", "sv", "de") == []


def test_plurals_and_the_like_are_not_given_twice() -> None:
    found = Glossary.from_concepts([{"en": ["region", "regions"], "fi": ["maakunta", "maakunnat", "alue"]}])
    assert names(found, "What is a region?", "en") == ["region", "maakunta", "alue"]


def test_a_mention_says_which_words_it_stands_on(tmp_path: Path) -> None:
    question = "What have UCLG and town twinning in common?"
    words = question.split()
    mentions = Mentions(glossary(tmp_path), ["en"]).find(question, "en")
    assert {tuple(words[mention.start : mention.end]) for mention in mentions} == {("town", "twinning"), ("UCLG",)}


def test_the_longest_name_is_taken() -> None:
    found = Glossary.from_concepts([{"en": ["congress", "congress of regions"], "fi": ["kongressi"]}])
    (mention,) = Mentions(found, ["fi"]).find("When is the congress of regions held?", "en")
    assert (mention.start, mention.end, mention.names) == (3, 6, ("kongressi",))


def test_a_short_acronym_is_not_every_little_word() -> None:
    found = Glossary.from_concepts([{"en": ["UN", "United Nations"], "fr": ["ONU"]}])
    assert names(found, "Qu'est-ce qu'un réseau et un jumelage ?", "fr", "en fr") == []
    assert names(found, "Hva gjør UN?", "nb", "en fr") == ["UN", "United Nations", "ONU"]
    assert names(found, "what does the un do", "en", "en fr") == ["UN", "United Nations", "ONU"]


def test_the_glossary_that_comes_along_can_be_read() -> None:
    assert len(Glossary.from_file(Settings().glossary).concepts) > 10


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "glossary.csv:1: column '' is no language"),
        ("concept,en,xx\na,b,c\n", "glossary.csv:1: column 'xx' is no language: use en, fi"),
        ("concept,en,fi\na,b\n", "glossary.csv:2: has another number of cells than the header"),
        ("concept,en,fi\na,b,c,d\n", "glossary.csv:2: has another number of cells"),
        ("concept,en,fi\na,b,c\nd,,\n", "glossary.csv:3: names nothing: fill in a term"),
        ("concept,en,fi\na, | ,\n", "glossary.csv:2: names nothing"),
        (b"concept,en\na,\xe4\n", "glossary.csv can't be read .*save it as CSV in UTF-8"),
    ],
)
def test_a_glossary_that_cannot_be_read_names_the_line(tmp_path: Path, text: str | bytes, message: str) -> None:
    with pytest.raises(CorpusError, match=message):
        glossary(tmp_path, text)


def test_a_corpus_may_bring_its_own_glossary(tmp_path: Path) -> None:
    default = tmp_path / "default.csv"
    default.write_text("concept,en\na,default\n", "utf-8")
    assert load_glossary(tmp_path, default).as_lists() == [{"en": ["default"]}]
    glossary(tmp_path, "concept,en\na,own\n")
    assert load_glossary(tmp_path, default).as_lists() == [{"en": ["own"]}]
    assert load_glossary(tmp_path / "none", tmp_path / "none.csv") == Glossary()


def test_a_path_that_is_too_long_is_no_crash(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="File name too long"):
        Glossary.from_file(tmp_path / ("x" * 300))


def test_the_longest_question_is_looked_through_soon() -> None:
    found = load_glossary(Settings().corpus_dir, Settings().glossary)
    question = "town twin " * 200
    started = time.perf_counter()
    Mentions(found, LANGUAGES).find(question[: Settings().max_question_chars], "en")
    assert time.perf_counter() - started < 1.0
