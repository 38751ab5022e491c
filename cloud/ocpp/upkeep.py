"""What the clock does without anyone asking: what waited too long ends, what fell behind is brought in step."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from functools import partial

from sqlalchemy import Connection

from cloud.db.errors import Unavailable
from cloud.domain.commands import Command
from cloud.domain.sessions import Session
from cloud.domain.stations import RegistrationStatus
from cloud.ocpp.central import Central
from cloud.ocpp.connections import REFUSED
from cloud.ocpp.log import bill_line, say
from cloud.services import (
    access,
    billing,
    commands,
    connectors,
    ledger,
    load,
    local_lists,
    organisations,
    reservations,
    sessions,
    stations,
    traces,
)
from cloud.services.bell import Topic
from cloud.services.organisations import Choices

LISTS_AT_ONCE = 50
BATCHES_AT_ONCE = 10


async def run(central: Central) -> None:
    """Look again every few seconds until cancelled."""
    while True:
        await asyncio.sleep(central.settings.upkeep_interval_s)
        if not central.outage.lasting:
            await look(central)
            await send_away_the_unwelcome(central)


async def look(central: Central) -> None:
    """One look; when the database cannot commit, the next one does it."""
    now = central.now()
    try:
        expired, closed = await central.write(lambda conn: _due(conn, now))
    except Unavailable:
        return
    for command in expired:
        say(command.identity, f"command {command.id} {command.kind}", "expired")
    for session in closed:
        say(f"{session.identity}/{session.connector}", f"session {session.id} waited long enough", session.state)
    central.bell.ring(*[Topic.COMMANDS] * bool(expired), *[Topic.SESSIONS, Topic.STATIONS] * bool(closed))
    await retry_bills(central)
    await keep_lists(central)
    await repeated(central, partial(ledger.settle, now=now))
    await repeated(central, partial(connectors.shorten, now=now))
    with suppress(Unavailable):
        for organisation_id, own in (await central.read(organisations.every_choice)).items():
            await forget(central, organisation_id, own)


async def forget(central: Central, organisation_id: int, own: Choices) -> None:
    """Drop what is older than its organisation keeps it."""
    settings, now = central.settings, central.now()
    message_days, command_days = own.message_days or settings.message_days, own.command_days or settings.command_days
    most = settings.message_rows
    await repeated(central, lambda conn: traces.shorten(conn, organisation_id, message_days, most, now))
    await repeated(central, lambda conn: commands.shorten(conn, organisation_id, command_days, now))


async def retry_bills(central: Central) -> None:
    """Issue what could not be issued before, each in a unit of its own."""
    now = central.now()
    with suppress(Unavailable):
        for session_id in await central.read(lambda conn: billing.due(conn, now)):
            bill = await central.write(partial(billing.retry, session_id=session_id, now=now))
            if bill is not None:
                say(*bill_line(bill))
                central.bell.ring(Topic.SESSIONS)


async def repeated(central: Central, unit: Callable[[Connection], bool]) -> None:
    """Do much in small units of work, a few at a time, as long as there may be more of it."""
    with suppress(Unavailable):
        for _ in range(BATCHES_AT_ONCE):
            if not await central.write(unit):
                return


async def send_away_the_unwelcome(central: Central) -> None:
    """End the sockets of stations whose key was changed or that were disabled, by whatever process."""
    held = central.connections.accesses()
    unwelcome: set[int] = set()
    with suppress(Unavailable):
        unwelcome = await central.read(lambda conn: access.outdated(conn, held))
    for connection in filter(None, map(central.connections.of, unwelcome)):
        if connection.access == held[connection.station_id]:
            central.connections.hang_up(connection, REFUSED, "the operator changed how this station is let in")


async def keep_lists(central: Central) -> None:
    """Begin to bring in step the local lists of stations that are here; the rest follows their answers."""
    now, here = central.now(), sorted(central.connections.ids(RegistrationStatus.ACCEPTED))
    try:
        for station_id in (await central.read(lambda conn: local_lists.due(conn, here, now)))[:LISTS_AT_ONCE]:
            if await central.write(partial(local_lists.step, station_id=station_id, now=now)):
                central.bell.ring(Topic.COMMANDS)
    except Unavailable:
        return


def _due(conn: Connection, now: datetime) -> tuple[list[Command], list[Session]]:
    reservations.expire(conn, now)
    load.note(conn, now)
    stations.tell_missing(conn, now)
    return commands.expire(conn, now), sessions.close_overdue(conn, now) + sessions.end_long_waits(conn, now)
