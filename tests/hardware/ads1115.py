"""An ADS1115 at register level on an I2C bus that takes its time, and a mains current in front of it."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

FULL_SCALE_V = {0: 6.144, 1: 4.096, 2: 2.048, 3: 1.024, 4: 0.512, 5: 0.256}
RATE_HZ = {7: 860, 6: 475, 5: 250, 4: 128}
OVERHEAD_S = 60e-6
WAKE_S = 25e-6


@dataclass
class Mains:
    """What the burden shows: volts RMS at a frequency, harmonics as shares of it, noise and offset."""

    volts: float
    hz: float = 50.0
    harmonics: dict[int, float] = field(default_factory=dict)
    noise_v: float = 0.0
    offset_v: float = 0.0
    phase: float = 0.7
    random: Random = field(default_factory=lambda: Random(1))

    def mean(self, from_s: float, span_s: float) -> float:
        """What a converter sees that averages for so long."""
        waves = {1: 1.0, **self.harmonics}
        total = math.sqrt(sum(share**2 for share in waves.values()))
        found = self.offset_v + self.random.gauss(0, self.noise_v)
        for order, share in waves.items():
            angle = math.pi * order * self.hz * span_s
            middle = math.tau * order * self.hz * (from_s + span_s / 2) + order * self.phase
            found += self.volts * math.sqrt(2) * share / total * math.sin(middle) * math.sin(angle) / angle
        return found


@dataclass
class Ads1115:
    """The chip and its bus, as `busio.I2C` looks; `time_s` passes with each bit on the bus."""

    source: Callable[[int, float, float], float]
    """(multiplexer, from, for how long) -> volts."""
    oscillator: float = 1.0
    bus_hz: int = 400_000
    address: int = 0x48
    time_s: float = 100.0
    stuck: bool = False
    pause_s: Callable[[], float] = lambda: 0.0
    registers: dict[int, int] = field(default_factory=lambda: {0: 0, 1: 0x8583, 2: 0x8000, 3: 0x7FFF})
    pointer: int = 0
    done_s: float = 0.0
    conversions: int = 0

    def monotonic(self) -> float:
        return self.time_s

    def try_lock(self) -> bool:
        return True

    def unlock(self) -> None: ...

    def writeto(self, address: int, buffer: bytes, *, start: int = 0, end: int | None = None) -> None:
        data = bytes(buffer)[start:end]
        self._transfer(address, len(data))
        if data:
            self.pointer = data[0]
        if len(data) == 3:
            self.registers[self.pointer] = data[1] << 8 | data[2]
            if self.pointer == 1 and data[1] & 0x80:
                self._convert()

    def readfrom_into(self, address: int, buffer: bytearray, *, start: int = 0, end: int | None = None) -> None:
        self._transfer(address, 2)
        value = self.registers[self.pointer]
        if self.pointer == 1:
            ready = self.time_s >= self.done_s and not self.stuck
            value = value & 0x7FFF | (0x8000 if ready else 0)
        buffer[start : start + 2] = value.to_bytes(2, "big")

    def writeto_then_readfrom(
        self, address: int, out: bytes, into: bytearray, *, out_start=0, out_end=None, in_start=0, in_end=None
    ) -> None:
        self.writeto(address, out, start=out_start, end=out_end)
        self.readfrom_into(address, into, start=in_start, end=in_end)

    def _transfer(self, address: int, count: int) -> None:
        self.time_s += OVERHEAD_S / 2 + (2 + 9 * (1 + count)) / self.bus_hz + self.pause_s()
        if address != self.address:
            raise OSError(121, "Remote I/O error")

    def _convert(self) -> None:
        config = self.registers[1]
        span_s = self.oscillator / RATE_HZ[config >> 5 & 7]
        self.done_s = self.time_s + WAKE_S + span_s
        volts = self.source(config >> 12 & 7, self.time_s + WAKE_S, span_s)
        count = round(volts / FULL_SCALE_V[config >> 9 & 7] * 32_768)
        self.registers[0] = max(-32_768, min(32_767, count)) & 0xFFFF
        self.conversions += 1
