"""A station's configuration as far as it is known: what GetConfiguration told and ChangeConfiguration changed."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from cloud.db.queries import configuration as rows
from cloud.domain.commands import Command, Step
from cloud.domain.configuration import Entry

Answer = Mapping[str, Any]

LONGEST_KEY = 50


def known(conn: Connection, station_id: int) -> list[Entry]:
    """Every key that the station has told, by name."""
    return rows.of_station(conn, station_id)


def value(conn: Connection, station_id: int, key: str) -> str | None:
    """One value; None when it was never told. Keys compare without case."""
    return next((entry.value for entry in known(conn, station_id) if entry.key.lower() == key.lower()), None)


def told(conn: Connection, command: Command, step: Step, answer: Answer, now: datetime) -> None:
    """GetConfiguration's answer; asked for every key, what it does not name is forgotten."""
    if step is not Step.DONE:
        return
    entries = [entry for each in _list(answer, "configurationKey") if (entry := _entry(each, now))]
    if not command.parameters.get("key"):
        rows.forget(conn, command.station_id)
    unknown = [key for key in _list(answer, "unknownKey") if isinstance(key, str)]
    rows.forget(conn, command.station_id, [*unknown, *(entry.key for entry in entries)])
    rows.insert(conn, command.station_id, entries)


def changed(conn: Connection, command: Command, step: Step, answer: Answer, now: datetime) -> None:
    """An accepted ChangeConfiguration."""
    if step is not Step.DONE:
        return
    key, value = command.parameters["key"], command.parameters["value"]
    rows.forget(conn, command.station_id, [key])
    rows.insert(conn, command.station_id, [Entry(key, value, readonly=False, read_at=now)])


def _list(answer: Answer, name: str) -> list[Any]:
    """Stations answer all kinds of things."""
    found = answer.get(name)
    return found if isinstance(found, list) else []


def _entry(told: Any, now: datetime) -> Entry | None:
    key = told.get("key") if isinstance(told, dict) else None
    if not isinstance(key, str) or not key.isprintable() or not 0 < len(key) <= LONGEST_KEY:
        return None
    value = told.get("value")
    return Entry(key, None if value is None else str(value), readonly=bool(told.get("readonly")), read_at=now)
