"""Charging sessions: their states, and what a session is."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


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
    it is open and the result afterwards. `reasons` says in plain words why it is suspect, or will be.
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
    energy_wh: int
    power_w: int | None = None
    cost_minor: int | None = None
    currency: str | None = None
    tariff_version_id: int | None = None
    last_sample_at: datetime | None = None
    ended_at: datetime | None = None
    meter_stop_wh: int | None = None
    stop_reason: str | None = None
    ended_by: EndedBy | None = None
    reasons: tuple[str, ...] = ()

    @property
    def open(self) -> bool:
        return self.state in OPEN
