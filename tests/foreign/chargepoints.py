"""Four charge points that are not ours, in their strictest modes, behind one small face."""

import asyncio
import json
import ssl
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from ocpp.charge_point import camel_to_snake_case
from ocpp.exceptions import OCPPError
from ocpp.v16 import ChargePoint, call, call_result
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from bollard.wire.times import render
from cloud.domain.commands import CommandKind, Step
from tests.cloud.ocpp.charger import basic
from tests.cloud.ocpp.conftest import TAG
from tests.foreign.host import Door, Host
from tests.foreign.node import PATIENCE_S, Program, program, tool

Payload = dict[str, Any]
Opened = AbstractAsyncContextManager["Foreign"]

ANSWERS: dict[str, Payload] = {kind: {"status": "Accepted"} for kind in CommandKind} | {
    "GetConfiguration": {"configurationKey": [{"key": "HeartbeatInterval", "readonly": False, "value": "300"}]},
    "GetDiagnostics": {"fileName": "log.zip"},
    "GetLocalListVersion": {"listVersion": 3},
    "UnlockConnector": {"status": "Unlocked"},
    "UpdateFirmware": {},
}


class Foreign(ABC):
    """A charge point; `complaints` is what it found wrong with the server, `odd` where it does not do as it is told."""

    odd: Mapping[CommandKind, Step] = {}

    def __init__(self) -> None:
        self.complaints: list[str] = []

    @abstractmethod
    async def tap(self, tag: str) -> None:
        """Hold a card before the reader: a session begins, or the one that runs ends."""

    @abstractmethod
    async def delivered_wh(self) -> int:
        """The energy of all sessions, told once they are over."""


class Node(Foreign):
    """`chargepoint.js` on one of npm's libraries."""

    def __init__(self, running: Program) -> None:
        super().__init__()
        self._program = running

    async def tap(self, tag: str) -> None:
        await self._program.tell({"tag": tag})

    async def delivered_wh(self) -> int:
        await self._program.tell({})
        while (line := await self._program.hear())["what"] == "complaint":
            self.complaints.append(line["detail"])
        return int(line["wh"])


def on_node(library: str) -> Callable[[Host, Path], Opened]:
    @asynccontextmanager
    async def opened(host: Host, folder: Path) -> AsyncIterator[Foreign]:
        door = host.door()
        options = {"library": library, "endpoint": door.endpoint, "identity": door.identity, "key": door.key.hex()}
        async with program("chargepoint.js", options | {"answers": ANSWERS}, door.ca) as running:
            yield Node(running)

    return opened


class Package(Foreign):
    """The `ocpp` package from PyPI as it comes, its schemas checking both directions."""

    def __init__(self, door: Door) -> None:
        super().__init__()
        self._door = door
        self._booted = False
        self._register_wh = 1000
        self._session: Payload = {}

    async def live(self) -> None:
        """Connect, and again whenever the connection has ended."""
        url = f"{self._door.endpoint}/{self._door.identity}"
        headers, trust = basic(self._door.identity, self._door.key), ssl.create_default_context(cafile=self._door.ca)
        while True:
            with suppress(ConnectionRefusedError):
                async with connect(
                    url, subprotocols=[Subprotocol("ocpp1.6")], additional_headers=headers, ssl=trust
                ) as socket:
                    await self._converse(socket)
            await asyncio.sleep(0.2)

    async def _converse(self, socket: ClientConnection) -> None:
        self._station = ChargePoint(self._door.identity, socket)
        for action in ANSWERS:
            does = {"_on_action": partial(self._answer, action), "_after_action": partial(self._do, action)}
            self._station.route_map[action] = does
        coming = asyncio.create_task(self._guarded(self._come()))
        with suppress(ConnectionClosed):
            await self._station.start()
        await coming

    def _answer(self, action: str, **asked: Any) -> Any:
        mine = action != "RemoteStopTransaction" or asked["transaction_id"] == self._session.get("transaction_id")
        answer = ANSWERS[action] if mine else {"status": "Rejected"}
        return getattr(call_result, action)(**camel_to_snake_case(answer))

    async def _do(self, action: str, **asked: Any) -> None:
        match action, asked:
            case "RemoteStartTransaction", {"id_tag": id_tag}:
                deed = self._start(id_tag)
            case "RemoteStopTransaction", _:
                deed = self._stop("Remote")
            case "TriggerMessage", {"requested_message": "MeterValues"}:
                deed = self._sample()
            case "Reset", _:
                self._booted = False
                deed = self._station._connection.close()
            case "ReserveNow", {"connector_id": connector}:
                deed = self._show(connector, "Reserved")
            case "ChangeAvailability", {"connector_id": connector, "type": kind}:
                deed = self._show(connector, "Available" if kind == "Operative" else "Unavailable")
            case "GetDiagnostics", _:
                deed = self._call("DiagnosticsStatusNotification", status="Uploaded")
            case "UpdateFirmware", _:
                deed = self._call("FirmwareStatusNotification", status="Installed")
            case _:
                return
        await self._guarded(deed)

    async def _guarded(self, deed: Awaitable[Any]) -> None:
        try:
            await deed
        except (OCPPError, TimeoutError) as error:
            self.complaints.append(repr(error))

    async def _call(self, action: str, **payload: Any) -> Any:
        return await self._station.call(getattr(call, action)(**payload), suppress=False)

    async def _come(self) -> None:
        if not self._booted:
            await self._call("BootNotification", charge_point_vendor="Foreign", charge_point_model="ocpp")
        self._booted = True
        await self._show(1, "Charging" if self._session else "Available")

    async def _show(self, connector: int, status: str) -> None:
        await self._call("StatusNotification", connector_id=connector, error_code="NoError", status=status)

    async def _sample(self) -> None:
        energy = {"value": str(self._register_wh)}
        power = {"value": "7.2", "measurand": "Power.Active.Import", "unit": "kW"}
        values = [{"timestamp": render(datetime.now(UTC)), "sampled_value": [energy, power]}]
        await self._call("MeterValues", connector_id=1, meter_value=values, **self._session)

    async def _start(self, id_tag: str) -> None:
        at = render(datetime.now(UTC))
        begun = await self._call(
            "StartTransaction", connector_id=1, id_tag=id_tag, meter_start=self._register_wh, timestamp=at
        )
        self._session = {"transaction_id": begun.transaction_id}
        await self._show(1, "Charging")
        self._register_wh += 1
        await self._sample()

    async def _stop(self, reason: str) -> None:
        self._register_wh += 1
        ended, at = self._session, render(datetime.now(UTC))
        await self._call("StopTransaction", meter_stop=self._register_wh, timestamp=at, reason=reason, **ended)
        self._session = {}
        await self._show(1, "Available")

    async def tap(self, tag: str) -> None:
        assert (await self._call("Authorize", id_tag=tag)).id_tag_info["status"] == "Accepted"
        await self._guarded(self._stop("Local") if self._session else self._start(tag))

    async def delivered_wh(self) -> int:
        return self._register_wh - 1000


@asynccontextmanager
async def ocpp_package(host: Host, folder: Path) -> AsyncIterator[Foreign]:
    point = Package(host.door())
    living = asyncio.create_task(point.live())
    yield point
    living.cancel()
    await asyncio.wait({living})


class Simulator(Foreign):
    """`ocpp simulate` of npm's `ocpp-ws-cli`: its keys pressed, its report read at the end.

    It has one connector, resends no call, answers GetDiagnostics and UpdateFirmware with a status that they do not
    have, and shows a reservation as Preparing.
    """

    odd: Mapping[CommandKind, Step] = {
        CommandKind.CANCEL_RESERVATION: Step.REJECTED,
        CommandKind.GET_DIAGNOSTICS: Step.FAILED,
        CommandKind.RESERVE_NOW: Step.REJECTED,
        CommandKind.TRIGGER_MESSAGE: Step.ACCEPTED,
        CommandKind.UPDATE_FIRMWARE: Step.ACCEPTED,
    }

    def __init__(self, host: Host, process: asyncio.subprocess.Process, folder: Path) -> None:
        super().__init__()
        self._host = host
        self._process = process
        self._folder = folder
        self._charging = False

    def _press(self, key: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(key.encode())

    async def tap(self, tag: str) -> None:
        if not self._charging:
            self._press("a")
            await self._host.shows("Preparing")
            self._press("t")
            await self._host.shows("Charging")
        self._press("e" if self._charging else "m")
        self._charging = not self._charging

    async def delivered_wh(self) -> int:
        self._press("q")
        report = await asyncio.wait_for(self._report(), PATIENCE_S)
        errors = [line["msg"] for line in report["logs"] if line["type"] == "error"]
        self.complaints += [error for error in errors if not _away(error)]
        return round(float(report["metrics"]["finalEnergy"].removesuffix(" Wh")))

    async def _report(self) -> Payload:
        """What it writes when it is told to quit; the process itself may stay."""
        while True:
            with suppress(ValueError):
                (written,) = self._folder.glob("*.json")
                report: Payload = json.loads(written.read_text())
                return report
            await asyncio.sleep(0.05)


def _away(message: str) -> bool:
    """Whether it only says that the server was not there."""
    return message.startswith("WebSocket Error") or message.endswith("WebSocket not open")


@asynccontextmanager
async def ocpp_ws_cli(host: Host, folder: Path) -> AsyncIterator[Foreign]:
    door = await host.open_door("lab-1")
    at = ("--endpoint", door.endpoint, "--identity", door.identity, "--protocol", "ocpp1.6", "--id-tag", TAG)
    report = ("--report", "json", "--report-dir", str(folder / "report"))
    async with tool("ocpp-ws-cli", "simulate", *at, *report, ca=door.ca) as running:
        yield Simulator(host, running, folder / "report")


CLIENTS: dict[str, Callable[[Host, Path], Opened]] = {
    "ocpp-rpc": on_node("ocpp-rpc"),
    "ocpp-ts": on_node("ocpp-ts"),
    "ocpp-ws-cli": ocpp_ws_cli,
    "ocpp": ocpp_package,
}
