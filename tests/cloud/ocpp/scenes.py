"""Scenes in which a station does something wrong with the running server, and one in which it does nothing wrong."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Connection

from cloud.domain.commands import CommandKind
from cloud.domain.messages import Kind
from cloud.services import commands as asking
from cloud.services import stations, traces
from cloud.services.bell import Topic
from tests.cloud.ocpp.central import Running
from tests.cloud.ocpp.charger import Charger, Refusal, charger
from tests.cloud.ocpp.conftest import TAG
from tests.cloud.ocpp.logged import logged
from tests.cloud.ocpp.test_session import ago, energy, start
from tests.ours import OURS


@dataclass
class Stage:
    """One station of the running server, for one scene."""

    server: Running
    identity: str
    key: bytes
    connections: int = field(default=0)

    def charger(self) -> Any:
        self.connections += 1
        return charger(self.server.ws, self.identity, self.key)

    async def ask(self, kind: CommandKind, payload: dict[str, Any]) -> None:
        """An operator's command, delivered at once."""

        def unit(conn: Connection) -> None:
            asking.ask(conn, kind, stations.find(conn, OURS, self.identity).id, payload, None, datetime.now(UTC))

        await self.server.db.write(unit)
        self.server.central.bell.ring(Topic.COMMANDS)

    async def findings(self) -> list[str]:
        """What the diagnosis says once everything is logged."""
        station_id = (await self.server.db.read(lambda conn: stations.find(conn, OURS, self.identity))).id
        await logged(
            self.server,
            lambda found: [each.kind for each in found].count(Kind.CLOSED) == self.connections,
            station_id=station_id,
        )
        found = await self.server.db.read(lambda conn: traces.trace(conn, OURS, self.identity, None, 1000))
        assert all(finding.do for finding in found.findings)
        return [finding.what for finding in found.findings]


Play = Callable[[Stage], Awaitable[None]]
Said = Callable[[Charger, Stage], Awaitable[None]]


def booted(said: Said) -> Play:
    """A scene on one connection, after a boot."""

    async def play(stage: Stage) -> None:
        async with stage.charger() as lab:
            await lab.boot()
            await said(lab, stage)

    return play


def status(**changes: Any) -> dict[str, Any]:
    return {"connectorId": 1, "errorCode": "NoError", "status": "Available", "timestamp": ago(0)} | changes


def stop(id: int, **changes: Any) -> dict[str, Any]:
    return {"transactionId": id, "meterStop": 3000, "timestamp": ago(0)} | changes


def meter(id: int, *values: dict[str, Any]) -> dict[str, Any]:
    return {"connectorId": 1, "transactionId": id, "meterValue": list(values)}


async def begin(lab: Charger, **changes: Any) -> int:
    id: int = (await lab.call("StartTransaction", start(timestamp=ago(0)) | changes))["transactionId"]
    return id


async def a_good_session(lab: Charger, stage: Stage) -> None:
    await lab.call("StatusNotification", status(status="Preparing"))
    await lab.call("Authorize", {"idTag": TAG})
    id = await begin(lab)
    await lab.call("StatusNotification", status(status="Charging"))
    await lab.call("MeterValues", meter(id, energy(2000, 0)))
    await stage.ask(CommandKind.CLEAR_CACHE, {})
    message_id, _, _ = await lab.next_call()
    await lab.answer(message_id, {"status": "Accepted"})
    await lab.call("StopTransaction", stop(id))
    await lab.call("StatusNotification", status())


async def three_boots(lab: Charger, stage: Stage) -> None:
    await lab.boot()
    await lab.boot()


async def four_connections(stage: Stage) -> None:
    for _ in range(4):
        async with stage.charger():
            pass


async def heartbeat_first(stage: Stage) -> None:
    async with stage.charger() as lab:
        with pytest.raises(Refusal):
            await lab.call("Heartbeat")


async def half_a_frame(lab: Charger, stage: Stage) -> None:
    await lab.send('[2,"1","Heartbeat"')
    await lab.call("Heartbeat")


async def an_answer_to_nothing(lab: Charger, stage: Stage) -> None:
    await lab.send([3, "never-asked", {}])
    await lab.call("Heartbeat")


async def a_flickering_status(lab: Charger, stage: Stage) -> None:
    for _ in range(16):
        await lab.call("StatusNotification", status(status="Charging"))
        await lab.call("StatusNotification", status(status="SuspendedEV"))


async def coffee(lab: Charger, stage: Stage) -> None:
    for _ in range(2):
        with pytest.raises(Refusal):
            await lab.call("MakeCoffee")


async def an_outage(stage: Stage) -> None:
    async with stage.charger() as lab:
        await lab.boot()
        stage.server.central.outage.lasting = True
        await lab.send([2, "unanswered", "Heartbeat", {}])
        await logged(stage.server, lambda found: found != [], contains="unanswered")
    stage.server.central.outage.lasting = False


async def a_clock_ahead(lab: Charger, stage: Stage) -> None:
    await lab.call("StatusNotification", status(timestamp=ago(-180)))


async def a_clock_behind(lab: Charger, stage: Stage) -> None:
    for state in ("Available", "Preparing", "Charging"):
        await lab.call("StatusNotification", status(status=state, timestamp=ago(60 * 24 * 365)))
    await begin(lab, timestamp=ago(60 * 24 * 365))


async def an_offline_session(lab: Charger, stage: Stage) -> None:
    await lab.call("StatusNotification", status())
    id = await begin(lab, timestamp=ago(200))
    await lab.call("StopTransaction", stop(id, timestamp=ago(100)))


async def a_stop_from_elsewhere(lab: Charger, stage: Stage) -> None:
    await lab.call("StopTransaction", stop(424242))


async def a_stop_without_number(lab: Charger, stage: Stage) -> None:
    await lab.call("StopTransaction", stop(-1))


async def a_stop_of_anothers_session(stage: Stage) -> None:
    _, key = await stage.server.write(stations.add, OURS, "owner", "", 1)
    async with charger(stage.server.ws, "owner", key) as other:
        await other.boot()
        id = await begin(other)
    async with stage.charger() as lab:
        await lab.boot()
        await lab.call("StopTransaction", stop(id))


async def a_start_twice(lab: Charger, stage: Stage) -> None:
    report = start(timestamp=ago(0))
    first = await lab.call("StartTransaction", report)
    assert await lab.call("StartTransaction", report) == first


async def two_starts(lab: Charger, stage: Stage) -> None:
    await begin(lab)
    await begin(lab, meterStart=2000)


async def no_stop(lab: Charger, stage: Stage) -> None:
    await begin(lab)
    await lab.call("StatusNotification", status())


async def a_stranger(lab: Charger, stage: Stage) -> None:
    await lab.call("Authorize", {"idTag": "STRANGER"})


async def a_stranger_charges(lab: Charger, stage: Stage) -> None:
    id = await begin(lab, idTag="STRANGER")
    await lab.call("StopTransaction", stop(id))


async def only_voltage(lab: Charger, stage: Stage) -> None:
    id = await begin(lab)
    value = {"timestamp": ago(0), "sampledValue": [{"value": "230", "measurand": "Voltage", "unit": "V"}]}
    await lab.call("MeterValues", meter(id, value))


async def a_meter_that_falls(lab: Charger, stage: Stage) -> None:
    id = await begin(lab)
    for wh in (5000, 3000):
        await lab.call("MeterValues", meter(id, energy(wh, 0)))


async def a_fault(lab: Charger, stage: Stage) -> None:
    fault = {"status": "Faulted", "errorCode": "GroundFailure", "vendorErrorCode": "E17", "info": "RCD"}
    await lab.call("StatusNotification", status(**fault))


async def silence(lab: Charger, stage: Stage) -> None:
    await stage.ask(CommandKind.CLEAR_CACHE, {})
    await lab.next_call()
    await logged(stage.server, lambda found: found != [], action="ClearCache", errors=True)


async def a_no(lab: Charger, stage: Stage) -> None:
    await stage.ask(CommandKind.CHANGE_CONFIGURATION, {"key": "Colour", "value": "red"})
    message_id, _, _ = await lab.next_call()
    await lab.answer(message_id, {"status": "NotSupported"})
    await lab.call("Heartbeat")


async def an_error(lab: Charger, stage: Stage) -> None:
    await stage.ask(CommandKind.GET_LOCAL_LIST_VERSION, {})
    message_id, _, _ = await lab.next_call()
    await lab.send([4, message_id, "NotImplemented", "no lists here", {}])
    await lab.call("Heartbeat")
