"""What a connector's states say of a session: when the car did not ask for energy, and until when it stayed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cloud.domain.stations import ConnectorStatus
from cloud.domain.usage import Interval

_ORDER = tuple(ConnectorStatus)
_EMPTY = frozenset({ConnectorStatus.AVAILABLE, ConnectorStatus.RESERVED})
_OUT_OF_ORDER = frozenset({ConnectorStatus.UNAVAILABLE, ConnectorStatus.FAULTED})
_GONE = _EMPTY | _OUT_OF_ORDER | {ConnectorStatus.PREPARING}
_SLACK = timedelta(minutes=1)
"""So much a station's clock may differ from ours."""


@dataclass(frozen=True, slots=True)
class State:
    """A connector's status from `at` on; the station, as it told, had been connected since `connected_at`."""

    at: datetime
    status: ConnectorStatus
    connected_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Leaving:
    """The car stayed until `certain` at least and until `latest` at most."""

    certain: datetime
    latest: datetime


def in_order(states: Sequence[State]) -> list[State]:
    """By time; of one instant in the order in which a session passes through them, and `Available` is its end."""
    return sorted(states, key=lambda state: (state.at, state.status in _EMPTY, _ORDER.index(state.status)))


def idle(states: Sequence[State], begin: datetime, end: datetime) -> tuple[Interval, ...]:
    """The intervals from `begin` to `end` in which the car asked for no energy (SuspendedEV)."""
    ordered = in_order(states)
    untils = [*(state.at for state in ordered[1:]), end]
    found = [
        (max(state.at, begin), min(until, end))
        for state, until in zip(ordered, untils, strict=False)
        if state.status is ConnectorStatus.SUSPENDED_EV
    ]
    return tuple(interval for interval in found if interval[0] < interval[1])


def leaving(states: Sequence[State], ended_at: datetime, following: datetime | None, limit: datetime) -> Leaving | None:
    """When the car left after its session ended; None while nobody knows.

    A connector that is out of order parks nobody. `following`: when the next session began there. Parking ends at the
    `limit`. A station that was away may have missed the car's leaving: then only what it told before is certain.
    """
    bound = limit if following is None else max(ended_at, min(limit, following))
    ordered = in_order([state for state in states if state.at <= bound])
    before = [state for state in ordered if state.at <= ended_at]
    if before and before[-1].status in _EMPTY | _OUT_OF_ORDER:
        return Leaving(ended_at, ended_at)
    certain = ended_at
    for state in ordered[len(before) :]:
        if state.status in _GONE:
            return Leaving(certain if away(certain, state) else state.at, state.at)
        certain = state.at
    return Leaving(certain, bound) if bound == following else None


def away(since: datetime, state: State) -> bool:
    """Whether the station was not connected between an earlier state and this one, which it told on its return."""
    return state.connected_at is not None and since < state.connected_at <= state.at + _SLACK
