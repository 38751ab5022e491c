"""A clock that starts in 1970 and jumps both ways, played to the real agent over a real socket."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bollard.wire import times
from edge.clock import SystemClock
from edge.core.values import WRITTEN
from edge.link.ports import Clock
from tests.edge.central import ACCEPTED, Central
from tests.edge.workshop import TAG, Workshop, workshop

EPOCH = datetime(1970, 1, 1, 0, 0, 40, tzinfo=UTC)
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
STRANGERS = "AllowOfflineTxForUnknownId = true\n"


def clock_of_1970() -> Clock:
    """A machine without a battery for its clock, and without time servers."""
    return SystemClock(system=lambda: EPOCH, synchronised=lambda: False)


def says(central: Central, wall: datetime) -> None:
    """From now on this is what the central system says the time is."""
    told = times.render(wall)
    central.answers["Heartbeat"] = lambda payload: {"currentTime": told}
    central.answers["BootNotification"] = lambda payload: {
        "status": "Accepted",
        "currentTime": told,
        "interval": 300,
    }


@pytest.fixture
async def central() -> AsyncIterator[Central]:
    async with Central().running() as running:
        numbers = iter(range(1, 100))
        running.answers["StartTransaction"] = lambda payload: {"transactionId": next(numbers)} | ACCEPTED
        says(running, NOON)
        yield running


async def jumps(shop: Workshop, wall: datetime) -> None:
    """The central system's time is another, and it says so."""
    says(shop.central, wall)
    assert await shop.central.call("TriggerMessage", requestedMessage="Heartbeat") == {"status": "Accepted"}
    await shop.central.expect("Heartbeat")
    await shop.until(lambda: any("the clock is moved" in line for line in shop.lines))
    shop.lines.clear()
    await shop.central.expect("MeterValues")


def told(central: Central, transaction_id: int) -> list[datetime]:
    """The times of what a session told, in the order in which it arrived."""
    starts = [call.payload for call in central.calls if call.action == "StartTransaction"]
    said = [starts[transaction_id - 1]["timestamp"]]
    for call in central.calls:
        if call.payload.get("transactionId") == transaction_id:
            values = call.payload.get("meterValue", [call.payload])
            said += [value["timestamp"] for value in values]
    return [times.parse(one) for one in said]


def check_spacing(moments: list[datetime]) -> None:
    """Start, samples whole seconds after it, stop."""
    assert moments == sorted(moments)
    start, *samples, stop = moments
    assert samples
    assert all((sample - start) % timedelta(seconds=1) == timedelta(0) for sample in samples)
    assert samples[-1] <= stop < samples[-1] + timedelta(seconds=3)


async def test_jumps_both_ways_leave_every_session_in_order(
    tmp_path: Path, central: Central, capsys: pytest.CaptureFixture[str]
) -> None:
    async with workshop(tmp_path, central, capsys, clock=clock_of_1970()) as shop:
        await central.expect("StatusNotification", connectorId=2)
        await shop.charging()
        await jumps(shop, NOON + timedelta(days=1))
        await jumps(shop, NOON - timedelta(days=1))
        await shop.stop()
        await central.expect("StopTransaction", transactionId=1)
        await shop.charging_unheard("NEXT")
        await jumps(shop, NOON + timedelta(hours=1))
        await shop.stop("NEXT")
        await central.expect("StopTransaction", transactionId=2)
    first, second = told(central, 1), told(central, 2)
    check_spacing(first)
    check_spacing(second)
    assert NOON <= first[0] < NOON + timedelta(minutes=1), "the clock of its start"
    assert NOON - timedelta(days=1) <= second[0] < NOON - timedelta(days=1) + timedelta(minutes=1)


async def test_an_offline_session_without_any_clock_is_dated_once_there_is_one(
    tmp_path: Path, central: Central, capsys: pytest.CaptureFixture[str]
) -> None:
    central.refuse_with = 503
    async with workshop(tmp_path, central, capsys, STRANGERS, clock=clock_of_1970()) as shop:
        await shop.charging_unheard()
        await shop.until(lambda: shop.outlet().register_wh > 400)
        await shop.stop()
        central.refuse_with = None
        await central.expect("StopTransaction", idTag=TAG)
    moments = told(central, 1)
    check_spacing(moments)
    assert NOON - timedelta(minutes=1) < moments[0] < moments[-1] < NOON


async def test_where_nobody_tells_the_time_nothing_is_dated_before_this_software(
    tmp_path: Path, central: Central, capsys: pytest.CaptureFixture[str]
) -> None:
    says(central, EPOCH)
    async with workshop(tmp_path, central, capsys, clock=clock_of_1970()) as shop:
        await central.expect("StatusNotification", connectorId=2)
        await shop.charging()
        assert any("is no time" in line for line in shop.lines)
        assert any("nobody has told the time" in line for line in shop.lines)
        await jumps(shop, NOON)
        await shop.stop()
        await central.expect("StopTransaction")
        await shop.charging_unheard("NEXT")
        await central.expect("MeterValues", transactionId=2)
    check_spacing(told(central, 1))
    assert WRITTEN <= told(central, 1)[0] < NOON <= told(central, 2)[0]
