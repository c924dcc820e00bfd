"""Pairs → one vector per subword, by telling each text's counterpart from all others of a large batch.

A text is the mean of its subwords' vectors. The loss is multiple-negatives ranking in both directions (Henderson et
al. 2017, arXiv:1705.00652; van den Oord et al. 2018, arXiv:1807.03748) with the temperature and the batch size of
static embedding models (huggingface.co/blog/static-embeddings). Nothing is said about how much a subword counts:
the length of its vector learns it, for a long vector pulls the mean more than a short one.

Every second step, a small batch of questions and passages is ranked by late interaction (MaxSim; Khattab and Zaharia
2020, arXiv:2004.12832) over the same vectors, so that they serve both ways of searching.
"""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import cross_entropy, embedding, embedding_bag, normalize
from tqdm import tqdm

from .pairs import Batch, Ids, Sampler

SAVE_S = 180.0


@dataclass(frozen=True)
class Recipe:
    """What determines the vectors, together with the data; `minutes` is passed over where `steps` is given."""

    minutes: float = 60.0
    steps: int | None = None
    batch: int = 8192
    dim: int = 384
    learning_rate: float = 0.01
    beta2: float = 0.999
    temperature: float = 0.05
    deviation: float = 0.05
    late: int = 96
    late_every: int = 2
    late_weight: float = 0.3
    seed: int = 7
    start: str | None = None
    """A model folder whose vectors are gone on from; None begins at random."""

    def fraction(self, step: int, elapsed_s: float) -> float:
        """Return how much of the budget is spent, in [0, 1]."""
        spent = step / self.steps if self.steps else elapsed_s / (60 * self.minutes)
        return min(1.0, spent)


class Contrast(torch.autograd.Function):
    """The loss of a batch; forward and backward together, for the (n, n) matrix is made only once.

    Cosines lie in [-1, 1], so that exp((cosine - 1) / temperature) cannot overflow and no maximum is searched.
    """

    @staticmethod
    def forward(
        context: Any, left: Tensor, right: Tensor, passed_over: tuple[Tensor, Tensor], temperature: float
    ) -> Tensor:
        """Return the mean loss of both directions for unit rows `left` and `right`, (n, dim) float32."""
        short_left, short_right = left.to(short_float(left.device)), right.to(short_float(left.device))
        similar = _similarities(short_left, short_right, passed_over, temperature)
        ones = similar.new_ones(len(left), 1)  # a product with ones adds up faster than sum() does
        logit = (left * right).sum(1, keepdim=True) / temperature
        positive = (logit - 1 / temperature).exp()
        rows, columns = (similar @ ones).float() + positive, (similar.T @ ones).float() + positive
        loss = ((rows.log() + columns.log()) / 2 + 1 / temperature - logit).mean()
        similar.mul_((1 / rows).to(similar.dtype) + (1 / columns).to(similar.dtype).T)
        pull = positive / rows + positive / columns - 2
        scale = 1 / (2 * len(left) * temperature)
        left_gradient = similar @ short_right + pull * right
        right_gradient = similar.T @ short_left + pull * left
        context.save_for_backward(left_gradient * scale, right_gradient * scale)
        return loss

    @staticmethod
    def backward(context: Any, *gradients: Tensor) -> tuple[Tensor, Tensor, None, None]:
        """Return the gradients kept by `forward`."""
        left, right = context.saved_tensors
        return left * gradients[0], right * gradients[0], None, None


def short_float(device: torch.device) -> torch.dtype:
    """Return the type of the big matrix: bfloat16 where the processor multiplies it fast (AMX, tensor cores).

    Its rounding moves a logit by some hundredths at random, and the step takes half the time.
    """
    fast = device.type == "cuda" or getattr(torch.cpu, "_is_amx_tile_supported", bool)()
    return torch.bfloat16 if fast else torch.float32


def _similarities(left: Tensor, right: Tensor, passed_over: tuple[Tensor, Tensor], temperature: float) -> Tensor:
    """Return exp((cosine - 1) / temperature), (n, n), zero at the places passed over and on the diagonal."""
    similar = torch.mm(left / temperature, right.T).sub_(1 / temperature).exp_()
    similar[passed_over] = 0
    similar.fill_diagonal_(0)  # the positive pairs need more digits than the rest
    return similar


def late_scores(vectors: Tensor, asked: tuple[Tensor, Tensor], told: tuple[Tensor, Tensor]) -> Tensor:
    """Return Σ |v_q| max_p cos(v_q, v_p) / Σ |v_q| of all questions and passages, (n_questions, n_passages).

    Both sides are (subwords, starts). Cosines are taken once per pair of *different* subwords.
    """
    (asked_flat, asked_starts), (told_flat, told_starts) = asked, told
    asked_ids, asked_place = asked_flat.unique(return_inverse=True)  # type: ignore[no-untyped-call]
    told_ids, told_place = told_flat.unique(return_inverse=True)  # type: ignore[no-untyped-call]
    rows = embedding(torch.cat([asked_ids, told_ids]), vectors)
    lengths = rows.norm(dim=1).clamp_min(1e-12)
    unit = rows / lengths[:, None]
    cosines = unit[len(asked_ids) :] @ unit[: len(asked_ids)].T
    padded = _padded(told_place, told_starts)
    with torch.no_grad():
        nearest = cosines.index_select(0, padded.ravel()).view(*padded.shape, -1).argmax(1)
    best = cosines.gather(0, padded.gather(1, nearest))
    sizes = torch.diff(asked_starts, append=asked_starts.new_tensor([len(asked_flat)]))
    question = torch.repeat_interleave(torch.arange(len(sizes), device=sizes.device), sizes)
    weights = rows.new_zeros(len(sizes), len(asked_ids))
    weights = weights.index_put((question, asked_place), lengths[asked_place], accumulate=True)
    scores: Tensor = (weights / weights.sum(1, keepdim=True)) @ best.T
    return scores


def _padded(flat: Tensor, starts: Tensor) -> Tensor:
    """Return bags as rows of equal length, (n_bags, longest), each filled up with its last entry."""
    ends = torch.cat([starts[1:], starts.new_tensor([len(flat)])])
    place = starts[:, None] + torch.arange(int((ends - starts).max()), device=flat.device)
    return flat[torch.minimum(place, ends[:, None] - 1)]


class Trainer:
    """The vectors, their optimiser and a place to save both."""

    def __init__(
        self,
        sampler: Sampler,
        recipe: Recipe,
        vocabulary: int,
        work: Path,
        start: NDArray[np.float32] | None = None,
    ) -> None:
        torch.manual_seed(recipe.seed)
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.sampler, self.recipe, self.work = sampler, recipe, work
        first = torch.randn(vocabulary, recipe.dim) * recipe.deviation if start is None else torch.from_numpy(start)
        self.vectors = torch.nn.Parameter(first.to(self.device))
        self.optimiser = torch.optim.Adam(
            [self.vectors], lr=recipe.learning_rate, betas=(0.9, recipe.beta2), fused=True
        )
        self.step, self.elapsed_s = 0, 0.0

    @property
    def checkpoint(self) -> Path:
        """Return where the state of the training is saved."""
        return self.work / "checkpoint.pt"

    def save(self) -> None:
        """Write the state to disk, whole or not at all."""
        state = {
            "vectors": self.vectors.detach(),
            "optimiser": self.optimiser.state_dict(),
            "step": self.step,
        }
        torch.save(state | {"elapsed_s": self.elapsed_s, "recipe": asdict(self.recipe)}, self.work / "checkpoint.new")
        (self.work / "checkpoint.new").replace(self.checkpoint)

    def resume(self) -> None:
        """Take up a training that was broken off, where one with this recipe left its state."""
        if not self.checkpoint.exists():
            return
        state = torch.load(self.checkpoint, map_location=self.device, weights_only=True)
        if state["recipe"] != asdict(self.recipe):
            return
        self.vectors.data.copy_(state["vectors"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.step, self.elapsed_s = state["step"], state["elapsed_s"]

    def learn(self, batch: Batch) -> float:
        """Take one step and return the loss of the mean vectors."""
        means = self._means(batch)
        left, right = means.chunk(2)
        loss: Tensor = Contrast.apply(left, right, self._tensors(batch.passed_over), self.recipe.temperature)  # type: ignore[no-untyped-call]
        total = loss
        if batch.late:
            total = loss + self.recipe.late_weight * self._late_loss(batch.late)
        self.optimiser.zero_grad(set_to_none=True)
        total.backward()  # type: ignore[no-untyped-call]
        self.optimiser.step()
        return float(loss.detach())

    def _tensors(self, arrays: tuple[Ids, Ids]) -> tuple[Tensor, Tensor]:
        """Return two arrays on the device."""
        return torch.from_numpy(arrays[0]).to(self.device), torch.from_numpy(arrays[1]).to(self.device)

    def _means(self, batch: Batch) -> Tensor:
        """Return the unit vectors of all left sides, then of all right sides, (2 n, dim) float32."""
        (left, left_starts), (right, right_starts) = batch.left, batch.right
        flat, starts = np.concatenate([left, right]), np.concatenate([left_starts, right_starts + len(left)])
        flat_ids, begins = self._tensors((flat, starts))
        return normalize(embedding_bag(flat_ids, self.vectors, begins, mode="mean"))

    def _late_loss(self, batch: Batch) -> Tensor:
        """Return the loss of late interaction in both directions."""
        scores = late_scores(self.vectors, self._tensors(batch.left), self._tensors(batch.right))
        scores = (scores / self.recipe.temperature).index_put(
            self._tensors(batch.passed_over), scores.new_tensor(-torch.inf)
        )
        own = torch.arange(len(scores), device=self.device)
        return (cross_entropy(scores, own) + cross_entropy(scores.T, own)) / 2

    def batch(self, step: int) -> Batch:
        """Return the batch of a step; it depends on seed and step alone, so that a restart draws the same."""
        rng = np.random.default_rng([self.recipe.seed, step])
        late = self.recipe.late if step % self.recipe.late_every == 0 else 0
        return self.sampler.batch(self.recipe.batch, late, rng)

    def run(self) -> np.ndarray[Any, Any]:
        """Train until the budget is spent; return the vectors, (vocabulary, dim) float32."""
        self.resume()
        began, saved = time.monotonic() - self.elapsed_s, time.monotonic()
        with ThreadPoolExecutor(1) as drawer, tqdm(total=100.0, desc="training", unit="%") as bar:
            coming = drawer.submit(self.batch, self.step)
            while (fraction := self.recipe.fraction(self.step, self.elapsed_s)) < 1:
                batch, coming = coming.result(), drawer.submit(self.batch, self.step + 1)
                for group in self.optimiser.param_groups:
                    group["lr"] = self.recipe.learning_rate * (1 - fraction)
                loss = self.learn(batch)
                self.step, self.elapsed_s = self.step + 1, time.monotonic() - began
                self._note(bar, fraction, loss)
                if time.monotonic() - saved > SAVE_S:
                    self.save()
                    saved = time.monotonic()
        self.save()
        return self.vectors.detach().cpu().numpy()

    def _note(self, bar: Any, fraction: float, loss: float) -> None:
        """Move the progress bar and keep every fiftieth loss."""
        bar.update(100 * fraction - bar.n)
        if self.step % 50 == 0:
            bar.set_postfix(step=self.step, loss=f"{loss:.3f}")
            line = {"step": self.step, "minutes": round(self.elapsed_s / 60, 2), "loss": round(loss, 4)}
            with (self.work / "losses.jsonl").open("a", encoding="utf-8") as log:
                log.write(json.dumps(line) + "\n")
