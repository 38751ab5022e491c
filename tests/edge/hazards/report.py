"""The two tables of hardware/HAZARDS.md: what is told of each hazard and how it clears, and how fast it is released."""

from collections.abc import Iterable

from edge.core.faults import HAZARDS, Hazard
from tests.edge.hazards.causes import SLACK_MS, Cause

MEANING = ("hazard", "errorCode", "what is said", "sessions", "clears")
SPEED = ("cause", "looked at every", "given on purpose", "released after")


def meaning() -> list[str]:
    """A row a hazard, from the table in edge/core/faults.py."""
    return [row(_meaning(source, hazard)) for source, hazard in HAZARDS.items()]


def _meaning(source: str, hazard: Hazard) -> tuple[str, ...]:
    sessions = "go on" if hazard.ends is None else f"end ({hazard.ends})"
    return f"`{source}`", hazard.fault.error_code, hazard.fault.info, sessions, hazard.clears


def speed(cause: Cause, worst_ms: int) -> str:
    """A row a cause, as measured in emulated time; where there is nothing to release, when it is told."""
    looked = f"{cause.sample_ms} ms" if cause.sample_ms else "20 ms"
    given = f"{cause.given_ms} ms" if cause.given_ms else "nothing"
    return row((cause.words, looked, given, f"{worst_ms} ms{' (told)' if cause.told else ''}"))


def row(cells: Iterable[str]) -> str:
    """One line of a table."""
    return f"| {' | '.join(cells)} |"


def within(cause: Cause) -> str:
    """What is promised."""
    return f"at most {cause.bound_ms} ms: given, one look, and {SLACK_MS} ms"
