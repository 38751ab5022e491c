"""What the agent and the guardian ask of hardware: small protocols, integer units, monotonic time."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol


class Quality(StrEnum):
    """How far a reading may be trusted: a register meter measures, a CT clamp with assumed voltage estimates."""

    MEASURED = "measured"
    ESTIMATED = "estimated"


class Vehicle(StrEnum):
    """What the control pilot says of the vehicle (IEC 61851-1 states A, B, C/D, E/F)."""

    ABSENT = "absent"
    CONNECTED = "connected"
    ASKING = "asking"
    FAULTY = "faulty"


class Signal(StrEnum):
    """What a driver standing at the charger has to be told."""

    READY = "ready"
    CHECKING = "checking"
    PLUG_IN = "plug_in"
    PRESENT_TAG = "present_tag"
    CHARGING = "charging"
    PAUSED = "paused"
    FINISHED = "finished"
    REFUSED = "refused"
    FAULT = "fault"
    OUT_OF_SERVICE = "out_of_service"


@dataclass(frozen=True, slots=True)
class Tap:
    """One presentation of a card: the idTag (by default upper-case hex in air order), and monotonic ms."""

    id_tag: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class Reading:
    """One meter reading.

    `energy_wh` is the register of imported energy in Wh (never rebased), `power_w` the active power in W,
    `current_ma`, `voltage_mv` and `phase_power_w` one value a measured phase, `at_ms` monotonic ms when
    the answer arrived, `wraps_at_wh` where the register starts again from 0, if it is known to.
    """

    energy_wh: int
    power_w: int | None
    at_ms: int
    current_ma: tuple[int, ...] = ()
    voltage_mv: tuple[int, ...] = ()
    quality: Quality = Quality.MEASURED
    serial: str | None = None
    phase_power_w: tuple[int, ...] = ()
    wraps_at_wh: int | None = None


class TagReader(Protocol):
    """An RFID reader: one `Tap` each time a card is presented. It is tried for ever; what keeps it from reading cards,
    with what to check, is its `trouble`, None while it works."""

    @property
    def trouble(self) -> str | None: ...
    def taps(self) -> AsyncIterator[Tap]: ...
    async def close(self) -> None: ...


class Meter(Protocol):
    """An energy meter. `read` raises `MeterSilent` or `MeterImplausible` (hardware.errors)."""

    async def read(self) -> Reading: ...
    async def close(self) -> None: ...


class Contactor(Protocol):
    """Mains to the car. Owned by the guardian, so synchronous; made released; `feedback` is None without a contact."""

    def engage(self) -> None: ...
    def release(self) -> None: ...
    def feedback(self) -> bool | None: ...
    def close(self) -> None: ...


class CurrentLimit(Protocol):
    """What the control pilot offers the car, in mA a phase; 0 offers nothing."""

    async def offer(self, limit_ma: int) -> None: ...
    async def close(self) -> None: ...


class Lock(Protocol):
    """The lock of a detachable cable. `lock` and `unlock` raise `LockStuck` when the bolt does not follow."""

    async def lock(self) -> None: ...
    async def unlock(self) -> None: ...
    async def close(self) -> None: ...


class VehicleState(Protocol):
    """The control pilot (or a plug contact) of one connector."""

    async def read(self) -> Vehicle: ...
    async def close(self) -> None: ...


class Input(Protocol):
    """A trip input that the guardian polls: emergency stop, RCD, door, temperature switch. True = tripped."""

    def tripped(self) -> bool: ...
    def close(self) -> None: ...


class Indicator(Protocol):
    """LED, buzzer or display of one connector: `light_percent` of its full light, blinking `blinks` times before it is
    steady."""

    async def show(self, signal: Signal, text: str, light_percent: int = 100, blinks: int = 0) -> None: ...
    async def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Part:
    """One part as a settings file names it: a driver of the catalogue and its own settings."""

    driver: str
    settings: dict[str, object] = field(default_factory=dict)
