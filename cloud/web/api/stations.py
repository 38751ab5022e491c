"""Stations: looked at, added, changed, and what they keep themselves."""

from typing import Any

import msgspec
from sqlalchemy import Connection

from cloud.db.queries import messages as message_rows
from cloud.db.queries import overview as rows
from cloud.db.queries import people
from cloud.db.queries import reservations as reservation_rows
from cloud.db.rows import Cut
from cloud.domain.messages import Search, with_masked_tags
from cloud.domain.people import Permission
from cloud.domain.reservations import OPEN, ReservationState
from cloud.domain.tags import masked
from cloud.domain.views import StationRow
from cloud.services import access, configuration, local_lists, overview, profiles, registration, tariffs, traces
from cloud.services import stations as services
from cloud.services.bell import Topic
from cloud.services.errors import NotFound
from cloud.web.api import own
from cloud.web.api.endpoints import Call, Endpoint, Kind, given
from cloud.web.api.problems import Fault, Refused
from cloud.web.api.shapes import places as shapes

LOOK, EQUIP = Permission.LOOK, Permission.EQUIP
_STATION = "/stations/{station_id:int}"
MOST_MESSAGES = 200


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


def add(conn: Connection, call: Call) -> dict[str, Any]:
    body = call.body
    _check_site(conn, call, body.site)
    _check_tariff(call, body.tariff is not None)
    name, rest = body.name or body.identity, {n: getattr(body, n) for n in ("site", "tariff", "max_power_w")}
    added, key = services.add(
        conn, call.organisation_id, body.identity, name, body.connectors, call.now, user_id=call.user_id, **rest
    )
    if body.network is not None:
        access.without_key(conn, call.organisation_id, body.identity, body.network, call.user_id, call.now)
    return {"station": _told(conn, call, added.id), "key": None if body.network else key.hex()}


def _check_tariff(call: Call, wanted: bool) -> None:
    """Who equips stations does not say what they cost."""
    if wanted and not call.key.may(Permission.BILL):
        raise Refused(403, f"To give a station a tariff needs the permission {Permission.BILL}.")


def _check_site(conn: Connection, call: Call, site: str | None) -> None:
    """Who has some sites only adds stations there and makes no others."""
    if call.scope.site_ids is None:
        return
    known = {name for id, name in people.site_names(conn, call.organisation_id).items() if id in call.scope.site_ids}
    if site not in known:
        raise Refused(422, f"site: it is one of {', '.join(sorted(known))}", (Fault("not a site of yours", "/site"),))


def change(conn: Connection, call: Call) -> dict[str, Any]:
    station, wanted = own.station(conn, call), given(call.body)
    who = (call.user_id, call.now)
    _check_tariff(call, "tariff" in wanted)
    if "name" in wanted or "site" in wanted:
        site_id = _site_id(conn, call, wanted.get("site", station.site))
        services.change(conn, station.id, wanted.get("name", station.name), site_id, *who)
    if "tariff" in wanted:
        tariff = tariffs.find(conn, call.organisation_id, wanted["tariff"]).id if wanted["tariff"] else None
        services.price(conn, station.id, tariff, *who)
    if "disabled" in wanted:
        (access.disable if wanted["disabled"] else access.enable)(conn, call.organisation_id, station.identity, *who)
    if "network" in wanted:
        access.without_key(conn, call.organisation_id, station.identity, wanted["network"], *who)
    if "admission" in wanted:
        registration.decide(conn, call.organisation_id, station.identity, wanted["admission"], *who)
    return _told(conn, call, station.id)


def _site_id(conn: Connection, call: Call, name: str) -> int:
    """A site that the key sees. Raises NotFound."""
    _check_site(conn, call, name)
    known = {site: id for id, site in people.site_names(conn, call.organisation_id).items()}
    if name not in known:
        raise NotFound(f"there is no site {name!r}")
    return known[name]


def _told(conn: Connection, call: Call, id: int) -> dict[str, Any]:
    found = overview.station(conn, id, call.scope)
    assert found is not None
    return shown(found)


def new_key(conn: Connection, call: Call) -> dict[str, Any]:
    station = own.station(conn, call)
    key = access.new_key(conn, call.organisation_id, station.identity, call.user_id, call.now)
    return {"station": _told(conn, call, station.id), "key": key.hex()}


def diagnosis(conn: Connection, call: Call) -> list[dict[str, Any]]:
    found = traces.of_station(conn, own.station(conn, call).id, MOST_MESSAGES).findings
    return [{"at": each.at, "what": with_masked_tags(each.what), "do": each.do} for each in found]


def keep_list(conn: Connection, call: Call) -> Any:
    station = own.station(conn, call)
    local_lists.keep(conn, station.id, call.body.kept, call.user_id, call.now)
    return local_lists.known(conn, station.id)


RUNG = (Topic.STATIONS,)
ENDPOINTS = (
    Endpoint(
        "POST",
        "/stations",
        "Add a station",
        EQUIP,
        add,
        shapes.StationKey,
        takes=shapes.NewStation,
        status=201,
        topics=RUNG,
    ),
    Endpoint(
        "PATCH", _STATION, "Change a station", EQUIP, change, shapes.Station, takes=shapes.StationChange, topics=RUNG
    ),
    Endpoint(
        "POST", f"{_STATION}/keys", "Give it a new key; the old one ends at once", EQUIP, new_key, shapes.StationKey
    ),
    Endpoint(
        "PUT",
        f"{_STATION}/local-list",
        "Keep its local list in step with the tags, or not",
        EQUIP,
        keep_list,
        shapes.ListState,
        takes=shapes.ListWish,
    ),
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
        f"{_STATION}/diagnosis",
        "List what is wrong with it, by its latest messages",
        EQUIP,
        diagnosis,
        shapes.Finding,
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
