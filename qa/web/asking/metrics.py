"""What is counted, in Prometheus' terms. Labels have few values and none of them says anything about a person."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, PlatformCollector, ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from qa.records import Answer, Edition

CONTENT_TYPE = CONTENT_TYPE_LATEST
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """The counters of one service, in a registry of their own."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        PlatformCollector(registry=registry)
        self._requests = Counter(
            "kysy_requests", "Requests by route and status.", ("method", "path", "status"), registry=registry
        )
        self._request_seconds = Histogram(
            "kysy_request_seconds", "Time until a reply begins.", ("path",), buckets=_SECONDS, registry=registry
        )
        self._in_flight = Gauge("kysy_in_flight", "Requests whose reply isn't complete.", registry=registry)
        self._questions = Counter(
            "kysy_questions", "Questions by language and outcome.", ("language", "status", "channel"), registry=registry
        )
        self._answer_seconds = Histogram(
            "kysy_answer_seconds", "Time spent answering.", buckets=_SECONDS, registry=registry
        )
        self._feedback = Counter("kysy_feedback", "Verdicts on answers.", ("verdict",), registry=registry)
        self._documents = Gauge("kysy_index_documents", "Documents by language.", ("language",), registry=registry)
        self._generation = Gauge("kysy_index_generation", "Number of the generation that answers.", registry=registry)
        self._built = Gauge("kysy_index_built_seconds", "When that was built, Unix time.", registry=registry)
        self._refused = Gauge("kysy_index_refused", "1 while a newer generation can't be used.", registry=registry)
        self._opened = Gauge("kysy_index_opened_seconds", "When the index was opened, Unix time.", registry=registry)

    def began(self) -> None:
        """A request has come."""
        self._in_flight.inc()

    def replied(self, path: str, seconds: float) -> None:
        """Its reply has begun; ``path`` is the route's template."""
        self._request_seconds.labels(path).observe(seconds)

    def ended(self, method: str, path: str, status: int) -> None:
        """Its reply is complete, or will never be."""
        self._in_flight.dec()
        self._requests.labels(method, path, str(status)).inc()

    def answered(self, answer: Answer, channel: str, seconds: float) -> None:
        """A question has been answered, or refused, or was small talk."""
        status = "smalltalk" if answer.smalltalk else answer.status
        self._questions.labels(answer.language, status, channel).inc()
        self._answer_seconds.observe(seconds)

    def judged(self, verdict: str) -> None:
        """Somebody has said whether an answer helped."""
        self._feedback.labels(verdict).inc()

    def opened(self, languages: Mapping[str, int], edition: Edition) -> None:
        """A generation of the index has been opened."""
        self._generation.set(int(edition.generation))
        self._built.set(datetime.fromisoformat(edition.created).timestamp())
        self._refused.set(0)
        self._documents.clear()
        for language, count in languages.items():
            self._documents.labels(language).set(count)
        self._opened.set_to_current_time()

    def refused(self) -> None:
        """A newer generation can't be used."""
        self._refused.set(1)

    def exposition(self) -> bytes:
        """Everything in Prometheus' text format."""
        return generate_latest(self._registry)
