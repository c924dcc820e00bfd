"""The language of documents and of questions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.errors import ModelError
from qa.language import UNDETERMINED, QuestionLanguages, detect_document
from qa.search.embeddings import EMBEDDED_MODEL_DIR, StaticModel
from qa.settings import LANGUAGES

TABLE = EMBEDDED_MODEL_DIR / "languages.npz"

DOCUMENTS = {
    "en": "Finnish municipalities and regions have about 1,300 twin towns in over 40 countries, most of them nearby.",
    "fi": "Suomen kunnilla ja maakunnilla on noin 1 300 ystävyyskuntaa yli 40 maassa, useimmat lähialueilla.",
    "sv": "Finländska kommuner och landskap har omkring 1 300 vänorter i över 40 länder, de flesta i närområdet.",
    "nb": "Finske kommuner og regioner har rundt 1 300 vennskapsbyer i over 40 land, de fleste i nærområdene våre.",
    "da": "Finske kommuner og regioner har omkring 1.300 venskabsbyer i over 40 lande, de fleste af dem i nærheden.",
    "de": "Finnische Gemeinden und Regionen haben etwa 1300 Partnerstädte in über 40 Ländern, die meisten in der Nähe.",
    "fr": "Les communes et régions finlandaises ont environ 1 300 villes jumelées dans plus de quarante pays voisins.",
    "et": "Soome omavalitsustel ja maakondadel on umbes 1300 sõpruslinna enam kui 40 riigis, enamik neist lähedal.",
}

QUESTIONS = {
    "en": "How many twin towns are there?",
    "fi": "Kuinka monta ystävyyskuntaa on?",
    "sv": "Hur många vänorter finns det?",
    "nb": "Hvor mange vennskapsbyer finnes det?",
    "nn": "Kor mange vennskapsbyar finst det?",
    "da": "Hvor mange venskabsbyer findes der?",
    "de": "Wie viele Partnerstädte gibt es?",
    "fr": "Combien de villes jumelées y a-t-il ?",
    "et": "Kui palju sõpruslinnu on olemas?",
    "is": "Hversu margir vinabæir eru til?",
    "nl": "Hoeveel zustersteden zijn er?",
    "es": "¿Cuántas ciudades hermanadas hay?",
    "it": "Quante città gemellate ci sono?",
    "pl": "Ile jest miast partnerskich?",
}


@pytest.fixture(scope="module")
def languages(model: StaticModel) -> QuestionLanguages:
    return QuestionLanguages.from_file(TABLE, model.tokens)


@pytest.mark.parametrize("code", DOCUMENTS)
def test_the_language_of_a_document(code: str) -> None:
    assert detect_document(DOCUMENTS[code]) == code


@pytest.mark.parametrize("text", ["", "1951 – 1994", "!?", "…", "Это русский текст о городах и регионах Европы."])
def test_a_document_in_no_language_of_ours_is_undetermined(text: str) -> None:
    assert detect_document(text) == UNDETERMINED


def test_detection_is_repeatable() -> None:
    text = "Kommunerne samarbejder. Kommunene samarbeider. Kommunerna samarbetar."
    assert len({detect_document(text) for _ in range(10)}) == 1


def test_the_table_knows_every_language(languages: QuestionLanguages, model: StaticModel) -> None:
    assert set(languages.languages) == set(LANGUAGES)
    assert languages.log_probability.shape == (len(LANGUAGES), len(model.token_vectors))
    assert np.isfinite(languages.log_probability).all()


@pytest.mark.parametrize("code", QUESTIONS)
def test_the_language_of_a_question(languages: QuestionLanguages, code: str) -> None:
    found, probability = languages.identify(QUESTIONS[code])
    assert found == code
    assert 0.5 < probability <= 1.0


@pytest.mark.parametrize("question", ["", "  ", "1951?", "?!", "🙂", "+358 9"])
def test_a_question_without_letters_is_undetermined(languages: QuestionLanguages, question: str) -> None:
    assert languages.identify(question) == (UNDETERMINED, 0.0)


@pytest.mark.parametrize(
    "question", ["Где находится офис?", "漢字は何ですか", "مكتب", "Πού είναι το γραφείο;", "사무실은 어디"]
)
def test_a_question_in_another_script_is_undetermined(languages: QuestionLanguages, question: str) -> None:
    assert languages.identify(question) == (UNDETERMINED, 0.0)


def test_a_foreign_name_in_a_question_does_no_harm(languages: QuestionLanguages) -> None:
    assert languages.identify("Milloin Київ liittyi UCLG:n jäseneksi?")[0] == "fi"


def test_the_answer_lies_among_the_languages_in_play(languages: QuestionLanguages) -> None:
    assert languages.identify(QUESTIONS["nn"], among=("en", "nb"))[0] == "nb"
    assert languages.identify(QUESTIONS["fi"], among=("en",)) == ("en", 1.0)


def test_what_is_known_of_the_page_tips_the_balance(languages: QuestionLanguages) -> None:
    before = languages.identify("UCLG kontakt")[1]
    for code in ("sv", "nb", "da", "de"):
        found, probability = languages.identify("UCLG kontakt", prior={code: 1e6})
        assert found == code
        assert probability >= before or probability > 0.9


def test_a_hint_does_not_outweigh_clear_words(languages: QuestionLanguages) -> None:
    assert languages.identify(QUESTIONS["fi"], prior={"en": 3.0})[0] == "fi"


@given(st.text(st.characters(exclude_categories=()), max_size=80))
def test_any_text_gets_a_known_code_and_a_probability(languages: QuestionLanguages, text: str) -> None:
    found, probability = languages.identify(text)
    assert found in (*LANGUAGES, UNDETERMINED)
    assert 0.0 <= probability <= 1.0 + 1e-9


@pytest.mark.parametrize("kept_bytes", [0, 100, -20])
def test_a_truncated_table_is_a_fault_of_the_model(tmp_path: Path, model: StaticModel, kept_bytes: int) -> None:
    file = tmp_path / "languages.npz"
    file.write_bytes(TABLE.read_bytes()[:kept_bytes])
    with pytest.raises(ModelError, match=r"languages\.npz: the language table can't be read .*reinstall Kysy"):
        QuestionLanguages.from_file(file, model.tokens)


def test_a_missing_table_is_a_fault_of_the_model(tmp_path: Path, model: StaticModel) -> None:
    with pytest.raises(ModelError, match=r"the language table can't be read"):
        QuestionLanguages.from_file(tmp_path / "languages.npz", model.tokens)
