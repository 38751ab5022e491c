"""A bus of Modbus devices: one client for all; they take turns, and no late answer is taken for another's."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Annotated, Literal
from weakref import WeakValueDictionary

from msgspec import Meta, Struct
from pymodbus.client import AsyncModbusSerialClient, AsyncModbusTcpClient
from pymodbus.exceptions import ModbusException
from pymodbus.framer import FramerType
from pymodbus.pdu import ModbusPDU

from hardware.device_file import SERIAL, amiss
from hardware.errors import BadPartSettings, ModbusRefused, ModbusSilent

BETWEEN_DEVICES_S = 0.1
BETWEEN_QUESTIONS_S = 0.005
QUIET_S = 0.1
MOST_NOISE_S = 1.0
READS = {3: "read_holding_registers", 4: "read_input_registers"}

Client = AsyncModbusTcpClient | AsyncModbusSerialClient
Question = Callable[[Client], Awaitable[ModbusPDU]]

# What the library has to say is in the errors raised here; left alone, it prints every frame of a failed request.
logging.getLogger("pymodbus.logging").addHandler(logging.NullHandler())


class Line(Struct, frozen=True, forbid_unknown_fields=True):
    """Where a device is: `host` (Modbus TCP, or RTU in TCP with `rtu`) or `serial_port` (RTU), and its `device_id`."""

    device_id: Annotated[int, Meta(ge=1, le=247)]
    host: str = ""
    port: Annotated[int, Meta(ge=1, le=65_535)] = 502
    rtu: bool = False
    serial_port: str = ""
    baud: Annotated[int, Meta(ge=300, le=1_000_000)] = 9600
    parity: Literal["N", "E", "O"] = "N"
    stop_bits: Literal[1, 2] = 1
    timeout_s: Annotated[float, Meta(gt=0, le=10)] = 0.4

    def __post_init__(self) -> None:
        """Exactly one way leads there."""
        if bool(self.host) == bool(self.serial_port):
            raise ValueError("Expected either `host` or `serial_port`")

    @property
    def bus(self) -> str:
        """The bus as people call it."""
        return self.serial_port or f"{self.host}:{self.port}"

    @property
    def terms(self) -> tuple[object, ...]:
        """What all devices of a bus have in common."""
        return (self.rtu, self.baud, self.parity, self.stop_bits, self.timeout_s)


class Bus:
    """One connection and whose turn it is. A question without its answer leaves it `unsettled`: such an answer may
    still come, so the line is left alone until it has been quiet (a serial one) or is made anew (one in TCP)."""

    def __init__(self, line: Line) -> None:
        self.line = line
        self.users = 0
        self.turn = asyncio.Lock()
        self._client: Client | None = None
        self._unsettled = False
        self._used_s = self._heard_s = 0.0
        self._expected = b""
        self._last_device = 0

    async def ask(self, device_id: int, gap_s: float, question: Question) -> ModbusPDU:
        """The answer to one question, within a turn; `ModbusSilent`."""
        await self._settle()
        client = await self._connected()
        await self._pause(gap_s if device_id == self._last_device else max(gap_s, BETWEEN_DEVICES_S))
        self._unsettled = True
        try:
            answer = await question(client)
        except ModbusException:
            raise ModbusSilent(self._why_silent()) from None
        finally:
            self._used_s, self._last_device = time.monotonic(), device_id
            _obey_cancellation()
        return answer

    def settled(self) -> None:
        """The last question has met its own answer."""
        self._unsettled = False

    def close(self) -> None:
        """End the connection; the next question makes a new one."""
        if self._client is not None:
            self._client.close()
        self._client = None

    async def _settle(self) -> None:
        if self._unsettled and self.line.host:
            self.close()
        elif self._unsettled:
            await self._quiet()
        self._unsettled = False

    async def _quiet(self) -> None:
        until_s = self._used_s + MOST_NOISE_S
        while True:
            wait_s = min(max(self._heard_s, self._used_s) + QUIET_S, until_s) - time.monotonic()
            if wait_s <= 0:
                return
            await asyncio.sleep(wait_s)

    async def _connected(self) -> Client:
        if self._client is None or not self._client.connected:
            self.close()
            self._client = self._made()
            connected = await self._client.connect()
            _obey_cancellation()
            if not connected:
                self.close()
                raise ModbusSilent(self._why_unreachable())
        return self._client

    def _made(self) -> Client:
        line = self.line
        if line.host:
            framer = FramerType.RTU if line.rtu else FramerType.SOCKET
            return AsyncModbusTcpClient(
                line.host,
                port=line.port,
                framer=framer,
                timeout=line.timeout_s,
                retries=0,
                reconnect_delay=0,
                trace_packet=self._heard if line.rtu else None,
            )
        return AsyncModbusSerialClient(
            line.serial_port,
            baudrate=line.baud,
            parity=line.parity,
            stopbits=line.stop_bits,
            timeout=line.timeout_s,
            retries=0,
            reconnect_delay=0,
            trace_packet=self._heard,
        )

    def _heard(self, sending: bool, packet: bytes) -> bytes:
        """Noise before an answer, such as a null byte when the line turns round, would make the library miss it."""
        if sending:
            self._expected = packet[:2]
            return packet
        self._heard_s = time.monotonic()
        return packet[max(0, packet.find(self._expected)) :]

    async def _pause(self, pause_s: float) -> None:
        """RTU devices know the end of a message, and of another's turn, by a pause."""
        if self.line.serial_port or self.line.rtu:
            await asyncio.sleep(self._used_s + pause_s - time.monotonic())

    def _why_silent(self) -> str:
        wiring = "its wiring (A and B), baud rate and parity" if self.line.serial_port else "its wiring"
        return f"does not answer: check its supply, {wiring} and its address"

    def _why_unreachable(self) -> str:
        if self.line.host:
            return "refuses the connection: check its address and its cable"
        port = self.line.serial_port
        return "cannot be reached: " + (
            amiss(port, SERIAL) or f"{port} cannot be used: check that no other program has it (fuser {port})"
        )


_BUSES: WeakValueDictionary[str, Bus] = WeakValueDictionary()


class Device:
    """One device on its bus: hold a `turn`, ask within it, `gap_s` apart. What one device promised a bus binds all."""

    def __init__(self, line: Line, gap_s: float = BETWEEN_QUESTIONS_S) -> None:
        self._gap_s = gap_s
        self._bus = _BUSES.setdefault(line.bus, Bus(line))
        if self._bus.line.terms != line.terms:
            raise BadPartSettings(f"the devices on {line.bus} differ in baud, parity, stop_bits, rtu or timeout_s")
        self._bus.users += 1
        self._id = line.device_id
        self._tries = 2
        self._open = True

    @property
    def turn(self) -> asyncio.Lock:
        """Held while this device alone may use the bus; whoever came first is first."""
        return self._bus.turn

    async def read(self, function: int, address: int, count: int) -> list[int]:
        """Registers by function 3 (holding) or 4 (input). `ModbusSilent` after one retry, `ModbusRefused`."""

        def question(client: Client) -> Awaitable[ModbusPDU]:
            read: Callable[..., Awaitable[ModbusPDU]] = getattr(client, READS[function])
            return read(address, count=count, device_id=self._id)

        return list((await self._asked(question, lambda answer: _is_reply(answer, function, count))).registers)

    async def write(self, address: int, values: list[int]) -> None:
        """Write holding registers (function 16). `ModbusSilent` after one retry, `ModbusRefused`."""

        def is_echo(answer: ModbusPDU) -> bool:
            return answer.function_code == 16 and (answer.address, answer.count) == (address, len(values))

        await self._asked(lambda client: client.write_registers(address, values, device_id=self._id), is_echo)

    async def close(self) -> None:
        """Leave the bus; the last one ends its connection."""
        if self._open:
            self._open = False
            self._bus.users -= 1
            if self._bus.users == 0:
                _BUSES.pop(self._bus.line.bus, None)
                self._bus.close()

    async def _asked(self, question: Question, is_answer: Callable[[ModbusPDU], bool]) -> ModbusPDU:
        """A device that was silent is asked once only until it speaks again, so that the others wait less for it."""
        tries, self._tries = self._tries, 1
        for tried in range(1, tries + 1):
            try:
                answer = await self._bus.ask(self._id, self._gap_s, question)
            except ModbusSilent:
                if tried == tries:
                    raise
                continue
            if answer.isError() or is_answer(answer):
                self._bus.settled()
                self._tries = 2
                if answer.isError():
                    raise ModbusRefused(f"(exception {answer.exception_code})")
                return answer
        raise ModbusSilent("answers something else than it is asked: check that no two devices share an address")


def _is_reply(answer: ModbusPDU, function: int, count: int) -> bool:
    return answer.function_code == function and len(answer.registers) == count


def _obey_cancellation() -> None:
    """Before Python 3.12 `asyncio.wait_for`, which pymodbus uses, may swallow a cancellation that meets a result."""
    if (task := asyncio.current_task()) and task.cancelling():
        raise asyncio.CancelledError
