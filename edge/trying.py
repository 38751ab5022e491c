"""Whether every part that the settings name really works: each is made and asked once, and nothing is ever engaged."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from edge.checking import named
from edge.settings import Settings
from hardware import ports as hw
from hardware.catalogue import Shelf
from hardware.errors import HardwareError, Occupied
from hardware.guardian import is_served

LISTEN_S = 1.5
PATIENCE_S = 15.0


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of one part: where and what it is, what it says, and whether it is well."""

    part: str
    said: str
    well: bool


async def tried(settings: Settings) -> AsyncIterator[Trial]:
    """Each part in turn. `Occupied` while a guardian serves: it and its agent hold the parts."""
    if is_served(settings.guardian.socket):
        raise Occupied("the parts are at work: stop the agent and its guardian before they are tried")
    for place, shelf, part in named(settings):
        said, well = await tried_once(shelf, part)
        yield Trial(f"{place}: {shelf.port} {part.driver}", said, well)


async def tried_once(shelf: Shelf[object], part: hw.Part) -> tuple[str, bool]:
    """What a part says, or what is amiss with it in one sentence; and whether it is well."""
    try:
        async with asyncio.timeout(PATIENCE_S):
            return await TRIALS[shelf.port](shelf.make(part)), True
    except HardwareError as error:
        return str(error), False
    except TimeoutError:
        return f"it has not answered within {PATIENCE_S:g} s: check its wiring", False


async def _reader(reader: hw.TagReader) -> str:
    listening = asyncio.ensure_future(anext(aiter(reader.taps())))
    done, _ = await asyncio.wait({listening}, timeout=LISTEN_S)
    listening.cancel()
    await asyncio.wait({listening})
    trouble = reader.trouble
    await reader.close()
    if trouble is not None:
        raise HardwareError(trouble)
    return "it has read a card" if done else "ready, no card was held to it"


async def _meter(meter: hw.Meter) -> str:
    try:
        reading = await meter.read()
    finally:
        await meter.close()
    number = f", number {reading.serial}" if reading.serial is not None else ""
    return f"{reading.energy_wh / 1000:.3f} kWh, {'no' if reading.power_w is None else reading.power_w} W{number}"


async def _vehicle(vehicle: hw.VehicleState) -> str:
    try:
        return f"vehicle {await vehicle.read()}"
    finally:
        await vehicle.close()


async def _limit(limit: hw.CurrentLimit) -> str:
    try:
        await limit.offer(0)
    finally:
        await limit.close()
    return "offers nothing, as it was told"


async def _lock(lock: hw.Lock) -> str:
    await lock.close()
    return "there; it was not moved"


async def _indicator(indicator: hw.Indicator) -> str:
    try:
        await indicator.show(hw.Signal.READY, "Bollard")
        await asyncio.sleep(LISTEN_S)
    finally:
        await indicator.close()
    return "shows ready: look at it"


async def _contactor(contactor: hw.Contactor) -> str:
    feedback = contactor.feedback()
    contactor.close()
    if feedback:
        raise HardwareError(
            "its feedback contact says that it conducts although it is released: check feedback_contact, the wire to"
            " feedback_pin (a broken one reads so), and then the contactor itself, which may be welded"
        )
    return "released" if feedback is None else "released, as its feedback contact says"


async def _input(trip: hw.Input) -> str:
    try:
        return "tripped" if trip.tripped() else "not tripped"
    finally:
        trip.close()


TRIALS: dict[str, Callable[[Any], Awaitable[str]]] = {
    "reader": _reader,
    "meter": _meter,
    "vehicle": _vehicle,
    "limit": _limit,
    "lock": _lock,
    "indicator": _indicator,
    "contactor": _contactor,
    "input": _input,
}
