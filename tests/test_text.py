"""Text made clean, cut into sentences; addresses, numbers and names in it."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from qa.text import ADDRESS, PHONE, clean, is_person_name, sentences

ANYTHING = st.text(st.characters(exclude_categories=()))  # lone surrogates too
PROSE = st.lists(
    st.sampled_from(
        "Cemr est. Dr. 1951. 26. (Nicosia). ”Ja!” hvorfor? én … bl.a. Å J. UCLG: \n \u00a0 - a. B".split(" ")
    ),
    max_size=40,
).map(" ".join)


@given(ANYTHING)
def test_clean_text_can_be_stored_and_shown(text: str) -> None:
    found = clean(text)
    found.encode("utf-8")
    assert unicodedata.is_normalized("NFC", found)
    assert not any(unicodedata.category(letter) == "Cc" for letter in found if letter != "\n")
    assert not any(letter in found for letter in "\u200b\u202a\u202b\u202c\u202d\u202e\u2066\u2069\ufeff")
    assert "  " not in found
    assert "\n\n" not in found
    assert found == found.strip()


@given(ANYTHING)
@example("e\u200b\u0301")
@example("a \u200b b")
@example("\n\x00 \n")
def test_cleaning_twice_changes_nothing_more(text: str) -> None:
    assert clean(clean(text)) == clean(text)


@given(st.text(st.characters(categories=["L", "Nd"])))
def test_letters_and_digits_are_never_lost(text: str) -> None:
    assert clean(text) == unicodedata.normalize("NFC", text)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("a\r\nb\rc", "a\nb\nc"),
        ("  twin \t towns  ", "twin towns"),
        ("one \n\n \t two", "one\ntwo"),
        ("1\u00a0300", "1\u00a0300"),
        ("a\u202eb\u2066c", "abc"),
        ("\ud800CEMR\udfff", "CEMR"),
        ("e\u0301", "é"),
        ("👩\u200d👩\u200d👧", "👩\u200d👩\u200d👧"),
    ],
)
def test_clean(raw: str, expected: str) -> None:
    assert clean(raw) == expected


@pytest.mark.parametrize("space", ["\x0b", "\x0c", "\x1c", "\x85", "\u2003", "\u3000"])
def test_white_space_of_any_kind_keeps_words_apart(space: str) -> None:
    assert clean(f"twin{space}towns").split() == ["twin", "towns"]


def test_soft_hyphens_do_not_hide_a_word() -> None:
    assert clean("ystävyys\u00adkunta") == "ystävyyskunta"


def cut(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Founded in 1951. It grows.", ["Founded in 1951.", "It grows."]),
        ("Why? Because! Yes… No.", ["Why?", "Because!", "Yes…", "No."]),
        ("Dr. Vang leads it.", ["Dr. Vang leads it."]),
        ("Den 26. Kongress i Nicosia.", ["Den 26. Kongress i Nicosia."]),
        ("Bl.a. Sverige er med.", ["Bl.a. Sverige er med."]),
        ("J. Smith came. He left.", ["J. Smith came.", "He left."]),
        ("He said “Come.” She came.", ["He said “Come.”", "She came."]),
        ("One line\nanother line", ["One line", "another line"]),
        ("It has 1.300 towns. 40 countries.", ["It has 1.300 towns.", "40 countries."]),
        ("see coe.int for more", ["see coe.int for more"]),
        ("Åland joined. Österbotten too.", ["Åland joined.", "Österbotten too."]),
        ("ends. lower case goes on", ["ends. lower case goes on"]),
        ("", []),
        (" \n ", []),
    ],
)
def test_sentences(text: str, expected: list[str]) -> None:
    assert cut(text) == expected


@given(PROSE, st.data())
def test_sentences_stand_in_order_and_leave_out_only_white_space(text: str, data: st.DataObject) -> None:
    start, end = sorted(data.draw(st.tuples(*[st.integers(0, len(text))] * 2)))
    spans = sentences(text, start, end)
    edges = [start, *(edge for span in spans for edge in span), end]
    assert edges == sorted(edges)
    assert all(text[a:b].strip() for a, b in spans)
    between = zip(edges[::2], edges[1::2], strict=True)
    assert not any(text[a:b].strip() for a, b in between)


def test_a_sentence_never_runs_over_a_line() -> None:
    assert all("\n" not in sentence.strip("\n") for sentence in cut("A title\nA sentence. And\nmore"))


@pytest.mark.parametrize("text", ["A. " * 200_000, "12. " * 200_000, "x " * 300_000, "." * 500_000])
def test_sentences_of_a_long_text_take_no_longer_than_it_is(text: str) -> None:
    started = time.perf_counter()
    sentences(text)
    assert time.perf_counter() - started < 2.0


@pytest.mark.parametrize(
    "text", ["a." * 20_000, "a@" * 20_000, "a-" * 20_000, "a@b." * 10_000, "a.@" * 20_000, "a AT " * 20_000]
)
def test_addresses_of_a_long_text_take_no_longer_than_it_is(text: str) -> None:
    started = time.perf_counter()
    ADDRESS.findall(text)
    assert time.perf_counter() - started < 2.0


@pytest.mark.parametrize(
    "address",
    [
        "laura.parsama(at)kuntaliitto.fi",
        "laura.parsama@kuntaliitto.fi",
        "post@ks.no",
        "info[at]skr.se",
        "a.b+c@sub.example.org",
        "maija (at) kunta.fi",
        "Bjørn.Åse@kommune.no",
        "kh.probe(at)muster(dot)example",
        "maija.malli [ät] kunta [piste] fi",
        "alt (snabel-a) kl.dk",
        "a.doe AT council.example",
    ],
)
def test_addresses_are_found_whole(address: str) -> None:
    assert ADDRESS.findall(f"Write to {address}, or call.") == [address]
    assert ADDRESS.findall(f"Write to {address}.") == [address]


@pytest.mark.parametrize("text", ["at home", "@handle", "a@b", "see (at) last", "kuntaliitto.fi", "look at ks.no"])
def test_what_is_no_address(text: str) -> None:
    assert ADDRESS.findall(text) == []


@pytest.mark.parametrize("number", ["+358 9 771 2011", "09 771 2011", "+47 24 13 26 00", "(0)9-7712011", "33 70 33 70"])
def test_telephone_numbers_are_found(number: str) -> None:
    found = PHONE.search(f"Tel. {number}, mornings")
    assert found is not None
    assert found[0].lstrip("(") in number


@pytest.mark.parametrize("text", ["2.12.2021", "2021-12-02", "2017 - 2019", "31.12.2019-1.1.2020", "1 300", "1951"])
def test_dates_years_and_counts_are_no_telephone_numbers(text: str) -> None:
    assert PHONE.search(text) is None


@pytest.mark.parametrize(
    "name", ["Laura Parsama", "Gunn Marit Helgesen", "Åsa Öberg", "Anne-Mari Ek", "Jan van Dam", "Ole B. Haabeth"]
)
def test_names_of_people(name: str) -> None:
    assert is_person_name(name)
    assert is_person_name(f"  {name} ")


@pytest.mark.parametrize(
    "line", ["Laura", "Laura Parsama.", "Town twinning", "CEMR", "EU Affairs", "laura parsama", "", "A b C d E f"]
)
def test_what_is_no_name(line: str) -> None:
    assert not is_person_name(line)
