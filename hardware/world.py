"""One simulated physical world: outlets and their common time, which passes only when told."""

from collections.abc import Callable, Iterable, Mapping

from hardware.errors import WorldRefused
from hardware.outlet import MJ_PER_WH, Car, Conduction, Fault, Outlet
from hardware.ports import Signal

Told = Callable[[int, str, str], None]


class World:
    """The outlets and their common time. Every change first needs `advance` to the instant at which it happens."""

    def __init__(self, outlets: Iterable[str], registers_mj: Mapping[str, int] | None = None) -> None:
        known = registers_mj or {}
        self.outlets = {name: Outlet(register_mj=known.get(name, 0)) for name in outlets}
        self.now_ms = 0
        self.real_ms = 0
        self.told: Told = lambda at_ms, outlet, what: None
        self._power_w = dict.fromkeys(self.outlets, 0)

    def advance(self, to_ms: int, real_ms: int | None = None) -> None:
        """Let world time pass up to `to_ms`; `real_ms` is the monotonic clock's time (default: the same)."""
        if to_ms < self.now_ms:
            raise ValueError(f"world time does not run backwards: {to_ms} < {self.now_ms}")
        for outlet in self.outlets.values():
            outlet.flow(to_ms - self.now_ms)
        self.now_ms = to_ms
        self.real_ms = to_ms if real_ms is None else real_ms
        for name in self.outlets:
            self._observe(name)

    def outlet(self, name: str) -> Outlet:
        """The outlet of that name; `WorldRefused` when there is none."""
        if name not in self.outlets:
            raise WorldRefused(f"the world has no outlet {name!r}; it has: {', '.join(self.outlets)}")
        return self.outlets[name]

    def plug(self, name: str, car: Car) -> None:
        """A car arrives and is plugged in."""
        outlet = self.outlet(name)
        if outlet.car:
            raise WorldRefused(f"{name} is taken: another car is plugged in")
        outlet.car = car
        self._tell(
            name, f"plugged in: a car with {car.percent} % of {car.battery_wh / 1000:g} kWh, {car.power_w / 1000:g} kW"
        )

    def unplug(self, name: str, at_car: bool = False) -> Car:
        """The cable is pulled, at the outlet (not while locked) or at the car."""
        outlet = self.outlet(name)
        if outlet.car is None:
            raise WorldRefused(f"{name}: no car is plugged in")
        if outlet.locked and not at_car:
            raise WorldRefused(f"{name}: the cable is locked")
        car, outlet.car = outlet.car, None
        self._tell(name, f"unplugged at {car.percent} %, {car.received_mj // MJ_PER_WH} Wh received")
        return car

    def tap(self, name: str, id_tag: str) -> None:
        """A card is held to the reader. Its number is its real time, so a world started later goes on counting."""
        outlet = self.outlet(name)
        outlet.taps += 1
        outlet.cards.append((max(self.real_ms, outlet.last_card + 1), id_tag))
        self._tell(name, f"card …{id_tag[-4:]} held to the reader")

    def switch(self, name: str, engage: bool) -> None:
        """The contactor's coil is driven, or no longer."""
        outlet = self.outlet(name)
        changed, outlet.engaged = outlet.engaged != engage, engage
        if changed:
            self._tell(name, "contactor engaged" if engage else "contactor released")

    def offer(self, name: str, limit_ma: int) -> None:
        """The control pilot offers that much a phase."""
        outlet = self.outlet(name)
        changed, outlet.limit_ma = outlet.limit_ma != limit_ma, limit_ma
        if changed:
            self._tell(name, f"offered {limit_ma / 1000:g} A")

    def turn_lock(self, name: str, lock: bool) -> bool:
        """The lock's motor turns; whether the bolt followed."""
        outlet = self.outlet(name)
        if Fault.STUCK_LOCK not in outlet.faults and outlet.locked != lock:
            outlet.locked = lock
            self._tell(name, "cable locked" if lock else "cable unlocked")
        return outlet.locked == lock

    def show(self, name: str, signal: Signal, text: str, light_percent: int = 100, blinks: int = 0) -> None:
        """The indicator shows that; a text that counts on is not told each time."""
        outlet = self.outlet(name)
        before = (outlet.signal, outlet.light_percent)
        outlet.signal, outlet.text, outlet.light_percent, outlet.blinks = signal, text, light_percent, blinks
        if before != (signal, light_percent):
            dimmed = f" ({light_percent} % light)" if light_percent < 100 else ""
            self._tell(name, f"display: {signal} {text}".rstrip() + dimmed)

    def ask(self, name: str, willing: bool) -> None:
        """The plugged car begins or ceases to want energy."""
        car = self.outlet(name).car
        if car is None:
            raise WorldRefused(f"{name}: no car is plugged in")
        car.willing = willing
        self._tell(name, "the car asks for energy" if willing else "the car asks for no energy")

    def trip(self, name: str, trip_input: str, tripped: bool = True) -> None:
        """A trip input trips or clears."""
        inputs = self.outlet(name).tripped
        (inputs.add if tripped else inputs.discard)(trip_input)
        self._tell(name, f"{trip_input} {'tripped' if tripped else 'cleared'}")

    def break_(self, name: str, fault: Fault, broken: bool = True) -> None:
        """Something breaks or is mended."""
        faults = self.outlet(name).faults
        (faults.add if broken else faults.discard)(fault)
        self._tell(name, f"{fault.replace('_', ' ')} {'begins' if broken else 'ends'}")

    def _tell(self, name: str, what: str) -> None:
        self.told(self.now_ms, name, what)
        self._observe(name)

    def _observe(self, name: str) -> None:
        outlet = self.outlets[name]
        self._note_conduction(outlet)
        before_w, self._power_w[name] = self._power_w[name], outlet.power_w
        if before_w != outlet.power_w:
            flows = f"{outlet.power_w / 1000:g} kW flow" if outlet.power_w else "no current flows"
            self.told(self.now_ms, name, f"{flows}, register {outlet.register_wh} Wh")

    def _note_conduction(self, outlet: Outlet) -> None:
        last = outlet.conductions[-1] if outlet.conductions else None
        conducted = last is not None and last.to_ms is None
        if outlet.conducts and not conducted:
            outlet.conductions.append(Conduction(self.now_ms, self.real_ms))
        elif last and conducted and not outlet.conducts:
            last.to_ms, last.real_to_ms = self.now_ms, self.real_ms
