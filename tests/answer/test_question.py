"""What a question asks for."""

from __future__ import annotations

import tomllib
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.answer import question as module
from qa.answer.question import OTHER, kind_of, read_question
from qa.errors import QuestionError
from qa.settings import INTERFACE_LANGUAGES, LANGUAGES

KINDS = tomllib.loads(module._FILE.read_text("utf-8"))


@pytest.mark.parametrize(
    ("raw", "question"),
    [
        ("  When was\tCEMR\nfounded? \n", "When was CEMR founded?"),
        ("CEMR\x00\x07?", "CEMR?"),
        ("\u202eCEMR\u202c?", "CEMR?"),
        ("Milloin\u00a0CEMR?", "Milloin\u00a0CEMR?"),
        ("\ud800UCLG", "UCLG"),
        ("1951", "1951"),
        ("漢字", "漢字"),
    ],
)
def test_a_question_is_made_one_clean_line(raw: str, question: str) -> None:
    assert read_question(raw, 100) == question


@pytest.mark.parametrize("raw", ["", " \n\t", "???", "\x00\x01\x1f", "\ud800", "🙂", "\u200b\u202e", "…"])
def test_a_question_that_says_nothing_is_refused(raw: str) -> None:
    with pytest.raises(QuestionError, match="the question is empty: write what you would like to know"):
        read_question(raw, 100)


def test_a_question_that_is_too_long_is_refused_with_the_figures() -> None:
    message = "the question has 100,000 characters; at most 2,000 are read: shorten it"
    with pytest.raises(QuestionError, match=message):
        read_question("x" * 100_000, 2_000)
    assert read_question("x" * 2_000, 2_000) == "x" * 2_000


@given(st.text(st.characters(exclude_categories=()), max_size=60))
def test_any_text_is_one_line_or_refused(raw: str) -> None:
    try:
        question = read_question(raw, 100)
    except QuestionError:
        question = "refused"
    assert not any(unicodedata.category(letter) in ("Cc", "Cs") for letter in question)
    assert question == question.strip()


@pytest.mark.parametrize(
    ("language", "kind", "question"),
    [
        ("en", "time", "When was CEMR founded?"),
        ("fi", "time", "Minä vuonna CEMR perustettiin?"),
        ("sv", "time", "När grundades CEMR?"),
        ("nb", "time", "Når ble CEMR stiftet?"),
        ("nn", "time", "Kva år vart CEMR stifta?"),
        ("da", "time", "Hvornår blev CEMR stiftet?"),
        ("de", "time", "Seit wann gibt es den Kongress?"),
        ("fr", "time", "Depuis quand le bureau existe-t-il ?"),
        ("et", "time", "Mis aastal CEMR asutati?"),
        ("en", "count", "How many twin towns are there?"),
        ("fi", "count", "montako jäsentä UCLG:llä on"),
        ("sv", "count", "hur många länder"),
        ("nb", "count", "Hvor mange kommuner?"),
        ("da", "count", "Hvor mange kommuner?"),
        ("de", "count", "Wie viele Länder?"),
        ("fr", "count", "Combien de pays ?"),
        ("et", "count", "Mitu liiget on?"),
        ("en", "share", "What percentage of municipalities have a twin town?"),
        ("fi", "share", "Kuinka suuri osa kunnista?"),
        ("sv", "share", "Hur stor andel av kommunerna?"),
        ("en", "person", "Who is the president of CEMR?"),
        ("fi", "person", "Kuka on CEMRin presidentti?"),
        ("fr", "person", "Qui préside le CCRE ?"),
        ("en", "contact", "Who should I contact about town twinning?"),
        ("fi", "contact", "Keneen otan yhteyttä ystävyyskunta-asioissa?"),
        ("sv", "contact", "Vem ansvarar för vänorter?"),
        ("nb", "contact", "Hvem er ansvarlig for vennskapsbyer?"),
        ("da", "contact", "Hvem skal jeg kontakte om venskabsbyer?"),
        ("de", "contact", "An wen wende ich mich?"),
        ("fr", "contact", "Qui s’occupe des jumelages ?"),
        ("fr", "contact", "Qui s`occupe des jumelages ?"),
        ("et", "contact", "Kelle poole pöörduda?"),
        ("en", "email", "What is Laura Parsama's e-mail address?"),
        ("fi", "email", "Laura Parsaman sähköposti"),
        ("sv", "email", "mejladress Laura Parsama"),
        ("da", "email", "Hvad er hendes mailadresse?"),
        ("nb", "phone", "Hva er telefonnummeret til KS?"),
        ("en", "place", "Where is the congress held?"),
        ("fi", "reason", "Miksi ystävyyskuntia on?"),
        ("de", "reason", "Warum gibt es Partnerstädte?"),
        ("sv", "list", "Vilka teman har CEMR?"),
        ("en", "definition", "What is UCLG?"),
        ("fr", "definition", "Qu’est-ce que le CCRE ?"),
        ("en", OTHER, "town twinning history"),
        ("und", OTHER, "When was CEMR founded?"),
        ("pl", OTHER, "Kiedy?"),
    ],
)
def test_the_kind_of_a_question(language: str, kind: str, question: str) -> None:
    assert kind_of(question, language) == kind


@pytest.mark.parametrize(
    ("language", "question"),
    [("en", "whenever it is"), ("fi", "kunnat"), ("sv", "närvaro"), ("de", "Werkstatt"), ("nb", "hvorav")],
)
def test_a_word_within_a_word_says_nothing(language: str, question: str) -> None:
    assert kind_of(question, language) == OTHER


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_words_in_every_language_of_the_page(kind: str) -> None:
    assert set(INTERFACE_LANGUAGES) | {"nn"} <= set(KINDS[kind]) <= set(LANGUAGES)
    for words in KINDS[kind].values():
        assert words
        assert all(word == word.lower().strip() and word.strip("*") for word in words)
        assert "*" not in "".join(word.removesuffix("*") for word in words)


@given(st.text(max_size=50), st.sampled_from(LANGUAGES))
def test_any_question_has_a_kind(question: str, language: str) -> None:
    assert kind_of(question, language) in {*KINDS, OTHER}
