"""Which tariffs apply where, and which of them have a version in force."""

from datetime import datetime

from sqlalchemy import Connection, String, cast, func, literal, select, union_all

from cloud.db.tables import connector, site, station, tag, tag_group, tariff, tariff_version
from cloud.domain.tags import Here


def here(conn: Connection, station_id: int, at: datetime, now: datetime, place: int | None = None) -> Here:
    """What applies at one connector of a station, or without a number at any of them, to what begins at `at`."""
    connectors = connector.c.station_id == station.c.id
    query = (
        select(connector.c.tariff_id, station.c.tariff_id, site.c.tariff_id, site.c.id, site.c.organisation_id)
        .join(site, site.c.id == station.c.site_id)
        .outerjoin(connector, connectors if place is None else connectors & (connector.c.number == place))
        .where(station.c.id == station_id)
        .order_by(connector.c.number)
    )
    rows = conn.execute(query).all()
    *_ids, site_id, organisation_id = rows[0]
    ranked = [id for rank in range(3) for row in rows if (id := row[rank]) is not None]
    return Here(site_id, tuple(dict.fromkeys(ranked)), in_force(conn, organisation_id, at, now))


def in_force(conn: Connection, organisation_id: int, at: datetime, now: datetime) -> dict[int, int]:
    """The tariffs of an organisation that have a version in force at that time, each with that version's id.

    The first version, once it is in force, also covers what began before it: a station's clock may lag, and its
    report may come late.
    """
    begun = (tariff_version.c.valid_from <= at) | (
        (tariff_version.c.number == 1) & (tariff_version.c.valid_from <= now)
    )
    latest = (
        select(tariff_version.c.tariff_id, func.max(tariff_version.c.number).label("number"))
        .join(tariff, tariff.c.id == tariff_version.c.tariff_id)
        .where(tariff.c.organisation_id == organisation_id, begun)
        .group_by(tariff_version.c.tariff_id)
        .subquery()
    )
    same = (tariff_version.c.tariff_id == latest.c.tariff_id) & (tariff_version.c.number == latest.c.number)
    query = select(tariff_version.c.tariff_id, tariff_version.c.id).join(latest, same)
    lasts = tariff_version.c.valid_until.is_(None) | (tariff_version.c.valid_until > at)
    return {row.tariff_id: row.id for row in conn.execute(query.where(lasts))}


def used_at(conn: Connection, tariff_id: int, most: int = 100) -> list[tuple[str, str]]:
    """Where a tariff applies: (site, station, connector, group or tag; its name or identity)."""
    place = station.c.identity + "/" + cast(connector.c.number, String)
    parts = (
        select(literal("site"), site.c.name).where(site.c.tariff_id == tariff_id),
        select(literal("station"), station.c.identity).where(station.c.tariff_id == tariff_id),
        select(literal("connector"), place).join(station).where(connector.c.tariff_id == tariff_id),
        select(literal("group"), tag_group.c.name).where(tag_group.c.tariff_id == tariff_id),
        select(literal("tag"), tag.c.id_tag).where(tag.c.tariff_id == tariff_id),
    )
    return [(kind, name) for kind, name in conn.execute(union_all(*parts).limit(most))]


def connector_tariff(conn: Connection, connector_id: int) -> int | None:
    """The tariff of the connector itself."""
    return conn.execute(select(connector.c.tariff_id).where(connector.c.id == connector_id)).scalar()


def set_connector_tariff(conn: Connection, connector_id: int, tariff_id: int | None) -> None:
    conn.execute(connector.update().where(connector.c.id == connector_id).values(tariff_id=tariff_id))
