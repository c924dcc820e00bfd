"""Bytes → text: every language of ours in every encoding it is saved in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.errors import DocumentError
from qa.ingest.encoding import decode
from qa.ingest.html import read
from qa.ingest.source import SavedFile, Sidecar

TEXTS = {
    "fi": "Kyläyhdistys ja Åbo: yhteistyötä tehdään myös Ruotsin kanssa, sanoo pääsihteeri.",
    "sv": "Vänorter och samarbete över gränserna är vår uppgift på hösten.",
    "nb": "Vennskapsbyer og samarbeid på tvers av grensene er også vår oppgave, sier Åse Bjørnøy.",
    "da": "Venskabsbyer, Køge og Århus: samarbejde på tværs af grænserne er også vores opgave.",
    "de": "Städtepartnerschaften für Bürger: größer, schöner, übersichtlich.",
    "fr": "Les jumelages français : l'été à Besançon, où l'on fête l'événement, ça va.",
    "et": "Sõpruslinnad ja koostöö: ülesanded täidab büroo Tõrvas, ütles nõunik Õnne.",
    "is": "Vinabæir og samstarf þvert á landamæri: Reykjavík, Ísafjörður og víðar, það er sagt.",
}
BALTIC = "Šilutė ir Žemė: draugystės miestai, ąžuolas, įsteigta, vėliau, čia, ūkis ir švietimas mūsų miestuose."
POLISH = "Miasta partnerskie: Łódź, Gdańsk i Wrocław, współpraca gmin, także dzięki środkom z Unii, są ważne."
ESTONIAN = "Šveitsi ja Žilina sõpruslinnad: žürii töötas, ütles Šeff. Tõrva ja Võru on ka sõbrad."


@pytest.mark.parametrize("language", TEXTS)
@pytest.mark.parametrize(
    "codec", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "iso8859-1", "iso8859-15"]
)
def test_our_languages_undeclared(language: str, codec: str) -> None:
    assert decode(TEXTS[language].encode(codec)) == TEXTS[language]


@pytest.mark.parametrize(
    ("text", "codec"),
    [
        (BALTIC, "cp1257"),
        (POLISH, "cp1250"),
        (ESTONIAN, "cp1257"),
        ("Hinta on 5 € jäsenille ja 10 € muille.", "iso8859-15"),
        ("Hinta on 5 € jäsenille – “halpa” – ja 10 € muille.", "cp1252"),
        ("Le cœur de l'Europe et l'œuvre de Šiauliai.", "iso8859-15"),
    ],
)
def test_other_encodings_undeclared(text: str, codec: str) -> None:
    assert decode(text.encode(codec)) == text


@pytest.mark.parametrize("text", [BALTIC, POLISH, ESTONIAN, "Ž"])
@pytest.mark.parametrize("codec", ["iso8859-13", "iso8859-2", "cp1257", "cp1250", "iso8859-4"])
def test_a_declared_encoding_is_believed(text: str, codec: str) -> None:
    try:
        data = text.encode(codec)
    except UnicodeEncodeError:
        pytest.skip("the text can't be written in it")
    assert decode(data, codec) == text
    page = f'<html><head><meta charset="{codec}"></head><p>{text}</p>'.encode(codec)
    assert read(SavedFile("a.html", page, ".html")).parts[0].text == text
    head = f'<meta http-equiv="Content-Type" content="text/html; charset={codec}"><p>{text}</p>'.encode(codec)
    assert read(SavedFile("a.html", head, ".html")).parts[0].text == text
    bare = f"<p>{text}</p>".encode(codec)
    assert read(SavedFile("a.html", bare, ".html", Sidecar(charset=codec))).parts[0].text == text


@pytest.mark.parametrize(
    "declared", ["iso-8859-1", "us-ascii", "utf-8", "utf-16", "no-such-charset", "rot13", "", None]
)
def test_what_is_declared_wrongly_does_no_harm(declared: str | None) -> None:
    assert decode("Køge “på” tværs".encode(), declared) == "Køge “på” tværs"
    if declared != "utf-16":
        assert decode("Køge “på” tværs".encode("cp1252"), declared) == "Køge “på” tværs"


@pytest.mark.parametrize("data", [b"\x00", b"a\x00b\x00\x00", b"\x89PNG\x00\x00\x00\x0d", bytes(range(256))])
def test_what_is_no_text_is_refused(data: bytes) -> None:
    with pytest.raises(DocumentError, match=r"is not text \(it holds zero bytes\): save it as UTF-8"):
        decode(data)


@given(st.text())
def test_utf_8_comes_back_as_it_was(text: str) -> None:
    data = text.encode("utf-8", "ignore")
    if b"\x00" not in data and not data.startswith((b"\xef\xbb\xbf",)):
        assert decode(data) == data.decode()


@given(st.binary(max_size=400).filter(lambda data: b"\x00" not in data), st.sampled_from([None, "cp1257", "big5"]))
def test_any_bytes_become_some_text(data: bytes, declared: str | None) -> None:
    assert isinstance(decode(data, declared), str)
