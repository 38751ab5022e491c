"""A temperature sensor as a trip input: what the kernel shows as a file, on 1-wire (DS18B20) or I2C (LM75).

Sources: kernel documentation, w1_therm (w1_slave, temperature) and hwmon sysfs interface (temp1_input, millidegrees).
"""

import threading
from pathlib import Path
from typing import Annotated

from msgspec import Meta, Struct

from hardware.debounce import monotonic_ms
from hardware.errors import BadPartSettings, SensorSilent

POWER_ON_MC = 85_000  # a DS18B20 that has lost its supply answers this
BELIEVED_MC = range(-55_000, 125_001)


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """`file` names one sensor, for example /sys/bus/w1/devices/28-*/temperature or /sys/class/hwmon/hwmon2/temp1_input.

    Trips from `trip_c` on and clears below `clear_c`; a sensor that has been silent for `silent_s` trips too.
    """

    file: Annotated[str, Meta(pattern="^/")]
    trip_c: Annotated[float, Meta(ge=-40, le=120)] = 70
    clear_c: Annotated[float, Meta(ge=-40, le=120)] = 60
    period_s: Annotated[float, Meta(gt=0, le=60)] = 1
    silent_s: Annotated[float, Meta(gt=0, le=600)] = 10


class Thermostat:
    """What a sensor's temperatures mean, in monotonic ms; `SensorSilent` once it has said nothing for too long."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._hot = False
        self._heard_ms: int | None = None

    def hear(self, read_mc: int | None, now_ms: int) -> None:
        """A temperature in thousandths of °C, or none."""
        if read_mc is not None:
            self._hot = read_mc >= 1000 * (self._settings.clear_c if self._hot else self._settings.trip_c)
            self._heard_ms = now_ms

    def is_hot(self, now_ms: int) -> bool:
        """Whether it is too hot, as of the last temperature."""
        if self._heard_ms is None or now_ms - self._heard_ms > self._settings.silent_s * 1000:
            check = "is it the only one of that name, wired, and its dtoverlay loaded?"
            raise SensorSilent(f"no temperature from {self._settings.file}: {check}")
        return self._hot


class TemperatureInput:
    """Read in a thread of its own, since a DS18B20 takes 0.75 s; `SensorSilent`, which counts as tripped."""

    def __init__(self, settings: Settings) -> None:
        if settings.clear_c >= settings.trip_c:
            raise BadPartSettings(f"clear_c = {settings.clear_c:g} must be below trip_c = {settings.trip_c:g}")
        self._settings = settings
        self._thermostat = Thermostat(settings)
        self._closed = threading.Event()
        self._look()
        threading.Thread(target=self._watch, name="temperature", daemon=True).start()

    def tripped(self) -> bool:
        """Whether it is too hot, as of the last reading."""
        return self._thermostat.is_hot(monotonic_ms())

    def close(self) -> None:
        """Read no more."""
        self._closed.set()

    def _watch(self) -> None:
        while not self._closed.wait(self._settings.period_s):
            self._look()

    def _look(self) -> None:
        self._thermostat.hear(_read_mc(self._settings.file), monotonic_ms())


def _read_mc(pattern: str) -> int | None:
    found = list(Path("/").glob(pattern.removeprefix("/")))
    try:
        return celsius_milli(found[0].read_text()) if len(found) == 1 else None
    except (OSError, UnicodeDecodeError):
        return None


def celsius_milli(text: str) -> int | None:
    """The temperature that a file says, in thousandths of °C; None for none, a bad checksum or an impossible one."""
    word = text.split()[-1].removeprefix("t=") if text.split() else ""
    if not word.removeprefix("-").isdecimal() or ("crc=" in text and "YES" not in text):
        return None
    value = int(word)
    return value if value in BELIEVED_MC and value != POWER_ON_MC else None


make = TemperatureInput
