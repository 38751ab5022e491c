"""Tariffs and their versions."""

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, func, select

from cloud.db.rows import every, number, one
from cloud.db.tables import tariff, tariff_version
from cloud.domain.tariffs import Element, PriceLimit, Tariff, TariffVersion, Terms


def find(conn: Connection, organisation_id: int, name: str) -> Tariff | None:
    query = select(tariff).where(tariff.c.organisation_id == organisation_id, tariff.c.name == name)
    return one(conn, query.with_for_update(), lambda row: Tariff(row.id, row.organisation_id, row.name))


def name_of(conn: Connection, id: int | None) -> str | None:
    """A tariff's name; None for none."""
    return conn.execute(select(tariff.c.name).where(tariff.c.id == id)).scalar()


def names(conn: Connection, organisation_id: int) -> dict[int, str]:
    """The organisation's tariffs by id, in the order of their names."""
    query = select(tariff.c.id, tariff.c.name).where(tariff.c.organisation_id == organisation_id)
    return {row.id: row.name for row in conn.execute(query.order_by(tariff.c.name))}


def insert(conn: Connection, organisation_id: int, name: str) -> Tariff:
    values = tariff.insert().values(organisation_id=organisation_id, name=name)
    return Tariff(number(conn, values.returning(tariff.c.id)), organisation_id, name)


def insert_version(
    conn: Connection, owner: Tariff, terms: Terms, valid_from: datetime, valid_until: datetime | None = None
) -> TariffVersion:
    """The next version of the tariff."""
    last = select(func.coalesce(func.max(tariff_version.c.number), 0)).where(tariff_version.c.tariff_id == owner.id)
    following = number(conn, last) + 1
    values = {"tariff_id": owner.id, "number": following, "valid_from": valid_from, **_columns(terms)}
    values["valid_until"] = valid_until
    id = number(conn, tariff_version.insert().values(values).returning(tariff_version.c.id))
    return TariffVersion(id, owner.id, owner.name, following, terms, valid_from, valid_until)


def newest(
    conn: Connection, organisation_id: int, *, after: str | None = None, limit: int | None = None
) -> list[TariffVersion]:
    """The last version of each tariff, by name."""
    last = select(func.max(tariff_version.c.id)).group_by(tariff_version.c.tariff_id)
    query = _versions().where(tariff_version.c.id.in_(last), tariff.c.organisation_id == organisation_id)
    query = query if after is None else query.where(tariff.c.name > after)
    return every(conn, query.order_by(tariff.c.name).limit(limit), _version)


def versions(conn: Connection, organisation_id: int, tariff_id: int, most: int = 50) -> list[TariffVersion]:
    """The versions of a tariff, the newest first."""
    query = _versions().where(tariff_version.c.tariff_id == tariff_id, tariff.c.organisation_id == organisation_id)
    return every(conn, query.order_by(tariff_version.c.number.desc()).limit(most), _version)


def version(conn: Connection, id: int) -> TariffVersion:
    return _version(conn.execute(_versions().where(tariff_version.c.id == id)).one())


def version_at(conn: Connection, tariff_id: int, at: datetime) -> TariffVersion | None:
    """The tariff's newest version by then, unless it has ended; the first one also covers what began before it."""
    begun = (tariff_version.c.valid_from <= at) | (tariff_version.c.number == 1)
    query = _versions().where(tariff_version.c.tariff_id == tariff_id, begun)
    newest = one(conn, query.order_by(tariff_version.c.number.desc()).limit(1), _version)
    return newest if newest and (newest.valid_until is None or newest.valid_until > at) else None


def _versions() -> Any:
    return select(tariff_version, tariff.c.name).join(tariff, tariff.c.id == tariff_version.c.tariff_id)


def _columns(terms: Terms) -> dict[str, Any]:
    told: dict[str, Any] = msgspec.to_builtins(terms)
    return told


def _version(row: Row[Any]) -> TariffVersion:
    terms = Terms(
        currency=row.currency,
        elements=msgspec.convert(row.elements, tuple[Element, ...]),
        min_price=msgspec.convert(row.min_price, PriceLimit | None),
        max_price=msgspec.convert(row.max_price, PriceLimit | None),
        parking_grace_s=row.parking_grace_s,
    )
    return TariffVersion(row.id, row.tariff_id, row.name, row.number, terms, row.valid_from, row.valid_until)
