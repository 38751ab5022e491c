"""Any Modbus energy meter that a register map describes."""

import time
from dataclasses import dataclass

from hardware.errors import MeterImplausible, MeterSilent, ModbusRefused, ModbusSilent
from hardware.meters.register_maps import Block, RegisterMap, Words
from hardware.modbus import Device, Line
from hardware.ports import Reading


class ModbusMeter:
    """Reads what its map says; the register is the meter's own, also when it starts again from 0."""

    def __init__(self, model: str, registers: RegisterMap, line: Line) -> None:
        self._map = registers
        self._blocks = registers.blocks
        self._name = f"{model} {line.device_id} at {line.bus}"
        self._device = Device(line)
        self._serial: str | None = None
        self._numbered = False

    async def read(self) -> Reading:
        """One reading. `MeterSilent` without an answer; `MeterImplausible` for one that cannot be."""
        async with self._device.turn:
            return self._reading(await self._asked())

    async def close(self) -> None:
        """Leave the bus."""
        await self._device.close()

    async def _asked(self) -> Words:
        words: dict[int, int] = {}
        for block in self._blocks:
            words |= await self._read(block)
        if not self._numbered:
            self._serial, self._numbered = await self._number(), True
        return words

    async def _number(self) -> str | None:
        """The meter's number, where it tells it: older ones refuse or ignore the question."""
        if (register := self._map.serial) is None:
            return None
        try:
            words = await self._device.read(3, register.address, register.words)
        except (ModbusSilent, ModbusRefused):
            return None
        found = register.count(dict(enumerate(words, register.address)), self._map.low_word_first)
        return None if found is None else str(round(found))

    async def _read(self, block: Block) -> Words:
        try:
            answered = await self._device.read(self._map.function, block.address, block.count)
        except ModbusSilent as error:
            self._numbered = False
            raise MeterSilent(f"{self._name} {error}") from error
        except ModbusRefused as error:
            refused = f"refused to give {block.count} registers at {block.address:#06x}"
            raise MeterImplausible(f"{self._name} {refused} {error}: is it this model?") from error
        return dict(enumerate(answered, block.address))

    def _reading(self, words: Words) -> Reading:
        power_w = self._map.value("power", words)
        return Reading(
            energy_wh=self._energy_wh(words),
            power_w=None if power_w is None else round(power_w),
            at_ms=time.monotonic_ns() // 1_000_000,
            current_ma=self._map.values("current", words),
            voltage_mv=self._map.values("voltage", words),
            serial=self._serial,
            phase_power_w=self._map.values("phase_power", words),
            wraps_at_wh=self._map.wraps_at_wh,
        )

    def _energy_wh(self, words: Words) -> int:
        energy_wh = self._map.value("energy", words)
        if energy_wh is None:
            raise MeterImplausible(f"{self._name} shows no number as its energy")
        if energy_wh < 0:
            raise MeterImplausible(f"{self._name} shows a negative energy register: {energy_wh:.0f} Wh")
        return round(energy_wh)


@dataclass(frozen=True, slots=True)
class Model:
    """A model of meter, as the catalogue wants a driver."""

    name: str
    map: RegisterMap
    Settings: type[Line] = Line

    def make(self, settings: Line) -> ModbusMeter:
        """The meter; nothing is sent before the first reading."""
        return ModbusMeter(self.name, self.map, settings)


class Settings(Line, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A meter that the catalogue does not know: where it is, and its register map."""

    map: RegisterMap


def make(settings: Settings) -> ModbusMeter:
    """The meter; nothing is sent before the first reading."""
    return ModbusMeter("the meter", settings.map, settings)
