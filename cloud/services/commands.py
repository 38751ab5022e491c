"""Commands: rows that travel from whoever asks to the process that holds the station's socket."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from cloud.domain.commands import Command, CommandKind, Step, TimelineEntry


def ask(
    conn: Connection,
    kind: CommandKind,
    station_id: int,
    parameters: Mapping[str, Any],
    user_id: int | None,
    now: datetime,
    expires_in_s: int = 60,
) -> Command:
    """Writes a command; `parameters` is the OCPP payload. Raises NotFound."""
    raise NotImplementedError


def ask_start(
    conn: Connection, station_id: int, connector: int, id_tag: str, user_id: int | None, now: datetime
) -> Command:
    """Asks for a remote start. Raises NotFound, or NotNow when a session runs there."""
    raise NotImplementedError


def ask_stop(conn: Connection, session_id: int, user_id: int | None, now: datetime) -> Command:
    """Asks for a remote stop of an open session. Raises NotFound, NotNow."""
    raise NotImplementedError


def claim(conn: Connection, station_ids: Collection[int], now: datetime) -> list[Command]:
    """Commands for these stations that nobody has claimed and that have not expired, the oldest first."""
    raise NotImplementedError


def note(conn: Connection, command_id: int, step: Step, detail: str, now: datetime) -> None:
    """Adds a step to the timeline; the state moves only as `domain.commands.FOLLOWS` says."""
    raise NotImplementedError


def expire(conn: Connection, now: datetime) -> list[Command]:
    """Ends commands that were not sent in time, or were accepted minutes ago without effect; returns them."""
    raise NotImplementedError


def timeline(conn: Connection, command_id: int) -> list[TimelineEntry]:
    """The command's steps in order."""
    raise NotImplementedError
