from __future__ import annotations

import json
import re
from typing import Any

import pytest

from qa.assistant import Assistant
from qa.settings import INTERFACE_LANGUAGES, LANGUAGES
from qa.web.messages import FOLDER, catalogue, choose_language

ENGLISH = json.loads((FOLDER / "en.json").read_text("utf-8"))
OTHERS = [code for code in INTERFACE_LANGUAGES if code != "en"]


def shape(value: Any) -> Any:
    """Keys, and for each text its placeholders."""
    if isinstance(value, dict):
        return {key: shape(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [shape(inner) for inner in value]
    return sorted(re.findall(r"\{\w+\}", value))


def test_every_interface_language_has_its_words() -> None:
    assert sorted(file.stem for file in FOLDER.glob("*.json")) == sorted(INTERFACE_LANGUAGES)


@pytest.mark.parametrize("code", OTHERS)
def test_same_keys_and_placeholders_as_english(code: str) -> None:
    assert shape(dict(catalogue(code).words)) == shape(ENGLISH)


@pytest.mark.parametrize("code", OTHERS)
def test_nothing_is_left_in_english(code: str) -> None:
    words = catalogue(code).words
    same = [
        key
        for key, text in words.items()
        if isinstance(text, str) and len(text) > 14 and text == ENGLISH[key] and key != "date"
    ]
    assert same == []


def test_french_signs_never_begin_a_line() -> None:
    french = (FOLDER / "fr.json").read_text("utf-8")
    assert re.findall(r" [;:?!»]|« ", french) == []


@pytest.mark.parametrize("code", INTERFACE_LANGUAGES)
def test_every_language_has_a_name(code: str) -> None:
    assert set(catalogue(code).words["languages"]) == set(LANGUAGES)


@pytest.mark.parametrize(
    ("asked", "accepted", "expected"),
    [
        ("fi", "sv", "fi"),
        (None, "nn-NO,nn;q=0.9,en;q=0.8", "nb"),
        ("xx", "is, et;q=0.4, de;q=0.6", "de"),
        (None, "fr;q=0, pl", "en"),
        (None, None, "en"),
    ],
)
def test_choice_of_language(asked: str | None, accepted: str | None, expected: str) -> None:
    assert choose_language(asked, accepted) == expected


def test_dates_are_written_as_people_write_them() -> None:
    assert catalogue("fi").date("2021-12-02") == "2. joulukuuta 2021"
    assert catalogue("en").date("2021-12-02") == "2 December 2021"
    assert catalogue("fr").date("2021-12-01") == "1er décembre 2021"
    assert catalogue("sv").date("2021-12-01") == "1 december 2021"
    assert catalogue("en").date("soon") == "soon"


# What the two examples of each topic must be told, whatever the language.
EXPECTED = {
    "networks": ("140", "1951"),
    "contacts": ("Arja Puukko", "laura.parsama(at)kuntaliitto.fi"),
    "twinning": ("300", "1930"),
}


@pytest.mark.parametrize("code", INTERFACE_LANGUAGES)
def test_every_example_question_is_answered_right(code: str, assistant: Assistant) -> None:
    for topic, questions in catalogue(code).examples().items():
        for question, expected in zip(questions, EXPECTED[topic], strict=True):
            assert expected in assistant.ask(question, page_language=code).answer, question
