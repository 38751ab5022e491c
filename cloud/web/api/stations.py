"""Stations: looked at, added, changed, and what they keep themselves."""

from typing import Any

import msgspec
from sqlalchemy import Connection

from cloud.db.queries import messages as message_rows
from cloud.db.queries import overview as rows
from cloud.db.queries import reservations as reservation_rows
from cloud.db.rows import Cut
from cloud.domain.messages import Search, with_masked_tags
from cloud.domain.people import Permission
from cloud.domain.reservations import OPEN, ReservationState
from cloud.domain.tags import masked
from cloud.domain.views import StationRow
from cloud.services import configuration, local_lists, profiles
from cloud.services import stations as services
from cloud.web.api import own
from cloud.web.api.endpoints import Call, Endpoint, Kind
from cloud.web.api.shapes import places as shapes

LOOK, EQUIP = Permission.LOOK, Permission.EQUIP
_STATION = "/stations/{station_id:int}"


def shown(row: StationRow) -> dict[str, Any]:
    """A station as it is told: a connector names its session."""
    told = {name: getattr(row, name) for name in shapes.Station.__struct_fields__}
    return told | {"connectors": [_connector(each) for each in row.connectors]}


def _connector(row: Any) -> dict[str, Any]:
    told = {name: getattr(row, name) for name in shapes.Connector.__struct_fields__}
    return told | {"session": row.session.id if row.session else None}


def listed(conn: Connection, call: Call) -> list[dict[str, Any]]:
    cut, query = Cut(call.limit, call.after), call.query
    found = rows.stations_page(conn, call.scope, cut, site_name=query.site, online=query.online)
    return [shown(row) for row in found]


def one(conn: Connection, call: Call) -> dict[str, Any]:
    return shown(own.station(conn, call))


def connectors(conn: Connection, call: Call) -> list[dict[str, Any]]:
    return [_connector(row) for row in own.station(conn, call).connectors]


def pending(conn: Connection, call: Call) -> Any:
    return services.pending(conn) if call.scope.site_ids is None else []


def settings(conn: Connection, call: Call) -> Any:
    return configuration.known(conn, own.station(conn, call).id)


def held_profiles(conn: Connection, call: Call) -> Any:
    return profiles.installed(conn, own.station(conn, call).id)


def local_list(conn: Connection, call: Call) -> Any:
    return local_lists.known(conn, own.station(conn, call).id)


def reservations(conn: Connection, call: Call) -> list[dict[str, Any]]:
    states = set(ReservationState) if call.query.ended else OPEN
    cut, station_id = Cut(call.limit, call.after), own.asked_station(conn, call)
    found = reservation_rows.seen_page(conn, call.scope, cut, states, station_id)
    fields = shapes.Reservation.__struct_fields__
    return [{n: getattr(each, n) for n in fields} | {"id_tag": masked(each.id_tag), "row": id} for id, each in found]


def messages(conn: Connection, call: Call) -> list[dict[str, Any]]:
    own.asked_station(conn, call)
    wanted = Search(**msgspec.structs.asdict(call.query))
    found = message_rows.listed(conn, call.scope, wanted, Cut(call.limit, call.after))
    fields = shapes.Message.__struct_fields__
    return [{n: getattr(each, n) for n in fields} | {"text": with_masked_tags(each.text)} for each in found]


ENDPOINTS = (
    Endpoint("GET", "/stations", "List stations", LOOK, listed, shapes.Station, Kind.PAGE, shapes.StationQuery),
    Endpoint(
        "GET",
        "/stations/pending",
        "List identities that knocked and are unknown",
        EQUIP,
        pending,
        shapes.Pending,
        Kind.ALL,
    ),
    Endpoint("GET", _STATION, "Show a station", LOOK, one, shapes.Station),
    Endpoint("GET", f"{_STATION}/connectors", "List its connectors", LOOK, connectors, shapes.Connector, Kind.ALL),
    Endpoint(
        "GET",
        f"{_STATION}/configuration",
        "List what it told of its configuration",
        EQUIP,
        settings,
        shapes.Setting,
        Kind.ALL,
    ),
    Endpoint(
        "GET",
        f"{_STATION}/profiles",
        "List the charging profiles that it holds",
        LOOK,
        held_profiles,
        shapes.Profile,
        Kind.ALL,
    ),
    Endpoint("GET", f"{_STATION}/local-list", "Show the state of its local list", LOOK, local_list, shapes.ListState),
    Endpoint(
        "GET",
        "/reservations",
        "List reservations",
        LOOK,
        reservations,
        shapes.Reservation,
        Kind.PAGE,
        shapes.ReservationQuery,
    ),
    Endpoint(
        "GET", "/messages", "Search the message log", EQUIP, messages, shapes.Message, Kind.PAGE, shapes.MessageQuery
    ),
)
