"""Settings: one table, read from the environment, checked."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from qa.errors import SettingsError
from qa.settings import INTERFACE_LANGUAGES, LANGUAGES, PREFIX, Settings

FIELDS = dataclasses.fields(Settings)
RANGED = [field for field in FIELDS if field.metadata["low"] is not None]


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)
def test_every_setting_has_help_and_a_default(field: dataclasses.Field[object]) -> None:
    assert len(field.metadata["help"]) > 10
    assert field.default is not dataclasses.MISSING


@pytest.mark.parametrize("field", RANGED, ids=lambda field: field.name)
def test_defaults_lie_within_their_range(field: dataclasses.Field[float]) -> None:
    assert field.metadata["low"] <= field.default <= field.metadata["high"]


def test_an_empty_environment_gives_the_defaults() -> None:
    assert Settings.from_environ({}) == Settings()


def test_other_variables_are_left_alone() -> None:
    assert Settings.from_environ({"PORT": "1", "kysy_port": "2"}) == Settings()


@pytest.mark.parametrize(
    ("name", "raw", "value"),
    [
        ("CORPUS_DIR", "/srv/documents", Path("/srv/documents")),
        ("INDEX_DIR", "here", Path("here")),
        ("MODEL", "some/model", "some/model"),
        ("ALLOW_DOWNLOAD", "true", True),
        ("ALLOW_DOWNLOAD", " Yes ", True),
        ("ALLOW_DOWNLOAD", "0", False),
        ("MAX_PASSAGE_CHARS", "900", 900),
        ("CANDIDATES", "20", 20),
        ("MIN_CONFIDENCE", "0.75", 0.75),
        ("PORT", "8080", 8080),
        ("NAME", "Spørg", "Spørg"),
        ("ORGANISATION", "KL", "KL"),
    ],
)
def test_the_environment_sets_a_value_of_the_right_type(name: str, raw: str, value: object) -> None:
    settings = Settings.from_environ({PREFIX + name: raw})
    found = getattr(settings, name.lower())
    assert found == value
    assert type(found) is type(value) or isinstance(found, Path)
    assert dataclasses.replace(settings, **{name.lower(): getattr(Settings(), name.lower())}) == Settings()


@pytest.mark.parametrize(
    ("name", "raw", "message"),
    [
        ("PORT", "eighty", r"KYSY_PORT='eighty': expected a whole number"),
        ("PORT", "80.5", r"KYSY_PORT='80.5': expected a whole number"),
        ("PORT", "", r"KYSY_PORT='': expected a whole number"),
        ("MIN_CONFIDENCE", "high", r"KYSY_MIN_CONFIDENCE='high': expected a number"),
        ("ALLOW_DOWNLOAD", "perhaps", r"KYSY_ALLOW_DOWNLOAD='perhaps': expected true or false"),
        ("PORT", "0", r"port=0: expected 1 to 65535"),
        ("PORT", "65536", r"port=65536: expected 1 to 65535"),
        ("MIN_CONFIDENCE", "nan", r"min_confidence=nan: expected 0.0 to 1.0"),
        ("MIN_CONFIDENCE", "inf", r"min_confidence=inf: expected 0.0 to 1.0"),
        ("MAX_PASSAGE_CHARS", "-1", r"max_passage_chars=-1: expected 100 to 10000"),
    ],
)
def test_a_wrong_value_is_named_with_what_was_expected(name: str, raw: str, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        Settings.from_environ({PREFIX + name: raw})


@pytest.mark.parametrize("field", RANGED, ids=lambda field: field.name)
@pytest.mark.parametrize("side", ["low", "high"])
def test_the_ends_of_a_range_belong_to_it_and_what_is_beyond_does_not(
    field: dataclasses.Field[float], side: str
) -> None:
    end, step = field.metadata[side], (-1 if side == "low" else 1)
    kind = type(getattr(Settings(), field.name))
    settings = Settings.from_environ({PREFIX + field.name.upper(): str(kind(end))})
    assert getattr(settings, field.name) == end
    with pytest.raises(SettingsError, match=f"{field.name}=.*expected"):
        Settings.from_environ({PREFIX + field.name.upper(): str(kind(end + step))})


def test_an_unknown_name_is_named() -> None:
    with pytest.raises(SettingsError, match="KYSY_PROT is no setting of Kysy"):
        Settings.from_environ({"KYSY_PROT": "8080"})


def test_overrides_win_unless_they_are_none() -> None:
    environ = {"KYSY_PORT": "8080", "KYSY_HOST": "0.0.0.0"}
    settings = Settings.from_environ(environ, port=9090, host=None)
    assert (settings.port, settings.host) == (9090, "0.0.0.0")


def test_an_override_is_checked_too() -> None:
    with pytest.raises(SettingsError, match="port=99999: expected 1 to 65535"):
        Settings.from_environ({}, port=99_999)


def test_settings_are_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError, match="port"):
        Settings().port = 1  # type: ignore[misc]


def test_the_network_is_not_tried_by_default() -> None:
    assert Settings().allow_download is False
    assert Settings().host == "127.0.0.1"


def test_the_page_speaks_languages_that_questions_may_come_in() -> None:
    assert set(INTERFACE_LANGUAGES) < set(LANGUAGES)
    assert len(set(LANGUAGES)) == len(LANGUAGES)
