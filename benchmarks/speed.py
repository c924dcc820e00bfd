"""How fast: ``python -m benchmarks.speed``. Ratios of two ways measured in turn in one run, medians of several rounds.

Not run by the tests: a busy machine changes the times, though hardly the ratios.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from sentence_transformers import SentenceTransformer

from qa.assistant import Assistant, build
from qa.evaluation.questions import read_questions
from qa.ingest.corpus import read_corpus
from qa.ingest.passages import split_passages
from qa.search.embeddings import EMBEDDED_MODEL_DIR, StaticModel
from qa.settings import PROJECT_DIR, Settings

ROUNDS = 5
N_PASSAGES = 3_000


def seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def encoding() -> None:
    """Passages a second: the table read directly, against the same model through sentence-transformers."""
    documents, _ = read_corpus(PROJECT_DIR / "corpus")
    shipped = [passage.text for document in documents for passage in split_passages(document, 600)]
    # The number makes each text another one; its words repeat, as words do.
    texts = [f"{n} {text}" for n, text in zip(range(N_PASSAGES), itertools.cycle(shipped))]
    theirs = SentenceTransformer(str(EMBEDDED_MODEL_DIR), device="cpu")
    pairs = [
        (
            seconds(lambda: StaticModel.from_folder(EMBEDDED_MODEL_DIR).encode(texts)),  # cold cache, loading included
            seconds(lambda: theirs.encode(texts, show_progress_bar=False)),
        )
        for _ in range(ROUNDS)
    ]
    ours_s, theirs_s = (median(column) for column in zip(*pairs, strict=True))
    words = median(len(text.split()) for text in texts)
    ratio = median(slow / fast for fast, slow in pairs)
    print(
        f"encoding {N_PASSAGES} passages of {words:.0f} words: {N_PASSAGES / ours_s:,.0f}/s,"
        f" through sentence-transformers {N_PASSAGES / theirs_s:,.0f}/s, ratio {ratio:.1f}"
    )


def asking() -> None:
    """Milliseconds a question over the shipped corpus, by stage."""
    questions = read_questions(PROJECT_DIR / "tests" / "data" / "corpus-dev.jsonl")
    with TemporaryDirectory() as index:
        settings = Settings(index_dir=Path(index))
        build_s = seconds(lambda: build(settings))
        load_s = seconds(lambda: Assistant.load(settings))
        assistant = Assistant.load(settings)
    for question in questions[:20]:
        assistant.ask(question.question)
    timings = [assistant.ask(question.question).timings_ms for question in questions]
    stages = {stage: [timing[stage] for timing in timings] for stage in timings[0]}
    print(f"building the shipped index: {build_s:.1f} s; loading it: {load_s:.2f} s")
    for stage, times in stages.items():
        times.sort()
        print(f"{stage:9} p50 {median(times):5.2f} ms  p95 {times[int(0.95 * len(times))]:5.2f} ms")


if __name__ == "__main__":
    encoding()
    asking()
