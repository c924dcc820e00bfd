"""The passages' subwords by sentence."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest

from qa.records import Passage
from qa.search.embeddings import StaticModel
from qa.search.generations import current
from qa.search.store import load_generation
from qa.search.tokens import TokenTable

TEXT = "CEMR was founded in 1951. It has members.\n\n- climate\n- 🙂"
START = 7
SENTENCES = ((7, 32), (33, 48), (52, 59))
PASSAGE = Passage("d", START, START + len(TEXT), TEXT, "CEMR", "en", "d", headings=("History",), sentences=SENTENCES)


def test_a_passages_subwords_are_those_of_context_and_text(model: StaticModel) -> None:
    table = TokenTable.of([PASSAGE], model)
    assert table.passage(0).tolist() == model.tokens(f"CEMR. History. {TEXT}").tolist()
    assert table.context(0).tolist() == model.tokens("CEMR. History.").tolist()


def test_a_sentences_subwords_are_a_slice(model: StaticModel) -> None:
    table = TokenTable.of([PASSAGE, PASSAGE], model)
    for row in (0, 1):
        texts = [TEXT[start - START : end - START] for start, end in SENTENCES]
        assert [ids.tolist() for ids in table.sentences(row)] == [model.tokens(text).tolist() for text in texts]


def test_of_the_shipped_corpus_every_sentence_is_as_the_tokenizer_cuts_it(
    built_index: Path, model: StaticModel
) -> None:
    generation = load_generation(current(built_index), model.fingerprint, model.fingerprint)
    for row, passage in enumerate(generation.passages):
        texts = [passage.text[start - passage.start : end - passage.start] for start, end in passage.sentences]
        assert [ids.tolist() for ids in generation.tokens.sentences(row)] == [model.tokens(t).tolist() for t in texts]


def test_what_is_loaded_is_what_was_saved(model: StaticModel) -> None:
    file = BytesIO()
    TokenTable.of([PASSAGE], model).save(file)
    file.seek(0)
    assert TokenTable.load(file).sentences(0)[1].tolist() == model.tokens("It has members.").tolist()


def test_no_passages_make_an_empty_table(model: StaticModel) -> None:
    assert len(TokenTable.of([], model)) == 0


def test_tables_that_disagree_are_refused(model: StaticModel) -> None:
    table = TokenTable.of([PASSAGE], model)
    file = BytesIO()
    np.savez(file, ids=table.ids[:-1], starts=table.starts, first=table.first, begins=table.begins, ends=table.ends)
    file.seek(0)
    with pytest.raises(ValueError, match="disagree"):
        TokenTable.load(file)
