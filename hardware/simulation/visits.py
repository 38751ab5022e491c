"""Visitors of one outlet: they come, plug in, tap, take energy, tap again and leave, as the world shows it to them."""

from collections.abc import Callable, Generator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from random import Random

from hardware.errors import WorldRefused
from hardware.outlet import MJ_PER_WH, Car, Outlet
from hardware.world import World

PATIENCE_MS = 30_000
HANDS_MS = 1_500
SECOND_TAPS = 3
MODELS = ((3_700, 1, 33_000), (7_360, 1, 40_000), (11_000, 3, 58_000), (22_000, 3, 52_000))


@dataclass(frozen=True, slots=True)
class Visit:
    """What one visitor has in mind."""

    id_tag: str
    car: Car
    take_wh: int
    tap_first: bool


@dataclass(frozen=True, slots=True)
class Wait:
    """Until something shows, at most so long: in real ms (patience, hands) or in world ms (charging, pauses)."""

    until: Callable[[], bool]
    real_ms: int | None = None
    world_ms: int | None = None


Steps = Generator[Wait, bool, None]


def _never() -> bool:
    return False


def visit(world: World, name: str, plan: Visit) -> Steps:
    """One visit from arrival to departure."""
    outlet = world.outlet(name)
    first, second = (_tap, _plug) if plan.tap_first else (_plug, _tap)
    first(world, name, plan)
    yield Wait(_never, real_ms=HANDS_MS)
    second(world, name, plan)
    if (yield Wait(lambda: outlet.power_w > 0, real_ms=PATIENCE_MS)):
        yield from _charge(outlet, plan)
        yield from _end(world, name, plan)
    else:
        world.told(world.now_ms, name, "the visitor gives up: no current came")
    yield from _leave(world, name)


def _tap(world: World, name: str, plan: Visit) -> None:
    world.tap(name, plan.id_tag)


def _plug(world: World, name: str, plan: Visit) -> None:
    world.plug(name, plan.car)


def _charge(outlet: Outlet, plan: Visit) -> Steps:
    def satisfied() -> bool:
        return plan.car.received_mj >= plan.take_wh * MJ_PER_WH or not plan.car.asks

    while not satisfied():
        yield Wait(lambda: satisfied() or outlet.power_w == 0)
        if not satisfied() and not (yield Wait(lambda: outlet.power_w > 0, real_ms=PATIENCE_MS)):
            return


def _end(world: World, name: str, plan: Visit) -> Steps:
    outlet = world.outlet(name)
    for _ in range(SECOND_TAPS):
        if not outlet.conducts:
            return
        world.tap(name, plan.id_tag)
        yield Wait(lambda: not outlet.conducts, real_ms=PATIENCE_MS)


def _leave(world: World, name: str) -> Steps:
    outlet = world.outlet(name)
    yield Wait(_never, real_ms=HANDS_MS)
    yield Wait(lambda: not outlet.locked, real_ms=PATIENCE_MS)
    if outlet.car:
        world.unplug(name, at_car=outlet.locked)


def plan(random: Random, id_tag: str) -> Visit:
    """A visitor with that card and a random car that has room for what is wanted."""
    power_w, phases, battery_wh = random.choice(MODELS)
    charge_wh = random.randrange(battery_wh // 10, battery_wh * 6 // 10)
    take_wh = random.randrange(1_000, 9_000)
    return Visit(id_tag, Car(power_w, phases, battery_wh, charge_wh), take_wh, tap_first=random.random() < 0.25)


def visitors(world: World, name: str, random: Random, id_tags: Sequence[str], busy: set[str]) -> Steps:
    """One visitor after the other, for ever; nobody uses a card that is in use at another outlet (`busy`)."""
    while True:
        yield Wait(_never, world_ms=random.randrange(10_000, 120_000))
        yield Wait(_never, real_ms=2 * HANDS_MS)
        if free := [id_tag for id_tag in id_tags if id_tag not in busy]:
            id_tag = random.choice(free)
            busy.add(id_tag)
            with suppress(WorldRefused):  # somebody else's car is in the way
                yield from visit(world, name, plan(random, id_tag))
            busy.discard(id_tag)


class Stage:
    """Runs one visitor's steps against the world's clocks."""

    def __init__(self, world: World, steps: Steps) -> None:
        self._world = world
        self._steps = steps
        self._wait: Wait | None = next(steps, None)
        self._since = (world.now_ms, world.real_ms)

    @property
    def over(self) -> bool:
        """Whether the visit has ended."""
        return self._wait is None

    def turn(self) -> None:
        """Go as many steps as the world's present instant allows."""
        while self._wait and ((shown := self._wait.until()) or self._tired(self._wait)):
            try:
                self._wait = self._steps.send(shown)
            except StopIteration:
                self._wait = None
            self._since = (self._world.now_ms, self._world.real_ms)

    def _tired(self, wait: Wait) -> bool:
        world_ms, real_ms = self._since
        return (wait.world_ms is not None and self._world.now_ms - world_ms >= wait.world_ms) or (
            wait.real_ms is not None and self._world.real_ms - real_ms >= wait.real_ms
        )
