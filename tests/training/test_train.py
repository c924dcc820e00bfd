"""The hand-written loss against autograd, late interaction in training against the one that is measured."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose
from tokenizers import Tokenizer
from torch.nn.functional import cross_entropy, normalize

from training import train
from training.evaluate import StaticModel, max_sim, ndcg
from training.pairs import ranges
from training.tokenizer import train_tokenizer
from training.train import Contrast, late_scores

TEXTS = ["Kuka on puheenjohtaja?", "Puheenjohtaja on valittu.", "Vem är ordförande?", "Kokous on maanantaina klo 12."]


@pytest.fixture(scope="module")
def model() -> StaticModel:
    tokenizer = train_tokenizer(TEXTS * 20, 120)
    vectors = np.random.default_rng(3).normal(size=(tokenizer.get_vocab_size(), 8)).astype(np.float32)
    vectors[0] = 0
    return StaticModel(tokenizer, vectors, (), np.zeros((0, 0), np.float16))


def bags(model: StaticModel, texts: list[str]) -> tuple[torch.Tensor, torch.Tensor]:
    ids = model.tokens(texts)
    starts = np.cumsum([0] + [len(text) for text in ids])[:-1]
    return torch.tensor([token for text in ids for token in text]), torch.from_numpy(starts)


def test_late_scores_are_what_is_measured(model: StaticModel) -> None:
    vectors = torch.from_numpy(model.vectors)
    scores = late_scores(vectors, bags(model, TEXTS[:2]), bags(model, TEXTS))
    assert_allclose(scores.numpy(), max_sim(model, TEXTS[:2], TEXTS), atol=1e-6)
    assert scores[0].argmax() == 0


def test_late_scores_can_be_learned(model: StaticModel) -> None:
    vectors = torch.from_numpy(model.vectors).double().requires_grad_()
    asked, told = bags(model, TEXTS[:2]), bags(model, TEXTS)
    assert torch.autograd.gradcheck(lambda rows: late_scores(rows, asked, told), vectors)


def test_contrast_is_cross_entropy_both_ways(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(train, "short_float", lambda device: torch.float32)
    torch.manual_seed(1)
    left = normalize(torch.randn(20, 8)).requires_grad_()
    right = normalize(left.detach() + torch.randn(20, 8) / 5).requires_grad_()
    passed_over = torch.tensor([0, 1, 4]), torch.tensor([1, 0, 9])
    ours = Contrast.apply(left, right, passed_over, 0.05)  # type: ignore[no-untyped-call]
    logits = (left @ right.T / 0.05).index_put(passed_over, torch.tensor(-torch.inf))
    own = torch.arange(20)
    theirs = (cross_entropy(logits, own) + cross_entropy(logits.T, own)) / 2
    assert_allclose(ours.item(), theirs.item(), rtol=1e-4)
    for got, wanted in zip(
        torch.autograd.grad(ours, (left, right)), torch.autograd.grad(theirs, (left, right)), strict=True
    ):
        assert_allclose(got.numpy(), wanted.numpy(), atol=2e-3)


def test_ndcg_by_hand() -> None:
    scores = np.array([[0.9, 0.5, 0.1], [0.9, 0.5, 0.1], [0.9, 0.5, 0.1]], np.float32)
    assert ndcg(scores, np.array([0, 1, 2])) == pytest.approx((1 + 1 / np.log2(3) + 1 / 2) / 3)
    assert ndcg(scores, np.array([0, 1, 2]), cutoff=1) == pytest.approx(1 / 3)


def test_ranges_with_empty_ones() -> None:
    assert ranges(np.array([4, 9, 0]), np.array([2, 0, 1])).tolist() == [4, 5, 0]


def test_frequent_words_are_one_subword() -> None:
    tokenizer: Tokenizer = train_tokenizer(["kuka on tämä?", "mikä on tuo?"] * 50, 100)
    assert tokenizer.encode("mikä on tuo?").tokens == ["▁mikä", "▁on", "▁tuo", "▁?"]


def test_a_broken_off_training_goes_on(tmp_path: Path) -> None:
    recipe = train.Recipe(steps=4, dim=4)
    first = train.Trainer(None, recipe, 10, tmp_path)  # type: ignore[arg-type]
    first.step, first.elapsed_s = 3, 1.5
    first.save()
    second = train.Trainer(None, train.Recipe(steps=4, dim=4), 10, tmp_path)  # type: ignore[arg-type]
    second.vectors.data.zero_()
    second.resume()
    assert (second.step, second.elapsed_s) == (3, 1.5)
    assert torch.equal(second.vectors, first.vectors)
    other = train.Trainer(None, train.Recipe(steps=5, dim=4), 10, tmp_path)  # type: ignore[arg-type]
    other.resume()
    assert other.step == 0, "a checkpoint of another recipe is passed over"
