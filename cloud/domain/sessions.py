"""Charging sessions: what one is, how readings move it, and how it ends."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from cloud.domain.energy import Register, delta, measure


class SessionState(StrEnum):
    """Where a session stands.

    running -> reconciling (its end is missing: the station booted, or started another session) -> finished.
    suspect: ended, but something about it is implausible; not billed until reviewed.
    written_off: reviewed and not billed.
    """

    RUNNING = "running"
    RECONCILING = "reconciling"
    FINISHED = "finished"
    SUSPECT = "suspect"
    WRITTEN_OFF = "written_off"


OPEN = frozenset({SessionState.RUNNING, SessionState.RECONCILING})


class EndedBy(StrEnum):
    """What closed a session: the station's stop, or we after the grace period."""

    STOP = "stop"
    GRACE = "grace"


@dataclass(frozen=True, slots=True)
class Session:
    """One charging session. `transaction_id` is OCPP's, as text, unique for its station.

    `energy_wh`, `power_w` and `cost_minor` (VAT included, None without a tariff) are the running aggregate while
    it is open and the result afterwards; `meter_last_wh` is the register last read, `waiting_since` when its
    missing stop was noticed.
    """

    id: int
    station_id: int
    identity: str
    connector: int
    transaction_id: str
    id_tag: str
    state: SessionState
    started_at: datetime
    meter_start_wh: int | None
    energy_wh: int = 0
    power_w: int | None = None
    cost_minor: int | None = None
    tariff_version_id: int | None = None
    meter_last_wh: int | None = None
    last_sample_at: datetime | None = None
    waiting_since: datetime | None = None
    ended_at: datetime | None = None
    ended_by: EndedBy | None = None
    meter_stop_wh: int | None = None
    stop_reason: str | None = None
    stop_id_tag: str | None = None
    doubts: tuple[str, ...] = ()
    findings: tuple[str, ...] = ()

    @property
    def open(self) -> bool:
        return self.state in OPEN

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why it is suspect: doubts about what was reported, and findings of the plausibility check."""
        return self.doubts + self.findings


@dataclass(frozen=True, slots=True)
class Stop:
    """The end of a session as reported, dated; `meter_wh` is None when unreadable."""

    at: datetime
    meter_wh: int | None
    reason: str
    id_tag: str | None = None
    doubts: tuple[str, ...] = ()


def feed(session: Session, register: Register, power_w: int | None, max_power_w: int | None) -> Session:
    """The running aggregate after one more reading; a reading older than the last one changes nothing."""
    if session.last_sample_at is not None and register.at < session.last_sample_at:
        return session
    fed = replace(session, last_sample_at=register.at, power_w=power_w)
    if register.energy_wh is None:
        return fed
    step = delta(_last_register(session), register, max_power_w)
    return replace(fed, energy_wh=session.energy_wh + step.energy_wh, meter_last_wh=register.energy_wh)


def miss_stop(session: Session, now: datetime) -> Session:
    """A running session whose end is missing: the station booted, or began another on the connector."""
    if session.state is not SessionState.RUNNING:
        return session
    return replace(session, state=SessionState.RECONCILING, waiting_since=now)


def resume(session: Session) -> Session:
    """A session that was thought ended goes on."""
    return replace(session, state=SessionState.RUNNING, waiting_since=None)


def end(session: Session, samples: Sequence[Register], stop: Stop | None, max_power_w: int | None) -> Session:
    """The session closed by its stop, or without one from its last sample; suspect if there is a reason.

    `samples` are all its readings in any order. Energy is the sum of plausible register steps from start to stop.
    """
    ended_at = stop.at if stop else session.last_sample_at or session.started_at
    registers = _in_order(session, samples, stop, ended_at)
    measured = measure(registers, max_power_w)
    doubts = session.doubts + (stop.doubts if stop else ())
    findings = (*measured.findings, *_findings(session, samples, stop, ended_at))
    return replace(
        session,
        state=SessionState.SUSPECT if doubts or findings else SessionState.FINISHED,
        energy_wh=measured.energy_wh,
        power_w=None,
        waiting_since=None,
        ended_at=ended_at,
        ended_by=EndedBy.STOP if stop else EndedBy.GRACE,
        meter_stop_wh=stop.meter_wh if stop and stop.meter_wh is not None else _last_reading(registers),
        stop_reason=stop.reason if stop else None,
        stop_id_tag=stop.id_tag if stop else None,
        doubts=doubts,
        findings=findings,
    )


def _last_register(session: Session) -> Register:
    if session.meter_last_wh is None or session.last_sample_at is None:
        return Register(session.started_at, session.meter_start_wh)
    return Register(session.last_sample_at, session.meter_last_wh)


def _in_order(session: Session, samples: Sequence[Register], stop: Stop | None, ended_at: datetime) -> list[Register]:
    first = [Register(session.started_at, session.meter_start_wh)]
    last = [Register(ended_at, stop.meter_wh)] if stop else []
    return first + sorted(samples, key=lambda sample: (sample.at, sample.energy_wh or 0)) + last


def _last_reading(registers: Sequence[Register]) -> int | None:
    return next((r.energy_wh for r in reversed(registers) if r.energy_wh is not None), None)


def _findings(session: Session, samples: Sequence[Register], stop: Stop | None, ended_at: datetime) -> tuple[str, ...]:
    checks = {
        "the meter reading at the start is missing": session.meter_start_wh is None,
        "the meter reading at the stop is missing": stop is not None and stop.meter_wh is None,
        "no stop and no meter value arrived": stop is None and not samples,
        "it ended before it began, so the station's clock was changed": ended_at < session.started_at,
        "no tariff applied when it began, so it has no price": session.tariff_version_id is None,
    }
    return tuple(finding for finding, found in checks.items() if found)
