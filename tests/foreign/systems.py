"""Three central systems that are not ours, in their strictest modes, behind one small face."""

import asyncio
import json
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any
from unittest.mock import patch

import trustme
from ocpp.charge_point import ChargePoint as AnyChargePoint
from ocpp.charge_point import camel_to_snake_case, remove_nones, serialize_as_dict, snake_to_camel_case
from ocpp.exceptions import OCPPError
from ocpp.routing import on
from ocpp.v16 import ChargePoint, call, call_result
from ocpp.v16.enums import Action, AuthorizationStatus, RegistrationStatus
from ocpp_csms import CentralSystem
from ocpp_csms.exceptions import CsmsCallError
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from tests.foreign.node import Program, program
from tests.together.house import PATIENCE_S

Payload = dict[str, Any]
KEY = b"sixteen-and-more"
TAG_INFO = {"status": AuthorizationStatus.accepted}
_transactions = count(1)


@dataclass
class Foreign(ABC):
    """A central system: what the station asked of it, in order, and what either side found wrong."""

    asked: list[tuple[str, Payload]] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    url: str = ""
    key: bytes = KEY
    ca_file: Path | None = None
    _read: int = 0
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    @abstractmethod
    async def ask(self, action: str, payload: Payload) -> Payload | str:
        """Ask the station; its answer, or the code of its CALLERROR."""

    @abstractmethod
    async def hang_up(self) -> None:
        """Close the connection."""

    def hear(self, action: str, payload: Payload) -> None:
        """The station asks this."""
        self.asked.append((action, payload))
        self._news.set()

    async def expect(self, action: str, **fields: Any) -> Payload:
        """The next question of this kind with these fields; questions before it are passed over."""

        def found() -> int | None:
            for place, (asked, payload) in enumerate(self.asked[self._read :], start=self._read):
                if asked == action and fields.items() <= payload.items():
                    return place
            return None

        await self.until(lambda: found() is not None)
        place = found() or 0
        self._read = place + 1
        return self.asked[place][1]

    async def until(self, true: Callable[[], object]) -> None:
        """Wait until something is true that changes with a question."""
        async with asyncio.timeout(PATIENCE_S):
            while not true():
                self._news.clear()
                await self._news.wait()

    def payloads(self, action: str) -> list[Payload]:
        """All questions of this kind."""
        return [payload for asked, payload in self.asked if asked == action]


class Rpc(Foreign):
    """`ocpp-rpc` from npm in strict mode: it checks every message of both directions."""

    def __init__(self, program: Program, key: bytes, ca_file: Path) -> None:
        super().__init__(key=key, ca_file=ca_file)
        self._program = program
        self._answers: asyncio.Queue[Payload | str] = asyncio.Queue()

    async def begin(self) -> None:
        """Learn the port."""
        self.url = f"wss://127.0.0.1:{(await self._program.hear())['port']}/ocpp"

    async def listen(self) -> None:
        """Take what the program says until cancelled."""
        while True:
            match await self._program.hear():
                case {"what": "asked", "method": method, "params": params}:
                    self.hear(method, params)
                case {"what": "answered", "answer": answer}:
                    self._answers.put_nowait(answer)
                case complaint:
                    self.complaints.append(str(complaint))
                    self._answers.put_nowait(str(complaint))

    async def ask(self, action: str, payload: Payload) -> Payload | str:
        await self._program.tell({"method": action, "params": payload})
        return await asyncio.wait_for(self._answers.get(), PATIENCE_S)

    async def hang_up(self) -> None:
        await self._program.tell({})


@asynccontextmanager
async def ocpp_rpc(folder: Path) -> AsyncIterator[Foreign]:
    """Over TLS, with a key of raw bytes."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "ca.pem")
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(folder / "server.pem")
    key = bytes(range(128, 148))
    options = {"cert": str(folder / "server.pem"), "identity": "lab-1", "key": key.hex()}
    async with program("central.js", options) as running:
        central = Rpc(running, key, folder / "ca.pem")
        await central.begin()
        listening = asyncio.create_task(central.listen())
        yield central
        listening.cancel()


class Python(Foreign):
    """What is built on the `ocpp` package from PyPI: it checks every message of both directions."""

    async def ask(self, action: str, payload: Payload) -> Payload | str:
        try:
            answer = await self.send(getattr(call, action)(**camel_to_snake_case(payload)))
        except OCPPError as error:
            return str(error.code)
        except CsmsCallError as error:
            return error.code
        given: Payload = snake_to_camel_case(remove_nones(serialize_as_dict(answer)))
        return given

    @abstractmethod
    async def send(self, request: Any) -> Any:
        """Ask through the package."""


@contextmanager
def overheard(central: Foreign) -> Iterator[None]:
    """Let a central system on the `ocpp` package tell what it was asked, and what it refused."""
    route, send = AnyChargePoint.route_message, AnyChargePoint._send

    async def routed(self: Any, raw: str) -> None:
        message = json.loads(raw)
        if message[0] == 2:
            central.hear(message[2], message[3])
        await route(self, raw)

    async def sent(self: Any, message: str) -> None:
        if json.loads(message)[0] == 4:
            central.complaints.append(message)
        await send(self, message)

    with patch.object(AnyChargePoint, "route_message", routed), patch.object(AnyChargePoint, "_send", sent):
        yield


class Csms(Python):
    """`ocpp-csms` from PyPI."""

    def __init__(self, system: CentralSystem) -> None:
        super().__init__(url=f"ws://127.0.0.1:{system.port}")
        self._system = system

    async def send(self, request: Any) -> Any:
        return await self._system.charge_points["lab-1"].async_call(request)

    async def hang_up(self) -> None:
        await self._system.charge_points["lab-1"].async_disconnect()


@asynccontextmanager
async def ocpp_csms(folder: Path) -> AsyncIterator[Foreign]:
    """With a readable key."""

    async def let_in(identity: str, password: str | None) -> bool:
        return (identity, password) == ("lab-1", KEY.decode())

    async with CentralSystem(host="127.0.0.1", port=0, authenticate=let_in) as system:
        central = Csms(system)
        with overheard(central):
            yield central


def now() -> str:
    return datetime.now(UTC).isoformat()


class Station(ChargePoint):
    """The `ocpp` package's own class at the central system's end."""

    @on(Action.authorize)
    def on_authorize(self, **asked: Any) -> call_result.Authorize:
        return call_result.Authorize(TAG_INFO)

    @on(Action.boot_notification)
    def on_boot_notification(self, **asked: Any) -> call_result.BootNotification:
        return call_result.BootNotification(now(), 300, RegistrationStatus.accepted)

    @on(Action.heartbeat)
    def on_heartbeat(self) -> call_result.Heartbeat:
        return call_result.Heartbeat(now())

    @on(Action.meter_values)
    def on_meter_values(self, **asked: Any) -> call_result.MeterValues:
        return call_result.MeterValues()

    @on(Action.start_transaction)
    def on_start_transaction(self, **asked: Any) -> call_result.StartTransaction:
        return call_result.StartTransaction(next(_transactions), TAG_INFO)

    @on(Action.status_notification)
    def on_status_notification(self, **asked: Any) -> call_result.StatusNotification:
        return call_result.StatusNotification()

    @on(Action.stop_transaction)
    def on_stop_transaction(self, **asked: Any) -> call_result.StopTransaction:
        return call_result.StopTransaction(TAG_INFO)


class Library(Python):
    """The bare package behind a WebSocket server."""

    station: Station
    socket: ServerConnection

    async def converse(self, socket: ServerConnection) -> None:
        """Serve one connection until it ends."""
        self.socket, self.station = socket, Station("lab-1", socket)
        with suppress(ConnectionClosed):
            await self.station.start()

    async def send(self, request: Any) -> Any:
        return await self.station.call(request, suppress=False)

    async def hang_up(self) -> None:
        await self.socket.close()


@asynccontextmanager
async def ocpp_package(folder: Path) -> AsyncIterator[Foreign]:
    """Without authentication."""
    central = Library()
    async with serve(
        central.converse, "127.0.0.1", 0, subprotocols=[Subprotocol("ocpp1.6")], close_timeout=1
    ) as server:
        central.url = f"ws://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}"
        with overheard(central):
            yield central


Opened = AbstractAsyncContextManager[Foreign]
