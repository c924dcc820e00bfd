"""How fast the shipped corpus is built, loaded and asked: ``python -m benchmarks.speed``.

Not run by the tests: a busy machine changes the times.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from qa.assistant import Assistant
from qa.building import build
from qa.evaluation.questions import read_questions
from qa.settings import PROJECT_DIR, Settings


def seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


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
    asking()
