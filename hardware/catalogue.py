"""The catalogue: the name of a driver in a settings file, and the module (`:` and its object) that makes it, imported
only then."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Generic, Protocol, TypeVar, cast

import msgspec

from hardware.errors import BadPartSettings, UnknownDriver
from hardware.ports import (
    Contactor,
    CurrentLimit,
    Indicator,
    Input,
    Lock,
    Meter,
    Part,
    TagReader,
    VehicleState,
)

P_co = TypeVar("P_co", covariant=True)


class Driver(Protocol[P_co]):
    """What a driver's module offers: its settings (a msgspec Struct) and how to make the part from them."""

    Settings: type[msgspec.Struct]

    def make(self, settings: msgspec.Struct) -> P_co: ...


@dataclass(frozen=True)
class Shelf(Generic[P_co]):
    """The drivers of one port."""

    port: str
    modules: Mapping[str, str]

    def make(self, part: Part) -> P_co:
        """The part, ready to use; `UnknownDriver`, `BadPartSettings`, or what the driver itself raises."""
        driver, settings = self._chosen(part)
        return driver.make(settings)

    def check(self, part: Part) -> None:
        """`UnknownDriver` or `BadPartSettings`, without touching any hardware."""
        self._chosen(part)

    def _chosen(self, part: Part) -> tuple[Driver[P_co], msgspec.Struct]:
        if part.driver not in self.modules:
            known = ", ".join(sorted(self.modules))
            raise UnknownDriver(f"{self.port}: there is no driver {part.driver!r}; known: {known}")
        module, _, name = self.modules[part.driver].partition(":")
        found = import_module(module)
        driver = cast("Driver[P_co]", getattr(found, name) if name else found)
        return driver, self._settings(part, driver.Settings)

    def _settings(self, part: Part, kind: type[msgspec.Struct]) -> msgspec.Struct:
        try:
            return msgspec.convert(part.settings, kind)
        except msgspec.ValidationError as error:
            takes = ", ".join(kind.__struct_encode_fields__)
            message = f"{self.port}, driver {part.driver!r}: {error}; it takes: {takes}"
            raise BadPartSettings(message) from None


READERS: Shelf[TagReader] = Shelf(
    "reader",
    {
        "simulated": "hardware.readers.simulated",
        "mfrc522": "hardware.readers.mfrc522",
        "pn532": "hardware.readers.pn532",
        "rdm6300": "hardware.readers.rdm6300",
        "serial-lines": "hardware.readers.serial_lines",
        "keyboard": "hardware.readers.keyboard",
    },
)
METERS: Shelf[Meter] = Shelf(
    "meter",
    {
        "simulated": "hardware.meters.simulated",
        "modbus": "hardware.meters.modbus",
        "sct-013": "hardware.meters.clamps",
        "sdm120": "hardware.meters.models:SDM120",
        "sdm230": "hardware.meters.models:SDM230",
        "sdm630": "hardware.meters.models:SDM630",
        "abb-b21": "hardware.meters.models:ABB_B21",
        "abb-b23": "hardware.meters.models:ABB_B23",
        "em24": "hardware.meters.models:EM24",
        "em24-e1": "hardware.meters.models:EM24_E1",
        "em330": "hardware.meters.models:EM330",
        "em340": "hardware.meters.models:EM340",
        "iem3155": "hardware.meters.models:IEM3155",
        "finder-7m24": "hardware.meters.models:FINDER_7M24",
        "finder-7m38": "hardware.meters.models:FINDER_7M38",
        "pzem-004t": "hardware.meters.models:PZEM_004T",
    },
)
CONTACTORS: Shelf[Contactor] = Shelf(
    "contactor", {"simulated": "hardware.contactors.simulated", "gpio": "hardware.contactors.gpio"}
)
CURRENT_LIMITS: Shelf[CurrentLimit] = Shelf(
    "limit", {"simulated": "hardware.limits.simulated", "openwb-evse": "hardware.limits.openwb"}
)
LOCKS: Shelf[Lock] = Shelf("lock", {"simulated": "hardware.locks.simulated"})
VEHICLE_STATES: Shelf[VehicleState] = Shelf(
    "vehicle",
    {
        "simulated": "hardware.vehicles.simulated",
        "gpio": "hardware.vehicles.gpio",
        "openwb-evse": "hardware.vehicles.openwb",
    },
)
INPUTS: Shelf[Input] = Shelf(
    "input",
    {
        "simulated": "hardware.inputs.simulated",
        "gpio": "hardware.inputs.gpio",
        "temperature": "hardware.inputs.temperature",
    },
)
INDICATORS: Shelf[Indicator] = Shelf(
    "indicator",
    {
        "simulated": "hardware.indicators.simulated",
        "lights": "hardware.indicators.lights",
        "buzzer": "hardware.indicators.buzzer",
        "hd44780": "hardware.indicators.hd44780",
        "ssd1306": "hardware.indicators.ssd1306",
        "several": "hardware.indicators.several",
    },
)

make_reader = READERS.make
make_meter = METERS.make
make_contactor = CONTACTORS.make
make_current_limit = CURRENT_LIMITS.make
make_lock = LOCKS.make
make_vehicle_state = VEHICLE_STATES.make
make_input = INPUTS.make
make_indicator = INDICATORS.make
