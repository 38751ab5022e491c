"""Meter samples: each kept once, and told to the session that they belong to."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import Connection

from cloud.db.queries import places, samples, signed
from cloud.db.queries import sessions as rows
from cloud.domain.clocks import believable
from cloud.domain.energy import Register, delta
from cloud.domain.reports import Sample, storable_sample
from cloud.domain.sessions import Session, feed, resume


def keep(
    conn: Connection,
    station_id: int,
    connector: int,
    session: Session | None,
    measured: Iterable[Sample],
    now: datetime,
    orphan_of: str | None = None,
) -> list[Register]:
    """Stores samples once; returns the readings that told something new, in order of time.

    `orphan_of` is the transaction that they named, if nobody knows it: its start may still come.
    """
    readings = [storable_sample(sample, now) for sample in measured]
    signed.insert(conn, station_id, connector, session.id if session else None, readings, now)
    told = samples.insert(conn, station_id, connector, session.id if session else None, readings, now, orphan_of)
    return sorted((_register(sample, now) for sample in told), key=lambda reading: reading.at)


def fed(conn: Connection, session: Session, readings: Sequence[Register]) -> Session:
    """The session after these readings, unsaved."""
    rating_w = max_power_w(conn, session) if readings else None
    for reading in readings:
        session = feed(session, reading, rating_w)
    return session


def adopted(conn: Connection, session: Session, until: datetime) -> Session:
    """The session, unsaved, with the meter values before `until` and the next session that came before its start.

    Only if they all name the same transaction, and their first one continues the meter reading at the start.
    """
    waiting = samples.orphans(conn, session, until)
    if waiting and (following := rows.neighbours(conn, session).after):
        until = min(until, following.started_at)
        waiting = samples.orphans(conn, session, until)
    if len(waiting) != 1:
        return session
    ((named, readings),) = waiting.items()
    begin = Register(session.started_at, session.meter_start_wh)
    if delta(begin, readings[0], max_power_w(conn, session)).findings:
        return session
    samples.adopt(conn, session, named, until)
    return fed(conn, session, readings)


def resumed(conn: Connection, session: Session) -> Session:
    """A session goes on if, after its station booted, the connector still measures for it and for no later one."""
    waiting, last = session.waiting_since, session.last_sample_at
    if waiting is None or last is None or last < waiting:
        return session
    newest = rows.latest_on(conn, session.station_id, session.connector) == session.id
    return resume(session) if newest else session


def max_power_w(conn: Connection, session: Session) -> int | None:
    """What the session's connector can deliver, if anybody said."""
    place = places.find_connector(conn, session.station_id, session.connector)
    return place.max_power_w if place else None


def _register(sample: Sample, received: datetime) -> Register:
    at = sample.at if believable(sample.at, received) else received
    return Register(at, sample.energy_wh, sample.power_w, sample.interval_wh)
