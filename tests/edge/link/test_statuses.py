"""StatusNotification: every change while online in order, MinimumStatusDuration, triggers, and lost answers."""

from bollard.wire.errors import CallError, ErrorCode
from edge.core import events as ev
from edge.core.values import Status
from tests.edge.central import Central, one_after_the_other
from tests.edge.link.bench import Bench


def told(central: Central, connector: int) -> list[str]:
    statuses = [call.payload for call in central.calls if call.action == "StatusNotification"]
    return [payload["status"] for payload in statuses if payload["connectorId"] == connector]


async def test_every_change_is_told_in_order_once(bench: Bench, central: Central) -> None:
    async with bench.linked(central):
        await central.expect("StatusNotification", connectorId=2)
        for status in (Status.PREPARING, Status.CHARGING, Status.CHARGING, Status.FINISHING, Status.AVAILABLE):
            bench.report(1, status)
        bench.report(2, Status.PREPARING)
        await central.expect("StatusNotification", connectorId=2, status="Preparing")
    assert told(central, 1) == ["Available", "Preparing", "Charging", "Finishing", "Available"]


async def test_the_time_told_is_that_of_the_change(bench: Bench, central: Central) -> None:
    async with bench.linked(central):
        await central.expect("StatusNotification", connectorId=2)
        bench.clock.mono_ms += 60_000
        bench.report(1, Status.PREPARING)
        said = await central.expect("StatusNotification", connectorId=1, status="Preparing")
    assert said["timestamp"] == "2026-11-21T12:00:00.000Z"


async def test_a_status_must_stand_for_the_minimum_duration(bench: Bench, central: Central) -> None:
    bench.configure(MinimumStatusDuration=9)
    async with bench.linked(central):
        await central.expect("StatusNotification", connectorId=2)
        now = bench.clock.mono_ms
        bench.report(1, Status.PREPARING, now)
        bench.report(1, Status.CHARGING, now + 8_000)
        bench.report(1, Status.SUSPENDED_EV, now + 18_000)
        bench.clock.mono_ms = now
        await bench.timer.until_asleep(9)
        bench.clock.mono_ms = now + 30_000
        bench.timer.advance(9)
        await central.expect("StatusNotification", connectorId=1, status="SuspendedEV")
    assert told(central, 1) == ["Available", "Charging", "SuspendedEV"]


async def test_a_shorter_minimum_duration_counts_for_what_already_waits(bench: Bench, central: Central) -> None:
    bench.configure(MinimumStatusDuration=9)
    async with bench.linked(central):
        await central.expect("StatusNotification", connectorId=2)
        bench.report(1, Status.PREPARING)
        await bench.timer.until_asleep(9)
        await central.call("ChangeConfiguration", key="MinimumStatusDuration", value="0")
        await central.expect("StatusNotification", connectorId=1, status="Preparing")


async def test_a_triggered_status_need_not_stand_for_any_time(bench: Bench, central: Central) -> None:
    bench.configure(MinimumStatusDuration=9)
    async with bench.linked(central):
        await central.expect("StatusNotification", connectorId=2)
        await central.call("TriggerMessage", requestedMessage="StatusNotification", connectorId=1)
        await central.expect("StatusNotification", connectorId=1)


async def test_a_status_whose_answer_was_lost_is_told_again(bench: Bench, central: Central) -> None:
    async with bench.linked(central):
        await central.expect("StatusNotification", connectorId=2)
        central.answers["StatusNotification"] = one_after_the_other(None, {})
        bench.report(1, Status.PREPARING)
        await central.expect("StatusNotification", connectorId=1, status="Preparing")
        await central.hang_up()
        await bench.saw(ev.WentOffline)
        await bench.timer.pass_by(10)
        await central.expect("StatusNotification", connectorId=1, status="Available")


async def test_a_refused_status_is_not_repeated_for_ever(bench: Bench, central: Central) -> None:
    async with bench.linked(central):
        await central.expect("StatusNotification", connectorId=2)
        central.answers["StatusNotification"] = one_after_the_other(CallError(ErrorCode.GENERIC_ERROR), {})
        bench.report(1, Status.PREPARING)
        bench.report(1, Status.CHARGING)
        await central.expect("StatusNotification", connectorId=1, status="Charging")
    assert told(central, 1) == ["Available", "Preparing", "Charging"]


async def test_a_triggered_status_is_told_although_it_is_no_news(bench: Bench, central: Central) -> None:
    async with bench.linked(central):
        await central.expect("StatusNotification", connectorId=2)
        trigger = {"requestedMessage": "StatusNotification"}
        assert await central.call("TriggerMessage", **trigger, connectorId=2) == {"status": "Accepted"}
        await central.expect("StatusNotification", connectorId=2)
        assert await central.call("TriggerMessage", **trigger) == {"status": "Accepted"}
        for connector in (0, 1, 2):
            await central.expect("StatusNotification", connectorId=connector)
        assert await central.call("TriggerMessage", **trigger, connectorId=3) == {"status": "Rejected"}


async def test_what_was_decided_before_going_online_and_saved_after_it_is_not_told(
    bench: Bench, central: Central
) -> None:
    decided_ms = bench.clock.mono_ms
    bench.clock.mono_ms += 100
    async with bench.linked(central):
        await central.expect("StatusNotification", connectorId=2)
        bench.report(1, Status.PREPARING, decided_ms)
        bench.report(1, Status.FAULTED)
        await central.expect("StatusNotification", connectorId=1, status="Faulted")
    assert told(central, 1) == ["Available", "Faulted"]
