"""Charging sessions: what one is, and how readings move it."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from cloud.domain.energy import Register, delta, vouched_ws
from cloud.domain.tags import TagStatus
from cloud.domain.words import N_


class SessionState(StrEnum):
    """Where a session stands.

    running -> reconciling (its end is missing: the station booted, or started another session) -> finished.
    awaiting_unplug: ended, but its tariff prices parking, and the car has not been seen to leave -> finished.
    suspect: ended, but something about it is implausible; not billed until reviewed.
    written_off: reviewed and not billed.
    """

    RUNNING = N_("running")
    RECONCILING = N_("reconciling")
    AWAITING_UNPLUG = N_("awaiting_unplug")
    FINISHED = N_("finished")
    SUSPECT = N_("suspect")
    WRITTEN_OFF = N_("written_off")


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
    missing stop was noticed. `odd_since` is the time of the earliest reading that came late or did not follow
    plausibly: until then the aggregate is right, from there on the samples need a second look at the end.
    `vouched_ws` is the energy in watt-seconds that readings of power vouch for. `account_id` is whose tag it was at
    its start, and pays; `start_why` it was refused. From `corrected_at` on, energy and times are an operator's.
    Until `unplugged_at` the car certainly stayed after the end, where that has a price.
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
    start_status: TagStatus = TagStatus.ACCEPTED
    start_why: str | None = None
    meter_last_at: datetime | None = None
    odd_since: datetime | None = None
    vouched_ws: int = 0
    account_id: int | None = None
    corrected_at: datetime | None = None
    unplugged_at: datetime | None = None

    @property
    def open(self) -> bool:
        return self.state in OPEN

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why it is suspect: doubts about what was reported, and findings of the plausibility check."""
        return self.doubts + self.findings

    @property
    def owes_nothing(self) -> bool:
        """Its tag was refused and the station obeyed."""
        return self.start_status is not TagStatus.ACCEPTED and self.energy_wh == 0


def feed(session: Session, register: Register, max_power_w: int | None) -> Session:
    """The running aggregate after one more reading; one older than the last changes nothing, but needs a second look.

    `energy_wh` is exact while everything is in order, and a good guess otherwise.
    """
    if register.at < (session.last_sample_at or session.started_at):
        return session if register.energy_wh is None else odd(session, register)
    last = Register(session.last_sample_at or session.started_at, None, session.power_w)
    vouched = session.vouched_ws + vouched_ws(last, register, max_power_w)
    fed = replace(session, last_sample_at=register.at, power_w=register.power_w, vouched_ws=vouched)
    return fed if register.energy_wh is None else _counted(fed, register, register.energy_wh, max_power_w)


def _counted(session: Session, register: Register, energy_wh: int, max_power_w: int | None) -> Session:
    step = delta(last_register(session), register, max_power_w)
    read = odd(session, register) if step.findings else session
    total_wh = session.energy_wh + step.energy_wh
    if read.odd_since is None and session.meter_start_wh is not None:
        total_wh = energy_wh - session.meter_start_wh
    return replace(read, energy_wh=max(0, total_wh), meter_last_wh=energy_wh, meter_last_at=register.at)


def odd(session: Session, register: Register) -> Session:
    """The session, to be looked at again from this reading on."""
    return replace(session, odd_since=min(session.odd_since or register.at, register.at))


def miss_stop(session: Session, now: datetime) -> Session:
    """A running session whose end is missing: the station booted, or began another on the connector."""
    if session.state is not SessionState.RUNNING:
        return session
    return replace(session, state=SessionState.RECONCILING, waiting_since=now)


def resume(session: Session) -> Session:
    """A session that was thought ended goes on."""
    return replace(session, state=SessionState.RUNNING, waiting_since=None)


def last_register(session: Session) -> Register:
    """The register last read, or the one at the start."""
    if session.meter_last_wh is None or session.meter_last_at is None:
        return Register(session.started_at, session.meter_start_wh)
    return Register(session.meter_last_at, session.meter_last_wh)
