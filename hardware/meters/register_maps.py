"""Register maps of Modbus energy meters: the form in which ours and a technician's are written, and what they mean."""

import math
import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Annotated, Literal

from msgspec import Meta, Struct

UNITS = {
    "energy": {"Wh": 1.0, "kWh": 1e3, "MWh": 1e6},
    "power": {"W": 1.0, "kW": 1e3},
    "phase_power": {"W": 1.0, "kW": 1e3},
    "voltage": {"mV": 1.0, "V": 1e3},
    "current": {"mA": 1.0, "A": 1e3},
}
Coding = Literal["u16", "i16", "u32", "i32", "u64", "i64", "f32", "f64"]
CODES: dict[Coding, str] = {
    "u16": "H",
    "i16": "h",
    "u32": "I",
    "i32": "i",
    "u64": "Q",
    "i64": "q",
    "f32": "f",
    "f64": "d",
}

Words = Mapping[int, int]


class Register(Struct, frozen=True, forbid_unknown_fields=True):
    """One value: its 0-based address on the wire, its coding, and what one count is worth, such as `kWh` or `0.1 V`."""

    address: Annotated[int, Meta(ge=0, le=0xFFFF)]
    type: Coding
    unit: str = ""

    @property
    def words(self) -> int:
        """How many registers it takes."""
        return struct.calcsize(CODES[self.type]) // 2

    @property
    def end(self) -> int:
        """The first address behind it."""
        return self.address + self.words

    def scale(self, quantity: str) -> float:
        """What turns a count into Wh, W, mV or mA; ValueError for a unit that is none of this quantity."""
        number, _, unit = self.unit.rpartition(" ")
        known = UNITS[quantity]
        if unit not in known or not _is_factor(number):
            raise ValueError(f"{quantity}: Expected a unit such as {', '.join(known)} or 0.1 {unit or min(known)}")
        return known[unit] * float(number or 1)

    def count(self, words: Words, low_word_first: bool) -> float | None:
        """The number in these words; None where the meter has none to give (a sentinel, or not a number)."""
        coded = [words[address] for address in range(self.address, self.end)]
        packed = struct.pack(f">{self.words}H", *(reversed(coded) if low_word_first else coded))
        number: float = struct.unpack(f">{CODES[self.type]}", packed)[0]
        return None if number in _nothing(self.type) or not math.isfinite(number) else number


class RegisterMap(Struct, frozen=True, forbid_unknown_fields=True):
    """One model of meter. Voltages, currents and powers of phases are in the order L1, L2, L3.

    Measured values are read with `function` (4: input, 3: holding registers), the serial number always with 3; at most
    `most_registers` in one request. `wraps_at_wh` is where the register of energy starts
    again from 0, for one that can come so far: 22 kW without a pause make 4 GWh in twenty years.
    """

    energy: Register
    power: Register | None = None
    phase_power: tuple[Register, ...] = ()
    voltage: tuple[Register, ...] = ()
    current: tuple[Register, ...] = ()
    serial: Register | None = None
    function: Literal[3, 4] = 4
    low_word_first: bool = False
    most_registers: Annotated[int, Meta(ge=4, le=125)] = 80
    wraps_at_wh: Annotated[int, Meta(gt=0)] | None = None

    def __post_init__(self) -> None:
        """Every unit is one of its quantity."""
        for quantity, register in self._named():
            register.scale(quantity)

    @property
    def blocks(self) -> list["Block"]:
        """The requests that read everything but the serial number."""
        taken = {self.serial.words} if self.serial is not None and self.function == 3 else set[int]()
        return distinct(blocks((register for _, register in self._named()), self.most_registers), taken)

    def value(self, quantity: str, words: Words) -> float | None:
        """A value in Wh or W; None when the meter has none."""
        register: Register | None = getattr(self, quantity)
        return None if register is None else self._scaled(quantity, register, words)

    def values(self, quantity: str, words: Words) -> tuple[int, ...]:
        """The values of the phases in mV, mA or W, up to the first that the meter does not have."""
        registers: tuple[Register, ...] = getattr(self, quantity)
        found = (self._scaled(quantity, register, words) for register in registers)
        return tuple(round(value) for value in takewhile(lambda value: value is not None, found) if value is not None)

    def _scaled(self, quantity: str, register: Register, words: Words) -> float | None:
        count = register.count(words, self.low_word_first)
        return None if count is None else count * register.scale(quantity)

    def _named(self) -> Iterator[tuple[str, Register]]:
        for quantity in UNITS:
            found = getattr(self, quantity)
            registers: Sequence[Register] = found if isinstance(found, tuple) else [found] if found is not None else []
            yield from ((quantity, register) for register in registers)


@dataclass(frozen=True, slots=True)
class Block:
    """Neighbouring registers read in one request."""

    address: int
    count: int


def blocks(registers: Iterable[Register], most: int) -> list[Block]:
    """The fewest requests of at most `most` registers that read all of them; none is torn."""
    found: list[Block] = []
    for register in sorted(registers, key=lambda register: register.address):
        if found and register.end - found[-1].address <= most:
            found[-1] = Block(found[-1].address, max(found[-1].count, register.end - found[-1].address))
        else:
            found.append(Block(register.address, register.words))
    return found


def distinct(wanted: Iterable[Block], taken: set[int]) -> list[Block]:
    """Each block with a length of its own: an answer in RTU does not say which registers it holds, but how many."""
    lengths, found = set(taken), list[Block]()
    for block in wanted:
        count = block.count
        while count in lengths:
            count += 2
        lengths.add(count)
        found.append(Block(block.address, count))
    return found


def _is_factor(text: str) -> bool:
    try:
        return not text or 0 < float(text) < math.inf
    except ValueError:
        return False


def _nothing(coding: Coding) -> tuple[int, ...]:
    """How meters code that they have no value: all ones, of signed integers the highest and the lowest."""
    bits = struct.calcsize(CODES[coding]) * 8
    return {"u": (2**bits - 1,), "i": (2 ** (bits - 1) - 1, -(2 ** (bits - 1))), "f": ()}[coding[0]]
