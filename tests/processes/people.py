"""People in the simulated world: they plug in, tap until current flows, take what they want, tap again and leave."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from hardware.outlet import MJ_PER_WH, Car
from hardware.simulation.client import connect
from hardware.simulation.requests import Plug, Request, Tap, Truth, Unplug, Witness

LOOK_EVERY_S = 0.05
TAP_AGAIN_AFTER_S = 3.0
Sight = Callable[[Truth], bool]
CAR = Car(power_w=11_000, phases=3, battery_wh=80_000, charge_wh=8_000)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a card at one outlet of a world ("host:port")."""

    world: str
    outlet: str
    id_tag: str

    async def charge(self, wanted_wh: int) -> None:
        """One whole visit; patient with chargers that die on them."""
        self.arrive()
        await self.begin()
        await self.leave(wanted_wh)

    def arrive(self) -> None:
        """Plug in."""
        car = Car(CAR.power_w, CAR.phases, CAR.battery_wh, CAR.charge_wh)
        self.tell(Plug(self.outlet, car))

    async def begin(self) -> None:
        """Tap until current flows."""
        await self._tap_until(lambda truth: truth.power_w > 0)

    async def has(self, wanted_wh: int) -> None:
        """Until the car has got that much."""
        await self.until(lambda truth: received_wh(truth) >= wanted_wh)

    async def leave(self, wanted_wh: int) -> None:
        """Once the car has that much, tap until nothing is engaged nor locked any more, then go."""
        await self.has(wanted_wh)
        await self._tap_until(lambda truth: not truth.conducts and not truth.locked)
        self.tell(Unplug(self.outlet))

    async def until(self, sight: Sight) -> Truth:
        """Look until it shows."""
        while True:
            if sight(truth := self.look()):
                return truth
            await asyncio.sleep(LOOK_EVERY_S)

    def look(self) -> Truth:
        """What really is at the outlet."""
        line = connect(self.world)
        try:
            return line.ask(Witness(self.outlet), Truth)
        finally:
            line.close()

    def tell(self, request: Request) -> None:
        """Do something at the outlet."""
        line = connect(self.world)
        try:
            line.tell(request)
        finally:
            line.close()

    async def _tap_until(self, sight: Sight) -> None:
        while not sight(self.look()):
            self.tell(Tap(self.outlet, self.id_tag))
            try:
                async with asyncio.timeout(TAP_AGAIN_AFTER_S):
                    await self.until(sight)
            except TimeoutError:
                continue


def received_wh(truth: Truth) -> int:
    """What the car has got during this visit."""
    return truth.car.received_mj // MJ_PER_WH if truth.car else 0
