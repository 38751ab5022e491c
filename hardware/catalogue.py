"""The catalogue: the name of a driver in a settings file, and the module that makes it (imported only then)."""

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

P = TypeVar("P")
P_co = TypeVar("P_co", covariant=True)


class Driver(Protocol[P_co]):
    """What a driver's module offers: its settings (a msgspec Struct) and how to make the part from them."""

    Settings: type[msgspec.Struct]

    def make(self, settings: msgspec.Struct) -> P_co: ...


@dataclass(frozen=True)
class Shelf(Generic[P]):
    """The drivers of one port."""

    port: str
    modules: Mapping[str, str]

    def make(self, part: Part) -> P:
        """The part, ready to use; `UnknownDriver`, `BadPartSettings`, or what the driver itself raises."""
        if part.driver not in self.modules:
            known = ", ".join(sorted(self.modules))
            raise UnknownDriver(f"{self.port}: there is no driver {part.driver!r}; known: {known}")
        driver = cast("Driver[P]", import_module(self.modules[part.driver]))
        return driver.make(self._settings(part, driver.Settings))

    def _settings(self, part: Part, kind: type[msgspec.Struct]) -> msgspec.Struct:
        try:
            return msgspec.convert(part.settings, kind)
        except msgspec.ValidationError as error:
            takes = ", ".join(kind.__struct_encode_fields__)
            message = f"{self.port}, driver {part.driver!r}: {error}; it takes: {takes}"
            raise BadPartSettings(message) from None


READERS: Shelf[TagReader] = Shelf("reader", {"simulated": "hardware.readers.simulated"})
METERS: Shelf[Meter] = Shelf("meter", {"simulated": "hardware.meters.simulated", "sdm630": "hardware.meters.sdm630"})
CONTACTORS: Shelf[Contactor] = Shelf("contactor", {"simulated": "hardware.contactors.simulated"})
CURRENT_LIMITS: Shelf[CurrentLimit] = Shelf("limit", {"simulated": "hardware.limits.simulated"})
LOCKS: Shelf[Lock] = Shelf("lock", {"simulated": "hardware.locks.simulated"})
VEHICLE_STATES: Shelf[VehicleState] = Shelf("vehicle", {"simulated": "hardware.vehicles.simulated"})
INPUTS: Shelf[Input] = Shelf("input", {"simulated": "hardware.inputs.simulated"})
INDICATORS: Shelf[Indicator] = Shelf("indicator", {"simulated": "hardware.indicators.simulated"})

make_reader = READERS.make
make_meter = METERS.make
make_contactor = CONTACTORS.make
make_current_limit = CURRENT_LIMITS.make
make_lock = LOCKS.make
make_vehicle_state = VEHICLE_STATES.make
make_input = INPUTS.make
make_indicator = INDICATORS.make
