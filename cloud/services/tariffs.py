"""Tariffs: a change is a new version, so that sessions keep the one they began with."""

from datetime import datetime

from sqlalchemy import Connection

from cloud.db.queries import places
from cloud.db.queries import tariffs as rows
from cloud.domain.tariffs import Tariff, TariffVersion, Terms, check
from cloud.services import audit
from cloud.services.errors import AlreadyThere, NotFound


def add(
    conn: Connection,
    name: str,
    terms: Terms,
    now: datetime,
    *,
    user_id: int | None = None,
) -> TariffVersion:
    """A new tariff with its first version. Raises AlreadyThere, BadTariff, UnknownCurrency."""
    check(terms)
    organisation_id = places.only_organisation(conn)
    if rows.find(conn, organisation_id, name):
        raise AlreadyThere(f"there is a tariff {name!r} already; `set-tariff` gives it new prices")
    added = rows.insert_version(conn, rows.insert(conn, organisation_id, name), terms, now)
    audit.note(conn, user_id, "tariff added", name, {"version": added.number}, now)
    return added


def change(
    conn: Connection,
    name: str,
    terms: Terms,
    now: datetime,
    *,
    user_id: int | None = None,
) -> TariffVersion:
    """The tariff's next version, for sessions that begin from now on. Raises NotFound, BadTariff, UnknownCurrency."""
    check(terms)
    changed = rows.insert_version(conn, find(conn, name), terms, now)
    audit.note(conn, user_id, "tariff changed", name, {"version": changed.number}, now)
    return changed


def find(conn: Connection, name: str) -> Tariff:
    """The tariff of that name. Raises NotFound."""
    found = rows.find(conn, places.only_organisation(conn), name)
    if found is None:
        raise NotFound(f"there is no tariff {name!r}; `add-tariff` makes one")
    return found


def assign(
    conn: Connection,
    name: str,
    now: datetime,
    *,
    site: str | None = None,
    identity: str | None = None,
    user_id: int | None = None,
) -> None:
    """Makes it the tariff of one station, or of a site (the first, without a name). Raises NotFound."""
    tariff = find(conn, name)
    if identity is not None:
        _assign_station(conn, tariff, identity)
    else:
        _assign_site(conn, tariff, site)
    audit.note(conn, user_id, "tariff assigned", name, {"site": site, "station": identity}, now)


def assign_where_none(conn: Connection, name: str, now: datetime, *, user_id: int | None = None) -> bool:
    """Makes it the tariff of the first site if that has none yet; whether it did. Raises NotFound."""
    site_id = places.site_id(conn, places.only_organisation(conn), None)
    if site_id is None or places.site_tariff(conn, site_id) is not None:
        return False
    assign(conn, name, now, user_id=user_id)
    return True


def _assign_station(conn: Connection, tariff: Tariff, identity: str) -> None:
    station = places.find_station(conn, identity)
    if station is None:
        raise NotFound(f"there is no station {identity!r}")
    places.update_station(conn, station.id, {"tariff_id": tariff.id})


def _assign_site(conn: Connection, tariff: Tariff, name: str | None) -> None:
    site_id = places.site_id(conn, tariff.organisation_id, name)
    if site_id is None:
        raise NotFound(f"there is no site {name!r}")
    places.set_site_tariff(conn, site_id, tariff.id)
