"""How building, opening and asking grow with the corpus: ``python -m benchmarks.scale --data ../shared/data``.

A corpus of N passages is put together from SQuAD 2 in Finnish and English, Natural Questions in Finnish, NorQuAD and
SweQUAD: documents of ten passages of up to 550 characters, in four languages. When the texts are used up, sentences of
them are joined anew, so that no two passages are alike and words are as common as in real text. Each size is built,
opened and asked in a process of its own; then one document is changed and it is built again. The corpus and the index
are removed afterwards; a million passages need some 15 GB in the folder for temporary files, meanwhile. On a busy
machine the processor's seconds hold, those on the clock don't.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.asking import passages, questions
from qa.assistant import Assistant
from qa.building import build
from qa.search.generations import current, verify
from qa.settings import PROJECT_DIR, Settings

PASSAGES_A_DOCUMENT = 10
SENTENCES_A_PASSAGE = 5
MOST_CHARS = 550  # so that a paragraph is one passage
WARM_UP = 50
COLUMNS = {
    "passages": "passages",
    "build s": "build_s",
    "passages/s": "rate",
    "processor s": "processor_s",
    "peak MB": "build_mb",
    "disk MB": "disk_mb",
    "open s": "open_s",
    "of it checking s": "verify_s",
    "open MB": "open_mb",
    "p50 ms": "p50_ms",
    "p95 ms": "p95_ms",
    "search p50 ms": "search_p50_ms",
    "one change s": "change_s",
    "beyond opening s": "beyond_s",
    "recall": "recall",
}


def texts(train: Path, n: int) -> Iterator[tuple[str, str]]:
    """Language and text of n passages: as they are found, then of sentences in another order."""
    found: dict[str, list[str]] = defaultdict(list)
    for language, text in passages(train):
        if n == 0:
            return
        n -= 1
        found[language] += [sentence.strip(" .") for sentence in text.split(". ") if len(sentence) > 20]
        yield language, cut(text.replace("\n", " "))
    chance = random.Random(7)
    languages = sorted(found)
    for number in range(n):
        language = languages[number % len(languages)]
        yield language, cut(". ".join(chance.choices(found[language], k=SENTENCES_A_PASSAGE)) + ".")


def cut(text: str) -> str:
    """A text without its last words if it is too long."""
    return text if len(text) <= MOST_CHARS else text[:MOST_CHARS].rsplit(" ", 1)[0] + "."


def write_corpus(folder: Path, train: Path, n_passages: int) -> Path:
    """Writes documents of ten passages, each a paragraph under its own heading; the path of one in the middle."""
    waiting: dict[str, list[str]] = defaultdict(list)
    written: list[Path] = []
    for language, text in texts(train, n_passages):
        waiting[language].append(text)
        if len(waiting[language]) == PASSAGES_A_DOCUMENT:
            written.append(_write_document(folder, len(written), language, waiting.pop(language)))
    for language, rest in waiting.items():
        written.append(_write_document(folder, len(written), language, rest))
    return written[len(written) // 2]


def _write_document(folder: Path, number: int, language: str, paragraphs: list[str]) -> Path:
    file = folder / language / f"{number // 1000:03d}" / f"{number:06d}.md"
    file.parent.mkdir(parents=True, exist_ok=True)
    body = "\n\n".join(f"## {text[:40].split('.')[0].strip()}\n\n{text}" for text in paragraphs)
    file.write_text(f"---\ntitle: Document {number}\n---\n{body}\n", encoding="utf-8")
    return file


def built(settings: Settings) -> dict[str, Any]:
    """A build and what it took. Run in a process of its own, whose peak memory is the build's."""
    report = build(settings)
    manifest = current(settings.index_dir).manifest
    return {
        "passages": report.passages,
        "build_s": report.seconds,
        "rate": report.passages / report.seconds,
        "processor_s": time.process_time(),
        "build_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3,
        "disk_mb": current(settings.index_dir).size_bytes / 1e6,
        "recall": manifest["codes"]["recall"] if manifest["codes"] else 1.0,
    }


def asked(settings: Settings, train: Path) -> dict[str, Any]:
    """Opening the index and asking, in a process of its own."""
    started = time.perf_counter()
    verify(current(settings.index_dir))
    verify_s = time.perf_counter() - started
    started = time.perf_counter()
    assistant = Assistant.load(settings)
    open_s = time.perf_counter() - started
    open_mb = _resident_mb()
    every = questions(train)
    for question in every[:WARM_UP]:
        assistant.ask(question)
    timings = [assistant.ask(question).timings_ms for question in every]
    totals = sorted(timing["total"] for timing in timings)
    return {
        "verify_s": verify_s,
        "open_s": open_s,
        "open_mb": open_mb,
        "p50_ms": median(totals),
        "p95_ms": totals[int(0.95 * len(totals))],
        "search_p50_ms": median(timing["search"] for timing in timings),
    }


def changed(settings: Settings, file: Path) -> dict[str, Any]:
    """One document is changed; the build that follows, and what it takes beyond opening the index before."""
    file.write_text(file.read_text("utf-8") + "\n## Changed\n\nThis page was changed.\n", "utf-8")
    started = time.perf_counter()
    Assistant.load(settings)
    open_s = time.perf_counter() - started
    started = time.perf_counter()
    report = build(settings)
    change_s = time.perf_counter() - started
    if (len(report.changed), report.added, report.removed, report.renewed) != (1, (), (), ()):
        raise RuntimeError(f"one document has changed, but the build says {report}")
    return {"change_s": change_s, "beyond_s": change_s - open_s}


def _resident_mb() -> float:
    fields = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1e3 for line in fields if line.startswith("VmRSS"))


def measure(n_passages: int, data: Path, folder: Path) -> dict[str, Any]:
    """All figures of one size."""
    settings = Settings(corpus_dir=folder / "corpus", index_dir=folder / "index")
    one = write_corpus(settings.corpus_dir, data / "train", n_passages)
    figures: dict[str, Any] = {}
    for step in ("built", "asked", "changed"):
        command = [sys.executable, "-m", "benchmarks.scale", "--data", str(data), "--step", step, str(folder), str(one)]
        told = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
        figures |= json.loads(told.splitlines()[-1])
        print(f"{n_passages:,}: {step} {told.splitlines()[-1]}", file=sys.stderr, flush=True)
    return figures


def run_step(step: str, folder: Path, one: Path, data: Path) -> dict[str, Any]:
    settings = Settings(corpus_dir=folder / "corpus", index_dir=folder / "index")
    if step == "built":
        return built(settings)
    return asked(settings, data / "train") if step == "asked" else changed(settings, one)


def table(rows: list[dict[str, Any]]) -> str:
    """Markdown, one row a size."""
    lines = [" | ".join(COLUMNS), " | ".join("---" for _ in COLUMNS)]
    lines += [" | ".join(_shown(row[key]) for key in COLUMNS.values()) for row in rows]
    return "\n".join(f"| {line} |" for line in lines)


def _shown(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=PROJECT_DIR.parent / "shared" / "data", help="it holds train/")
    parser.add_argument("--passages", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--step", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if not (options.data / "train").is_dir():
        sys.exit(f"{options.data}/train: there are no texts to measure with; name the folder that holds it with --data")
    if options.step:
        step, folder, one = options.step
        print(json.dumps(run_step(step, Path(folder), Path(one), options.data)))
        return
    rows = []
    for n_passages in options.passages:
        with TemporaryDirectory() as folder:
            rows.append(measure(n_passages, options.data, Path(folder)))
    print(table(rows))


if __name__ == "__main__":
    main()
