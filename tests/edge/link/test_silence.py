"""A connection that is dead although the socket stands, calls that cross, and a server that asks for patience."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from edge.core import events as ev
from edge.core.values import Status
from edge.link.dial import retry_after_s
from tests.edge.central import NOW, Central
from tests.edge.hole import Hole
from tests.edge.link.bench import Bench, started


async def test_a_call_that_meets_silence_is_followed_by_a_ping_even_without_any_interval(
    bench: Bench, central: Central
) -> None:
    bench.configure(WebSocketPingInterval=0, MessageTimeout=1)
    async with Hole(central.port).open() as hole, bench.linked(central, url=f"ws://127.0.0.1:{hole.port}/ocpp"):
        await central.expect("StatusNotification", connectorId=2)
        hole.swallow = True
        bench.report(1, Status.PREPARING)
        await bench.timer.pass_by(20)
        await bench.saw(ev.WentOffline)
        hole.swallow = False
        await bench.timer.pass_by(10)
        await central.expect("StatusNotification", connectorId=1)
    assert any("no sign of life" in line for line in bench.lines)


async def test_a_dead_line_costs_no_attempt_however_often_it_dies(bench: Bench, central: Central) -> None:
    bench.configure(WebSocketPingInterval=0, MessageTimeout=1, TransactionMessageAttempts=1)
    async with Hole(central.port).open() as hole, bench.linked(central, url=f"ws://127.0.0.1:{hole.port}/ocpp"):
        await central.expect("StatusNotification", connectorId=2)
        for times in (1, 2):
            hole.swallow = True
            await bench.record(started(f"s{times}", times))
            await bench.timer.pass_by(20)
            await bench.saw(ev.WentOffline, times)
            hole.swallow = False
            await bench.timer.pass_by(10)
            await bench.settled()


async def test_a_call_that_meets_silence_on_a_living_connection_costs_only_a_ping(
    bench: Bench, central: Central
) -> None:
    bench.configure(WebSocketPingInterval=0, MessageTimeout=1)
    central.answers["StatusNotification"] = lambda payload: None if payload["status"] == "Preparing" else {}
    async with bench.linked(central):
        await central.expect("StatusNotification", connectorId=2)
        bench.report(1, Status.PREPARING)
        bench.report(1, Status.CHARGING)
        await central.expect("StatusNotification", connectorId=1, status="Charging")
        bench.timer.advance(20)
        assert await central.call("ClearCache") == {"status": "Accepted"}
    assert len(central.handshakes) == 1
    assert not bench.all(ev.WentOffline)[1:]


async def test_whoever_calls_meanwhile_is_not_silent(bench: Bench, central: Central) -> None:
    bench.configure(WebSocketPingInterval=0, MessageTimeout=1)
    central.answers["StatusNotification"] = lambda payload: None
    async with bench.linked(central):
        await central.expect("StatusNotification", connectorId=0)
        assert await central.call("ClearCache") == {"status": "Accepted"}
        await central.expect("StatusNotification", connectorId=1)
    assert 20 not in bench.timer.sleeping_s()


async def test_a_central_system_that_withholds_its_answers_is_still_answered(bench: Bench, central: Central) -> None:
    central.answers["StartTransaction"] = lambda payload: None
    await bench.record(started("s", 1))
    async with bench.linked(central):
        await central.expect("StartTransaction")
        for _ in range(3):
            assert await central.call("ClearCache") == {"status": "Accepted"}
        assert await central.call("TriggerMessage", requestedMessage="Heartbeat") == {"status": "Accepted"}
        assert await central.call("GetConfiguration", key=["HeartbeatInterval"])
        assert central.actions()[-1] == "StartTransaction", "one call at a time: the heartbeat waits for its turn"


async def test_calls_of_both_sides_cross(bench: Bench, central: Central) -> None:
    async with bench.linked(central):
        await central.expect("StatusNotification", connectorId=2)
        for number in range(20):
            bench.report(1, Status.CHARGING if number % 2 else Status.PREPARING)
        asked = [central.asking("ClearCache") for _ in range(20)]
        assert [await one for one in asked] == [{"status": "Accepted"}] * 20
        await central.until(lambda: len(central.calls) == 24)


@pytest.mark.parametrize("refusal", [401, 403, 404, 429, 503])
async def test_who_asks_for_patience_gets_it(bench: Bench, central: Central, refusal: int) -> None:
    central.refuse_with, central.retry_after = refusal, "120"
    async with bench.linked(central):
        await bench.timer.until_asleep(120)
        central.retry_after = "3"
        bench.timer.advance(120)
        await bench.timer.until_asleep(20)
        central.refuse_with = None
        bench.timer.advance(20)
        await bench.saw(ev.WentOnline)


def test_retry_after_is_seconds_or_a_date_within_reason() -> None:
    now = datetime(2026, 11, 21, 10, tzinfo=UTC)
    date = format_datetime(now, usegmt=True)
    later = format_datetime(now + timedelta(seconds=90), usegmt=True)
    assert retry_after_s({"Retry-After": "7"}) == 7
    assert retry_after_s({"Retry-After": later, "Date": date}) == 90
    assert retry_after_s({"Retry-After": date, "Date": later}) == 0
    assert retry_after_s({"Retry-After": "9" * 400}) == 3600
    for nonsense in ("", "-1", "soon", "1.5", later, "²"):
        assert retry_after_s({"Retry-After": nonsense}) == 0
    assert retry_after_s({}) == 0


async def test_a_connection_that_never_serves_does_not_reset_the_delays(bench: Bench, central: Central) -> None:
    central.answers["BootNotification"] = lambda payload: {"status": "Rejected", "currentTime": NOW, "interval": 5}
    async with bench.linked(central):
        for delay_s in (10, 20, 40):
            await central.expect("BootNotification")
            await bench.timer.until_asleep(5)
            await central.hang_up()
            await bench.timer.pass_by(delay_s)
