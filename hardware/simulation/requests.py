"""What can be asked of a world, one class a request: the parts' own, the stage hand's, and the witness's."""

from copy import deepcopy
from typing import Any

from msgspec import Struct

from hardware.outlet import Car, Conduction, Fault
from hardware.ports import Signal, Vehicle
from hardware.world import World


class Request(Struct, frozen=True, forbid_unknown_fields=True, tag=str.lower):
    """One request about one outlet."""

    outlet: str

    def perform(self, world: World) -> Any:
        """Do it at the world's present instant; the result in JSON's terms or as a Struct below."""
        raise NotImplementedError


class Face(Struct, frozen=True):
    """What the meter shows, if it answers; `energy_wh` None where it shows nonsense."""

    answers: bool
    energy_wh: int | None
    power_w: int
    current_ma: tuple[int, ...]
    voltage_mv: tuple[int, ...]
    serial: str


class Held(Struct, frozen=True):
    """Cards held to the reader since a former answer, and the number of the latest."""

    latest: int
    id_tags: tuple[str, ...]


class Truth(Struct, frozen=True):
    """What really is and was at an outlet; `now_ms` is world time, `real_ms` the monotonic clock's."""

    now_ms: int
    real_ms: int
    register_wh: int
    delivered_mj: int
    power_w: int
    engaged: bool
    conducts: bool
    locked: bool
    limit_ma: int
    vehicle: Vehicle
    car: Car | None
    signal: Signal | None
    text: str
    light_percent: int
    blinks: int
    tripped: tuple[str, ...]
    faults: tuple[Fault, ...]
    conductions: tuple[Conduction, ...]


class Engage(Request, frozen=True):
    """Drive the contactor's coil."""

    def perform(self, world: World) -> None:
        world.switch(self.outlet, True)


class Release(Request, frozen=True):
    """Drive it no longer."""

    def perform(self, world: World) -> None:
        world.switch(self.outlet, False)


class Feedback(Request, frozen=True):
    """The contactor's auxiliary contact: do the main contacts conduct?"""

    def perform(self, world: World) -> bool:
        return world.outlet(self.outlet).conducts


class Measure(Request, frozen=True):
    """Read the meter."""

    def perform(self, world: World) -> Face:
        outlet = world.outlet(self.outlet)
        return Face(
            answers=Fault.SILENT_METER not in outlet.faults,
            energy_wh=None if Fault.IMPLAUSIBLE_METER in outlet.faults else outlet.register_wh,
            power_w=outlet.power_w,
            current_ma=outlet.current_ma,
            voltage_mv=(outlet.voltage_mv,) * 3,
            serial=self.outlet,
        )


class Cards(Request, frozen=True):
    """Cards held to the reader after number `after` (None: none, just the latest number)."""

    after: int | None = None

    def perform(self, world: World) -> Held:
        outlet = world.outlet(self.outlet)
        since = outlet.last_card if self.after is None else self.after
        return Held(max(since, outlet.last_card), tuple(tag for number, tag in outlet.cards if number > since))


class Pilot(Request, frozen=True):
    """Read the control pilot."""

    def perform(self, world: World) -> Vehicle:
        return world.outlet(self.outlet).vehicle


class Offer(Request, frozen=True):
    """Offer that much a phase."""

    limit_ma: int

    def perform(self, world: World) -> None:
        world.offer(self.outlet, self.limit_ma)


class Bolt(Request, frozen=True):
    """Lock or unlock the cable; whether the bolt followed."""

    lock: bool

    def perform(self, world: World) -> bool:
        return world.turn_lock(self.outlet, self.lock)


class Tripping(Request, frozen=True):
    """Read a trip input."""

    name: str

    def perform(self, world: World) -> bool:
        return self.name in world.outlet(self.outlet).tripped


class Show(Request, frozen=True):
    """Show a signal and a text, with so much light, blinking so often first."""

    signal: Signal
    text: str = ""
    light_percent: int = 100
    blinks: int = 0

    def perform(self, world: World) -> None:
        world.show(self.outlet, self.signal, self.text, self.light_percent, self.blinks)


class Plug(Request, frozen=True):
    """A car arrives and is plugged in."""

    car: Car

    def perform(self, world: World) -> None:
        world.plug(self.outlet, self.car)


class Unplug(Request, frozen=True):
    """The cable is pulled at the outlet, or at the car."""

    at_car: bool = False

    def perform(self, world: World) -> Car:
        return world.unplug(self.outlet, self.at_car)


class Tap(Request, frozen=True):
    """A card is held to the reader."""

    id_tag: str

    def perform(self, world: World) -> None:
        world.tap(self.outlet, self.id_tag)


class Ask(Request, frozen=True):
    """The car begins or ceases to want energy."""

    willing: bool

    def perform(self, world: World) -> None:
        world.ask(self.outlet, self.willing)


class Trip(Request, frozen=True):
    """A trip input trips or clears."""

    name: str
    tripped: bool = True

    def perform(self, world: World) -> None:
        world.trip(self.outlet, self.name, self.tripped)


class Break(Request, frozen=True):
    """Something breaks or is mended."""

    fault: Fault
    broken: bool = True

    def perform(self, world: World) -> None:
        world.break_(self.outlet, self.fault, self.broken)


class Witness(Request, frozen=True):
    """Tell what really is and was."""

    def perform(self, world: World) -> Truth:
        outlet = deepcopy(world.outlet(self.outlet))
        same = {name: getattr(outlet, name) for name in Truth.__struct_fields__ if hasattr(outlet, name)}
        many = {name: tuple(same[name]) for name in ("tripped", "faults", "conductions")}
        return Truth(now_ms=world.now_ms, real_ms=world.real_ms, **(same | many))


AnyRequest = (
    Engage
    | Release
    | Feedback
    | Measure
    | Cards
    | Pilot
    | Offer
    | Bolt
    | Tripping
    | Show
    | Plug
    | Unplug
    | Tap
    | Ask
    | Trip
    | Break
    | Witness
)
