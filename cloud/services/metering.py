"""Meter samples: each kept once, and told to the session that they belong to."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection

from cloud.db.queries import places, samples
from cloud.db.queries import sessions as rows
from cloud.domain.clocks import believable
from cloud.domain.energy import Register
from cloud.domain.reports import Sample, storable_sample
from cloud.domain.sessions import Session, feed, resume


def keep(
    conn: Connection,
    station_id: int,
    connector: int,
    session: Session | None,
    measured: Iterable[Sample],
    now: datetime,
) -> list[Register]:
    """Stores samples once; returns the readings that told something new, in order of time."""
    readings = [storable_sample(sample, now) for sample in measured]
    told = samples.insert(conn, station_id, connector, session.id if session else None, readings, now)
    return sorted((_register(sample, now) for sample in told), key=lambda reading: reading.at)


def fed(conn: Connection, session: Session, readings: Iterable[Register]) -> Session:
    """The session after these readings, unsaved."""
    rating_w = max_power_w(conn, session)
    for reading in readings:
        session = feed(session, reading, rating_w)
    return session


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
