"""What goes on at the sites, and what waits for somebody."""

from typing import Any

from sqlalchemy import Connection

from cloud.db.queries import incidents as incident_rows
from cloud.db.queries import load as load_rows
from cloud.db.queries import orphans as orphan_rows
from cloud.db.queries import places
from cloud.db.rows import Cut
from cloud.domain.orphans import Orphan
from cloud.domain.people import Permission
from cloud.domain.tags import masked
from cloud.services import orphans, overview
from cloud.services.bell import Topic
from cloud.services.load import KEPT
from cloud.web.api import own
from cloud.web.api.endpoints import Call, Endpoint, Kind
from cloud.web.api.problems import Refused
from cloud.web.api.sessions import shown as shown_session
from cloud.web.api.shapes import watching as shapes
from cloud.web.api.shapes.charging import Session
from cloud.web.api.shapes.places import Incident, OfStation

LOOK = Permission.LOOK


def load(conn: Connection, call: Call) -> Any:
    zone = places.default_time_zone(conn, call.organisation_id)
    midnight = call.now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    return load_rows.sites(conn, midnight, call.scope)


def power(conn: Connection, call: Call) -> list[dict[str, Any]]:
    wanted = call.query.site
    ids = {name: id for id, name in load_rows.site_names(conn, call.scope).items()}
    if wanted is not None and wanted not in ids:
        raise Refused(404)
    site_id = None if wanted is None else ids[wanted]
    since = max(call.query.since or call.now - KEPT, call.now - KEPT)
    return [{"at": at, "power_w": power_w} for at, power_w in load_rows.power(conn, since, call.scope, site_id)]


def put_off(conn: Connection, call: Call) -> list[dict[str, Any]]:
    found = overview.bills_put_off(conn, call.scope)
    fields = shapes.BillPutOff.__struct_fields__
    return [{name: getattr(each, name) for name in fields} | {"id_tag": masked(each.id_tag)} for each in found]


def stops(conn: Connection, call: Call) -> list[dict[str, Any]]:
    found = orphan_rows.homeless(conn, call.scope, call.now - orphans.SHOWN_FOR, orphans.MOST_OF_ONE_STATION)
    return [shown_stop(each) for each in found]


def shown_stop(orphan: Orphan) -> dict[str, Any]:
    """A stop as it is told: its tag masked."""
    told = {name: getattr(orphan, name) for name in shapes.Stop.__struct_fields__}
    return told | {"id_tag": None if orphan.id_tag is None else masked(orphan.id_tag)}


def join_stop(conn: Connection, call: Call) -> Any:
    orphan = orphan_rows.seen_by_id(conn, call.scope, call.params["orphan_stop_id"])
    if orphan is None or overview.session(conn, call.body.session_id, call.scope) is None:
        raise Refused(404)
    orphans.join(conn, orphan.id, call.body.session_id, call.user_id, call.now)
    session = overview.session(conn, call.body.session_id, call.scope)
    assert session is not None
    return shown_session(session)


def incidents(conn: Connection, call: Call) -> Any:
    return incident_rows.listed(conn, call.scope, Cut(call.limit, call.after), own.asked_station(conn, call))


ENDPOINTS = (
    Endpoint("GET", "/load", "List sites with what they draw and deliver", LOOK, load, shapes.SiteLoad, Kind.ALL),
    Endpoint(
        "GET",
        "/load/power",
        "List what was drawn every five minutes of the last days",
        LOOK,
        power,
        shapes.Power,
        Kind.ALL,
        shapes.PowerQuery,
    ),
    Endpoint(
        "GET", "/bills-put-off", "List bills that could not be issued yet", LOOK, put_off, shapes.BillPutOff, Kind.ALL
    ),
    Endpoint("GET", "/stops", "List stops whose session nobody knows", LOOK, stops, shapes.Stop, Kind.ALL),
    Endpoint(
        "POST",
        "/stops/{orphan_stop_id:int}/session",
        "Say which open session a stop ends; it is reviewed then",
        Permission.BILL,
        join_stop,
        Session,
        takes=shapes.StopOf,
        topics=(Topic.SESSIONS, Topic.INCIDENTS, Topic.STATIONS),
    ),
    Endpoint("GET", "/incidents", "List oddities", LOOK, incidents, Incident, Kind.PAGE, OfStation),
)
