"""What Prometheus is told of messages: counted as they pass, under a bounded number of labels."""

from functools import cache
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram

from bollard.wire.errors import ErrorCode
from bollard.wire.schemas import actions
from cloud.domain.messages import ANSWERED

OTHER: Final = "other"
OUTCOMES = frozenset({ANSWERED, "call", "unasked", "unreadable", "timed out", "connection ended", "not answered"})
BUCKETS_S = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30)


class Measures:
    """The counters of one server, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        labels = ("action", "direction", "outcome")
        self._messages = Counter("bollard_messages", "OCPP messages", labels, registry=self.registry)
        self._answers = Histogram(
            "bollard_answer_seconds",
            "Time from a call to its answer; direction out: ours",
            ("action", "direction"),
            buckets=BUCKETS_S,
            registry=self.registry,
        )
        self._counter = cache(lambda *labels: self._messages.labels(*labels))
        self._timer = cache(lambda *labels: self._answers.labels(*labels))

    def message(self, action: str, direction: str, outcome: str) -> None:
        """Count one message."""
        self._counter(_known(action), direction, _outcome(outcome)).inc()

    def answer(self, action: str, direction: str, outcome: str, took_s: float) -> None:
        """Count one answer, and how long it took."""
        self.message(action, direction, outcome)
        self._timer(_known(action), direction).observe(took_s)


def _known(action: str) -> str:
    return action if action in actions() else OTHER


def _outcome(outcome: str) -> str:
    return outcome if outcome in OUTCOMES else str(ErrorCode(outcome))
