"""What became of commands, and what is known of what stations keep: configuration, reservations, profiles."""

from argparse import Namespace
from collections.abc import Mapping
from typing import Any

import msgspec
from sqlalchemy import Connection

from cloud.cli.verbs import Answer, Context, Verb, argument, printable, table
from cloud.domain.commands import Command, CommandKind, TimelineEntry, without_secrets
from cloud.domain.local_lists import LocalList
from cloud.domain.profiles import in_words
from cloud.services import commands, configuration, local_lists, overview, profiles, reservations, stations

_STATION = argument("station", metavar="STATION", help="the station's identity")
_ANY_STATION = argument("station", metavar="STATION", nargs="?", help="only of this station")
_LIMIT = argument("--limit", type=int, default=20, metavar="N", help="how many at most (20)")


async def told(context: Context, id: int) -> Answer:
    """A command with its timeline and the station's answer. Raises NotFound."""
    command = await context.db.read(lambda conn: commands.by_id(conn, id))
    entries = await context.db.read(lambda conn: commands.timeline(conn, id))
    shown = msgspec.json.encode(without_secrets(command.parameters)).decode()
    lines = [f"command {id}: {command.kind} to {command.identity} {shown}", *_steps(context, entries)]
    return Answer({"command": _masked(command), "timeline": entries}, "\n".join([*lines, *_answer(command)]))


def _masked(command: Command) -> dict[str, Any]:
    whole: dict[str, Any] = msgspec.to_builtins(command)
    return whole | {"parameters": without_secrets(command.parameters)}


def _steps(context: Context, entries: list[TimelineEntry]) -> list[str]:
    return [
        f"{context.local(entry.at)}:{entry.at:%S}  {entry.step:<15}  {printable(entry.detail)}".rstrip()
        for entry in entries
    ]


def _answer(command: Command) -> list[str]:
    answer = command.answer or {}
    schedule = answer.get("chargingSchedule")
    if command.kind is CommandKind.GET_COMPOSITE_SCHEDULE and isinstance(schedule, dict):
        return [f"from {printable(str(answer.get('scheduleStart', '')))} on:", *map(printable, in_words(schedule))]
    if command.kind is CommandKind.GET_CONFIGURATION:
        return ["the station told its configuration; `bollard cloud configuration` shows it"]
    rest = {name: value for name, value in answer.items() if name != "status"}
    return [f"answer: {printable(msgspec.json.encode(rest).decode())}"] if rest else []


async def _timeline(context: Context, asked: Namespace) -> Answer:
    return await told(context, asked.id)


async def _commands(context: Context, asked: Namespace) -> Answer:
    station_id = await _station_id(context, asked.station) if asked.station else None
    found = await context.db.read(
        lambda conn: overview.commands(conn, station_id, limit=asked.limit, scope=context.scope)
    )
    rows: list[tuple[object, ...]] = [
        (command.id, command.identity, command.kind, command.state, context.local(command.asked_at), steps[-1].detail)
        for command, steps in found
    ]
    data = [{"command": _masked(command), "timeline": steps} for command, steps in found]
    return Answer(data, table("COMMAND STATION ACTION STATE ASKED WHAT", rows, "nothing was asked yet"))


async def _station_id(context: Context, identity: str) -> int:
    return (await context.read(stations.find, identity)).id


async def _configuration(context: Context, asked: Namespace) -> Answer:
    station_id = await _station_id(context, asked.station)
    found = await context.db.read(lambda conn: configuration.known(conn, station_id))
    rows: list[tuple[object, ...]] = [
        (entry.key, entry.value, "read only" if entry.readonly else "", context.local(entry.read_at)) for entry in found
    ]
    otherwise = "nothing is known of it yet; `read-configuration` asks the station"
    return Answer(found, table("KEY VALUE ACCESS READ", rows, otherwise))


async def _reservations(context: Context, asked: Namespace) -> Answer:
    station_id = await _station_id(context, asked.station) if asked.station else None
    found = await context.db.read(
        lambda conn: reservations.listed(conn, station_id, ended=asked.all, scope=context.scope)
    )
    rows: list[tuple[object, ...]] = [
        (row.number, f"{row.identity}/{row.connector or 'any'}", row.id_tag, row.state, context.local(row.expires_at))
        for row in found
    ]
    return Answer(found, table("RESERVATION CONNECTOR TAG STATE UNTIL", rows, "nothing is reserved"))


async def _profiles(context: Context, asked: Namespace) -> Answer:
    station_id = await _station_id(context, asked.station)
    found = await context.db.read(lambda conn: profiles.installed(conn, station_id))
    rows = [_profile_row(context.local(row.installed_at), row.connector, row.profile) for row in found]
    return Answer(
        found, table("PROFILE CONNECTOR PURPOSE LEVEL SET LIMITS", rows, "no charging profile was set from here")
    )


def _profile_row(installed_at: str, connector: int, profile: Mapping[str, Any]) -> tuple[object, ...]:
    limits = "; ".join(in_words(profile["chargingSchedule"]))
    purpose = profile["chargingProfilePurpose"]
    return (profile["chargingProfileId"], connector, purpose, profile["stackLevel"], installed_at, limits)


async def _local_list(context: Context, asked: Namespace) -> Answer:
    def unit(conn: Connection) -> LocalList:
        station_id = stations.find(conn, context.organisation_id, asked.station).id
        if asked.do in ("on", "off"):
            local_lists.keep(conn, station_id, asked.do == "on", None, context.now)
        if asked.do == "sync":
            local_lists.again(conn, station_id)
        return local_lists.known(conn, station_id)

    found = await (context.db.read(unit) if asked.do == "show" else context.db.write(unit))
    return Answer(found, "\n".join(_list_words(context, found)))


def _list_words(context: Context, found: LocalList) -> list[str]:
    if not found.kept:
        return ["its local list is not kept in step; `local-list STATION on` begins"]
    held = "what it holds is not known" if found.held is None else f"it holds {len(found.held)} tags"
    state = "in step with the tags" if found.revision is not None else "not yet in step"
    lines = [f"its local list is kept, version {found.version}; {held}; {state}"]
    if found.left_out:
        lines.append(f"{found.left_out} tags are left out: the station has no room for more")
    if found.trouble:
        lines.append(f"{printable(found.trouble)}; next try {context.local(found.retry_at)}")
    return lines


VERBS = (
    Verb(
        "local-list",
        "keep a station's own list of tags in step, so that it knows them when it is offline",
        _local_list,
        (_STATION, argument("do", choices=("on", "off", "show", "sync"), help="sync: check it with the station anew")),
    ),
    Verb("commands", "list what stations were asked for, the newest first", _commands, (_ANY_STATION, _LIMIT)),
    Verb(
        "command-timeline",
        "show what became of a command",
        _timeline,
        (argument("id", type=int, metavar="COMMAND", help="its number in the list of commands"),),
    ),
    Verb("configuration", "show what is known of a station's configuration", _configuration, (_STATION,)),
    Verb(
        "reservations",
        "list reservations",
        _reservations,
        (_ANY_STATION, argument("--all", action="store_true", help="also those that have ended")),
    ),
    Verb("profiles", "list the charging profiles that a station holds, as far as is known", _profiles, (_STATION,)),
)
