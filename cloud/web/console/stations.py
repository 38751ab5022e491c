"""One station: what it does and is, what it and this server said to each other, what it keeps."""

from dataclasses import replace
from typing import Any

from sqlalchemy import Connection
from starlette.exceptions import HTTPException

from cloud.db.queries import commands, places, screens, station_pages
from cloud.db.queries.station_pages import Curves, StationFacts
from cloud.domain.commands import CommandKind
from cloud.domain.messages import FINE, Message, with_masked_tags
from cloud.domain.people import Permission
from cloud.domain.profiles import in_words
from cloud.domain.views import SessionRow
from cloud.services import local_lists, overview, profiles, reservations, traces
from cloud.services.bell import Topic
from cloud.web.chart import Chart, chart
from cloud.web.command_words import answered
from cloud.web.pages import Action, Look, Page

STATION = "/stations/{station_id:int}"
RECENT = 8
MOST_MESSAGES = 200
_TRANSFERS = (CommandKind.UPDATE_FIRMWARE, CommandKind.GET_DIAGNOSTICS)


def head(conn: Connection, look: Look) -> StationFacts:
    """The station that the path names; HTTPException 404 when there is none that one sees."""
    found = station_pages.facts(conn, look.params["station_id"], look.scope)
    if found is None:
        raise HTTPException(404)
    return found


def around(facts: StationFacts) -> dict[str, Any]:
    """What every page of a station shows."""
    return {"facts": facts, "station": facts.row, "zone": facts.zone}


def station(conn: Connection, look: Look) -> dict[str, Any]:
    """What the station does now, and what it is."""
    facts = head(conn, look)
    row = overview.whole(conn, facts.row)
    running = [connector.session for connector in row.connectors if connector.session]
    curves = station_pages.curves(conn, [session.id for session in running])
    return {
        **around(replace(facts, row=row)),
        "charts": {session.id: _chart(look, facts, session, curves[session.id]) for session in running},
        "commands": commands.latest(conn, RECENT, row.id, scope=look.scope),
        "connections": station_pages.connections(conn, row.id, RECENT),
        "incidents": overview.incidents(conn, limit=RECENT, station_id=row.id, scope=look.scope),
    }


def _chart(look: Look, facts: StationFacts, session: SessionRow, known: Curves) -> Chart | None:
    return chart(known.power, [(session.started_at, 0), *known.energy], session.started_at, look.now, facts.zone)


def trace(conn: Connection, look: Look) -> dict[str, Any]:
    """The latest messages, with what is wrong with them; tags masked."""
    facts = head(conn, look)
    errors = look.query.get("show") == "errors"
    found = traces.of_station(conn, facts.row.id, MOST_MESSAGES)
    messages = [_masked(each) for each in found.messages if not errors or each.outcome not in FINE]
    findings = [replace(each, what=with_masked_tags(each.what)) for each in found.findings]
    return {**around(facts), "messages": messages[::-1], "findings": findings, "errors": errors}


def _masked(message: Message) -> Message:
    return replace(message, text=with_masked_tags(message.text))


def kept(conn: Connection, look: Look) -> dict[str, Any]:
    """What the station keeps itself: profiles, reservations, its local list, its firmware."""
    facts = head(conn, look)
    id = facts.row.id
    return {
        **around(facts),
        "profiles": [(each, in_words(each.profile["chargingSchedule"])) for each in profiles.installed(conn, id)],
        "reservations": reservations.listed(conn, id, scope=look.scope),
        "local_list": local_lists.known(conn, id),
        "transfers": commands.latest(conn, RECENT, id, _TRANSFERS, scope=look.scope),
    }


def command(conn: Connection, look: Look) -> dict[str, Any]:
    """One command: its timeline, and what the station said."""
    found = commands.by_id(conn, look.params["command_id"], scope=look.scope)
    if found is None:
        raise HTTPException(404)
    return {
        "command": found,
        "timeline": commands.timelines(conn, [found.id])[found.id],
        "asked_by": screens.user_name(conn, found.user_id),
        "answer": answered(found),
        "zone": places.time_zone(conn, found.station_id),
    }


_OF_STATION = frozenset({Topic.STATIONS, Topic.SESSIONS, Topic.COMMANDS, Topic.INCIDENTS})
PAGES = (
    Page(STATION, "station", station, _OF_STATION),
    Page(f"{STATION}/trace", "station_trace", trace, needs=Permission.EQUIP),
    Page(f"{STATION}/kept", "station_kept", kept, frozenset({Topic.COMMANDS, Topic.SESSIONS})),
    Page("/commands/{command_id:int}", "command", command, frozenset({Topic.COMMANDS, Topic.SESSIONS})),
)
ACTIONS: tuple[Action, ...] = ()
