"""Stops whose session is not known: kept with their energy until it is found."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cloud.domain import reasons
from cloud.domain.endings import Stop
from cloud.domain.energy import Register, delta, measure
from cloud.domain.sessions import Session
from cloud.domain.tags import tag_key


@dataclass(frozen=True, slots=True)
class Orphan:
    """A StopTransaction of no known session. `at` is None when its clock cannot be believed.

    `energy_wh` is what its own meter values show, None without any; `session_id` the session it was joined to.
    """

    id: int
    station_id: int
    identity: str
    transaction_id: str
    id_tag: str | None
    at: datetime | None
    received_at: datetime
    meter_stop_wh: int | None
    energy_wh: int | None
    reason: str
    session_id: int | None = None


def shown_energy_wh(samples: Sequence[Register], stop: Register) -> int | None:
    """The energy between the first of a stop's own readings and its meter reading."""
    ordered = sorted((sample for sample in samples if sample.energy_wh is not None), key=lambda sample: sample.at)
    return measure([*ordered, stop], None).energy_wh if ordered else None


def fits(orphan: Orphan, session: Session, max_power_w: int | None) -> bool:
    """Whether the orphan can be this session's stop: by tag, time and meter reading, all of them told."""
    if orphan.at is None or orphan.meter_stop_wh is None or session.meter_start_wh is None:
        return False
    if orphan.id_tag is None or tag_key(orphan.id_tag) != tag_key(session.id_tag):
        return False
    if orphan.at < max(session.started_at, session.last_sample_at or session.started_at):
        return False
    begin = Register(session.started_at, max(session.meter_start_wh, session.meter_last_wh or 0))
    return not delta(begin, Register(orphan.at, orphan.meter_stop_wh), max_power_w).findings


def as_stop(orphan: Orphan) -> Stop:
    """The stop of the session it is taken for, which is looked at before it is billed."""
    doubts = (reasons.guessed(orphan.transaction_id),)
    return Stop(orphan.at or orphan.received_at, orphan.meter_stop_wh, orphan.reason, orphan.id_tag, doubts)
