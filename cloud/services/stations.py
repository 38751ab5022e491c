"""Stations: added by the operator, then known by their key and by what they report."""

from datetime import datetime, timedelta

from sqlalchemy import Connection

from cloud.db.queries import pending as knocks
from cloud.db.queries import people, places
from cloud.db.queries import tariffs as tariff_rows
from cloud.domain.stations import Connector, ConnectorStatus, Pending, Station, StatusReport
from cloud.domain.webhooks import Event
from cloud.services import access, audit, tariffs, webhooks
from cloud.services.errors import AlreadyThere, NotFound, NotNow

MOST_CONNECTORS = 64
MOST_PENDING = 200
LONGEST_IDENTITY = 64
LONGEST_NAME = 100
BACK_WITHIN = timedelta(minutes=5)
"""A station that is away no longer than this after a restart of ours was never offline for others."""
TOLD_AT_ONCE = 100


def add(
    conn: Connection,
    organisation_id: int,
    identity: str,
    name: str,
    connectors: int,
    now: datetime,
    *,
    site: str | None = None,
    tariff: str | None = None,
    max_power_w: int | None = None,
    user_id: int | None = None,
) -> tuple[Station, bytes]:
    """Adds a station with connectors 1..n and returns its key: 20 random bytes, shown this once.

    `max_power_w` is what one connector can deliver. Raises AlreadyThere, NotFound (site, tariff), NotNow.
    """
    _check_new(conn, identity, connectors)
    key, kept = access.fresh()
    values = {
        **kept,
        "identity": identity,
        "name": name,
        "organisation_id": organisation_id,
        "site_id": _site(conn, organisation_id, site),
        "tariff_id": tariffs.find(conn, organisation_id, tariff).id if tariff else None,
        "created_at": now,
    }
    station = places.add_station(conn, values, connectors, max_power_w)
    knocks.forget(conn, identity)
    told = {"name": name, "connectors": connectors, "site": site, "tariff": tariff, "max_power_w": max_power_w}
    audit.change(conn, organisation_id, user_id, "station added", identity, {}, told, now)
    return station, key


def change(conn: Connection, station_id: int, name: str, site_id: int, user_id: int | None, now: datetime) -> None:
    """Another name for people, another site of its organisation. Raises NotFound (site), NotNow."""
    if not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
        raise NotNow(f"a station's name has 1 to {LONGEST_NAME} printable characters", "name")
    station = places.lock_station(conn, station_id)
    sites = people.site_names(conn, station.organisation_id)
    if site_id not in sites:
        raise NotFound(f"there is no site number {site_id}")
    places.update_station(conn, station_id, {"name": name, "site_id": site_id})
    before, after = {"name": station.name, "site": sites[station.site_id]}, {"name": name, "site": sites[site_id]}
    audit.change(conn, station.organisation_id, user_id, "station changed", station.identity, before, after, now)


def price(conn: Connection, station_id: int, tariff_id: int | None, user_id: int | None, now: datetime) -> None:
    """Gives a station one of its organisation's tariffs, or with None takes its own away: then its site's applies.

    Raises NotFound (tariff).
    """
    station = places.lock_station(conn, station_id)
    if tariff_id is not None and tariff_id not in tariff_rows.names(conn, station.organisation_id):
        raise NotFound(f"there is no tariff number {tariff_id}")
    before = tariff_rows.name_of(conn, places.station_tariff(conn, station_id))
    places.update_station(conn, station_id, {"tariff_id": tariff_id})
    after = {"tariff": tariff_rows.name_of(conn, tariff_id)}
    audit.change(
        conn, station.organisation_id, user_id, "station's tariff set", station.identity, {"tariff": before}, after, now
    )


def find(conn: Connection, organisation_id: int, identity: str) -> Station:
    """The organisation's station of that identity. Raises NotFound."""
    station = places.find_station(conn, identity)
    if station is None or station.organisation_id != organisation_id:
        raise NotFound(f"there is no station {identity!r}; `bollard cloud stations` lists them")
    return station


def note_pending(conn: Connection, identity: str, remote: str, now: datetime) -> None:
    """Lists an unknown identity that knocked, coalesced and bounded."""
    identity, remote = identity[:LONGEST_IDENTITY], remote[:LONGEST_IDENTITY]
    if knocks.knock(conn, identity, remote, now):
        return
    if knocks.count(conn) >= MOST_PENDING:
        knocks.drop_oldest(conn)
    knocks.insert(conn, identity, remote, now)


def pending(conn: Connection) -> list[Pending]:
    """Unknown identities that knocked, the latest first."""
    return knocks.listed(conn)


def status_changed(conn: Connection, station_id: int, report: StatusReport, now: datetime) -> None:
    """Keeps the connector's status, the latest received; an unlisted connector is added. Raises NotFound."""
    if report.connector:
        connector(conn, station_id, report.connector)
    values = {"status": report.status, "error_code": report.error_code, "info": report.info}
    faulted = report.status is ConnectorStatus.FAULTED
    if faulted and places.status_of(conn, station_id, report.connector) != ConnectorStatus.FAULTED:
        webhooks.tell_fault(conn, station_id, report, now)
    places.set_status(conn, station_id, report.connector, values, now)


def connector(conn: Connection, station_id: int, number: int, lowest: int = 1) -> Connector:
    """The station's connector, added if nobody had listed it. Raises NotFound for a number that no station has."""
    check_connector(number, lowest)
    return places.find_connector(conn, station_id, number) or places.add_connector(conn, station_id, number)


def check_connector(number: int, lowest: int = 1) -> None:
    """Raises NotFound for a connector number that no station has."""
    if not lowest <= number <= MOST_CONNECTORS:
        raise NotFound(f"connector {number} cannot be; connectors are numbered {lowest} to {MOST_CONNECTORS}")


def came_online(conn: Connection, station_id: int, epoch: str, now: datetime, *, by_next_key: bool = False) -> None:
    """The station's newest socket; it displaces any other epoch, and its next key the old one if that was shown."""
    station = places.lock_station(conn, station_id)
    access.signed_in(conn, station_id, by_next_key=by_next_key, now=now)
    if not places.connect(conn, station_id, epoch, now):
        webhooks.tell_station(conn, station, Event.STATION_ONLINE, now)
    seen(conn, station_id, now)


def went_offline(conn: Connection, station_id: int, epoch: str, now: datetime, *, by_us: bool = False) -> None:
    """The socket of this epoch ended; nothing changes when a newer one took its place.

    One that ended `by_us`, as this server ends, is told to others only if the station does not come back soon.
    """
    ended = places.disconnect(conn, now, station_id, epoch, now + BACK_WITHIN if by_us else None)
    if ended and not by_us:
        webhooks.tell_station(conn, places.lock_station(conn, station_id), Event.STATION_OFFLINE, now)


def seen(conn: Connection, station_id: int, now: datetime) -> None:
    """Any message is a sign of life."""
    places.update_station(conn, station_id, {"last_seen_at": now})


def all_offline(conn: Connection, now: datetime) -> None:
    """No socket is held: for the start of the only process that holds sockets."""
    places.disconnect_all(conn, now, now + BACK_WITHIN)


def tell_missing(conn: Connection, now: datetime) -> None:
    """Tells others of stations that did not come back after a restart of ours, some at a time."""
    for station_id in places.offline_due(conn, now, TOLD_AT_ONCE):
        station = places.lock_station(conn, station_id)
        if places.told_offline(conn, station_id):
            webhooks.tell_station(conn, station, Event.STATION_OFFLINE, now)


def _check_new(conn: Connection, identity: str, connectors: int) -> None:
    if not 0 < len(identity) <= LONGEST_IDENTITY or ":" in identity or not identity.isprintable():
        raise NotNow(f"an identity has 1 to {LONGEST_IDENTITY} printable characters and no colon", "identity")
    if not 0 < connectors <= MOST_CONNECTORS:
        raise NotNow(f"a station has 1 to {MOST_CONNECTORS} connectors", "connectors")
    if places.find_station(conn, identity):
        raise AlreadyThere(f"there is a station {identity!r} already", "identity")


def _site(conn: Connection, organisation_id: int, name: str | None) -> int:
    id = places.site_id(conn, organisation_id, name)
    return places.add_site(conn, organisation_id, name or "Main site") if id is None else id
