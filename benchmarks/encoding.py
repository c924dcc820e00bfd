"""How fast texts become vectors and subwords: ``python -m benchmarks.encoding --data ../shared/data``.

Against sentence-transformers with the same model, in turn in one run; medians of several rounds. The passages are real
text of 80 words each, none twice, so that new words turn up as they do in documents. Every core it may use is used:
for one core, ``taskset -c 0 python -m benchmarks.encoding``. On a busy machine the ratios hold, and roughly the
texts per second of processor time, all threads together; texts per second don't.
"""

from __future__ import annotations

import argparse
import itertools
import os
import random
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median

from sentence_transformers import SentenceTransformer
from tokenizers import Tokenizer

from benchmarks.asking import passages, questions, rows
from qa.search.embeddings import EMBEDDED_MODEL_DIR, StaticModel
from qa.settings import PROJECT_DIR

ROUNDS = 3
N_PASSAGES = 10_000
N_WORDS = 80
BATCH = 512  # as when an index is built
MIXES = {
    "half Finnish, half English": ("fi", "en"),
    "Nordic languages and English": ("fi", "sv", "nb", "da", "en"),
    "nine languages": ("fi", "sv", "nb", "da", "is", "en", "de", "fr", "nl"),
}


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds on the clock, and of processor time."""

    clock_s: float
    processor_s: float

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.clock_s + other.clock_s, self.processor_s + other.processor_s)


def cost(work: Callable[[], object]) -> Cost:
    clock_s, processor_s = time.perf_counter(), time.process_time()
    work()
    return Cost(time.perf_counter() - clock_s, time.process_time() - processor_s)


def texts(train: Path) -> Iterator[tuple[str, str]]:
    """Language and text: passages, then sentences for the languages that have few or none."""
    yield from passages(train)
    for row in rows(train / "sentences.jsonl.gz"):
        for code in ("sv", "nb", "da", "is", "de", "fr", "nl"):
            if text := row.get(code):
                yield code, text if isinstance(text, str) else text[0]


def cut(words: Sequence[str]) -> list[str]:
    return [" ".join(words[first : first + N_WORDS]) for first in range(0, len(words) - N_WORDS + 1, N_WORDS)]


def by_language(train: Path) -> dict[str, list[str]]:
    """Passages of exactly 80 words for each language, in random order."""
    words: dict[str, list[str]] = defaultdict(list)
    for code, text in dict.fromkeys(texts(train)):
        words[code] += text.split()
    found = {code: cut(all_words) for code, all_words in words.items()}
    for some in found.values():
        random.Random(7).shuffle(some)
    return found


def mixed(found: dict[str, list[str]], languages: Iterable[str]) -> list[str]:
    """10,000 passages, one of each language in turn as long as there are any."""
    in_turn = itertools.chain.from_iterable(itertools.zip_longest(*(found[code] for code in languages)))
    return list(itertools.islice((text for text in in_turn if text), N_PASSAGES))


def encode(model: StaticModel, some: Sequence[str]) -> None:
    for first in range(0, len(some), BATCH):
        model.encode(some[first : first + BATCH])


def tokens(model: StaticModel, some: Sequence[str]) -> None:
    for text in some:
        model.tokens(text)


def compare_passages(name: str, some: Sequence[str], theirs: SentenceTransformer) -> None:
    rounds = []
    for _ in range(ROUNDS):
        load = cost(lambda: StaticModel.from_folder(EMBEDDED_MODEL_DIR))
        ours = StaticModel.from_folder(EMBEDDED_MODEL_DIR)
        new, known = (cost(partial(encode, ours, some)) for _ in range(2))
        other = cost(partial(theirs.encode, list(some), batch_size=BATCH, show_progress_bar=False))
        rounds.append((load + new, new, known, other))
    print(f"{name}: {len(some):,} passages, {len({word for text in some for word in text.split()}):,} different words")
    report(("with loading", "new words", "known words", "sentence-transformers"), rounds, len(some))


def compare_tokens(some: Sequence[str]) -> None:
    tokenizer = Tokenizer.from_file(str(EMBEDDED_MODEL_DIR / "tokenizer.json"))
    rounds = []
    for _ in range(ROUNDS):
        ours = StaticModel.from_folder(EMBEDDED_MODEL_DIR)
        new, known = (cost(partial(tokens, ours, some)) for _ in range(2))
        other = cost(lambda: [tokenizer.encode(text, add_special_tokens=False).ids for text in some])
        rounds.append((new, known, other))
    print(f"subwords of {len(some):,} passages")
    report(("new words", "known words", "tokenizers"), rounds, len(some))


def report(columns: Sequence[str], rounds: Sequence[tuple[Cost, ...]], n_texts: int) -> None:
    """Texts a second, and how many times as fast as what stands in the last column."""
    for column, name in enumerate(columns):
        rate = n_texts / median(costs[column].clock_s for costs in rounds)
        processor_rate = n_texts / median(costs[column].processor_s for costs in rounds)
        ratio = median(costs[-1].clock_s / costs[column].clock_s for costs in rounds)
        print(f"  {name:22}{rate:9,.0f}/s{processor_rate:9,.0f}/processor second   ×{ratio:.1f}")


def compare_questions(asked: Sequence[str], theirs: SentenceTransformer) -> None:
    ours = StaticModel.from_folder(EMBEDDED_MODEL_DIR)
    theirs.encode(asked[0])
    pairs = [
        (cost(partial(ours.encode, [q])).clock_s, cost(partial(theirs.encode, [q], show_progress_bar=False)).clock_s)
        for q in asked
    ]
    ours_ms, theirs_ms = (sorted(1000 * time_s for time_s in column) for column in zip(*pairs, strict=True))
    ratio = median(slow / fast for fast, slow in pairs)
    p95 = int(0.95 * len(asked))
    print(
        f"one question of {len(asked)}, its words new: p50 {median(ours_ms):.3f} ms, p95 {ours_ms[p95]:.3f} ms;"
        f" sentence-transformers p50 {median(theirs_ms):.3f} ms, p95 {theirs_ms[p95]:.3f} ms; ×{ratio:.1f}"
    )


def megabyte() -> None:
    """How the time grows with the length of one text, which need not be a text."""
    model = StaticModel.from_folder(EMBEDDED_MODEL_DIR)
    for name, character in (("one letter", "a"), ("one mark", "-"), ("a sign of another script", "漢")):
        quarter, whole = (
            median(cost(partial(model.encode, [character * n])).processor_s for _ in range(3))
            for n in (250_000, 1_000_000)
        )
        print(f"a million times {name}: {whole:.2f} s, {whole / quarter:.1f} times as long as a quarter of it")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=PROJECT_DIR.parent / "shared" / "data", help="it holds train/")
    train = parser.parse_args().data / "train"
    if not train.is_dir():
        sys.exit(f"{train}: there are no texts to measure with; name the folder that holds train/ with --data")
    print(f"{len(os.sched_getaffinity(0))} core(s)")
    theirs = SentenceTransformer(str(EMBEDDED_MODEL_DIR), device="cpu")
    found = by_language(train)
    for name, languages in MIXES.items():
        compare_passages(name, mixed(found, languages), theirs)
    compare_tokens(mixed(found, MIXES["Nordic languages and English"]))
    compare_questions(questions(train), theirs)
    megabyte()


if __name__ == "__main__":
    main()
