"""The passages' subwords by sentence."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from qa.records import Passage, Subwords
from qa.search.embeddings import StaticModel, TokenIds
from qa.search.generations import current
from qa.search.store import load_generation
from qa.search.tokens import TokenTable, TokenWriter

TEXT = "CEMR was founded in 1951. It has members.\n\n- climate\n- 🙂"
START = 7
SENTENCES = ((7, 32), (33, 48), (52, 59))
PASSAGE = Passage("d", START, START + len(TEXT), TEXT, "CEMR", "en", "d", headings=("History",), sentences=SENTENCES)


def lists(texts: Subwords) -> list[list[int]]:
    """The ids of each text."""
    return [ids.tolist() for ids in np.split(texts.ids, texts.ends)[:-1]]


def test_a_passages_subwords_are_those_of_context_and_text(model: StaticModel) -> None:
    table = TokenTable.of([PASSAGE], model)
    assert lists(table.passages([0])) == [model.tokens(f"CEMR. History. {TEXT}").tolist()]
    assert lists(table.contexts([0])) == [model.tokens("CEMR. History.").tolist()]


def test_several_passages_come_in_the_order_asked_for(model: StaticModel) -> None:
    other = replace(PASSAGE, title="UCLG", text="It is large.", end=START + 12, sentences=((START, START + 12),))
    table = TokenTable.of([PASSAGE, other], model)
    for take in (table.passages, table.contexts, table.sentences):
        assert lists(take([1, 0, 1])) == lists(take([1]) + take([0]) + take([1]))
        assert lists(take([])) == []


def test_a_sentences_subwords_are_a_slice(model: StaticModel) -> None:
    table = TokenTable.of([PASSAGE, PASSAGE], model)
    texts = [TEXT[start - START : end - START] for start, end in SENTENCES]
    assert lists(table.sentences([0, 1])) == 2 * [model.tokens(text).tolist() for text in texts]


def test_of_the_shipped_corpus_every_sentence_is_as_the_tokenizer_cuts_it(
    built_index: Path, model: StaticModel
) -> None:
    generation = load_generation(current(built_index), model.fingerprint, model.fingerprint)
    for row, passage in enumerate(generation.passages):
        texts = [passage.text[start - passage.start : end - passage.start] for start, end in passage.sentences]
        assert lists(generation.tokens.sentences([row])) == [model.tokens(text).tolist() for text in texts]


def test_what_is_read_is_what_was_written(model: StaticModel, tmp_path: Path) -> None:
    writer = TokenWriter(tmp_path)
    writer.append(TokenTable.of([PASSAGE], model))
    writer.close()
    assert lists(TokenTable.read(tmp_path).sentences([0]))[1] == model.tokens("It has members.").tolist()


@given(st.lists(st.lists(st.integers(0, 3), max_size=4), max_size=8), st.data())
def test_a_table_put_together_from_stretches_is_that_of_their_passages(
    tmp_path: Path, shapes: list[list[int]], data: st.DataObject
) -> None:
    """Each passage has sentences of so many words; stretches come in any order, from a table or its copy."""
    passages = [passage_of(number, shape) for number, shape in enumerate(shapes)]
    table = TokenTable.of(passages, Words())
    ends = st.integers(0, len(passages))
    stretches = data.draw(st.lists(st.tuples(ends, ends).map(sorted), max_size=5))
    writer = TokenWriter(tmp_path)
    for first, end in stretches:
        writer.append(table, first, end)
    writer.close()
    found = TokenTable.read(tmp_path)
    expected = TokenTable.of([p for first, end in stretches for p in passages[first:end]], Words())
    for name in ("ids", "starts", "first", "begins", "ends"):
        assert_array_equal(getattr(found, name), getattr(expected, name))


def passage_of(number: int, words: list[int]) -> Passage:
    lines = [" ".join(f"{number}{line}{n}" for n in range(count)) for line, count in enumerate(words)]
    text = "\n".join(lines)
    starts = [sum(len(line) + 1 for line in lines[:n]) for n in range(len(lines))]
    spans = tuple((start, start + len(line)) for start, line in zip(starts, lines, strict=True))
    return Passage("d", 0, len(text), text, f"title {number}", "en", "d", sentences=spans)


class Words:
    """One subword a word: its number, or its length."""

    def tokens(self, text: str) -> TokenIds:
        return np.array([int(word) if word.isdigit() else len(word) for word in text.split()], np.int32)


def test_no_passages_make_an_empty_table(model: StaticModel) -> None:
    assert len(TokenTable.of([], model)) == 0


def test_tables_that_disagree_are_refused(model: StaticModel, tmp_path: Path) -> None:
    writer = TokenWriter(tmp_path)
    writer.append(TokenTable.of([PASSAGE], model))
    writer.close()
    np.save(tmp_path / "ids.npy", np.zeros(3, np.int32))
    with pytest.raises(ValueError, match="disagree"):
        TokenTable.read(tmp_path)
