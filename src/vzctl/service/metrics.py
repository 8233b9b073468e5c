"""Numbers for Prometheus. They name no database, no credential and no token: everybody who reaches the port may read them."""

from __future__ import annotations

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

ANSWERS: Final = ("served", "valid", "refused", "unauthorized", "forbidden", "not_found", "unavailable")
_BUCKETS: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 1.0, 2.0, 4.0)


class Metrics:
    """A registry of its own, so that two services in one process (a test) do not count together."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        answers = Counter("vzctl_serve_answers", "Answers to a Data API, by kind.", ["answer"], registry=self._registry)
        self._answers = {answer: answers.labels(answer) for answer in ANSWERS}
        self._seconds = Histogram(
            "vzctl_serve_answer_seconds", "Time until an answer was ready.", buckets=_BUCKETS, registry=self._registry
        )
        self.serial = Gauge("vzctl_serve_state_serial", "Serial of the state in force.", registry=self._registry)
        self.ready = Gauge("vzctl_serve_ready", "1 when state and secret store are usable.", registry=self._registry)
        self.keys = Gauge("vzctl_serve_keys_in_memory", "Keys held in memory.", registry=self._registry)

    def answered(self, answer: str, seconds: float) -> None:
        """Count one answer."""
        self._answers[answer].inc()
        self._seconds.observe(seconds)

    def text(self) -> bytes:
        """Return the exposition format."""
        return generate_latest(self._registry)
