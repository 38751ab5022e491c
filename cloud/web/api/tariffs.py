"""Tariffs: listed, taken in, applied somewhere, and tried on a session."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import Connection

from cloud.db.queries import assignments, places
from cloud.db.queries import tariffs as rows
from cloud.domain import ocpi_tariffs
from cloud.domain.ocpi_tariffs import Imported
from cloud.domain.people import Permission
from cloud.domain.pricing import Price, Usage, price
from cloud.domain.tariffs import TariffVersion
from cloud.services import overview, sites, tariffs
from cloud.services.errors import Malformed
from cloud.services.pricing import UNPRICEABLE
from cloud.services.tariffs import Validity
from cloud.web.api.endpoints import Call, Endpoint, Kind
from cloud.web.api.problems import Refused
from cloud.web.api.shapes import pricing as shapes

OFFICE, OFFICE_LOOK = Permission.OFFICE, Permission.OFFICE_LOOK
_DOCUMENT = msgspec.json.Decoder(float_hook=Decimal)
_EARLIEST, _LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
_LONGEST = timedelta(days=31)


def shown(version: TariffVersion) -> dict[str, Any]:
    """A tariff as it is told: in OCPI's terms."""
    told = {"id": version.tariff_id, "name": version.name, "version": version.number}
    valid = {"valid_from": version.valid_from, "valid_until": version.valid_until}
    return told | valid | {"currency": version.terms.currency, "ocpi": ocpi_tariffs.write(version)}


def listed(conn: Connection, call: Call) -> list[dict[str, Any]]:
    return [shown(version) for version in rows.newest(conn, call.organisation_id)]


def one(conn: Connection, call: Call) -> dict[str, Any]:
    return shown(own_versions(conn, call)[0])


def versions(conn: Connection, call: Call) -> list[dict[str, Any]]:
    return [shown(version) for version in own_versions(conn, call)]


def own_versions(conn: Connection, call: Call) -> list[TariffVersion]:
    """The versions of the path's tariff, the newest first; 404 when there is none."""
    found = rows.versions(conn, call.organisation_id, call.params["tariff_id"])
    if not found:
        raise Refused(404)
    return found


def take_in(conn: Connection, call: Call) -> dict[str, Any]:
    told = _read(call.body.tariff)
    validity = Validity(told.valid_from, told.valid_until)
    return shown(
        tariffs.put(conn, call.organisation_id, told.name, told.terms, call.now, validity, user_id=call.user_id)
    )


def used_at(conn: Connection, call: Call) -> list[dict[str, Any]]:
    found = assignments.used_at(conn, own_versions(conn, call)[0].tariff_id)
    return [{"kind": kind, "name": name} for kind, name in found]


def assign(conn: Connection, call: Call) -> dict[str, Any]:
    version, body = own_versions(conn, call)[0], call.body
    if sum(each is not None for each in (body.site, body.station_id, body.group, body.tag)) != 1:
        raise Malformed("name one of site, station_id, group and tag")
    if body.connector is not None and body.station_id is None:
        raise Malformed("a connector is one of a station; give its station_id")
    where = {"site": body.site, "group": body.group, "tag": body.tag, "connector": body.connector}
    if body.station_id is not None:
        station = overview.station(conn, body.station_id, call.scope)
        if station is None:
            raise Refused(404)
        where["identity"] = station.identity
    tariffs.assign(conn, call.organisation_id, version.name, call.now, **where, user_id=call.user_id)
    return shown(version)


def preview(conn: Connection, call: Call) -> Price:
    """As the console's editor shows it: by the one pricing function; changes nothing."""
    wish, terms = call.body, _read(call.body.tariff).terms
    if wish.time_zone is not None:
        sites.check_zone(wish.time_zone)
    zone = ZoneInfo(wish.time_zone) if wish.time_zone else places.default_time_zone(conn, call.organisation_id)
    used = _usage(wish)
    try:
        return price(terms, used, zone)
    except UNPRICEABLE as error:
        raise Malformed(f"the tariff cannot price this session: {error}") from error


def _usage(wish: shapes.PriceWish) -> Usage:
    left = wish.unplugged_at or wish.ended_at
    times = [wish.started_at, wish.ended_at, left]
    if times != sorted(times) or not (wish.started_at >= _EARLIEST and left < _LATEST) or left - times[0] > _LONGEST:
        raise Malformed("a session starts, ends and is unplugged in this order, between 2000 and 2100, within 31 days")
    return Usage(
        energy_wh=wish.energy_wh,
        started_at=wish.started_at,
        ended_at=wish.ended_at,
        readings=tuple((each.at, each.energy_wh) for each in wish.readings),
        idle=tuple((each.begin, each.end) for each in wish.idle),
        unplugged_at=wish.unplugged_at,
    )


def _read(document: msgspec.Raw) -> Imported:
    return ocpi_tariffs.read(_DOCUMENT.decode(bytes(document)))


_TARIFF = "/tariffs/{tariff_id:int}"
ENDPOINTS = (
    Endpoint(
        "GET", "/tariffs", "List tariffs, each in its newest version", OFFICE_LOOK, listed, shapes.Tariff, Kind.ALL
    ),
    Endpoint(
        "POST",
        "/tariffs",
        "Take in a tariff, or a new version of one",
        OFFICE,
        take_in,
        shapes.Tariff,
        takes=shapes.TariffImport,
        status=201,
        once=True,
    ),
    Endpoint(
        "POST",
        "/tariffs/preview",
        "Show what a session would cost; changes nothing",
        OFFICE_LOOK,
        preview,
        Price,
        takes=shapes.PriceWish,
        only_reads=True,
    ),
    Endpoint("GET", _TARIFF, "Show a tariff", OFFICE_LOOK, one, shapes.Tariff),
    Endpoint("GET", f"{_TARIFF}/versions", "List its versions", OFFICE_LOOK, versions, shapes.Tariff, Kind.ALL),
    Endpoint("GET", f"{_TARIFF}/assignments", "List where it applies", OFFICE_LOOK, used_at, shapes.Applied, Kind.ALL),
    Endpoint(
        "POST",
        f"{_TARIFF}/assignments",
        "Say where it applies",
        OFFICE,
        assign,
        shapes.Tariff,
        takes=shapes.Assignment,
    ),
)
