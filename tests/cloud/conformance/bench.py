"""A case's place: the running central system, the tool with its socket, and what an operator does and sees."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import Connection

from bollard.wire.times import render
from cloud.domain.commands import Command, CommandKind, Step
from cloud.domain.views import SessionRow
from cloud.ocpp import upkeep
from cloud.ocpp.central import Central
from cloud.services import commands, overview, remote, tags
from cloud.services.bell import Topic
from tests.cloud.conformance.judges import Foreseen
from tests.cloud.conformance.tool import Payload, Tool
from tests.cloud.ocpp.central import Running
from tests.ours import OURS

T = TypeVar("T")
ACCEPTED: Payload = {"status": "Accepted"}
VALID: Payload = {"idTagInfo": ACCEPTED}
BOOT = {"chargePointVendor": "Tool", "chargePointModel": "T1", "firmwareVersion": "1.0"}
METER_START_WH, ENERGY_WH = 1000, 100


def stamp(minutes_ago: float = 0) -> str:
    return render(datetime.now(UTC) - timedelta(minutes=minutes_ago))


@dataclass
class Bench:
    """`tag` and `other` are accepted; `foreseen` is what the judges are told of the case."""

    server: Running
    tool: Tool
    station_id: int
    tag: str
    other: str
    foreseen: Foreseen = field(default_factory=Foreseen)

    # --- what the charge point does

    async def boots(self) -> None:
        """BootNotification, accepted, and how it and its two connectors stand."""
        assert (await self.tool.says("BootNotification", **BOOT))["status"] == "Accepted"
        for connector in (0, 1, 2):
            await self.shows("Available", connector)

    async def comes_back(self) -> None:
        """On a new connection, without a boot."""
        await self.tool.disconnect()
        await self.tool.connect()

    async def shows(self, status: str, connector: int = 1, error: str = "NoError") -> None:
        """StatusNotification."""
        report = {"connectorId": connector, "status": status, "errorCode": error, "timestamp": stamp()}
        assert await self.tool.says("StatusNotification", **report) == {}

    async def authorizes(self, tag: str | None = None) -> Payload:
        """Authorize; its idTagInfo."""
        info: Payload = (await self.tool.says("Authorize", idTag=tag or self.tag))["idTagInfo"]
        return info

    async def starts(self, tag: str | None = None, connector: int = 1, minutes_ago: float = 0, **more: Any) -> Payload:
        """StartTransaction; its confirmation."""
        began = {"meterStart": METER_START_WH, "timestamp": stamp(minutes_ago)}
        return await self.tool.says("StartTransaction", connectorId=connector, idTag=tag or self.tag, **began, **more)

    async def stops(
        self,
        transaction: int,
        reason: str,
        energy_wh: int = ENERGY_WH,
        minutes_ago: float = 0,
        tag: str | None = None,
    ) -> None:
        """StopTransaction, whose confirmation speaks of a tag if one was presented."""
        ended = {"meterStop": METER_START_WH + energy_wh, "timestamp": stamp(minutes_ago), "reason": reason}
        presented = {"idTag": tag} if tag else {}
        answer = await self.tool.says("StopTransaction", transactionId=transaction, **ended, **presented)
        assert answer.keys() == ({"idTagInfo"} if tag else set())

    async def begins(self, tag: str | None = None, connector: int = 1, minutes_ago: float = 0, **more: Any) -> int:
        """StartTransaction, accepted, and Charging; the transaction's id."""
        answer = await self.starts(tag, connector, minutes_ago, **more)
        assert answer["idTagInfo"]["status"] == "Accepted"
        assert answer["transactionId"] > 0
        await self.shows("Charging", connector)
        return int(answer["transactionId"])

    async def charges(self) -> int:
        """The reusable state Charging: plugged in, started remotely; the transaction's id."""
        await self.shows("Preparing")
        asked = await self.asks_start()
        assert await self.authorizes() == ACCEPTED
        transaction = await self.begins()
        await self.ends(asked, Step.ACCEPTED, Step.SESSION_STARTED)
        return transaction

    # --- what the operator does and sees

    async def do(self, service: Callable[..., T], *arguments: Any, **options: Any) -> T:
        """Commit `service(conn, *arguments, now)`, then ring, as a page does."""
        now = datetime.now(UTC)
        result = await self.server.db.write(lambda conn: service(conn, *arguments, now, **options))
        self.server.central.bell.ring(Topic.COMMANDS)
        return result

    async def ask(self, kind: CommandKind, **payload: Any) -> Command:
        """Written and rung for, no more."""
        return await self.do(commands.ask, kind, self.station_id, payload, None)

    async def carried(self, command: Command, answer: Payload) -> Command:
        """Exactly this arrives at the charge point, which answers."""
        await self.arrives(command)
        await self.tool.answers(answer)
        return command

    async def arrives(self, command: Command) -> None:
        """Exactly this arrives at the charge point."""
        self.foreseen.asked.append(command)
        assert await self.tool.sees(command.kind) == command.parameters

    async def asks(self, kind: CommandKind, answer: Payload, **payload: Any) -> Command:
        """Ask the charge point for something, and have it answer."""
        return await self.carried(await self.ask(kind, **payload), answer)

    async def asks_start(self, answer: Payload = ACCEPTED) -> Command:
        """RemoteStartTransaction on connector 1, as the page asks for it."""
        command = await self.do(remote.ask_start, self.station_id, 1, self.tag, None)
        assert command.parameters == {"connectorId": 1, "idTag": self.tag}
        return await self.carried(command, answer)

    async def asks_stop(self, transaction: int, answer: Payload = ACCEPTED) -> Command:
        """RemoteStopTransaction, as the page asks for it."""
        command = await self.do(commands.ask_stop, (await self.session()).id, None)
        assert command.parameters == {"transactionId": transaction}
        return await self.carried(command, answer)

    async def ends(self, command: Command, *steps: Step) -> None:
        """The command was asked, sent, and then took these steps, of which the last is its end."""
        wanted = Counter([Step.ASKED, Step.SENT, *steps])

        def taken(conn: Connection) -> tuple[Counter[Step], Step]:
            told = Counter(entry.step for entry in commands.timeline(conn, command.id))
            return told, commands.by_id(conn, command.id).state

        _told, state = await self.server.eventually(taken, lambda found: found[0] == wanted)
        assert state is steps[-1]

    async def session(self) -> SessionRow:
        """The only session that is open."""
        everybodys = await self.server.db.read(overview.open_sessions)
        (found,) = [session for session in everybodys if session.station_id == self.station_id]
        return found

    async def answer_to(self, command: Command) -> Payload:
        """The charge point's answer as it is kept."""
        found = await self.server.db.read(lambda conn: commands.by_id(conn, command.id))
        return dict(found.answer or {})

    async def knows(self, tag: str, **options: Any) -> None:
        """The operator adds a tag."""
        await self.server.write(tags.add, OURS, tag, **options)

    async def passes(self, hours: float) -> None:
        """Upkeep looks as if so much time had passed."""
        central = self.server.central
        later = datetime.now(UTC) + timedelta(hours=hours)
        await upkeep.look(Central(central.db, central.bell, central.settings, lambda: later))
