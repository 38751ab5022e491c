"""Commands to stations: claimed by the process that holds the socket, sent, and what came of it noted."""

import asyncio
import logging
from contextlib import suppress

from bollard.wire.errors import BadAnswer, CallError, Disconnected, Timeout
from bollard.wire.peer import Peer
from cloud.db.errors import Unavailable
from cloud.domain.commands import Command, CommandKind, Step
from cloud.ocpp.central import Central
from cloud.ocpp.log import say
from cloud.services import commands
from cloud.services.bell import Topic

# What a station may answer to each command, and the step that it means; anything else is a rejection.
ANSWERS: dict[CommandKind, dict[str, Step]] = {
    CommandKind.REMOTE_START: {"Accepted": Step.ACCEPTED},
    CommandKind.REMOTE_STOP: {"Accepted": Step.ACCEPTED},
}

logger = logging.getLogger("bollard.cloud")


class Dispatcher:
    """Looks for commands when the bell rings, and now and then in case it was not heard."""

    def __init__(self, central: Central) -> None:
        self._central = central
        self._rung = asyncio.Event()

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._hear())
            while True:
                self._rung.clear()
                for command in await self._claimed():
                    tasks.create_task(deliver(self._central, command))
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._rung.wait(), self._central.settings.command_poll_s)

    async def _hear(self) -> None:
        async for _ in self._central.bell.listen({Topic.COMMANDS}):
            self._rung.set()

    async def _claimed(self) -> list[Command]:
        now, ready = self._central.now(), self._central.connections.registered_ids()
        if self._central.outage.lasting or not ready:
            return []
        try:
            return await self._central.write(lambda conn: commands.claim(conn, ready, now))
        except Unavailable:
            return []


async def deliver(central: Central, command: Command) -> None:
    """Send one claimed command and note each step; an outage of the database leaves it to expire."""
    connection = central.connections.of(command.station_id)
    try:
        if connection is None:
            await _note(central, command, Step.OFFLINE, "the station's connection had just ended")
            return
        await _note(central, command, Step.SENT, "")
        step, detail = await outcome(connection.peer, command, central.settings.call_timeout_s)
        await _note(central, command, step, detail)
    except Unavailable:
        logger.warning("command %d to %s: what came of it could not be noted", command.id, command.identity)


async def outcome(peer: Peer, command: Command, timeout_s: float) -> tuple[Step, str]:
    """Ask the station and say what its answer, or its silence, means."""
    try:
        answer = await peer.call(command.kind, dict(command.parameters), timeout_s=timeout_s)
    except BadAnswer as odd:
        answer = odd.payload
    except CallError as error:
        return Step.REJECTED, str(error)
    except Timeout:
        return Step.SILENT, f"no answer within {timeout_s:g} s"
    except Disconnected:
        return Step.OFFLINE, "the connection ended before the answer"
    status = str(answer.get("status"))
    return ANSWERS[command.kind].get(status, Step.REJECTED), status


async def _note(central: Central, command: Command, step: Step, detail: str) -> None:
    now = central.now()
    await central.write(lambda conn: commands.note(conn, command.id, step, detail, now), Topic.COMMANDS)
    say(command.identity, f"command {command.id} {command.kind}", str(step), detail)
