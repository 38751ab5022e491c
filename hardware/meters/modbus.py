"""Any Modbus energy meter that a register map describes, read through pymodbus."""

import asyncio
import logging
import math
import time
from collections.abc import Awaitable, Callable
from typing import Annotated

from msgspec import Meta, Struct
from pymodbus.client import AsyncModbusTcpClient
from pymodbus.exceptions import ModbusException
from pymodbus.pdu import ModbusPDU

from hardware.errors import MeterImplausible, MeterSilent
from hardware.meters.register_maps import Block, Register, RegisterMap, blocks
from hardware.ports import Reading

# What the library has to say is in the errors raised here; left alone, it prints every frame of a failed request.
logging.getLogger("pymodbus.logging").addHandler(logging.NullHandler())


class TcpSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """A meter, or a gateway to a bus of meters, that speaks Modbus TCP."""

    host: str
    device_id: Annotated[int, Meta(ge=1, le=247)]
    port: Annotated[int, Meta(ge=1, le=65_535)] = 502
    timeout_s: Annotated[float, Meta(gt=0, le=10)] = 0.4


class ModbusMeter:
    """Reads what its map says; one retry a request, a new connection whenever the former broke."""

    def __init__(self, registers: RegisterMap, settings: TcpSettings) -> None:
        self._map = registers
        self._blocks = blocks(registers.measured, registers.span)
        self._settings = settings
        self._name = f"{registers.model} {settings.device_id} at {settings.host}:{settings.port}"
        self._client: AsyncModbusTcpClient | None = None
        self._serial: str | None = None

    async def read(self) -> Reading:
        """One reading. `MeterSilent` without an answer; `MeterImplausible` for one that cannot be."""
        try:
            return self._reading(await self._ask())
        finally:
            _obey_cancellation()

    async def close(self) -> None:
        """End the connection."""
        if self._client:
            self._client.close()
        self._client = None

    async def _ask(self) -> dict[int, int]:
        client = await self._connected()
        words: dict[int, int] = {}
        for block in self._blocks:
            words |= await self._words(client.read_input_registers, block)
        if self._serial is None:
            self._serial = await self._read_serial(client)
        return words

    async def _connected(self) -> AsyncModbusTcpClient:
        if self._client and self._client.connected:
            return self._client
        self._client = AsyncModbusTcpClient(
            self._settings.host,
            port=self._settings.port,
            timeout=self._settings.timeout_s,
            retries=1,
            reconnect_delay=0,
        )
        if not await self._client.connect():
            raise MeterSilent(f"{self._name} refuses the connection: check its address and its cable")
        return self._client

    async def _read_serial(self, client: AsyncModbusTcpClient) -> str:
        register = self._map.serial
        block = Block(register.address, register.words)
        return str(round(self._value(register, await self._words(client.read_holding_registers, block))))

    async def _words(self, read: Callable[..., Awaitable[ModbusPDU]], block: Block) -> dict[int, int]:
        try:
            answer = await read(block.address, count=block.count, device_id=self._settings.device_id)
        except ModbusException as error:
            await self.close()
            raise MeterSilent(f"{self._name} does not answer: check its supply, wiring and address") from error
        if answer.isError() or len(answer.registers) != block.count:
            raise MeterImplausible(f"{self._name} refused to give {block.count} registers at {block.address:#06x}")
        return dict(enumerate(answer.registers, block.address))

    def _value(self, register: Register, words: dict[int, int]) -> float:
        coded = [words[address] for address in range(register.address, register.end)]
        value = AsyncModbusTcpClient.convert_from_registers(coded, AsyncModbusTcpClient.DATATYPE[register.coded])
        if not isinstance(value, int | float) or not math.isfinite(value):
            raise MeterImplausible(f"{self._name} shows no number at {register.address:#06x}")
        return value * register.scale

    def _reading(self, words: dict[int, int]) -> Reading:
        energy_wh = round(self._value(self._map.energy_wh, words))
        if energy_wh < 0:
            raise MeterImplausible(f"{self._name} shows a negative energy register: {energy_wh} Wh")
        return Reading(
            energy_wh=energy_wh,
            power_w=round(self._value(self._map.power_w, words)),
            at_ms=time.monotonic_ns() // 1_000_000,
            current_ma=tuple(round(self._value(register, words)) for register in self._map.current_ma),
            voltage_mv=tuple(round(self._value(register, words)) for register in self._map.voltage_mv),
            serial=self._serial,
        )


def _obey_cancellation() -> None:
    """Before Python 3.12 `asyncio.wait_for`, which pymodbus uses, may swallow a cancellation that meets a result."""
    if (task := asyncio.current_task()) and task.cancelling():
        raise asyncio.CancelledError
