"""Sites with what is said of them."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, func, select

from cloud.db.rows import every
from cloud.db.tables import site, station, tariff
from cloud.domain.stations import Site


def listed(conn: Connection, organisation_id: int) -> list[Site]:
    """An organisation's sites by name, each with its tariff and the number of its stations."""
    standing = select(func.count()).where(station.c.site_id == site.c.id).scalar_subquery()
    columns = (site.c.id, site.c.name, site.c.time_zone, site.c.tariff_id, tariff.c.name.label("tariff"))
    query = select(*columns, standing.label("stations")).outerjoin(tariff, tariff.c.id == site.c.tariff_id)
    mine = query.where(site.c.organisation_id == organisation_id).order_by(site.c.name)
    return every(conn, mine, lambda row: Site(**row._mapping))


def update(conn: Connection, site_id: int, values: Mapping[str, Any]) -> None:
    conn.execute(site.update().where(site.c.id == site_id).values(**values))
