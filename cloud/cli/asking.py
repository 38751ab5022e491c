"""Asking stations for something: each verb writes a command, which the serving process delivers."""

import asyncio
from argparse import ArgumentTypeError, Namespace
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec
from sqlalchemy import Connection

from cloud.cli.commanding import told
from cloud.cli.verbs import Answer, Argument, Context, Verb, argument
from cloud.domain.commands import WAITING, Command, CommandKind, Step
from cloud.services import commands, profiles, remote, reservations, stations
from cloud.services.errors import Malformed

Asks = Callable[[Connection, int, Namespace, datetime], Command]
Payload = Callable[[Namespace], dict[str, Any]]

_POLL_S = 0.1
_WAIT = argument("--wait", type=float, default=0, metavar="S", help="wait up to so many seconds for what comes of it")
_STATION = argument("station", metavar="STATION", help="the station's identity")
_CONNECTOR = argument("connector", type=int, metavar="CONNECTOR", help="its number from 1; 0 is the whole station")


def verb(name: str, help: str, asks: Asks, *arguments: Argument) -> Verb:
    """A verb that asks a station for something, and waits for what comes of it if told to."""

    async def run(context: Context, asked: Namespace) -> Answer:
        def unit(conn: Connection) -> Command:
            return asks(conn, stations.find(conn, context.organisation_id, asked.station).id, asked, context.now)

        command = await context.db.write(unit)
        return await _outcome(context, command.id, asked.wait)

    return Verb(name, help, run, (_STATION, *arguments, _WAIT))


def plain(kind: CommandKind, payload: Payload) -> Asks:
    """A command that only needs its payload."""

    def asks(conn: Connection, station_id: int, asked: Namespace, now: datetime) -> Command:
        return commands.ask(conn, kind, station_id, payload(asked), None, now)

    return asks


async def _outcome(context: Context, id: int, wait_s: float) -> Answer:
    command = await context.db.read(lambda conn: commands.by_id(conn, id))
    while command.state in WAITING and wait_s > 0:
        await asyncio.sleep(_POLL_S)
        wait_s -= _POLL_S
        command = await context.db.read(lambda conn: commands.by_id(conn, id))
    if command.state is Step.ASKED:
        text = f"command {id} is asked; `bollard cloud command-timeline {id}` shows what comes of it"
        return Answer({"command": id, "state": command.state}, text)
    return await told(context, id)


def _any(conn: Connection, station_id: int, asked: Namespace, now: datetime) -> Command:
    try:
        kind = CommandKind(asked.action)
        payload = msgspec.json.decode(asked.payload, type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise Malformed(f"the payload is not a JSON object: {error}") from error
    except ValueError as error:
        raise Malformed(f"{asked.action!r} is no ACTION; it is one of {', '.join(CommandKind)}") from error
    if kind is CommandKind.REMOTE_START:
        remote.check(conn, station_id, payload.get("connectorId"), str(payload.get("idTag")), now)
    return commands.ask(conn, kind, station_id, payload, None, now, asked.expires)


def _remote_start(conn: Connection, station_id: int, asked: Namespace, now: datetime) -> Command:
    return remote.ask_start(conn, station_id, asked.connector, asked.tag, None, now)


async def _remote_stop(context: Context, asked: Namespace) -> Answer:
    command = await context.db.write(lambda conn: commands.ask_stop(conn, asked.session, None, context.now))
    return await _outcome(context, command.id, asked.wait)


def _reserve(conn: Connection, station_id: int, asked: Namespace, now: datetime) -> Command:
    until = now + timedelta(minutes=asked.minutes)
    _number, command = reservations.reserve(conn, station_id, asked.connector, asked.tag, until, None, now)
    return command


def _cancel(conn: Connection, station_id: int, asked: Namespace, now: datetime) -> Command:
    return reservations.cancel(conn, station_id, asked.number, None, now)


def _profile(conn: Connection, station_id: int, asked: Namespace, now: datetime) -> Command:
    """For the whole station there is no session whose start could be counted from."""
    starts = asked.starts or (now if asked.purpose == PURPOSES[0] else None)
    schedule = {
        "chargingRateUnit": asked.unit,
        "chargingSchedulePeriod": [{"startPeriod": start, "limit": limit} for start, limit in asked.limits],
        "duration": asked.duration,
        "startSchedule": starts,
    }
    profile = {
        "chargingProfileId": asked.id,
        "chargingProfilePurpose": asked.purpose,
        "chargingProfileKind": "Absolute" if starts else "Relative",
        "stackLevel": asked.level,
        "chargingSchedule": given(schedule),
    }
    return profiles.ask(conn, station_id, asked.connector, given(profile), None, now)


def given(payload: dict[str, Any]) -> dict[str, Any]:
    """Only what was given: OCPP leaves out what has no value."""
    return {name: value for name, value in payload.items() if value is not None}


def _limit(text: str) -> tuple[int, float]:
    """`16` or `3600:10.5`: the limit, from so many seconds after the start."""
    start, _, limit = text.rpartition(":")
    try:
        return int(start or 0), float(Decimal(limit))
    except (ValueError, InvalidOperation) as error:
        raise ArgumentTypeError(f"{text!r} is neither a limit such as 16 nor one such as 3600:10.5") from error


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise ArgumentTypeError(f"{text!r} is not a moment such as 2027-01-01T12:00+01:00") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _firmware(conn: Connection, station_id: int, asked: Namespace, now: datetime) -> Command:
    payload = {"location": asked.url, "retrieveDate": asked.at or now, "retries": asked.retries}
    return commands.ask(conn, CommandKind.UPDATE_FIRMWARE, station_id, given(payload), None, now)


PURPOSES = ("ChargePointMaxProfile", "TxDefaultProfile", "TxProfile")
_UNIT = argument("--unit", choices=("A", "W"), help="A a phase, or W in all")
_URL = argument("url", metavar="URL", help="an ftp, ftps, http, https or sftp address")
_RETRIES = argument("--retries", type=int, metavar="N", help="how often to try again")
_TAG = argument("tag", metavar="TAG", help="the idTag")
_PURPOSE = argument("--purpose", choices=PURPOSES, help="what the profile is for")
_LEVEL = argument("--level", type=int, metavar="N", help="its stack level: the highest counts")

VERBS = (
    verb(
        "command",
        "ask a station for any OCPP command",
        _any,
        argument("action", metavar="ACTION", help="such as ClearCache"),
        argument("payload", metavar="PAYLOAD", nargs="?", default="{}", help="its payload as JSON"),
        argument("--expires", type=int, metavar="S", help="seconds after which it is not sent any more"),
    ),
    verb("remote-start", "start a session from here", _remote_start, _CONNECTOR, _TAG),
    Verb(
        "remote-stop",
        "stop a session from here",
        _remote_stop,
        (argument("session", type=int, metavar="SESSION", help="its number in the list of sessions"), _WAIT),
    ),
    verb(
        "reset",
        "restart a station; its sessions end",
        plain(CommandKind.RESET, lambda asked: {"type": "Hard" if asked.hard else "Soft"}),
        argument("--hard", action="store_true", help="at once, without ending things in order"),
    ),
    verb(
        "unlock",
        "unlock the plug of a connector; its session ends",
        plain(CommandKind.UNLOCK_CONNECTOR, lambda asked: {"connectorId": asked.connector}),
        _CONNECTOR,
    ),
    verb(
        "availability",
        "take a connector out of service, or put it back",
        plain(
            CommandKind.CHANGE_AVAILABILITY,
            lambda asked: {"connectorId": asked.connector, "type": "Operative" if asked.on == "on" else "Inoperative"},
        ),
        _CONNECTOR,
        argument("on", choices=("on", "off"), help="on: in service"),
    ),
    verb(
        "configure",
        "change a station's configuration",
        plain(CommandKind.CHANGE_CONFIGURATION, lambda asked: {"key": asked.key, "value": asked.value}),
        argument("key", metavar="KEY", help="such as HeartbeatInterval"),
        argument("value", metavar="VALUE", help="its new value"),
    ),
    verb(
        "read-configuration",
        "have a station tell its configuration",
        plain(CommandKind.GET_CONFIGURATION, lambda asked: {"key": asked.key} if asked.key else {}),
        argument("key", metavar="KEY", nargs="*", help="only these keys"),
    ),
    verb(
        "trigger",
        "have a station send a message now",
        plain(
            CommandKind.TRIGGER_MESSAGE,
            lambda asked: given({"requestedMessage": asked.message, "connectorId": asked.connector}),
        ),
        argument("message", metavar="MESSAGE", help="such as StatusNotification"),
        argument("--connector", type=int, metavar="N", help="about this connector"),
    ),
    verb(
        "reserve",
        "keep a connector for a tag and its group",
        _reserve,
        _CONNECTOR,
        _TAG,
        argument("--minutes", type=int, default=30, metavar="N", help="for so long (30)"),
    ),
    verb(
        "cancel-reservation",
        "end a reservation",
        _cancel,
        argument("number", type=int, metavar="NUMBER", help="as `reservations` shows it"),
    ),
    verb(
        "profile",
        "limit what a station delivers",
        _profile,
        _CONNECTOR,
        argument("limits", nargs="+", type=_limit, metavar="LIMIT", help="16, or from second 3600 on 3600:10.5"),
        argument("--purpose", choices=PURPOSES, default="TxDefaultProfile", help="TxDefaultProfile if not given"),
        argument("--unit", choices=("A", "W"), default="A", help="A a phase (if not given), or W in all"),
        argument("--level", type=int, default=0, metavar="N", help="its stack level: the highest counts (0)"),
        argument("--id", type=int, metavar="ID", help="replaces the profile of that number"),
        argument("--duration", type=int, metavar="S", help="the limits hold for so many seconds"),
        argument("--starts", type=_moment, metavar="MOMENT", help="count from here; from each session's start if not"),
    ),
    verb(
        "clear-profile",
        "drop charging profiles: all that fit what is given",
        plain(
            CommandKind.CLEAR_CHARGING_PROFILE,
            lambda asked: given(
                {
                    "id": asked.id,
                    "connectorId": asked.connector,
                    "chargingProfilePurpose": asked.purpose,
                    "stackLevel": asked.level,
                }
            ),
        ),
        argument("--id", type=int, metavar="ID", help="the one of that number, whatever else is given"),
        argument("--connector", type=int, metavar="N", help="of this connector"),
        _PURPOSE,
        _LEVEL,
    ),
    verb(
        "schedule",
        "have a station tell what it would deliver",
        plain(
            CommandKind.GET_COMPOSITE_SCHEDULE,
            lambda asked: given(
                {"connectorId": asked.connector, "duration": asked.duration, "chargingRateUnit": asked.unit}
            ),
        ),
        _CONNECTOR,
        argument("--duration", type=int, default=86_400, metavar="S", help="for the next seconds (86400)"),
        _UNIT,
    ),
    verb(
        "firmware",
        "have a station install firmware",
        _firmware,
        _URL,
        argument("--at", type=_moment, metavar="MOMENT", help="not before; now if not given"),
        _RETRIES,
    ),
    verb(
        "diagnostics",
        "have a station upload its log",
        plain(CommandKind.GET_DIAGNOSTICS, lambda asked: given({"location": asked.url, "retries": asked.retries})),
        _URL,
        _RETRIES,
    ),
)
