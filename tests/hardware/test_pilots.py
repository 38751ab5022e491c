"""The ports of the control pilot, on every driver: what the vehicle says, and what it is offered."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from hardware import catalogue, openwb
from hardware.outlet import Fault
from hardware.ports import CurrentLimit, Part, Vehicle, VehicleState
from hardware.simulation.requests import Ask, Break, Engage, Offer, Unplug
from tests.hardware.benches import Bench, here_bench, plug
from tests.hardware.raw_evse import EvseLine, RawEvse


@dataclass
class Piloted:
    """An outlet, and a driver's two parts at it."""

    bench: Bench
    vehicle: VehicleState
    limit: CurrentLimit


def parts(bench: Bench, part: Part) -> Piloted:
    return Piloted(bench, catalogue.make_vehicle_state(part), catalogue.make_current_limit(part))


@pytest.fixture(params=["here", "process", "openwb-evse"])
async def piloted(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Piloted]:
    """Each driver; the real one's board stands in front of a simulated outlet."""
    if request.param == "process":
        bench = request.getfixturevalue("process_bench")
        yield parts(bench, Part("simulated", bench.spot))
        return
    with here_bench() as bench:
        if request.param == "here":
            yield parts(bench, Part("simulated", bench.spot))
            return
        monkeypatch.setattr(openwb, "GAP_S", 0.0)
        evse = RawEvse(lambda: bench.truth().vehicle, lambda limit_ma: bench.do(Offer(bench.outlet, limit_ma)))
        line = EvseLine(evse)
        yield parts(bench, Part("openwb-evse", line.settings))
        line.close()


async def test_limit_bounds_what_the_car_draws(piloted: Piloted) -> None:
    bench, limit = piloted.bench, piloted.limit
    plug(bench, power_w=11_000, phases=3)
    bench.do(Engage(bench.outlet))
    await limit.offer(6_000)
    assert bench.truth().power_w == 3 * 6 * 230
    await limit.offer(10_000)
    assert bench.truth().power_w == 3 * 10 * 230
    await limit.offer(0)
    assert bench.truth().power_w == 0
    await limit.close()
    await piloted.vehicle.close()


async def test_vehicle_state_follows_the_pilot(piloted: Piloted) -> None:
    bench, vehicle, limit = piloted.bench, piloted.vehicle, piloted.limit
    await limit.offer(6_000)
    assert await vehicle.read() is Vehicle.ABSENT
    plug(bench)
    assert await vehicle.read() is Vehicle.ASKING
    await limit.offer(0)
    assert await vehicle.read() is Vehicle.CONNECTED
    await limit.offer(6_000)
    assert await vehicle.read() is Vehicle.ASKING
    bench.do(Ask(bench.outlet, willing=False))
    assert await vehicle.read() is Vehicle.CONNECTED
    bench.do(Break(bench.outlet, Fault.PILOT_ERROR))
    assert await vehicle.read() is Vehicle.FAULTY
    bench.do(Break(bench.outlet, Fault.PILOT_ERROR, broken=False))
    bench.do(Unplug(bench.outlet))
    assert await vehicle.read() is Vehicle.ABSENT
    await limit.close()
    await vehicle.close()
