"""Commands to stations: claimed by the process that holds the socket, sent, and what came of it noted."""

import asyncio
import logging
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from bollard.wire.errors import BadAnswer, CallError, Disconnected, ErrorCode, Timeout
from bollard.wire.peer import Peer
from cloud.db.errors import Unavailable
from cloud.domain.catalogue import WHILE_PENDING, judged
from cloud.domain.commands import Command, Step, renews_key
from cloud.domain.secrets import without_credentials
from cloud.domain.stations import RegistrationStatus
from cloud.ocpp.central import Central
from cloud.ocpp.log import harmless, say
from cloud.services import answers, commands, renewal
from cloud.services.bell import Topic

MOST_OF_A_STATUS = 15
_CANNOT = frozenset({ErrorCode.NOT_IMPLEMENTED, ErrorCode.NOT_SUPPORTED})

logger = logging.getLogger("bollard.cloud")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came back: the step it means, in words, and the station's answer if it gave one."""

    step: Step
    detail: str
    answer: Mapping[str, Any] | None = None


class Dispatcher:
    """Looks for commands when the bell rings, and now and then in case it was not heard.

    A station has one command at a time: the next is claimed when what became of the one before is noted.
    """

    def __init__(self, central: Central) -> None:
        self._central = central
        self._rung = asyncio.Event()
        self._busy: set[int] = set()

    async def run(self) -> None:
        self._busy.clear()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._hear())
            while True:
                self._rung.clear()
                for command in await self._claimed():
                    self._busy.add(command.station_id)
                    tasks.create_task(self._deliver(command))
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._rung.wait(), self._central.settings.command_poll_s)

    async def _hear(self) -> None:
        async for _ in self._central.bell.listen({Topic.COMMANDS}):
            self._rung.set()

    async def _claimed(self) -> list[Command]:
        now, here = self._central.now(), self._central.connections.ids
        ready, held = (here(told) - self._busy for told in (RegistrationStatus.ACCEPTED, RegistrationStatus.PENDING))
        if self._central.outage.lasting or not ready | held:
            return []

        def claim(conn: Connection) -> list[Command]:
            few = commands.claim(conn, held & waiting, now, WHILE_PENDING)
            return few + commands.claim(conn, ready & waiting, now)

        try:
            waiting = await self._central.read(lambda conn: commands.stations_waiting(conn, now))
            return await self._central.write(claim) if waiting & (ready | held) else []
        except Unavailable:
            return []

    async def _deliver(self, command: Command) -> None:
        try:
            await deliver(self._central, command)
        finally:
            self._busy.discard(command.station_id)
            self._rung.set()


async def deliver(central: Central, command: Command) -> None:
    """Send one claimed command and note each step; an outage of the database leaves it to `commands.interrupted`."""
    connection, now = central.connections.of(command.station_id), central.now()
    try:
        if connection is None or now >= command.expires_at:
            await central.write(lambda conn: commands.release(conn, command.id))
            return
        payload = await central.write(lambda conn: renewal.sent(conn, command, now), Topic.COMMANDS)
        say(command.identity, f"command {command.id} {command.kind}", str(Step.SENT))
        came = await outcome(connection.peer, command, payload, central.settings.call_timeout_s)
        if came.step is Step.SILENT:
            connection.tape.timed_out()
        await _note(central, command, came)
    except Unavailable:
        logger.warning("command %d to %s: what came of it could not be noted", command.id, command.identity)


async def outcome(peer: Peer, command: Command, payload: Mapping[str, Any], timeout_s: float) -> Outcome:
    """Ask the station and say what its answer, or its silence, means; a key that it repeats is not kept."""
    discreet = renews_key(command.kind, command.parameters)
    try:
        answer = await peer.call(command.kind, dict(payload), timeout_s=timeout_s)
    except BadAnswer as odd:
        answer = odd.payload
    except CallError as error:
        return Outcome(Step.REJECTED, error.code if discreet else _refusal(command, error))
    except Timeout:
        return Outcome(Step.SILENT, f"no answer within {timeout_s:g} s")
    except Disconnected:
        return Outcome(Step.OFFLINE, "the connection ended before the answer")
    answer = {"status": str(answer.get("status"))[:MOST_OF_A_STATUS]} if discreet else answer
    return Outcome(judged(command, answer), harmless(str(answer.get("status", ""))), answer)


def _refusal(command: Command, error: CallError) -> str:
    said = harmless(without_credentials(str(error)))
    return f"this station does not do {command.kind} ({said})" if error.code in _CANNOT else said


async def _note(central: Central, command: Command, came: Outcome) -> None:
    now = central.now()
    await central.write(
        lambda conn: answers.answered(conn, command, came.step, came.detail, came.answer, now), Topic.COMMANDS
    )
    say(command.identity, f"command {command.id} {command.kind}", str(came.step), came.detail)
