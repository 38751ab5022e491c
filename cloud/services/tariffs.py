"""Tariffs: a change is a new version, so that sessions keep the one they began with."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from cloud.db.queries import assignments, groups, places, tags
from cloud.db.queries import tariffs as rows
from cloud.domain.errors import BadTariff
from cloud.domain.tariff_checks import check
from cloud.domain.tariffs import Tariff, TariffVersion, Terms
from cloud.services import audit
from cloud.services.errors import AlreadyThere, NotFound


@dataclass(frozen=True, slots=True)
class Validity:
    """When sessions may begin under a version; without a beginning from now on, without an end until the next."""

    begin: datetime | None = None
    end: datetime | None = None


ALWAYS = Validity()


def add(
    conn: Connection,
    organisation_id: int,
    name: str,
    terms: Terms,
    now: datetime,
    validity: Validity = ALWAYS,
    *,
    user_id: int | None = None,
) -> TariffVersion:
    """A new tariff with its first version. Raises AlreadyThere, BadTariff, UnknownCurrency."""
    if rows.find(conn, organisation_id, name):
        raise AlreadyThere(f"there is a tariff {name!r} already; `set-tariff` gives it new prices", "name")
    added = _insert(conn, lambda: rows.insert(conn, organisation_id, name), terms, now, validity)
    audit.change(conn, organisation_id, user_id, "tariff added", name, {}, {"version": added.number}, now)
    return added


def change(
    conn: Connection,
    organisation_id: int,
    name: str,
    terms: Terms,
    now: datetime,
    validity: Validity = ALWAYS,
    *,
    user_id: int | None = None,
) -> TariffVersion:
    """The tariff's next version, for sessions that begin from now on. Raises NotFound, BadTariff, UnknownCurrency."""
    changed = _insert(conn, lambda: find(conn, organisation_id, name), terms, now, validity)
    before = {"version": changed.number - 1}
    audit.change(conn, organisation_id, user_id, "tariff changed", name, before, {"version": changed.number}, now)
    return changed


def put(
    conn: Connection,
    organisation_id: int,
    name: str,
    terms: Terms,
    now: datetime,
    validity: Validity,
    *,
    user_id: int | None = None,
) -> TariffVersion:
    """The next version of the tariff, which is made if there is none. Raises BadTariff, UnknownCurrency."""
    known = rows.find(conn, organisation_id, name)
    return (change if known else add)(conn, organisation_id, name, terms, now, validity, user_id=user_id)


def newest(conn: Connection, organisation_id: int) -> list[TariffVersion]:
    """The last version of each tariff, by name."""
    return rows.newest(conn, organisation_id)


def latest(conn: Connection, organisation_id: int, name: str) -> TariffVersion:
    """The last version of a tariff. Raises NotFound."""
    found = next((version for version in newest(conn, organisation_id) if version.name == name), None)
    if found is None:
        raise _unknown(name)
    return found


def _insert(
    conn: Connection, owner: Callable[[], Tariff], terms: Terms, now: datetime, validity: Validity
) -> TariffVersion:
    """No version begins in the past: what has begun keeps its price."""
    check(terms)
    begin = max(now, validity.begin or now)
    if validity.end is not None and validity.end <= begin:
        raise BadTariff(f"end_date_time is {validity.end}; it must be after the version's beginning, {begin}")
    return rows.insert_version(conn, owner(), terms, begin, validity.end)


def find(conn: Connection, organisation_id: int, name: str) -> Tariff:
    """The tariff of that name. Raises NotFound."""
    found = rows.find(conn, organisation_id, name)
    if found is None:
        raise _unknown(name)
    return found


def _unknown(name: str) -> NotFound:
    return NotFound(f"there is no tariff {name!r}; `add-tariff` makes one, `tariff import` takes one from a file")


def assign(
    conn: Connection,
    organisation_id: int,
    name: str,
    now: datetime,
    *,
    site: str | None = None,
    identity: str | None = None,
    connector: int | None = None,
    group: str | None = None,
    tag: str | None = None,
    user_id: int | None = None,
) -> None:
    """Makes it the tariff of a tag, a group of tags, a connector, a station or a site (the first, without a name).

    A session goes by the first of these that has one in force, in this order: what was agreed with the driver before
    what holds for everyone, and the smaller place before the larger. Raises NotFound.
    """
    tariff = find(conn, organisation_id, name)
    if tag is not None or group is not None:
        before = _assign_driver(conn, tariff, tag, group)
    elif identity is not None:
        before = _assign_station(conn, tariff, identity, connector)
    else:
        before = _assign_site(conn, tariff, site)
    tags.changed(conn, tariff.organisation_id)
    place = f"{identity} {connector}" if connector else identity or site or "first site"
    where = tag or group or place
    audit.change(
        conn, organisation_id, user_id, "tariff assigned", name, {where: rows.name_of(conn, before)}, {where: name}, now
    )


def assign_where_none(
    conn: Connection, organisation_id: int, name: str, now: datetime, *, user_id: int | None = None
) -> bool:
    """Makes it the tariff of the first site if that has none yet; whether it did. Raises NotFound."""
    site_id = places.site_id(conn, organisation_id, None)
    if site_id is None or places.site_tariff(conn, site_id) is not None:
        return False
    assign(conn, organisation_id, name, now, user_id=user_id)
    return True


def _assign_driver(conn: Connection, tariff: Tariff, tag: str | None, group: str | None) -> int | None:
    known_tag = tags.find(conn, tariff.organisation_id, tag) if tag is not None else None
    known_group = groups.find(conn, tariff.organisation_id, group) if group is not None else None
    if tag is not None and known_tag is None:
        raise NotFound(f"there is no tag {tag!r}", "tag")
    if group is not None and known_group is None:
        raise NotFound(f"there is no group {group!r}", "group")
    if known_tag is not None:
        tags.update(conn, known_tag.id, {"tariff_id": tariff.id})
    if known_group is not None:
        groups.update(conn, known_group.id, {"tariff_id": tariff.id})
    return next((each.tariff_id for each in (known_tag, known_group) if each is not None), None)


def _assign_station(conn: Connection, tariff: Tariff, identity: str, place: int | None) -> int | None:
    station = places.find_station(conn, identity)
    if station is None or station.organisation_id != tariff.organisation_id:
        raise NotFound(f"there is no station {identity!r}", "station")
    if place is None:
        before = places.station_tariff(conn, station.id)
        places.update_station(conn, station.id, {"tariff_id": tariff.id})
        return before
    connector = places.find_connector(conn, station.id, place)
    if connector is None:
        raise NotFound(f"{identity} has no connector {place}", "connector")
    before = assignments.connector_tariff(conn, connector.id)
    assignments.set_connector_tariff(conn, connector.id, tariff.id)
    return before


def _assign_site(conn: Connection, tariff: Tariff, name: str | None) -> int | None:
    site_id = places.site_id(conn, tariff.organisation_id, name)
    if site_id is None:
        raise NotFound(f"there is no site {name!r}", "site")
    before = places.site_tariff(conn, site_id)
    places.set_site_tariff(conn, site_id, tariff.id)
    return before
