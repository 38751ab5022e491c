"""Current transformers (SCT-013 and its like) on an ADS1115: an estimate, not a calibrated meter.

Power is apparent: the voltage is assumed, the power factor taken as 1 and the direction as import.
"""

import asyncio
import threading
import time
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from hardware.device_file import I2C, amiss
from hardware.errors import BadPartSettings, LibraryMissing, MeterImplausible, MeterSilent
from hardware.i2c import I2cBus
from hardware.meters.counter import Counter
from hardware.meters.waveform import Sample, rms
from hardware.ports import Quality, Reading

RATE_HZ = 860
GAP_S = 0.004
MOST_WINDOWS = 4
FULL_SCALE = 32_767
LONGEST_S = 30.0
PAIRS = {"0-1": (0, 1), "0-3": (0, 3), "1-3": (1, 3), "2-3": (2, 3), "0": (0,), "1": (1,), "2": (2,), "3": (3,)}

Positive = Annotated[float, Meta(gt=0)]
Channel = Literal["0-1", "0-3", "1-3", "2-3", "0", "1", "2", "3"]

# Two clamps may share a chip, which converts for one at a time.
_ONE_AT_A_TIME = threading.Lock()


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """One clamp a phase. `amperes_per_volt` is 90.9 for an SCT-013-000 with 22 Ω, 30 for an SCT-013-030.

    `counter` is the file that keeps the energy; `calibration` is what a clamp meter shows over what is shown here; less
    than `silence_a` is noise.
    """

    counter: str
    channels: Annotated[tuple[Channel, ...], Meta(min_length=1, max_length=3)]
    amperes_per_volt: Positive
    calibration: Positive = 1.0
    voltage_v: Annotated[float, Meta(gt=50, lt=500)] = 230.0
    silence_a: Annotated[float, Meta(ge=0)] = 0.15
    gain: Literal[1, 2, 4, 8, 16] = 4
    bus: Annotated[int, Meta(ge=0, le=31)] = 1
    address: Annotated[int, Meta(ge=0x48, le=0x4B)] = 0x48
    window_s: Annotated[float, Meta(ge=0.2, le=2)] = 0.5


class Clamps:
    """Measures one phase after the other, in a thread."""

    def __init__(self, settings: Settings) -> None:
        path = Path(settings.counter)
        if not path.is_absolute():
            raise BadPartSettings(f"counter: Expected an absolute path, not {settings.counter!r}")
        self._settings = settings
        self._library = _library()
        self._counter = Counter(path)
        self._chip: Any = None
        self._before: tuple[float, float] | None = None

    async def read(self) -> Reading:
        """One reading; `MeterSilent` when the chip is not there or too slow, `MeterImplausible` when a value clips."""
        return await asyncio.to_thread(self._read)

    async def close(self) -> None:
        """Keep what was counted."""
        await asyncio.to_thread(self._counter.save)

    def _read(self) -> Reading:
        with _ONE_AT_A_TIME:
            try:
                amperes = [self._amperes(PAIRS[channel]) for channel in self._settings.channels]
            except (OSError, RuntimeError, ValueError) as error:
                self._chip = None
                raise MeterSilent(self._why_silent(str(error))) from error
            return self._reading(amperes)

    def _reading(self, amperes: list[float]) -> Reading:
        watts = sum(amperes) * self._settings.voltage_v
        now_s = time.monotonic()
        before_s, before_w = self._before or (now_s, watts)
        self._before = (now_s, watts)
        self._counter.add((before_w + watts) / 2 * min(now_s - before_s, LONGEST_S) / 3600)
        return Reading(
            energy_wh=int(self._counter.energy_wh),
            power_w=round(watts),
            at_ms=round(now_s * 1000),
            current_ma=tuple(round(ampere * 1000) for ampere in amperes),
            quality=Quality.ESTIMATED,
        )

    def _amperes(self, pins: tuple[int, ...]) -> float:
        chip, analog = self._ready()
        samples = _window(analog.AnalogIn(chip, *pins), self._settings.window_s)
        volts = rms(samples, 1 / RATE_HZ)
        amperes = volts * self._settings.amperes_per_volt * self._settings.calibration
        return amperes if amperes >= self._settings.silence_a else 0.0

    def _ready(self) -> tuple[Any, Any]:
        ads1115, analog = self._library
        wanted = self._settings
        if self._chip is None:
            self._bus = Patient(I2cBus(wanted.bus))
            self._chip = ads1115.ADS1115(self._bus, gain=wanted.gain, data_rate=RATE_HZ, address=wanted.address)
        self._bus.until_s = time.monotonic() + MOST_WINDOWS * wanted.window_s
        return self._chip, analog

    def _why_silent(self, why: str) -> str:
        wanted = self._settings
        return amiss(f"/dev/i2c-{wanted.bus}", I2C) or (
            f"no ADS1115 at {wanted.address:#04x} that measures ({why}): check its supply, SDA and SCL, its "
            "ADDR pin, and that config.txt has dtparam=i2c_arm_baudrate=400000"
        )


class Patient:
    """An I2C bus whose patience ends: the library waits for ever for a chip that never says it is ready."""

    def __init__(self, bus: Any) -> None:
        self._bus = bus
        self.until_s = float("inf")

    def __getattr__(self, name: str) -> Any:
        """What the bus has; TimeoutError (an OSError) when it took too long."""
        if name.startswith(("read", "write")) and time.monotonic() > self.until_s:
            raise TimeoutError("it is never ready")
        return getattr(self._bus, name)


def _window(channel: Any, window_s: float) -> list[Sample]:
    """The samples of one window without a gap, in volts; it begins anew after each gap."""
    samples: list[Sample] = []
    before_s = time.monotonic()
    while not samples or samples[-1].at_s - samples[0].at_s < window_s:
        value = channel.value
        now_s = time.monotonic()
        if abs(value) >= FULL_SCALE:
            raise MeterImplausible("the current is more than the ADS1115 can show: choose a lower gain")
        if now_s - before_s > GAP_S:
            samples.clear()
        samples.append(Sample((before_s + now_s) / 2, channel.convert_to_voltage(value)))
        before_s = now_s
    return samples


def _library() -> tuple[Any, Any]:
    try:
        return import_module("adafruit_ads1x15.ads1115"), import_module("adafruit_ads1x15.analog_in")
    except ImportError as error:
        raise LibraryMissing(
            f"CT clamps need the package adafruit-circuitpython-ads1x15 ({error}): type `make pi`"
        ) from error


make = Clamps
