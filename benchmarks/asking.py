"""How long a question takes in an index of many passages: ``python -m benchmarks.asking --data ../shared/data``.

The passages are those of SQuAD 2 in Finnish and English, Natural Questions in Finnish, NorQuAD and SweQUAD; the
questions are SQuAD's, half Finnish, half English. One process, one core; medians over the questions.
"""

from __future__ import annotations

import argparse
import gzip
import itertools
import json
import random
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from qa.assistant import Assistant
from qa.building import build
from qa.settings import Settings

N_QUESTIONS = 300
WARM_UP = 30


def rows(file: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def passages(train: Path) -> Iterator[tuple[str, str]]:
    """Language and text, each text once."""
    for row in rows(train / "squad-passages-fi-en.jsonl.gz"):
        yield from ((code, row[code]) for code in ("fi", "en"))
    seen = set()
    for row in rows(train / "questions-passages.jsonl.gz"):
        if row["passage"] not in seen:
            seen.add(row["passage"])
            yield row["lang"], row["passage"]


def questions(train: Path) -> list[str]:
    asked = random.Random(7).sample(list(rows(train / "squad-questions-fi-en.jsonl.gz")), N_QUESTIONS)
    return [row["fi" if n % 2 else "en"] for n, row in enumerate(asked)]


def measure(train: Path, n_texts: int) -> None:
    with TemporaryDirectory() as folder:
        corpus = Path(folder) / "corpus"
        for n, (language, text) in enumerate(itertools.islice(passages(train), n_texts)):
            file = corpus / f"{n // 1000:03d}" / f"{n:06d}.md"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(f"---\nlanguage: {language}\n---\n{text}\n", encoding="utf-8")
        settings = Settings(corpus_dir=corpus, index_dir=Path(folder) / "index")
        report = build(settings)
        started = time.perf_counter()
        assistant = Assistant.load(settings)
        loaded_s = time.perf_counter() - started
        asked = questions(train)
        for question in asked[:WARM_UP]:
            assistant.ask(question)
        timings = [assistant.ask(question).timings_ms for question in asked]
    print(f"{report.passages:,} passages: built in {report.seconds:.0f} s, loaded in {loaded_s:.1f} s")
    for stage in timings[0]:
        times = sorted(timing[stage] for timing in timings)
        print(f"  {stage:9} p50 {median(times):6.2f} ms   p95 {times[int(0.95 * len(times))]:6.2f} ms")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the folder that holds train/")
    parser.add_argument(
        "--texts", type=int, nargs="+", default=[6_500, 52_000], help="give some 10,000 and 80,000 passages"
    )
    options = parser.parse_args()
    for n_texts in options.texts:
        measure(options.data / "train", n_texts)
