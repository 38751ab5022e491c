"""How a session ends: with which energy, and with which reasons to look at it before it is billed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from cloud.domain import reasons
from cloud.domain.energy import ROUNDING_WH, Measured, Register, delta, measure, outdone
from cloud.domain.sessions import EndedBy, Session, SessionState, last_register
from cloud.domain.tags import NO_TARIFF, TagStatus
from cloud.domain.wallets import is_about_money


@dataclass(frozen=True, slots=True)
class Stop:
    """The end of a session as reported, dated; `meter_wh` is None when unreadable."""

    at: datetime
    meter_wh: int | None
    reason: str
    id_tag: str | None = None
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The sessions that began before and after on the same connector, by their own clocks."""

    before: Session | None = None
    after: Session | None = None


ALONE = Neighbours()
_CLEAN = (SessionState.FINISHED, SessionState.AWAITING_UNPLUG)
_ANY_W = 10**12
_SAME = timedelta(seconds=1)
"""Readings of one instant: stations round timestamps to the second."""


@dataclass(frozen=True, slots=True)
class _Account:
    """What readings say of a session; `last_wh` is the last one, None without any."""

    measured: Measured
    last_wh: int | None
    contradictions: tuple[str, ...] = ()


def unsettled_since(session: Session, stop: Stop | None) -> datetime | None:
    """From when on the samples must be read again; None when the running aggregate says everything already."""
    if stop is None or session.last_sample_at is None or session.last_sample_at < stop.at:
        return session.odd_since
    same = stop.meter_wh is not None and abs((session.meter_last_wh or 0) - stop.meter_wh) <= ROUNDING_WH
    return session.odd_since if same else min(session.odd_since or stop.at, stop.at)


def end(
    session: Session,
    samples: Sequence[Register] | None,
    stop: Stop | None,
    max_power_w: int | None,
    neighbours: Neighbours = ALONE,
    since: datetime | None = None,
) -> Session:
    """The session closed by its stop, or without one from its last sample; suspect if there is a reason.

    Energy is the sum of plausible register steps from start to stop. `samples` are its readings in any order, None
    when the running aggregate says everything; before `since` the last one is enough.
    """
    ended_at = stop.at if stop else session.last_sample_at or session.started_at
    if _clock_in_doubt(session, stop):
        max_power_w = _ANY_W
    if samples is None:
        account = _settled(session, stop, max_power_w)
    else:
        account = _audited(session, samples, stop, max_power_w, since or session.started_at)
    ended = replace(
        session,
        energy_wh=account.measured.energy_wh,
        power_w=None,
        waiting_since=None,
        ended_at=ended_at,
        ended_by=EndedBy.STOP if stop else EndedBy.GRACE,
        meter_stop_wh=stop.meter_wh if stop and stop.meter_wh is not None else account.last_wh,
        stop_reason=stop.reason if stop else None,
        stop_id_tag=stop.id_tag if stop else None,
        doubts=tuple(dict.fromkeys(session.doubts + (stop.doubts if stop else ()))),
    )
    return _judged(ended, account, stop, neighbours)


def _clock_in_doubt(session: Session, stop: Stop | None) -> bool:
    """Whether nobody knows how long it took, so that no step of the register can be too fast."""
    turned = stop is not None and stop.at < session.started_at
    doubts = session.doubts + (stop.doubts if stop else ())
    return turned or any(reasons.DATED_BY_RECEIPT in doubt for doubt in doubts)


def surprising(session: Session, sample: Register) -> bool:
    """Whether a reading that arrives after the session's end can say anything else than what is known."""
    low, read, high = session.meter_start_wh, sample.energy_wh, session.meter_stop_wh
    return read is not None and (low is None or high is None or not low <= read <= high)


def reported_stop(session: Session) -> Stop | None:
    """The stop that ended a session, read back from it."""
    if session.ended_by is not EndedBy.STOP or session.ended_at is None:
        return None
    meter_wh = None if reasons.NO_STOP_READING in session.findings else session.meter_stop_wh
    return Stop(session.ended_at, meter_wh, session.stop_reason or "", session.stop_id_tag)


def _settled(session: Session, stop: Stop | None, max_power_w: int | None) -> _Account:
    last = last_register(session)
    if stop is None or stop.meter_wh is None or session.meter_start_wh is None:
        return _Account(Measured(session.energy_wh), last.energy_wh)
    step = delta(last, Register(stop.at, stop.meter_wh), max_power_w)
    total_wh = stop.meter_wh - session.meter_start_wh
    if total_wh < 0 and not step.findings:
        step = Measured(0, (reasons.went_back(session.meter_start_wh, stop.meter_wh),))
    total = Measured(session.energy_wh, step.findings) if step.findings else Measured(total_wh)
    return _Account(total, stop.meter_wh)


def _audited(
    session: Session, samples: Sequence[Register], stop: Stop | None, max_power_w: int | None, since: datetime
) -> _Account:
    begin = Register(session.started_at, session.meter_start_wh)
    finish = Register(stop.at, stop.meter_wh) if stop else None
    ordered = sorted(samples, key=lambda sample: (sample.at, sample.energy_wh or 0))
    turned = finish is not None and finish.at < begin.at
    inside = [sample for sample in ordered if turned or _between(begin, sample, finish)]
    anchor = next((sample for sample in reversed(inside) if sample.at < since), begin)
    later = [sample for sample in inside if sample.at >= since]
    registers = [anchor, *later, finish] if finish else [anchor, *later]
    return _Account(
        measure(registers, max_power_w, (anchor.energy_wh or 0) - (begin.energy_wh or 0)),
        next((r.energy_wh for r in reversed(registers) if r.energy_wh is not None), None),
        () if turned else _contradictions(begin, ordered, finish),
    )


def _between(begin: Register, sample: Register, finish: Register | None) -> bool:
    """Readings outside say nothing about the energy where start and stop have their own."""
    early = begin.energy_wh is not None and sample.at <= begin.at + _SAME
    late = finish is not None and finish.energy_wh is not None and sample.at >= finish.at - _SAME
    return not (early or late)


def _contradictions(begin: Register, ordered: Iterable[Register], finish: Register | None) -> tuple[str, ...]:
    """Readings from outside that cannot be true together with those of start and stop; a zero says nothing."""
    found = dict[str, None]()
    for sample in ordered:
        if text := _before(begin, sample) or (_after(finish, sample) if finish else None):
            found[text] = None
    return tuple(found)[:2]


def _before(begin: Register, sample: Register) -> str | None:
    if begin.energy_wh is None or not sample.energy_wh or sample.at > begin.at + _SAME:
        return None
    above_wh = sample.energy_wh - begin.energy_wh
    wrong = above_wh > ROUNDING_WH or (sample.at >= begin.at and -above_wh > ROUNDING_WH)
    return reasons.before_start(sample.energy_wh, begin.energy_wh) if wrong else None


def _after(finish: Register, sample: Register) -> str | None:
    if finish.energy_wh is None or not sample.energy_wh or sample.at < finish.at - _SAME:
        return None
    wrong = abs(sample.energy_wh - finish.energy_wh) > ROUNDING_WH
    return reasons.after_stop(sample.energy_wh, finish.energy_wh) if wrong else None


def _judged(session: Session, account: _Account, stop: Stop | None, neighbours: Neighbours) -> Session:
    findings = (
        *account.measured.findings,
        *account.contradictions,
        *_missing(session, account, stop),
        *_other_doubts(session),
        *_overlaps(session, neighbours),
    )
    state = SessionState.SUSPECT if session.doubts or findings else SessionState.FINISHED
    return replace(session, state=state, findings=findings)


def _missing(session: Session, account: _Account, stop: Stop | None) -> tuple[str, ...]:
    nothing_read = account.last_wh is None or session.meter_last_wh is None
    checks = {
        reasons.NO_START_READING: session.meter_start_wh is None,
        reasons.NO_STOP_READING: stop is not None and stop.meter_wh is None,
        reasons.NO_READING: stop is None and nothing_read,
        reasons.ENDED_BEFORE: session.ended_at is not None and session.ended_at < session.started_at,
        reasons.NO_TARIFF: session.tariff_version_id is None,
    }
    return tuple(finding for finding, found in checks.items() if found)


def _other_doubts(session: Session) -> tuple[str, ...]:
    vouched_wh = session.vouched_ws // 3600
    dwarfed = reasons.outdone(session.energy_wh, vouched_wh) if outdone(session.energy_wh, vouched_wh) else None
    return tuple(finding for finding in (dwarfed, _refusal(session)) if finding)


def _refusal(session: Session) -> str | None:
    """Energy that its tag may not pay for; a concurrent session's is paid, one without a tariff has its own finding.

    What an empty wallet could not pay is owed.
    """
    paid = session.start_status in (TagStatus.ACCEPTED, TagStatus.CONCURRENT_TX) or is_about_money(session.start_why)
    if paid or session.energy_wh == 0 or session.start_why == NO_TARIFF:
        return None
    return reasons.refused(session.start_why or "its tag was refused", session.energy_wh)


def _overlaps(session: Session, neighbours: Neighbours) -> tuple[str, ...]:
    """No two sessions count the same energy. Stations that begin every session at zero are no reason for doubt."""
    before, after, found = neighbours.before, neighbours.after, list[str]()
    start_wh, stop_wh = session.meter_start_wh, session.meter_stop_wh
    if before and before.state in _CLEAN and _reaches_into(before, session):
        found.append(reasons.below_previous(start_wh or 0, before.meter_stop_wh or 0, before.id))
    if after and _reaches_into(session, after):
        found.append(reasons.above_next(stop_wh or 0, after.meter_start_wh or 0, after.id))
    return tuple(found)


def _reaches_into(earlier: Session, later: Session) -> bool:
    if earlier.meter_stop_wh is None or later.meter_start_wh is None:
        return False
    always_from_zero = earlier.meter_start_wh == later.meter_start_wh == 0
    return earlier.meter_stop_wh - later.meter_start_wh > ROUNDING_WH and not always_from_zero
