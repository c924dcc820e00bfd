"""BM25: its order and scores against a computation by hand; each language by its own rules."""

from __future__ import annotations

import math
import shutil
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from numpy.typing import NDArray

from qa.errors import IndexDamaged
from qa.records import Passage
from qa.search.lexicon import MOST_GONE, WRITTEN_ANEW_UP_TO, Lexicon, write_lexicon

K1, B = 1.2, 0.75


def passage(text: str, language: str = "et", title: str = "title") -> Passage:
    """A passage whose indexed words are its title and its text. (Estonian has no stemmer: words count as written.)"""
    return Passage("d", 0, len(text), text, title, language, "d")


def bm25(query: str, texts: list[str]) -> list[float]:
    """Okapi BM25 with k1 = 1.2 and b = 0.75, of each text."""
    words = [text.split() for text in texts]
    average = sum(map(len, words)) / len(words)
    scores = []
    for document in words:
        score = 0.0
        for term in set(query.split()):
            holding = sum(term in other for other in words)
            inverse = math.log(1 + (len(words) - holding + 0.5) / (holding + 0.5))
            frequency = document.count(term)
            norm = K1 * (1 - B + B * len(document) / average)
            score += inverse * frequency * (K1 + 1) / (frequency + norm)
        scores.append(score)
    return scores


TEXTS = [
    "uclg congress uclg world",
    "cemr congress nicosia",
    "town twinning figures figures figures in forty countries of the world",
    "congress",
    "nothing of all that",
    "cemr cemr cemr cemr",
]


@pytest.mark.parametrize("query", ["congress", "cemr congress", "world uclg figures", "cemr nicosia world that"])
def test_scores_and_order_are_those_computed_by_hand(tmp_path: Path, query: str) -> None:
    lexicon = Lexicon.build(tmp_path / "lexicon", [passage(text, title="title") for text in TEXTS])
    expected = bm25(query, [f"title {text}" for text in TEXTS])
    rows, scores = lexicon.search(query, 10)
    assert rows == [row for row in sorted(range(len(TEXTS)), key=lambda n: -expected[n]) if expected[row] > 0]
    assert scores == pytest.approx([expected[row] for row in rows], rel=1e-4)


WORDS = st.lists(st.sampled_from("a b c d e f g h".split()), min_size=1, max_size=30).map(" ".join)


@examples(max_examples=20)
@given(st.lists(WORDS, min_size=1, max_size=6), WORDS)
def test_scores_of_any_texts_are_those_computed_by_hand(tmp_path: Path, texts: list[str], query: str) -> None:
    shutil.rmtree(tmp_path / "lexicon", ignore_errors=True)
    lexicon = Lexicon.build(tmp_path / "lexicon", [passage(text) for text in texts])
    expected = bm25(query, [f"title {text}" for text in texts])
    found = dict(zip(*lexicon.search(query, 10), strict=True))
    for row, score in enumerate(expected):
        assert found.get(row, 0.0) == pytest.approx(score, rel=1e-4)


@pytest.mark.parametrize(
    ("language", "text", "query"),
    [
        ("en", "Municipalities cooperate", "municipality cooperation"),
        ("fi", "Maailmanjärjestön toiminta", "maailmanjärjestössä"),
        ("sv", "Kommunernas nätverk", "kommun"),
        ("nb", "Kommunenes nettverk", "kommune"),
        ("nn", "Kommunane sine nettverk", "kommune"),
        ("da", "Kommunernes netværk", "kommune"),
        ("de", "Die Gemeinden Europas", "Gemeinde"),
        ("fr", "Les communes jumelées", "commune jumelée"),
        ("pl", "Gminy partnerskie", "gminy"),
        ("und", "Some WORDS here", "words"),
    ],
)
def test_words_are_found_in_the_forms_of_their_language(tmp_path: Path, language: str, text: str, query: str) -> None:
    lexicon = Lexicon.build(tmp_path / "lexicon", [passage(text, language), passage("xyzzy", language)])
    assert lexicon.search(query, 10)[0] == [0]


def test_names_and_numbers_are_found_across_languages(tmp_path: Path) -> None:
    texts = {"fi": "CEMR perustettiin 1951", "sv": "Laura Parsama leder", "de": "Gegründet 1951 als CEMR"}
    lexicon = Lexicon.build(tmp_path / "lexicon", [passage(text, code) for code, text in texts.items()])
    assert set(lexicon.search("when was cemr founded 1951", 10)[0]) == {0, 2}
    assert lexicon.search("who is Laura Parsama", 10)[0] == [1]


def test_title_and_heading_are_searched_with_the_text(tmp_path: Path) -> None:
    titled = Passage("d", 0, 4, "text", "Vennskapsbyer", "nb", "d", ("Ansvar", "Historie"))
    lexicon = Lexicon.build(tmp_path / "lexicon", [passage("text", "nb", "annet"), titled])
    assert lexicon.search("vennskapsby", 10)[0] == [1]
    assert lexicon.search("historien", 10)[0] == [1]


def test_no_more_than_asked_for(tmp_path: Path) -> None:
    lexicon = Lexicon.build(tmp_path / "lexicon", [passage(f"word {'x ' * n}") for n in range(20)])
    rows, scores = lexicon.search("word", 5)
    assert rows == [0, 1, 2, 3, 4]
    assert scores == sorted(scores, reverse=True)


@pytest.mark.parametrize("question", ["", "?!", "🙂", "absent", '"quoted AND (odd] syntax: field:x', "x" * 100, "\x00"])
def test_a_question_without_a_known_word_finds_nothing(tmp_path: Path, question: str) -> None:
    lexicon = Lexicon.build(tmp_path / "lexicon", [passage("cemr congress")])
    assert lexicon.search(question, 10) == ([], [])


def test_a_very_long_question_is_searched(tmp_path: Path) -> None:
    lexicon = Lexicon.build(tmp_path / "lexicon", [passage("cemr congress"), passage("uclg")])
    assert lexicon.search("cemr " + "filler " * 50_000, 10)[0] == [0]


def test_an_index_that_is_loaded_finds_what_the_one_built_found(tmp_path: Path) -> None:
    passages = [passage(text, code) for text, code in zip(TEXTS, ("en", "fi", "xx", "und", "nn", "et"), strict=True)]
    built = Lexicon.build(tmp_path / "lexicon", passages)
    loaded = Lexicon(tmp_path / "lexicon", {p.language for p in passages})
    for query in ("congress", "cemr", "figures of the world"):
        assert loaded.search(query, 10) == built.search(query, 10)


def test_a_folder_without_an_index_is_a_damaged_one(tmp_path: Path) -> None:
    with pytest.raises(IndexDamaged, match=r"can't be read .*run `qa build` again"):
        Lexicon(tmp_path, ["en"])


# --- Changes ------------------------------------------------------------------------------------------------

MANY = WRITTEN_ANEW_UP_TO + 1_000


def many(changed: Iterable[int] = (), word: str = "cemr") -> list[Passage]:
    """More passages than are written anew for each change, of which some are others."""
    others = set(changed)
    return [passage(f"{word} v{n}" if n in others else f"congress w{n % 50} v{n}") for n in range(MANY)]


def origin_of(changed: Iterable[int]) -> NDArray[np.int64]:
    origin = np.arange(MANY)
    origin[list(changed)] = -1
    return origin


def scores_of(lexicon: Lexicon, query: str) -> dict[int, float]:
    return dict(zip(*lexicon.search(query, MANY), strict=True))


def test_a_changed_large_index_finds_what_one_written_anew_finds(tmp_path: Path) -> None:
    """What was taken out still counts in the statistics: little, but for words that stand nearly nowhere else."""
    first = Lexicon.build(tmp_path / "1", many())
    changed = [3, 500, MANY - 1]
    gone = write_lexicon(tmp_path / "2", many(changed), origin_of(changed), first, 0)
    found, expected = Lexicon(tmp_path / "2", ["et"]), Lexicon.build(tmp_path / "3", many(changed))
    assert gone == 3
    assert found.search("cemr", 10)[0] == changed
    assert found.search("v500", 10) == ([500], pytest.approx(expected.search("v500", 10)[1], rel=0.1))
    for query in ("cemr", "w7 congress", "v4 w4"):
        assert scores_of(found, query) == pytest.approx(scores_of(expected, query), rel=2 * MOST_GONE)


def test_rows_move_and_their_numbers_with_them(tmp_path: Path) -> None:
    passages = many()
    first = Lexicon.build(tmp_path / "1", passages)
    order = np.array([*range(10, MANY), -1, *range(10)])
    moved = [passages[row] if row >= 0 else passage("uclg") for row in order]
    write_lexicon(tmp_path / "2", moved, order, first, 0)
    found = Lexicon(tmp_path / "2", ["et"])
    assert found.search("v10", 10)[0] == [0]
    assert found.search("v9", 10)[0] == [MANY]
    assert found.search("uclg", 10)[0] == [MANY - 10]


def test_a_large_index_is_written_anew_when_much_has_gone(tmp_path: Path) -> None:
    """The same passage changes again and again; each time one more counts that is gone."""
    lexicon, gone = Lexicon.build(tmp_path / "0", many()), 0
    most = int(MOST_GONE * MANY)
    told = []
    for n, steps in enumerate((1, most - 1, 1, 1), 1):
        changed = range(steps)
        gone = write_lexicon(tmp_path / f"{n}", many(changed, f"word{n}"), origin_of(changed), lexicon, gone)
        lexicon = Lexicon(tmp_path / f"{n}", ["et"])
        assert lexicon.search(f"word{n}", 10_000)[0] == list(changed)
        told.append(gone)
    assert told == [1, most, 0, 1]


def test_a_small_index_is_always_written_anew(tmp_path: Path) -> None:
    first = Lexicon.build(tmp_path / "1", [passage(text) for text in TEXTS])
    changed = [*TEXTS[:-1], "uclg uclg"]
    assert write_lexicon(tmp_path / "2", [passage(t) for t in changed], np.array([0, 1, 2, 3, 4, -1]), first, 0) == 0
    found = dict(zip(*Lexicon(tmp_path / "2", ["et"]).search("uclg cemr", 10), strict=True))
    expected = {n: score for n, score in enumerate(bm25("uclg cemr", [f"title {t}" for t in changed])) if score}
    assert found == pytest.approx(expected, rel=1e-4)
