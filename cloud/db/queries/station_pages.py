"""What the pages of one station show."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, String, literal_column, select

from cloud.db.queries import zones
from cloud.db.queries.messages import as_message
from cloud.db.queries.overview import station_row
from cloud.db.queries.scoping import seen
from cloud.db.rows import every, one
from cloud.db.tables import connection, message, meter_sample, organisation, session, site, station, tariff
from cloud.domain.messages import Kind, Message
from cloud.domain.people import Scope
from cloud.domain.stations import RegistrationStatus
from cloud.domain.views import StationRow

MOST_SAMPLES = 10_000
# Spelt out, so that SQLite uses the index over connections alone.
_CONNECTION_KINDS = [literal_column(f"'{kind}'", String) for kind in (Kind.OPENED, Kind.CLOSED)]
Points = list[tuple[datetime, int]]


@dataclass(frozen=True, slots=True)
class StationFacts:
    """A station with what its own pages tell; `tariff` is its own, `site_tariff` the one it has otherwise."""

    row: StationRow
    zone: ZoneInfo
    site_id: int
    tariff_id: int | None
    tariff: str | None
    site_tariff: str | None
    boot: Mapping[str, Any]
    booted_at: datetime | None
    registration: RegistrationStatus | None
    info: str | None
    created_at: datetime
    next_key_at: datetime | None


@dataclass(frozen=True, slots=True)
class Curves:
    """What a session's samples tell: (time, W) and (time, Wh since its start)."""

    power: Points
    energy: Points


def facts(conn: Connection, station_id: int, scope: Scope) -> StationFacts | None:
    """One station, if it is seen."""
    of_site = tariff.alias("of_site")
    query = (
        select(
            station,
            site.c.name.label("site"),
            connection.c.connected_at,
            connection.c.ended_at,
            zones.OF_SITE.label("zone"),
            tariff.c.name.label("tariff"),
            of_site.c.name.label("site_tariff"),
        )
        .join(site, site.c.id == station.c.site_id)
        .join(organisation, organisation.c.id == station.c.organisation_id)
        .outerjoin(connection, connection.c.station_id == station.c.id)
        .outerjoin(tariff, tariff.c.id == station.c.tariff_id)
        .outerjoin(of_site, of_site.c.id == site.c.tariff_id)
        .where(station.c.id == station_id, seen(scope))
    )
    return one(conn, query, _facts)


def curves(conn: Connection, session_ids: Collection[int]) -> dict[int, Curves]:
    """Power and energy of sessions in order of time, from the latest 10,000 samples altogether."""
    energy = meter_sample.c.energy_wh - session.c.meter_start_wh
    query = (
        select(meter_sample.c.session_id, meter_sample.c["at"], meter_sample.c.power_w, energy.label("wh"))
        .join(session, session.c.id == meter_sample.c.session_id)
        .where(meter_sample.c.session_id.in_(session_ids))
        .order_by(meter_sample.c["at"].desc())
        .limit(MOST_SAMPLES)
    )
    found = {id: Curves([], []) for id in session_ids}
    for id, at, power_w, wh in reversed(conn.execute(query).all()):
        if power_w is not None:
            found[id].power.append((at, power_w))
        if wh is not None and wh >= 0:
            found[id].energy.append((at, wh))
    return found


def connections(conn: Connection, station_id: int, limit: int) -> list[Message]:
    """When its sockets opened and closed, the latest first, as far as the log of messages goes back."""
    query = select(message, station.c.identity).join(station, station.c.id == message.c.station_id)
    wanted = query.where(message.c.station_id == station_id, message.c.kind.in_(_CONNECTION_KINDS))
    return every(conn, wanted.order_by(message.c.id.desc()).limit(limit), as_message)


def _facts(row: Row[Any]) -> StationFacts:
    return StationFacts(
        row=station_row(row, ()),
        zone=ZoneInfo(row.zone),
        site_id=row.site_id,
        tariff_id=row.tariff_id,
        tariff=row.tariff,
        site_tariff=row.site_tariff,
        boot=row.boot or {},
        booted_at=row.booted_at,
        registration=RegistrationStatus(row.registration) if row.registration else None,
        info=row.info,
        created_at=row.created_at,
        next_key_at=row.next_key_at,
    )
