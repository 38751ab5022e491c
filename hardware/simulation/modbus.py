"""The outlets' meters as SDM630 on Modbus TCP: device ids 1, 2, … in the order of the world's outlets."""

import asyncio
import struct
from collections.abc import Callable
from functools import partial

from pymodbus.constants import ExcCodes
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from hardware.errors import PortTaken
from hardware.outlet import Fault, Outlet
from hardware.world import World

READ_INPUTS = 4
INPUTS = 0x5A
SPAN = 80
SERIAL = 0xFC00
FIRST_SERIAL = 63_000_000
_DEVICE_ID_AT = 6


def face(outlet: Outlet) -> dict[int, float]:
    """What each input register pair of an SDM630 shows, in V, A, W, Hz and kWh."""
    volts = outlet.voltage_mv / 1000
    amperes = [current_ma / 1000 for current_ma in outlet.current_ma]
    watts = _shares_w(outlet)
    energy_kwh = float("nan") if Fault.IMPLAUSIBLE_METER in outlet.faults else outlet.register_wh / 1000
    return {
        **{0x00 + 2 * phase: volts for phase in range(3)},
        **{0x06 + 2 * phase: amperes[phase] for phase in range(3)},
        **{0x0C + 2 * phase: watts[phase] for phase in range(3)},
        0x34: float(outlet.power_w),
        0x46: 50.0 if volts else 0.0,
        0x48: energy_kwh,
    }


def _shares_w(outlet: Outlet) -> list[float]:
    phases = outlet.car.phases if outlet.car else 1
    return [outlet.power_w / phases if phase < phases else 0.0 for phase in range(3)]


async def _refresh(
    world: World,
    name: str,
    now: Callable[[], None],
    function: int,
    start: int,
    address: int,
    count: int,
    registers: list[int],
    values: list[int] | list[bool] | None,
) -> ExcCodes | None:
    if function != READ_INPUTS:
        return None
    if count > SPAN:
        return ExcCodes.ILLEGAL_VALUE
    now()
    for at, value in face(world.outlet(name)).items():
        registers[at - start : at - start + 2] = struct.unpack(">HH", struct.pack(">f", value))
    return None


def _device(world: World, name: str, number: int, now: Callable[[], None]) -> SimDevice:
    nothing = [SimData(0, values=[False] * 16, datatype=DataType.BITS)]
    serial = [SimData(SERIAL, values=FIRST_SERIAL + number, datatype=DataType.UINT32, readonly=True)]
    inputs = [SimData(0, count=INPUTS, values=0, datatype=DataType.REGISTERS, readonly=True)]
    return SimDevice(number, (nothing, list(nothing), serial, inputs), action=partial(_refresh, world, name, now))


async def serve(world: World, host: str, port: int, now: Callable[[], None]) -> tuple[ModbusTcpServer, int]:
    """Serve the world's meters; returns the server and its port. `now` lets the world's time pass before a read.

    Raises `PortTaken`.
    """
    names = list(world.outlets)

    def hush(sending: bool, packet: bytes) -> bytes:
        name = names[packet[_DEVICE_ID_AT] - 1] if sending and 0 < packet[_DEVICE_ID_AT] <= len(names) else None
        return b"" if name and Fault.SILENT_METER in world.outlet(name).faults else packet

    devices = [_device(world, name, number, now) for number, name in enumerate(names, 1)]
    server = ModbusTcpServer(devices, address=(host, port), trace_packet=hush)
    if not await server.listen() or not isinstance(server.transport, asyncio.Server):
        raise PortTaken(f"port {port} is taken")
    return server, server.transport.sockets[0].getsockname()[1]
