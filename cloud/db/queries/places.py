"""Organisations, sites, stations, connectors and who is connected."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, func, literal, select

from cloud.db.queries import zones
from cloud.db.rows import number, one
from cloud.db.tables import connection, connector, evse, organisation, site, station
from cloud.db.types import Utc
from cloud.domain.bills import Seller
from cloud.domain.stations import Connector, ConnectorStatus, RegistrationStatus, Station

Kept = tuple[bytes, bytes]
"""What is kept of a key: salt and hash."""
NO_NEXT_KEY: Mapping[str, None] = {"next_key_salt": None, "next_key_hash": None, "next_key_at": None}


def first_organisation(conn: Connection) -> int:
    """The one that the command line works for: every database has it from its first migration on."""
    return number(conn, select(organisation.c.id).order_by(organisation.c.id).limit(1))


def organisations(conn: Connection) -> list[int]:
    """The ids of all."""
    return list(conn.execute(select(organisation.c.id).order_by(organisation.c.id)).scalars())


def organisation_of(conn: Connection, station_id: int) -> int:
    return number(conn, select(station.c.organisation_id).where(station.c.id == station_id))


def seller(conn: Connection, organisation_id: int) -> Seller:
    """The organisation as its bills name it."""
    row = conn.execute(select(organisation).where(organisation.c.id == organisation_id)).one()
    return Seller(row.name, row.address, row.vat_id, row.footer)


def operator_ids(conn: Connection, organisation_id: int) -> tuple[str, str]:
    """The organisation's country_code and party_id of OCPI; empty while nobody gave them."""
    columns = (organisation.c.country_code, organisation.c.party_id)
    country_code, party_id = conn.execute(select(*columns).where(organisation.c.id == organisation_id)).one()
    return country_code, party_id


def organisation_words(conn: Connection, organisation_id: int) -> dict[str, str]:
    """What the organisation says of itself, as `describe_organisation` takes it."""
    names = ("name", "address", "vat_id", "footer", "country_code", "party_id")
    query = select(*(organisation.c[name] for name in names)).where(organisation.c.id == organisation_id)
    return dict(zip(names, conn.execute(query).one(), strict=True))


def organisation_choices(conn: Connection, organisation_id: int) -> dict[str, Any]:
    """What the organisation chose instead of the server's settings."""
    names = ("time_zone", "currency", "language", "message_days", "command_days")
    query = select(*(organisation.c[name] for name in names)).where(organisation.c.id == organisation_id)
    return dict(zip(names, conn.execute(query).one(), strict=True))


def describe_organisation(conn: Connection, organisation_id: int, values: Mapping[str, Any]) -> None:
    conn.execute(organisation.update().where(organisation.c.id == organisation_id).values(**values))


def site_id(conn: Connection, organisation_id: int, name: str | None) -> int | None:
    """The site of that name, or without one the first."""
    query = select(site.c.id).where(site.c.organisation_id == organisation_id).order_by(site.c.id).limit(1)
    return conn.execute(query if name is None else query.where(site.c.name == name)).scalar()


def add_site(conn: Connection, organisation_id: int, name: str) -> int:
    values = site.insert().values(organisation_id=organisation_id, name=name)
    return number(conn, values.returning(site.c.id))


def set_site_tariff(conn: Connection, id: int, tariff_id: int) -> None:
    conn.execute(site.update().where(site.c.id == id).values(tariff_id=tariff_id))


def site_tariff(conn: Connection, id: int) -> int | None:
    return conn.execute(select(site.c.tariff_id).where(site.c.id == id)).scalar_one_or_none()


def station_tariff(conn: Connection, id: int) -> int | None:
    """The tariff of the station itself."""
    return conn.execute(select(station.c.tariff_id).where(station.c.id == id)).scalar_one_or_none()


def site_name(conn: Connection, id: int) -> str:
    return str(conn.execute(select(site.c.name).where(site.c.id == id)).scalar_one())


def time_zone(conn: Connection, station_id: int) -> ZoneInfo:
    """The zone of the station's site, or else of its organisation."""
    known = station.join(site, site.c.id == station.c.site_id)
    owned = known.join(organisation, organisation.c.id == site.c.organisation_id)
    named = select(zones.OF_SITE).select_from(owned)
    return ZoneInfo(conn.execute(named.where(station.c.id == station_id)).scalar_one())


def default_time_zone(conn: Connection, organisation_id: int) -> ZoneInfo:
    """The zone of the organisation, by whose calendar it numbers its bills."""
    query = select(zones.OF_ORGANISATION).where(organisation.c.id == organisation_id)
    return ZoneInfo(conn.execute(query).scalar_one())


def unplug_limit_s(conn: Connection, organisation_id: int) -> int:
    """How long a session waits for its car to leave, where that has a price."""
    return number(conn, select(organisation.c.unplug_limit_s).where(organisation.c.id == organisation_id))


def set_unplug_limit(conn: Connection, limit_s: int) -> None:
    """For every organisation."""
    conn.execute(organisation.update().values(unplug_limit_s=limit_s))


def set_default_time_zone(conn: Connection, zone: str) -> None:
    """For organisations that chose none."""
    conn.execute(organisation.update().values(default_time_zone=zone))


def site_time_zone(conn: Connection, id: int) -> str | None:
    zone: str | None = conn.execute(select(site.c.time_zone).where(site.c.id == id)).scalar_one()
    return zone


def set_site_time_zone(conn: Connection, id: int, zone: str | None) -> None:
    conn.execute(site.update().where(site.c.id == id).values(time_zone=zone))


def add_station(conn: Connection, values: Mapping[str, Any], connectors: int, max_power_w: int | None) -> Station:
    """A station with connectors 1..n, each the only one of its EVSE."""
    initial = {"status": ConnectorStatus.UNKNOWN, "error_code": "NoError"}
    insert = station.insert().values(**initial, **values).returning(*station.c)
    added = _station(conn.execute(insert).one())
    for place in range(1, connectors + 1):
        add_connector(conn, added.id, place, max_power_w)
    return added


def add_connector(conn: Connection, station_id: int, place: int, max_power_w: int | None = None) -> Connector:
    evse_id = number(conn, evse.insert().values(station_id=station_id, number=place).returning(evse.c.id))
    insert = connector.insert().values(
        station_id=station_id,
        evse_id=evse_id,
        number=place,
        max_power_w=max_power_w,
        status=ConnectorStatus.UNKNOWN,
        error_code="NoError",
    )
    return _connector(conn.execute(insert.returning(*connector.c)).one())


def find_connector(conn: Connection, station_id: int, place: int) -> Connector | None:
    query = select(connector).where(connector.c.station_id == station_id, connector.c.number == place)
    return one(conn, query, _connector)


def find_station(conn: Connection, identity: str) -> Station | None:
    return one(conn, select(station).where(station.c.identity == identity), _station)


def station_by_id(conn: Connection, id: int) -> Station | None:
    return one(conn, select(station).where(station.c.id == id), _station)


def identity_of(conn: Connection, id: int) -> str:
    return str(conn.execute(select(station.c.identity).where(station.c.id == id)).scalar_one())


def keys_of(conn: Connection, identity: str) -> tuple[Station, Kept, Kept | None, str | None] | None:
    """The station with its key, its next key and the network that needs none; None for a disabled one."""
    query = select(station).where(station.c.identity == identity, station.c.disabled.is_(False))
    return one(conn, query, lambda row: (_station(row), (row.key_salt, row.key_hash), _next_key(row), row.network))


def use_next_key(conn: Connection, station_id: int) -> None:
    """The next key takes the place of the old one, and of the network that needed none."""
    values = {"key_salt": station.c.next_key_salt, "key_hash": station.c.next_key_hash, "network": None}
    has_one = (station.c.id == station_id) & station.c.next_key_hash.is_not(None)
    conn.execute(station.update().where(has_one).values(**values, **NO_NEXT_KEY))


def drop_next_key(conn: Connection, station_id: int, before: datetime) -> None:
    """Ends a next key that the station was told at or before a time."""
    old = (station.c.id == station_id) & (station.c.next_key_at <= before)
    conn.execute(station.update().where(old).values(**NO_NEXT_KEY))


def next_key_at(conn: Connection, station_id: int) -> datetime | None:
    """When the station was told a next key that it has not used yet."""
    told: datetime | None = conn.execute(select(station.c.next_key_at).where(station.c.id == station_id)).scalar_one()
    return told


def change_access(conn: Connection, station_id: int, values: Mapping[str, Any]) -> None:
    """How the station gets in, counted so that sockets that came in otherwise can be told."""
    update_station(conn, station_id, {**values, "access": station.c.access + 1})


def access_of(conn: Connection, station_id: int) -> dict[str, Any]:
    """What may be told of how the station gets in: whether it is disabled, and the network that needs no key."""
    query = select(station.c.disabled, station.c.network).where(station.c.id == station_id)
    return dict(conn.execute(query).one()._mapping)


def changed_access(conn: Connection) -> dict[int, int]:
    """The present count of every station whose access was ever changed."""
    query = select(station.c.id, station.c.access).where(station.c.access > 0)
    return {row.id: row.access for row in conn.execute(query)}


def lock_station(conn: Connection, station_id: int) -> Station:
    """The station, its row locked: units that concern one station happen one after the other."""
    query = select(station).where(station.c.id == station_id).with_for_update()
    return _station(conn.execute(query).one())


def update_station(conn: Connection, station_id: int, values: Mapping[str, Any]) -> None:
    conn.execute(station.update().where(station.c.id == station_id).values(**values))


def set_status(conn: Connection, station_id: int, place: int, values: Mapping[str, Any], at: datetime) -> None:
    """The status of a connector (0: the station itself), unless a later one is known."""
    table = station if place == 0 else connector
    whose = station.c.id == station_id
    if place != 0:
        whose = (connector.c.station_id == station_id) & (connector.c.number == place)
    newer = table.c.status_at.is_(None) | (table.c.status_at <= at)
    conn.execute(table.update().where(whose, newer).values(status_at=at, **values))


def status_of(conn: Connection, station_id: int, place: int) -> str | None:
    """The latest status of a connector (0: the station itself); None without such a connector."""
    query = select(connector.c.status).where(connector.c.station_id == station_id, connector.c.number == place)
    query = query if place else select(station.c.status).where(station.c.id == station_id)
    return conn.execute(query).scalar_one_or_none()


def connect(conn: Connection, station_id: int, epoch: str, now: datetime) -> bool:
    """Replaces whatever connection the station had; whether it had one of whose end nobody was told."""
    columns = (connection.c.ended_at, connection.c.offline_due_at)
    old = conn.execute(connection.delete().where(connection.c.station_id == station_id).returning(*columns)).all()
    was_connected = any(row.ended_at is None or row.offline_due_at is not None for row in old)
    conn.execute(connection.insert().values(station_id=station_id, epoch=epoch, connected_at=now))
    return was_connected


def disconnect(
    conn: Connection, now: datetime, station_id: int, epoch: str, offline_due_at: datetime | None = None
) -> bool:
    """Ends one station's connection of that epoch; whether there was any."""
    values = {"ended_at": now, "offline_due_at": offline_due_at}
    mine = (connection.c.station_id == station_id) & (connection.c.epoch == epoch)
    return conn.execute(connection.update().where(mine, connection.c.ended_at.is_(None)).values(**values)).rowcount > 0


def disconnect_all(conn: Connection, now: datetime, offline_due_at: datetime) -> None:
    """Ends all connections; of those of whose end nobody was told, it is due at a time."""
    untold = connection.c.ended_at.is_(None) | connection.c.offline_due_at.is_not(None)
    ended_at = func.coalesce(connection.c.ended_at, literal(now, Utc))
    conn.execute(connection.update().where(untold).values(ended_at=ended_at, offline_due_at=offline_due_at))


def offline_due(conn: Connection, now: datetime, most: int) -> list[int]:
    """Stations that did not come back in time, and nobody was told."""
    overdue = select(connection.c.station_id).where(connection.c.offline_due_at <= now)
    return list(conn.execute(overdue.order_by(connection.c.station_id).limit(most)).scalars())


def told_offline(conn: Connection, station_id: int) -> bool:
    """Notes that it is told now; whether that was still due."""
    due = (connection.c.station_id == station_id) & connection.c.offline_due_at.is_not(None)
    return conn.execute(connection.update().where(due).values(offline_due_at=None)).rowcount > 0


def _station(row: Row[Any]) -> Station:
    return Station(
        id=row.id,
        identity=row.identity,
        name=row.name,
        organisation_id=row.organisation_id,
        site_id=row.site_id,
        registration=RegistrationStatus(row.registration) if row.registration else None,
        access=row.access,
        admission=RegistrationStatus(row.admission),
    )


def _next_key(row: Row[Any]) -> Kept | None:
    return None if row.next_key_hash is None else (row.next_key_salt, row.next_key_hash)


def _connector(row: Row[Any]) -> Connector:
    return Connector(row.id, row.station_id, row.number, row.max_power_w)
