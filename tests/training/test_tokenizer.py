"""The property that lets a cache from word to subwords stand in front of the shipped tokenizer."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

MODEL = Path(__file__).parents[2] / "qa" / "model"
SPACES = "\t\n\x0b\x0c\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2003\u2028\u2029\u202f\u205f\u3000"
TRICKY = "▁-.,'’´`¨“”«»?!%€½²ﬁﬀ№ⅣⅨ…İıßſÅÅ\u0301\u0308\u00ad\u200b\u200d\ufeff\x00\ue0000123٣一ゅ가각ᄀ\u1161😀👩"

texts = st.text(
    st.one_of(
        st.sampled_from("abcdefghijklmnopqrstuvwxyzåäöæøéÅÄÖÆØ" + SPACES + TRICKY),
        st.characters(exclude_categories=["Cs"]),
    ),
    max_size=60,
)


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer.from_file(str(MODEL / "tokenizer.json"))


def tokenise(tokenizer: Tokenizer, text: str) -> list[int]:
    ids: list[int] = tokenizer.encode(text, add_special_tokens=False).ids
    return ids


@settings(max_examples=2000, deadline=None)
@given(text=texts)
def test_text_is_its_words(tokenizer: Tokenizer, text: str) -> None:
    words = [token for word in text.split() for token in tokenise(tokenizer, word)]
    assert tokenise(tokenizer, text) == words


@pytest.mark.parametrize("space", SPACES)
def test_every_space_parts_words(tokenizer: Tokenizer, space: str) -> None:
    assert tokenise(tokenizer, f"kunta{space}liitto") == tokenise(tokenizer, "kunta liitto")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("KUNTA", "kunta"),
        ("l’État", "l'état"),
        ("kunta\u00adliitto", "kuntaliitto"),
        ("½–¾", "½-¾"),
        ("ﬁ", "fi"),
    ],
)
def test_spellings_that_are_one(tokenizer: Tokenizer, one: str, other: str) -> None:
    assert tokenise(tokenizer, one) == tokenise(tokenizer, other)


def test_long_and_empty(tokenizer: Tokenizer) -> None:
    assert tokenise(tokenizer, "") == tokenise(tokenizer, " \n") == []
    assert len(tokenise(tokenizer, "vänort " * 100_000)) >= 100_000
