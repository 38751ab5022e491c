"""Register maps of Modbus energy meters, as data; 0-based wire addresses."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Register:
    """One value: where it is, how it is coded (pymodbus' name), and what turns it into Wh, W, mA or mV."""

    address: int
    scale: float
    coded: str = "FLOAT32"
    words: int = 2

    @property
    def end(self) -> int:
        """The first address behind it."""
        return self.address + self.words


@dataclass(frozen=True, slots=True)
class RegisterMap:
    """One model of meter; all values but the serial number are input registers, high word first."""

    model: str
    energy_wh: Register
    power_w: Register
    voltage_mv: tuple[Register, ...]
    current_ma: tuple[Register, ...]
    serial: Register
    """Holding registers."""
    span: int
    """How many registers the meter gives in one answer."""

    @property
    def measured(self) -> tuple[Register, ...]:
        """Every register of a reading."""
        return (self.energy_wh, self.power_w, *self.voltage_mv, *self.current_ma)


@dataclass(frozen=True, slots=True)
class Block:
    """Neighbouring registers read in one request."""

    address: int
    count: int


def blocks(registers: Iterable[Register], span: int) -> list[Block]:
    """The fewest requests of at most `span` registers that read all of them; none is torn."""
    found: list[Block] = []
    for register in sorted(registers, key=lambda register: register.address):
        if found and register.end - found[-1].address <= span:
            found[-1] = Block(found[-1].address, max(found[-1].count, register.end - found[-1].address))
        else:
            found.append(Block(register.address, register.words))
    return found


SDM630 = RegisterMap(
    model="Eastron SDM630",
    energy_wh=Register(0x48, 1000),
    power_w=Register(0x34, 1),
    voltage_mv=(Register(0x00, 1000), Register(0x02, 1000), Register(0x04, 1000)),
    current_ma=(Register(0x06, 1000), Register(0x08, 1000), Register(0x0A, 1000)),
    serial=Register(0xFC00, 1, "UINT32"),
    span=80,
)
