"""Small reads that only the operator's screens need."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Select, func, literal, select

from cloud.db.queries import webhooks, zones
from cloud.db.queries.scoping import seen
from cloud.db.tables import (
    billing_task,
    incident,
    meter_sample,
    organisation,
    pending_station,
    session,
    site,
    station,
    user,
    webhook,
)
from cloud.domain.people import EVERYTHING, Scope
from cloud.domain.sessions import SessionState

MOST_SAMPLES = 10_000


@dataclass(frozen=True, slots=True)
class Attention:
    """How many things wait for the operator's eye."""

    pending: int
    suspect: int
    incidents: int
    put_off: int
    failing: int


def power(
    conn: Connection, session_ids: Collection[int], since: datetime | None = None
) -> dict[int, list[tuple[datetime, int]]]:
    """(time, W) of sessions in order of time, the latest 10,000 altogether, by session id."""
    query = select(meter_sample.c.session_id, meter_sample.c["at"], meter_sample.c.power_w)
    wanted = query.where(meter_sample.c.session_id.in_(session_ids), meter_sample.c.power_w.is_not(None))
    recent = wanted if since is None else wanted.where(meter_sample.c["at"] >= since)
    rows = conn.execute(recent.order_by(meter_sample.c["at"].desc()).limit(MOST_SAMPLES)).all()
    found: dict[int, list[tuple[datetime, int]]] = {id: [] for id in session_ids}
    for id, at, power_w in reversed(rows):
        found[id].append((at, power_w))
    return found


def surroundings(
    conn: Connection, now: datetime, incidents_since: datetime, scope: Scope = EVERYTHING, site_id: int | None = None
) -> tuple[Attention, ZoneInfo]:
    """What waits: unknown stations and failing webhooks (for who has all sites), failed bills, suspects, and incidents
    since a time; and the time zone of a site, or else of the organisation."""
    mine = select(station.c.id).where(seen(scope))
    knocked = select(func.count()).select_from(pending_station).where(literal(scope.site_ids is None))
    suspect = select(func.count()).where(session.c.state == SessionState.SUSPECT, session.c.station_id.in_(mine))
    recent = select(func.count()).where(incident.c.last_at >= incidents_since, incident.c.station_id.in_(mine))
    owed = billing_task.join(session, session.c.id == billing_task.c.session_id)
    unbilled = select(func.count()).select_from(owed).where(session.c.station_id.in_(mine))
    failing = select(func.count()).select_from(webhook).where(webhooks.fails(scope, now))
    counts = (knocked, suspect, recent, unbilled, failing)
    queries = (*(count.scalar_subquery() for count in counts), _zone(scope, site_id).scalar_subquery())
    *found, zone = conn.execute(select(*queries)).one()
    return Attention(*found), ZoneInfo(zone or "UTC")


def _zone(scope: Scope, site_id: int | None) -> Select[tuple[str]]:
    own = select(zones.OF_ORGANISATION).order_by(organisation.c.id).limit(1)
    if site_id is not None:
        joined = site.join(organisation, organisation.c.id == site.c.organisation_id)
        return select(zones.OF_SITE).select_from(joined).where(site.c.id == site_id)
    return own if scope.organisation_id is None else own.where(organisation.c.id == scope.organisation_id)


def user_name(conn: Connection, user_id: int | None) -> str | None:
    """Who a user is; None for nobody."""
    return conn.execute(select(user.c.name).where(user.c.id == user_id)).scalar()
