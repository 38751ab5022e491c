"""Stations that the operator holds or rejects, and what they are told before they are accepted."""

from typing import Any

import pytest

from cloud.domain.commands import CommandKind, Step
from cloud.domain.incidents import IncidentKind
from cloud.domain.sessions import SessionState
from cloud.domain.stations import RegistrationStatus
from cloud.services import commands, overview, registration
from cloud.services.bell import Topic
from cloud.services.errors import NotNow
from tests.cloud.ocpp.charger import BOOT, Charger, Refusal
from tests.cloud.ocpp.conftest import Site
from tests.cloud.ocpp.scenes import meter, status, stop
from tests.cloud.ocpp.test_commands import ask, timeline
from tests.cloud.ocpp.test_session import ago, energy, start
from tests.ours import OURS

ACCEPTED, PENDING, REJECTED = RegistrationStatus.ACCEPTED, RegistrationStatus.PENDING, RegistrationStatus.REJECTED


async def decide(site: Site, admission: RegistrationStatus) -> None:
    await site.server.write(registration.decide, OURS, site.identity, admission, None)


async def boots(connected: Charger) -> str:
    answer = await connected.call("BootNotification", BOOT)
    assert answer["interval"] == (300 if answer["status"] == "Accepted" else 60)
    return str(answer["status"])


async def says(connected: Charger, action: str) -> None:
    await connected.call(action, {"idTag": "STRANGER"} if action == "Authorize" else {})


async def answers_next(connected: Charger, answer: dict[str, Any]) -> str:
    message_id, action, _payload = await connected.next_call()
    await connected.answer(message_id, answer)
    return action


async def test_a_held_station_is_set_up_and_then_accepted(site: Site) -> None:
    await decide(site, PENDING)
    async with site.charger() as connected:
        assert await boots(connected) == "Pending"
        for action in ("Authorize", "DataTransfer"):
            with pytest.raises(Refusal, match="SecurityError"):
                await says(connected, action)
        configured = await ask(site, CommandKind.CHANGE_CONFIGURATION, {"key": "HeartbeatInterval", "value": "60"})
        assert await answers_next(connected, {"status": "Accepted"}) == "ChangeConfiguration"
        await timeline(site, configured, Step.DONE)
        triggered = await ask(site, CommandKind.TRIGGER_MESSAGE, {"requestedMessage": "StatusNotification"})
        assert await answers_next(connected, {"status": "Accepted"}) == "TriggerMessage"
        await connected.call("StatusNotification", status())
        await timeline(site, triggered, Step.DONE)
        await decide_now(site, ACCEPTED)
        assert await answers_next(connected, {"status": "Accepted"}) == "TriggerMessage"
        assert await boots(connected) == "Accepted"
        await says(connected, "Authorize")
    async with site.charger() as again:
        await says(again, "Heartbeat")


async def decide_now(site: Site, admission: RegistrationStatus) -> None:
    """The operator's decision, now: a command that it asks for must not have expired."""
    now = site.server.central.now()
    await site.server.db.write(lambda conn: registration.decide(conn, OURS, site.identity, admission, None, now))
    site.server.central.bell.ring(Topic.COMMANDS)


async def test_what_a_held_station_must_not_do_is_not_asked(site: Site) -> None:
    async with site.charger() as connected:
        kinds = (CommandKind.CLEAR_CACHE, CommandKind.GET_CONFIGURATION)
        early = [await ask(site, kind, {}) for kind in kinds]
        await decide(site, PENDING)
        assert await boots(connected) == "Pending"
        site.server.central.bell.ring(Topic.COMMANDS)
        assert await answers_next(connected, {}) == "GetConfiguration"
        await timeline(site, early[1], Step.DONE)
        assert await timeline(site, early[0], Step.ASKED) == [Step.ASKED]
        with pytest.raises(NotNow, match="pending; `bollard cloud accept-station`"):
            await ask(site, CommandKind.REMOTE_START, {"idTag": "04A1B2C3D4"})
        await decide(site, ACCEPTED)
        assert await boots(connected) == "Accepted"
        site.server.central.bell.ring(Topic.COMMANDS)
        # the trigger that accepted it came a week ago in this test, so only the cache is left to be cleared
        assert await answers_next(connected, {"status": "Accepted"}) == "ClearCache"


async def test_a_rejected_station_is_asked_nothing(site: Site) -> None:
    await decide(site, REJECTED)
    async with site.charger() as connected:
        assert await boots(connected) == "Rejected"
        for action in ("Heartbeat", "Authorize"):
            with pytest.raises(Refusal, match="SecurityError"):
                await says(connected, action)
        with pytest.raises(NotNow, match="the station is rejected"):
            await ask(site, CommandKind.GET_CONFIGURATION, {})
        await decide(site, ACCEPTED)
        assert await boots(connected) == "Accepted"
    assert await site.server.db.read(lambda conn: commands.stations_waiting(conn, site.server.central.now())) == set()


async def session(connected: Charger) -> None:
    """A whole session that begins before the station is accepted."""
    id = (await connected.call("StartTransaction", start(timestamp=ago(30))))["transactionId"]
    assert await connected.call("MeterValues", meter(id, energy(2000, 20))) == {}
    answer = await connected.call("StopTransaction", stop(id, meterStop=3000, timestamp=ago(10)))
    assert answer == {}


async def test_reports_before_the_first_boot_are_kept_and_billed(site: Site) -> None:
    async with site.charger() as connected:
        await session(connected)
        with pytest.raises(Refusal, match="SecurityError"):
            await says(connected, "Heartbeat")
    (ended,) = await site.server.db.read(overview.ended_sessions)
    assert (ended.state, ended.energy_wh, ended.bill is not None) == (SessionState.FINISHED, 2000, True)
    for action in ("StartTransaction", "MeterValues", "StopTransaction"):
        (incident,) = await site.server.incidents(f"{action} from a station that has never booted")
        assert incident.kind == IncidentKind.EARLY_REPORT


@pytest.mark.parametrize("told", [PENDING, REJECTED], ids=str.lower)
async def test_reports_of_a_station_that_is_not_accepted_wait_for_a_review(
    site: Site, told: RegistrationStatus
) -> None:
    await decide(site, told)
    async with site.charger() as connected:
        await boots(connected)
        await session(connected)
    (suspect,) = await site.server.db.read(overview.suspect_sessions)
    assert (suspect.energy_wh, suspect.bill) == (2000, None)
    assert await site.server.incidents(f"StopTransaction from a station that is {told.lower()}")
    assert "not accepted yet when it reported the start" in suspect.reasons[0]


async def test_a_session_that_began_before_the_hold_is_billed(site: Site, lab: Charger) -> None:
    id = (await lab.call("StartTransaction", start(timestamp=ago(30))))["transactionId"]
    await decide(site, PENDING)
    assert await boots(lab) == "Pending"
    await lab.call("StopTransaction", stop(id, meterStop=3000, timestamp=ago(10)))
    (ended,) = await site.server.db.read(overview.ended_sessions)
    assert (ended.state, ended.energy_wh) == (SessionState.FINISHED, 2000)


BADLY_WRITTEN = {
    "too long": {"chargePointVendor": "V" * 40, "chargePointModel": "M" * 600, "chargePointSerialNumber": "S" * 80},
    "null for none": BOOT | {"iccid": None, "firmwareVersion": None},
    "a number": BOOT | {"chargePointModel": 22},
    "half of it": {"chargePointModel": "T1"},
    "fields of a later version": BOOT | {"modem": {"iccid": "1"}},
}


async def test_a_boot_that_is_badly_written_is_a_boot(site: Site, subtests: pytest.Subtests) -> None:
    async with site.charger() as connected:
        for story, payload in BADLY_WRITTEN.items():
            with subtests.test(story):
                assert (await connected.call("BootNotification", payload))["status"] == "Accepted"
        assert await site.server.incidents("BootNotification was not as OCPP wants it")
        with pytest.raises(Refusal, match="OccurenceConstraint"):
            await connected.call("BootNotification", {})
        await says(connected, "Authorize")
        assert await connected.call("Authorize", {"idTag": "STRANGER", "more": 1}) == {
            "idTagInfo": {"status": "Invalid"}
        }


async def test_a_status_that_is_badly_written_is_shown(site: Site, lab: Charger) -> None:
    loose = {"connectorId": "1", "status": "charging", "errorCode": "NoFault", "info": "x" * 600, "timestamp": ""}
    for payload in (loose, {"connectorId": 2, "status": "Finishing"}):
        assert await lab.call("StatusNotification", payload) == {}
    (row,) = await site.server.db.read(overview.stations)
    assert [(place.status, place.error_code) for place in row.connectors] == [
        ("Charging", "OtherError"),
        ("Finishing", "NoError"),
    ]
