"""Registration: who may speak before the central system has accepted the station, and when it boots again."""

from datetime import UTC, datetime
from typing import Any

import pytest

from bollard.wire.errors import CallError, ErrorCode
from edge.core import events as ev
from edge.core.values import Status
from tests.edge.central import HABITS, NOW, Central, one_after_the_other
from tests.edge.link.bench import Bench, started


def booted(status: str, interval: int = 300) -> dict[str, object]:
    return {"status": status, "currentTime": NOW, "interval": interval}


async def test_first_boot_then_every_status_then_facts(bench: Bench, central: Central) -> None:
    await bench.record(started("s", 1))
    async with bench.linked(central):
        await bench.settled()
    assert central.actions() == ["BootNotification", *["StatusNotification"] * 3, "StartTransaction"]
    assert [call.payload["connectorId"] for call in central.calls[1:4]] == [0, 1, 2]


async def test_the_answer_sets_the_clock_and_the_interval(bench: Bench, central: Central) -> None:
    central.answers["BootNotification"] = lambda payload: booted("Accepted", 77)
    async with bench.linked(central):
        await bench.saw(ev.WentOnline)
        await bench.timer.until_asleep(77)
    assert bench.clock.told[0] == datetime(2026, 11, 21, 12, tzinfo=UTC)
    assert bench.station.configuration.values["HeartbeatInterval"] == "77"


@pytest.mark.parametrize("verdict", ["Pending", "Rejected"])
async def test_until_accepted_nothing_is_said_and_the_interval_is_kept(
    bench: Bench, central: Central, verdict: str
) -> None:
    central.answers["BootNotification"] = one_after_the_other(booted(verdict, 45), booted("Accepted"))
    await bench.record(started("s", 1))
    async with bench.linked(central):
        await bench.timer.until_asleep(45)
        bench.report(1, Status.PREPARING)
        bench.timer.advance(44)
        assert central.actions() == ["BootNotification"]
        bench.timer.advance(1)
        await bench.settled()
    assert central.actions()[:3] == ["BootNotification", "BootNotification", "StatusNotification"]


async def test_an_interval_of_zero_leaves_the_choice_to_us_without_flooding(bench: Bench, central: Central) -> None:
    bench.configure(WebSocketPingInterval=0)
    central.answers["BootNotification"] = one_after_the_other(booted("Pending", 0), booted("Accepted", 0))
    async with bench.linked(central):
        await bench.timer.pass_by(60)
        await bench.saw(ev.WentOnline)
    assert "HeartbeatInterval" not in bench.station.configuration.values


async def test_while_pending_questions_are_answered_but_nothing_is_started(bench: Bench, central: Central) -> None:
    central.answers["BootNotification"] = lambda payload: booted("Pending", 45)
    async with bench.linked(central):
        await bench.timer.until_asleep(45)
        assert "(Pending); asking again in 45 s" in bench.attached.sentence
        assert (await central.call("GetConfiguration"))["configurationKey"]
        assert await central.call("ChangeConfiguration", key="LightIntensity", value="5") == {"status": "Accepted"}
        assert await central.call("RemoteStartTransaction", idTag="T") == {"status": "Rejected"}
        assert await central.call("RemoteStopTransaction", transactionId=1) == {"status": "Rejected"}
        assert await central.call("TriggerMessage", requestedMessage="MeterValues") == {"status": "Rejected"}
    asked = (ev.RemoteStartAsked, ev.RemoteStopAsked, ev.MeterValuesAsked)
    assert not [event for event in bench.events if isinstance(event, asked)]
    assert central.actions() == ["BootNotification"]


async def test_while_pending_a_boot_can_be_triggered(bench: Bench, central: Central) -> None:
    central.answers["BootNotification"] = one_after_the_other(booted("Pending", 45), booted("Accepted"))
    async with bench.linked(central):
        await bench.timer.until_asleep(45)
        assert await central.call("TriggerMessage", requestedMessage="BootNotification") == {"status": "Accepted"}
        await bench.saw(ev.WentOnline)


async def test_once_accepted_a_boot_cannot_be_triggered(bench: Bench, central: Central) -> None:
    async with bench.linked(central):
        await bench.saw(ev.WentOnline)
        assert await central.call("TriggerMessage", requestedMessage="BootNotification") == {"status": "Rejected"}


async def test_while_rejected_nothing_is_answered(bench: Bench, central: Central) -> None:
    central.answers["BootNotification"] = one_after_the_other(booted("Rejected", 45), booted("Accepted"))
    async with bench.linked(central):
        await bench.timer.until_asleep(45)
        with pytest.raises(TimeoutError):
            await central.call_anyhow("GetConfiguration", {}, within_s=0.2)
        bench.timer.advance(45)
        await bench.saw(ev.WentOnline)
        assert await central.call("GetConfiguration")


async def test_the_wait_after_a_rejection_outlives_the_connection(bench: Bench, central: Central) -> None:
    central.answers["BootNotification"] = one_after_the_other(booted("Rejected", 45), booted("Accepted"))
    async with bench.linked(central):
        await bench.timer.until_asleep(45)
        await central.hang_up()
        await bench.timer.pass_by(10)
        await central.connected(2)
        await bench.timer.until_asleep(35)
        assert central.actions() == ["BootNotification"]
        bench.timer.advance(35)
        await bench.saw(ev.WentOnline)


async def test_while_pending_what_is_triggered_is_said_and_nothing_else(bench: Bench, central: Central) -> None:
    central.answers["BootNotification"] = one_after_the_other(booted("Pending", 45), booted("Accepted"))
    await bench.record(started("s", 1))
    async with bench.linked(central):
        await bench.timer.until_asleep(45)
        for message in ("Heartbeat", "StatusNotification"):
            assert await central.call("TriggerMessage", requestedMessage=message) == {"status": "Accepted"}
        bench.report(1, Status.CHARGING)
        await central.expect("StatusNotification", connectorId=2)
        await bench.timer.until_asleep(45)
        assert sorted(central.actions()) == ["BootNotification", "Heartbeat", *["StatusNotification"] * 3]
        assert await central.call("ChangeConfiguration", key="HeartbeatInterval", value="7") == {"status": "Accepted"}
        await bench.saw(ev.ConfigurationAsked)
        assert 7 not in bench.timer.sleeping_s()
        assert bench.clock.told == [], "the time of one who has not accepted us is not believed"
        bench.timer.advance(45)
        await bench.settled()
    assert central.actions()[5:] == ["BootNotification", *["StatusNotification"] * 3, "StartTransaction"]


async def test_a_socket_lost_while_pending_does_not_hasten_the_next_boot(bench: Bench, central: Central) -> None:
    central.answers["BootNotification"] = one_after_the_other(booted("Pending", 45), booted("Accepted"))
    async with bench.linked(central):
        await bench.timer.until_asleep(45)
        await central.hang_up()
        await bench.timer.pass_by(10)
        await bench.timer.until_asleep(35)
        assert (await central.call("GetConfiguration"))["configurationKey"]
        assert central.actions() == ["BootNotification"]
        bench.timer.advance(35)
        await bench.saw(ev.WentOnline)


@pytest.mark.parametrize("answer", [{}, {"status": None}, {"status": "None"}, {"status": ["Accepted"]}, {"x": 1}])
async def test_a_boot_answered_by_nonsense_is_no_verdict(bench: Bench, central: Central, answer: Any) -> None:
    nonsense = answer | {"currentTime": NOW, "interval": 5}
    central.answers["BootNotification"] = one_after_the_other(nonsense, booted("Accepted"))
    await bench.record(started("s", 1))
    async with bench.linked(central):
        await bench.timer.until_asleep(10)
        assert bench.clock.told == []
        assert (await central.call("GetConfiguration"))["configurationKey"]
        assert central.actions() == ["BootNotification"]
        bench.timer.advance(10)
        await bench.settled()


@pytest.mark.parametrize(("interval", "waits_s"), [(-5, 60), (2**40, 86_400), (True, 60), ("7", 60), (1.5, 60)])
async def test_an_interval_that_cannot_be_is_brought_within_reason(
    bench: Bench, central: Central, interval: Any, waits_s: int
) -> None:
    bench.configure(WebSocketPingInterval=0)
    central.answers["BootNotification"] = one_after_the_other(booted("Pending", interval), booted("Accepted", interval))
    async with bench.linked(central):
        await bench.timer.until_asleep(waits_s)
        assert central.actions() == ["BootNotification"]
        bench.timer.advance(waits_s)
        await bench.saw(ev.WentOnline)


@pytest.mark.parametrize("failure", [CallError(ErrorCode.INTERNAL_ERROR), None])
async def test_a_boot_that_fails_is_repeated(bench: Bench, central: Central, failure: CallError | None) -> None:
    bench.configure(MessageTimeout=1)
    central.answers["BootNotification"] = one_after_the_other(failure, failure, booted("Accepted"))
    async with bench.linked(central):
        await bench.timer.pass_by(10)
        await bench.timer.pass_by(20)
        await bench.saw(ev.WentOnline)
    assert central.actions()[:3] == ["BootNotification"] * 3


async def test_a_boot_that_was_answered_is_patient_anew(bench: Bench, central: Central) -> None:
    failure = CallError(ErrorCode.INTERNAL_ERROR)
    central.answers["BootNotification"] = one_after_the_other(
        failure, booted("Pending", 45), failure, booted("Accepted")
    )
    async with bench.linked(central):
        for delay_s in (10, 45, 10):
            await bench.timer.pass_by(delay_s)
        await bench.saw(ev.WentOnline)


async def test_a_reconnect_is_no_boot_and_tells_only_what_changed(bench: Bench, central: Central) -> None:
    async with bench.linked(central):
        await central.expect("StatusNotification", connectorId=2)
        await bench.timer.until_asleep(300)
        await central.hang_up()
        await bench.saw(ev.WentOffline)
        bench.charge(2)
        bench.report(2, Status.PREPARING)
        bench.report(2, Status.CHARGING)
        await bench.timer.pass_by(10)
        await bench.saw(ev.WentOnline, 2)
        await central.expect("StatusNotification", connectorId=2, status="Charging")
        bench.report(1, Status.PREPARING)
        await central.expect("StatusNotification", connectorId=1)
    assert central.actions() == ["BootNotification", *["StatusNotification"] * 5]


async def test_a_station_that_was_forgotten_registers_again_and_keeps_its_facts(bench: Bench, central: Central) -> None:
    async with bench.linked(central):
        await bench.saw(ev.WentOnline)
        await central.expect("StatusNotification", connectorId=2)
        refusal = CallError(ErrorCode.SECURITY_ERROR, "who are you?")
        central.answers["StartTransaction"] = one_after_the_other(refusal, HABITS["StartTransaction"]({}))
        await bench.record(started("s", 1))
        await bench.saw(ev.WentOffline)
        await bench.timer.pass_by(10)
        await bench.saw(ev.WentOnline, 2)
        bench.timer.advance(60)
        await bench.settled()
    again = central.actions()[5:]
    assert again == ["BootNotification", *["StatusNotification"] * 3, "StartTransaction"]


async def test_one_who_only_ever_refuses_is_not_bothered_with_boots(bench: Bench, central: Central) -> None:
    central.answers["StatusNotification"] = lambda payload: CallError(ErrorCode.SECURITY_ERROR)
    async with bench.linked(central):
        await central.expect("StatusNotification", connectorId=2)
        await bench.timer.until_asleep(300)
    assert central.actions().count("BootNotification") == 1


async def test_one_heartbeat_an_interval_and_each_sets_the_clock(bench: Bench, central: Central) -> None:
    async with bench.linked(central):
        await bench.saw(ev.WentOnline)
        for _ in range(3):
            await bench.timer.pass_by(300)
            await central.expect("Heartbeat")
        await bench.timer.until_asleep(300)
    assert len(bench.clock.told) == 4
    assert central.actions().count("Heartbeat") == 3


async def test_a_changed_interval_counts_at_once(bench: Bench, central: Central) -> None:
    async with bench.linked(central):
        await bench.timer.until_asleep(300)
        await central.call("ChangeConfiguration", key="HeartbeatInterval", value="7")
        await bench.timer.pass_by(7)
        await central.expect("Heartbeat")


async def test_without_an_interval_there_is_one_heartbeat_a_day(bench: Bench, central: Central) -> None:
    async with bench.linked(central):
        await bench.timer.until_asleep(300)
        await central.call("ChangeConfiguration", key="HeartbeatInterval", value="0")
        await bench.timer.pass_by(86_400)
        await central.expect("Heartbeat")
        await bench.timer.until_asleep(86_400)


async def test_a_heartbeat_without_answer_does_no_harm(bench: Bench, central: Central) -> None:
    central.answers["Heartbeat"] = one_after_the_other(CallError(ErrorCode.NOT_IMPLEMENTED), HABITS["Heartbeat"]({}))
    async with bench.linked(central):
        for _ in range(2):
            await bench.timer.pass_by(300)
            await central.expect("Heartbeat")
        await bench.timer.until_asleep(300)


@pytest.mark.parametrize("time", ["1970-01-01T00:00:00Z", "soon"])
async def test_a_time_before_this_software_was_written_is_not_believed(
    bench: Bench, central: Central, time: str
) -> None:
    central.answers["BootNotification"] = lambda payload: booted("Accepted") | {"currentTime": time}
    async with bench.linked(central):
        await bench.saw(ev.WentOnline)
    assert bench.clock.told == []
    assert any("is no time" in line for line in bench.lines)


async def test_an_answer_that_breaks_its_schema_is_used_as_far_as_it_goes(bench: Bench, central: Central) -> None:
    central.answers["BootNotification"] = lambda payload: {"status": "Accepted", "interval": "5", "extra": True}
    async with bench.linked(central):
        await bench.saw(ev.WentOnline)
    assert bench.clock.told == []
