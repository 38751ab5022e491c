"""Commands played through the services: asked, sent and answered at given minutes."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from cloud.domain.catalogue import COMMANDS
from cloud.domain.commands import Command, CommandKind, Step
from cloud.services import answers, commands
from tests.cloud.conftest import Business, after

OK: Mapping[str, Any] = {"status": "Accepted"}


async def ask(business: Business, kind: CommandKind, payload: Mapping[str, Any], minute: float = 0) -> Command:
    return await business.do(commands.ask, kind, business.station.id, payload, None, after(minute))


async def answer(business: Business, command: Command, said: Mapping[str, Any] = OK, minute: float = 0) -> None:
    """The station is sent the command and answers."""
    step = COMMANDS[command.kind].judge(said)

    def unit(conn: Connection) -> None:
        commands.note(conn, command.id, Step.SENT, "", after(minute))
        answers.answered(conn, command, step, str(said.get("status", "")), said, after(minute))

    await business.do(unit)


async def play(
    business: Business,
    kind: CommandKind,
    payload: Mapping[str, Any],
    said: Mapping[str, Any] = OK,
    minute: float = 0,
) -> Command:
    """Asked and answered."""
    command = await ask(business, kind, payload, minute)
    await answer(business, command, said, minute)
    return command
