"""openWB's EVSE board: what it is held to, what it cannot say, and what becomes of it when it is silent."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from itertools import pairwise

import pytest

from hardware import openwb
from hardware.catalogue import make_current_limit, make_meter, make_vehicle_state
from hardware.errors import MeterSilent, ModbusSilent
from hardware.ports import CurrentLimit, Part, Vehicle, VehicleState
from tests.hardware.raw_evse import EvseLine, RawEvse


@dataclass
class Bench:
    """The two parts of one board."""

    evse: RawEvse
    line: EvseLine
    pilot: VehicleState
    limit: CurrentLimit


@pytest.fixture
async def bench(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bench]:
    """A board with a car that asks."""
    monkeypatch.setattr(openwb, "GAP_S", 0.01)
    evse = RawEvse(lambda: Vehicle.ASKING, lambda limit_ma: None)
    line = EvseLine(evse)
    part = Part("openwb-evse", line.settings)
    bench = Bench(evse, line, make_vehicle_state(part), make_current_limit(part))
    yield bench
    evse.silent = True
    await bench.limit.close()
    await bench.pilot.close()
    line.close()


async def test_whatever_the_board_offers_at_first_it_offers_nothing_before_it_is_told(bench: Bench) -> None:
    assert await bench.pilot.read() is Vehicle.ASKING
    assert bench.evse.writes == [0]
    await bench.pilot.read()
    assert bench.evse.writes == [0]


@pytest.mark.parametrize(
    ("options", "limit_ma", "set_to"),
    [
        (0, 16_000, 16), (0, 13_999, 13), (0, 6_000, 6), (0, 5_999, 0), (0, 0, 0), (None, 32_000, 32),
        (0x80, 16_000, 1600), (0x80, 13_999, 1399), (0x80, 6_000, 600), (0x80, 5_999, 0), (0x90, 7_456, 745),
    ],
)  # fmt: skip
async def test_a_limit_is_rounded_down_and_below_6_a_is_nothing(
    bench: Bench, options: int | None, limit_ma: int, set_to: int
) -> None:
    bench.evse.options = options
    await bench.limit.offer(limit_ma)
    assert bench.evse.current == set_to


async def test_a_board_that_began_anew_is_set_again(bench: Bench) -> None:
    await bench.limit.offer(10_000)
    bench.evse.options = 0x80
    bench.evse.silent = True
    with pytest.raises(ModbusSilent):
        await bench.pilot.read()
    bench.evse.silent = False
    bench.evse.reboot()
    await bench.pilot.read()
    assert bench.evse.current == 1000


async def test_a_silent_board_says_what_to_check_and_hears_the_latest_offer_once_it_is_back(bench: Bench) -> None:
    await bench.limit.offer(10_000)
    bench.evse.silent = True
    for ask in (bench.pilot.read(), bench.limit.offer(0)):
        with pytest.raises(ModbusSilent, match=r"the EVSE board 1 at /dev/pts/\d+ does not answer: check its supply"):
            await ask
    bench.evse.silent = False
    assert bench.evse.current == 10
    await bench.pilot.read()
    assert bench.evse.current == 0


@pytest.mark.parametrize(
    ("state", "vehicle"), [(1, "absent"), (2, "connected"), (3, "asking"), (4, "asking"), (5, "faulty"), (9, "faulty")]
)
async def test_the_states_of_the_board(bench: Bench, state: int, vehicle: str) -> None:
    bench.evse.state = state
    assert await bench.pilot.read() == vehicle


async def test_a_late_answer_is_never_taken_for_another(bench: Bench) -> None:
    await bench.limit.offer(10_000)
    bench.evse.late_s = 0.09
    bench.evse.state = 1
    with pytest.raises(ModbusSilent):
        await bench.pilot.read()
    bench.evse.state = 2
    bench.evse.late_s = 0.0
    assert await bench.pilot.read() is Vehicle.CONNECTED
    assert bench.evse.current == 10


async def test_both_parts_and_a_meter_take_turns_with_gaps(bench: Bench) -> None:
    meter = make_meter(Part("sdm120", {**bench.line.settings, "device_id": 2}))

    async def measured() -> None:
        with pytest.raises(MeterSilent, match="SDM120 2 at"):
            await meter.read()

    await asyncio.gather(*(bench.pilot.read() for _ in range(3)), bench.limit.offer(6_000), measured())
    await meter.close()
    assert bench.evse.current == 6
    assert all(later - sooner > 0.009 for sooner, later in pairwise(bench.evse.heard_at_s))


async def test_the_last_word_is_nothing(bench: Bench) -> None:
    await bench.limit.offer(10_000)
    await bench.limit.close()
    assert bench.evse.current == 0
    assert await bench.pilot.read() is Vehicle.ASKING
    bench.limit = make_current_limit(Part("openwb-evse", bench.line.settings))
    await bench.limit.offer(8_000)
    assert bench.evse.current == 8
