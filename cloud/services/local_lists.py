"""Local lists: composed from the tags, sent in as many messages as a station needs, and kept in step.

A change of tags only moves their revision, however many they are; each kept list then finds by itself, when its
station is there, that it is behind. There is never more than one command under way for a list.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from bollard.wire.times import render
from cloud.db.queries import accounts, assignments, places, tags
from cloud.db.queries import commands as command_rows
from cloud.db.queries import local_lists as rows
from cloud.domain.commands import UNDER_WAY, Command, CommandKind, Step
from cloud.domain.local_lists import FULL, Entries, LocalList, Stage, applied, fitting, next_message, same_version
from cloud.domain.tags import Tag, TagVerdict
from cloud.services import audit, commands, configuration

Answer = Mapping[str, Any]

PROFILES, ENABLED = "SupportedFeatureProfiles", "LocalAuthListEnabled"
PER_MESSAGE, IN_ALL = "SendLocalListMaxLength", "LocalAuthListMaxLength"
LARGEST_MESSAGE = 500
_ASSUMED_PER_MESSAGE = 1  # what OCPP's errata want assumed of a limit that a station does not tell
_SILENT = frozenset({Step.SILENT, Step.EXPIRED})
_TRY_SOON, _TRY_AGAIN, _TRY_TOMORROW = timedelta(minutes=10), timedelta(hours=1), timedelta(days=1)
_MOST_FULLS = 2
_HIGHEST = 2**30  # a version from which, before integers run out, we begin again with a full list and version 1
_UNCERTAIN = frozenset({Step.SILENT, Step.OFFLINE, Step.UNKNOWN, Step.EXPIRED})


def known(conn: Connection, station_id: int) -> LocalList:
    """The station's list as far as is known."""
    return rows.find(conn, station_id)


def keep(conn: Connection, station_id: int, on: bool, user_id: int | None, now: datetime) -> None:
    """From now on the station's list is kept in step, or no longer."""
    station = places.lock_station(conn, station_id)
    before = {"kept": known(conn, station_id).kept}
    rows.put(conn, station_id, {"kept": on})
    action = "local list kept" if on else "local list not kept"
    audit.change(conn, station.organisation_id, user_id, action, station.identity, before, {"kept": on}, now)
    again(conn, station_id)


def again(conn: Connection, station_id: int) -> None:
    """Whatever was thought of the list is checked with the station, beginning with its limits."""
    fresh = {"stage": Stage.CONFIGURE, "revision": None, "fulls": 0, "trouble": None, "retry_at": None}
    if rows.find(conn, station_id) != LocalList(station_id):
        rows.put(conn, station_id, fresh)


def due(conn: Connection, station_ids: Collection[int], now: datetime) -> list[int]:
    """Which of these stations a step is to be taken for."""
    return sorted(rows.due(conn, now).intersection(station_ids))


def step(conn: Connection, station_id: int, now: datetime) -> bool:
    """Asks the station for the next thing that brings its list in step; False if there is nothing to ask now."""
    station = places.lock_station(conn, station_id)
    current = _after_last(conn, rows.find(conn, station_id), now)
    waits = current.retry_at is not None and current.retry_at > now
    if not current.kept or current.command_id is not None or waits:
        return False
    match current.stage:
        case Stage.CONFIGURE:
            keys = {"key": [PROFILES, ENABLED, PER_MESSAGE, IN_ALL]}
            return _ask(conn, current, CommandKind.GET_CONFIGURATION, keys, now)
        case Stage.CHECK:
            return _ask(conn, current, CommandKind.GET_LOCAL_LIST_VERSION, {}, now)
        case Stage.SEND:
            return _send(conn, current, station.organisation_id, now)


def configured(conn: Connection, command: Command, step_: Step, answer: Answer, now: datetime) -> None:
    """GetConfiguration's answer to us; a station that gives none may still take a list."""
    current = rows.find(conn, command.station_id)
    if current.command_id != command.id or step_ in _UNCERTAIN:
        return
    rows.put(conn, command.station_id, {"command_id": None, "stage": Stage.CHECK})
    if objection := _objection(conn, command.station_id):
        _pause(conn, current, objection, now, _TRY_AGAIN)
    step(conn, command.station_id, now)


def version_told(conn: Connection, command: Command, step_: Step, answer: Answer, now: datetime) -> None:
    """GetLocalListVersion's answer, whoever asked; another version than ours means that a full list is due."""
    current = rows.find(conn, command.station_id)
    told = answer.get("listVersion")
    if not current.kept or step_ in _UNCERTAIN:
        return
    if not isinstance(told, int) or not 0 <= told <= commands.LARGEST_INT:
        _pause(conn, current, "the station keeps no local list", now, _TRY_TOMORROW)
        return
    values: dict[str, Any] = {"command_id": None, "stage": Stage.SEND, "asked": max(current.asked, told)}
    if not same_version(current, told):
        values |= {"held": None, "version": told, "revision": None}
    rows.put(conn, command.station_id, values)
    step(conn, command.station_id, now)


def answered(conn: Connection, command: Command, step_: Step, answer: Answer, now: datetime) -> None:
    """SendLocalList's answer, whoever sent it: what is held afterwards, and what follows from a refusal."""
    current = rows.find(conn, command.station_id)
    message = command.parameters
    if step_ is Step.DONE:
        after = {"held": applied(current.held, message), "version": message["listVersion"]}
        asked = max(current.asked, message["listVersion"])
        rows.put(conn, command.station_id, after | {"command_id": None, "asked": asked, "revision": None})
    elif step_ is Step.REJECTED and current.command_id == command.id:
        _refused(conn, current, message, answer, now)
    step(conn, command.station_id, now)


def _refused(conn: Connection, current: LocalList, message: Answer, answer: Answer, now: datetime) -> None:
    """What a station does not take as a difference it gets as a whole."""
    said = str(answer.get("status") or "an error")
    whole = message["updateType"] == FULL or current.fulls >= _MOST_FULLS
    if said not in ("Failed", "VersionMismatch"):
        _pause(conn, current, f"the station takes no local list: it answered {said}", now, _TRY_TOMORROW)
    elif whole:
        _pause(conn, current, f"the station could not store the list: it answered {said}", now, _TRY_AGAIN)
    else:
        rows.put(conn, current.station_id, {"held": None, "command_id": None})


def _after_last(conn: Connection, current: LocalList, now: datetime) -> LocalList:
    """The list once its last command is no longer under way; one without an answer leaves it uncertain."""
    command = current.command_id and command_rows.by_id(conn, current.command_id)
    if not command or command.state in UNDER_WAY:
        return current
    uncertain = command.state in _UNCERTAIN and current.stage is Stage.SEND
    after: dict[str, Any] = {"command_id": None, "stage": Stage.CHECK if uncertain else current.stage}
    if command.state in _SILENT:
        after |= {"trouble": "the station did not answer", "retry_at": now + _TRY_SOON}
    rows.put(conn, current.station_id, after)
    return replace(current, **after)


def _send(conn: Connection, current: LocalList, organisation_id: int, now: datetime) -> bool:
    revision = rows.revision(conn, organisation_id)
    if current.revision == revision:
        return False
    if current.asked >= _HIGHEST:
        current = replace(current, asked=0, held=None)
    here, most = assignments.here(conn, current.station_id, now, now), _limit(conn, current, IN_ALL)
    chosen, left_out = fitting(_listable(conn, organisation_id), now, here, most)
    wanted: Entries = {tag.id_tag: _info(said) for tag, said in chosen}
    per_message = min(_limit(conn, current, PER_MESSAGE) or _ASSUMED_PER_MESSAGE, LARGEST_MESSAGE)
    message = next_message(wanted, current.held, current.asked + 1, per_message)
    if message is None:
        in_step = {"revision": revision, "fulls": 0, "trouble": None, "retry_at": None}
        rows.put(conn, current.station_id, in_step | {"left_out": left_out})
        return False
    fulls = current.fulls + (message["updateType"] == FULL)
    rows.put(conn, current.station_id, {"asked": message["listVersion"], "fulls": fulls, "left_out": left_out})
    return _ask(conn, current, CommandKind.SEND_LOCAL_LIST, message, now)


def _listable(conn: Connection, organisation_id: int) -> list[Tag]:
    """Tags that need no look into a wallet at each start: a station that starts by its list does not ask."""
    prepaid = accounts.prepaid_ids(conn, organisation_id)
    return [tag for tag in tags.every_tag(conn, organisation_id) if tag.account_id not in prepaid]


def _ask(conn: Connection, current: LocalList, kind: CommandKind, payload: Answer, now: datetime) -> bool:
    command = commands.put(conn, kind, current.station_id, payload, None, now)
    rows.put(conn, current.station_id, {"command_id": command.id})
    return True


def _pause(conn: Connection, current: LocalList, trouble: str, now: datetime, for_: timedelta) -> None:
    """Nothing is asked for a while; then everything is checked anew."""
    fresh = {"stage": Stage.CONFIGURE, "held": None, "command_id": None, "fulls": 0}
    rows.put(conn, current.station_id, fresh | {"trouble": trouble, "retry_at": now + for_})


def _objection(conn: Connection, station_id: int) -> str | None:
    """Why the station's configuration allows no list, as far as it is known."""
    profiles = configuration.value(conn, station_id, PROFILES)
    if profiles is not None and "LocalAuthListManagement" not in profiles:
        return f"the station's {PROFILES} lack LocalAuthListManagement"
    enabled = configuration.value(conn, station_id, ENABLED)
    if enabled is not None and enabled.lower() == "false":
        return f"the station's {ENABLED} is false; `bollard cloud configure` can set it to true"
    return None


def _limit(conn: Connection, current: LocalList, key: str) -> int | None:
    """A limit that the station told, None if it told none that can be."""
    told = configuration.value(conn, current.station_id, key) or ""
    return int(told) if told.isascii() and told.isdigit() and int(told[:9]) > 0 else None


def _info(told: TagVerdict) -> dict[str, str]:
    """idTagInfo as a list holds it."""
    info = {"status": str(told.status)}
    if told.expires_at is not None:
        info["expiryDate"] = render(told.expires_at)
    if told.parent is not None:
        info["parentIdTag"] = told.parent
    return info
