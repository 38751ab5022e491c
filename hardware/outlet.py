"""The physics of one simulated outlet: mains, cable, car, contactor, pilot, lock, meter, reader; in exact integers."""

from collections import deque
from dataclasses import dataclass, field
from enum import StrEnum

from hardware.ports import Signal, Vehicle

MAINS_V = 230
MJ_PER_WH = 3_600_000
WIRED_LIMIT_MA = 32_000
HISTORY = 10_000


class Fault(StrEnum):
    """What can be broken at an outlet; a greedy car draws all it can, whatever is offered."""

    WELDED = "welded"
    OPEN_CIRCUIT = "open_circuit"
    SILENT_METER = "silent_meter"
    IMPLAUSIBLE_METER = "implausible_meter"
    STUCK_LOCK = "stuck_lock"
    MAINS_OFF = "mains_off"
    PILOT_ERROR = "pilot_error"
    GREEDY_CAR = "greedy_car"


@dataclass(slots=True)
class Car:
    """A car: what it would draw, what its battery holds and takes, and what it has received here."""

    power_w: int = 11_000
    phases: int = 3
    battery_wh: int = 50_000
    charge_wh: int = 10_000
    willing: bool = True
    received_mj: int = 0

    @property
    def room_mj(self) -> int:
        """What the battery still takes, in mJ."""
        return (self.battery_wh - self.charge_wh) * MJ_PER_WH - self.received_mj

    @property
    def percent(self) -> int:
        """State of charge."""
        return (self.charge_wh * MJ_PER_WH + self.received_mj) * 100 // (self.battery_wh * MJ_PER_WH)

    @property
    def asks(self) -> bool:
        """Whether it wants energy."""
        return self.willing and self.room_mj > 0


@dataclass(slots=True)
class Conduction:
    """The contactor conducted from … to …, in world ms and in real (monotonic) ms; None = still does."""

    from_ms: int
    real_from_ms: int
    to_ms: int | None = None
    real_to_ms: int | None = None


@dataclass(slots=True)
class Outlet:
    """Everything at one outlet. Physics only: it never judges."""

    register_mj: int = 0
    delivered_mj: int = 0
    car: Car | None = None
    engaged: bool = False
    locked: bool = False
    limit_ma: int = WIRED_LIMIT_MA
    faults: set[Fault] = field(default_factory=set)
    tripped: set[str] = field(default_factory=set)
    taps: int = 0
    cards: deque[tuple[int, str]] = field(default_factory=lambda: deque(maxlen=64))
    signal: Signal | None = None
    text: str = ""
    light_percent: int = 100
    blinks: int = 0
    conductions: deque[Conduction] = field(default_factory=lambda: deque(maxlen=HISTORY))

    @property
    def conducts(self) -> bool:
        """Whether the contactor's contacts are closed, whatever it was told."""
        return Fault.WELDED in self.faults or (self.engaged and Fault.OPEN_CIRCUIT not in self.faults)

    @property
    def last_card(self) -> int:
        """The number of the card that was last held to the reader."""
        return self.cards[-1][0] if self.cards else 0

    @property
    def register_wh(self) -> int:
        """The meter's register: whole Wh."""
        return self.register_mj // MJ_PER_WH

    @property
    def voltage_mv(self) -> int:
        """Of each phase."""
        return 0 if Fault.MAINS_OFF in self.faults else MAINS_V * 1000

    @property
    def vehicle(self) -> Vehicle:
        """What the control pilot shows; a car asks only where something is offered (IEC 61851-1)."""
        if Fault.PILOT_ERROR in self.faults:
            return Vehicle.FAULTY
        if self.car is None:
            return Vehicle.ABSENT
        return Vehicle.ASKING if self.car.asks and self.limit_ma > 0 else Vehicle.CONNECTED

    @property
    def power_w(self) -> int:
        """What flows now."""
        if self.car is None or self.vehicle is not Vehicle.ASKING or not self.conducts or not self.voltage_mv:
            return 0
        offered_w = self.car.phases * MAINS_V * self.limit_ma // 1000
        return self.car.power_w if Fault.GREEDY_CAR in self.faults else min(self.car.power_w, offered_w)

    @property
    def current_ma(self) -> tuple[int, ...]:
        """L1, L2, L3."""
        phases = self.car.phases if self.car else 1
        amount_ma = self.power_w * 1000 // (MAINS_V * phases)
        return (amount_ma,) * phases + (0,) * (3 - phases)

    def flow(self, for_ms: int) -> None:
        """Let time pass: one ms at one W is one mJ, until the battery is full."""
        if self.car and (power_w := self.power_w):
            energy_mj = min(power_w * for_ms, self.car.room_mj)
            self.car.received_mj += energy_mj
            self.delivered_mj += energy_mj
            self.register_mj += energy_mj
