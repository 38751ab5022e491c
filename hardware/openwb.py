"""openWB's EVSE controller on Modbus RTU: one board, of which control pilot and current limit are two parts."""

from hardware.errors import ModbusRefused, ModbusSilent
from hardware.modbus import Device, Line
from hardware.ports import Vehicle

SET_CURRENT, OPTIONS = 1000, 2005
HUNDREDTHS = 1 << 7
READ_HOLDING = 3
GAP_S = 0.1
LEAST_MA = 6_000
"""Below it IEC 61851-1 knows no current to offer."""
STATES = {1: Vehicle.ABSENT, 2: Vehicle.CONNECTED, 3: Vehicle.ASKING, 4: Vehicle.ASKING}


class Board:
    """What both parts share. The board is held to what was offered last: nothing at first, and again after it was
    silent or began anew. It takes whole amperes, or hundredths where it is set so; more than is offered never."""

    def __init__(self, line: Line) -> None:
        self._where = line.bus, line.device_id
        self._parts = 0
        self._device = Device(line, GAP_S)
        self._limit_ma = 0
        self._unit_ma: int | None = None

    @classmethod
    def shared(cls, line: Line) -> "Board":
        """The board at this place, for one more part of it."""
        where = line.bus, line.device_id
        if where not in _BOARDS:
            _BOARDS[where] = cls(line)
        _BOARDS[where]._parts += 1
        return _BOARDS[where]

    async def offer(self, limit_ma: int) -> None:
        """Set the current, and hold the board to it from now on even if that fails; `ModbusSilent`."""
        self._limit_ma = limit_ma
        await self.look(anyway=True)

    async def look(self, anyway: bool = False) -> Vehicle:
        """What the pilot shows; a current that is not as offered is set. `ModbusSilent`."""
        try:
            async with self._device.turn:
                now, _, state = await self._device.read(READ_HOLDING, SET_CURRENT, 3)
                if anyway or now != await self._wanted():
                    await self._device.write(SET_CURRENT, [await self._wanted()])
        except (ModbusSilent, ModbusRefused) as error:
            self._unit_ma = None
            raise ModbusSilent(f"the EVSE board {self._where[1]} at {self._where[0]} {error}") from error
        return STATES.get(state, Vehicle.FAULTY)

    async def close(self) -> None:
        """One part less; the last one leaves the bus."""
        self._parts -= 1
        if self._parts == 0:
            del _BOARDS[self._where]
            await self._device.close()

    async def _wanted(self) -> int:
        if self._unit_ma is None:
            self._unit_ma = 10 if await self._options() & HUNDREDTHS else 1000
        return self._limit_ma // self._unit_ma if self._limit_ma >= LEAST_MA else 0

    async def _options(self) -> int:
        """0 from firmware that has none."""
        try:
            return (await self._device.read(READ_HOLDING, OPTIONS, 1))[0]
        except ModbusRefused:
            return 0


_BOARDS: dict[tuple[str, int], Board] = {}
