"""From tap to bill over a real socket, on both databases."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cloud.domain.sessions import SessionState
from cloud.services import overview
from tests.cloud.ocpp.charger import Charger
from tests.cloud.ocpp.conftest import TAG, Site


def ago(minutes: float) -> str:
    return (datetime.now(UTC) - timedelta(minutes=minutes)).isoformat()


def start(**changes: Any) -> dict[str, Any]:
    return {"connectorId": 1, "idTag": TAG, "meterStart": 1000, "timestamp": ago(60)} | changes


def energy(wh: int, minutes_ago: float) -> dict[str, Any]:
    return {"timestamp": ago(minutes_ago), "sampledValue": [{"value": str(wh), "unit": "Wh"}]}


async def test_tap_to_bill(site: Site, lab: Charger, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "bollard.cloud")
    assert await lab.call("Authorize", {"idTag": TAG}) == {"idTagInfo": {"status": "Accepted"}}
    status = {"connectorId": 1, "status": "Charging", "errorCode": "NoError"}
    assert await lab.call("StatusNotification", status) == {}
    started = await lab.call("StartTransaction", start())
    assert started["idTagInfo"] == {"status": "Accepted"}
    meter = {"connectorId": 1, "transactionId": started["transactionId"], "meterValue": [energy(3000, 30)]}
    assert await lab.call("MeterValues", meter) == {}
    (running,) = await site.server.db.read(overview.open_sessions)
    assert (running.energy_wh, running.cost_minor) == (2000, 93)
    stop = {"transactionId": started["transactionId"], "idTag": TAG, "meterStop": 6512, "timestamp": ago(1)}
    assert await lab.call("StopTransaction", stop) == {"idTagInfo": {"status": "Accepted"}}
    (bill,) = await site.server.db.read(overview.bills)
    assert (bill.document.delivery.energy_wh, bill.gross_minor) == (5512, 256)
    assert f"bill {bill.number}  lab-1/1  5.512 kWh  2.56 EUR" in caplog.messages
    assert TAG not in caplog.text


async def test_a_retried_start_gets_the_same_transaction_id(site: Site, lab: Charger) -> None:
    report = start()
    first = await lab.call("StartTransaction", report)
    assert await lab.call("StartTransaction", report) == first
    assert len(await site.server.db.read(overview.open_sessions)) == 1


async def test_a_retried_stop_is_answered_and_billed_once(site: Site, lab: Charger) -> None:
    transaction_id = (await lab.call("StartTransaction", start()))["transactionId"]
    stop = {"transactionId": transaction_id, "meterStop": 2000, "timestamp": ago(1)}
    assert [await lab.call("StopTransaction", stop) for _ in range(2)] == [{}, {}]
    assert len(await site.server.db.read(overview.bills)) == 1


async def test_an_unknown_tag_is_told_but_its_session_is_kept(site: Site, lab: Charger) -> None:
    assert await lab.call("Authorize", {"idTag": "STRANGER"}) == {"idTagInfo": {"status": "Invalid"}}
    started = await lab.call("StartTransaction", start(idTag="STRANGER"))
    assert started["idTagInfo"] == {"status": "Invalid"}
    assert started["transactionId"] > 0


async def test_the_notifications_of_all_profiles_are_answered(site: Site, lab: Charger) -> None:
    event = {"type": "TamperDetectionActivated", "timestamp": ago(0)}
    assert await lab.call("SecurityEventNotification", event) == {}
    (kept,) = await site.server.db.read(overview.incidents)
    assert kept.summary == "security event TamperDetectionActivated"
    for action, status in {
        "FirmwareStatusNotification": "Installed",
        "DiagnosticsStatusNotification": "Uploaded",
        "LogStatusNotification": "Uploaded",
        "SignedFirmwareStatusNotification": "Installed",
    }.items():
        assert await lab.call(action, {"status": status}) == {}
    assert await lab.call("SignCertificate", {"csr": "x"}) == {"status": "Rejected"}
    assert await lab.call("DataTransfer", {"vendorId": "x"}) == {"status": "UnknownVendorId"}


async def test_heartbeats_tell_the_time(lab: Charger) -> None:
    told = datetime.fromisoformat((await lab.call("Heartbeat"))["currentTime"])
    assert abs(datetime.now(UTC) - told) < timedelta(seconds=30)


async def test_every_call_is_a_sign_of_life(site: Site, lab: Charger) -> None:
    for action, payload in {"Heartbeat": {}, "MeterValues": {"connectorId": 1, "meterValue": [energy(1, 1)]}}.items():
        (before,) = await site.server.db.read(overview.stations)
        await lab.call(action, payload)
        (after,) = await site.server.db.read(overview.stations)
        assert before.last_seen_at and after.last_seen_at and before.last_seen_at < after.last_seen_at


async def test_acceptance_is_remembered_across_sockets(site: Site) -> None:
    async with site.charger() as first:
        await first.boot()
    async with site.charger() as second:
        await second.call("Heartbeat")


async def test_a_session_goes_on_across_sockets(site: Site, lab: Charger) -> None:
    transaction_id = (await lab.call("StartTransaction", start()))["transactionId"]
    async with site.charger() as second:
        stop = {"transactionId": transaction_id, "meterStop": 2000, "timestamp": ago(1), "reason": "Remote"}
        await second.call("StopTransaction", stop)
    (ended,) = await site.server.db.read(overview.ended_sessions)
    assert (ended.state, ended.energy_wh) == (SessionState.FINISHED, 1000)
