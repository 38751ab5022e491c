"""Tariffs and their versions."""

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, func, select

from cloud.db.rows import number, one
from cloud.db.tables import site, station, tariff, tariff_version
from cloud.domain.tariffs import Element, Tariff, TariffVersion


def find(conn: Connection, organisation_id: int, name: str) -> Tariff | None:
    query = select(tariff).where(tariff.c.organisation_id == organisation_id, tariff.c.name == name)
    return one(conn, query.with_for_update(), lambda row: Tariff(row.id, row.organisation_id, row.name))


def insert(conn: Connection, organisation_id: int, name: str) -> Tariff:
    values = tariff.insert().values(organisation_id=organisation_id, name=name)
    return Tariff(number(conn, values.returning(tariff.c.id)), organisation_id, name)


def insert_version(
    conn: Connection, owner: Tariff, currency: str, elements: tuple[Element, ...], valid_from: datetime
) -> TariffVersion:
    """The next version of the tariff."""
    last = select(func.coalesce(func.max(tariff_version.c.number), 0)).where(tariff_version.c.tariff_id == owner.id)
    following = number(conn, last) + 1
    values = {"tariff_id": owner.id, "number": following, "currency": currency, "valid_from": valid_from}
    added = tariff_version.insert().values(elements=msgspec.to_builtins(elements), **values)
    id = number(conn, added.returning(tariff_version.c.id))
    return TariffVersion(id, owner.id, owner.name, following, currency, elements, valid_from)


def version(conn: Connection, id: int) -> TariffVersion:
    return _version(conn.execute(_versions().where(tariff_version.c.id == id)).one())


def applicable(conn: Connection, station_id: int, at: datetime) -> TariffVersion | None:
    """The version in force at that time of the station's own tariff, or else of its site's.

    The first version also covers what began before it: a station's clock may lag, and its report may come late.
    """
    owner = (
        select(func.coalesce(station.c.tariff_id, site.c.tariff_id))
        .join(site, site.c.id == station.c.site_id)
        .where(station.c.id == station_id)
        .scalar_subquery()
    )
    in_force = (tariff_version.c.valid_from <= at) | (tariff_version.c.number == 1)
    query = _versions().where(tariff_version.c.tariff_id == owner, in_force)
    return one(conn, query.order_by(tariff_version.c.number.desc()).limit(1), _version)


def _versions() -> Any:
    return select(tariff_version, tariff.c.name).join(tariff, tariff.c.id == tariff_version.c.tariff_id)


def _version(row: Row[Any]) -> TariffVersion:
    return TariffVersion(
        id=row.id,
        tariff_id=row.tariff_id,
        name=row.name,
        number=row.number,
        currency=row.currency,
        elements=msgspec.convert(row.elements, tuple[Element, ...]),
        valid_from=row.valid_from,
    )
