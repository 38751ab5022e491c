"""One clock for one session: what is told of it is dated by the clock at its start, so that order and distances hold
though the clock be set or moved meanwhile."""

from dataclasses import replace

from edge.core.effects import Effect, Record
from edge.core.facts import Fact, MeterSampled, SessionStarted, SessionStopped
from edge.core.state import Session, Station
from edge.core.values import Moment


def known(station: Station, at: Moment) -> Station:
    """The station once the time is known: sessions that began without it are given their date."""
    for connector, session in station.sessions() if at.wall is not None else ():
        if session.started.wall is None and session.started.boot_id == at.boot_id:
            began = at.moved_to(session.started.mono_ms)
            station = station.having(replace(connector, session=replace(session, started=began)))
    return station


def by_session(session: Session, moment: Moment) -> Moment:
    """A moment as the clock at the session's start tells it; another boot's clock is its own."""
    started = session.started
    same = started.boot_id == moment.boot_id and started.wall is not None
    return started.moved_to(moment.mono_ms) if same else moment


def of_sessions(before: Station, after: Station, effects: list[Effect]) -> list[Effect]:
    """The effects of one decision, with what they tell of sessions in the time of each session."""
    sessions = {session.session_id: session for station in (before, after) for _, session in station.sessions()}
    return [_in_time(effect, sessions) for effect in effects]


def _in_time(effect: Effect, sessions: dict[str, Session]) -> Effect:
    if not isinstance(effect, Record) or effect.fact.session_id not in sessions:
        return effect
    return Record(_moved(effect.fact, sessions[effect.fact.session_id]))


def _moved(fact: Fact, session: Session) -> Fact:
    moment = by_session(session, fact.moment)
    match fact:
        case SessionStopped():
            data = tuple(_sample_moved(sample, session) for sample in fact.transaction_data)
            return replace(fact, moment=moment, transaction_data=data)
        case SessionStarted() | MeterSampled():
            return replace(fact, moment=moment)


def _sample_moved(sample: MeterSampled, session: Session) -> MeterSampled:
    return replace(sample, moment=by_session(session, sample.moment))
