"""What stations get wrong: handled by the book, nothing else disturbed, and the operator can see it."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from cloud.domain.incidents import IncidentKind
from cloud.domain.sessions import SessionState
from cloud.domain.views import SessionRow
from cloud.ocpp.connections import LINES
from cloud.services import overview, stations
from tests.cloud.ocpp.charger import BOOT, Charger, Refusal, charger
from tests.cloud.ocpp.conftest import TAG, Site
from tests.cloud.ocpp.test_session import ago, energy, start
from tests.ours import OURS


@pytest.fixture
async def neighbour(site: Site) -> AsyncIterator[Charger]:
    """Another station with a session of its own, which must be billed undisturbed at the end."""
    _station, key = await site.server.write(stations.add, OURS, "lab-2", "Neighbour", 1)
    async with charger(site.server.ws, "lab-2", key) as connected:
        await connected.boot()
        transaction_id = (await connected.call("StartTransaction", start(meterStart=0)))["transactionId"]
        yield connected
        await connected.call("StopTransaction", stop(transaction_id, meterStop=1000))
        (bill,) = await site.server.db.read(overview.bills)
        assert (bill.document.parties.station, bill.document.delivery.energy_wh) == ("lab-2", 1000)


def stop(transaction_id: Any, **changes: Any) -> dict[str, Any]:
    return {"transactionId": transaction_id, "meterStop": 3000, "timestamp": ago(1)} | changes


async def ended(site: Site, identity: str = "lab-1") -> list[SessionRow]:
    return [row for row in await site.server.db.read(overview.ended_sessions) if row.identity == identity]


BAD_FRAMES: list[tuple[str | bytes, str]] = [
    ("hello", "not readable as JSON"),
    ("[2,", "not readable as JSON"),
    ('{"a":1}', "this is no OCPP-J frame"),
    ('["2","id","Heartbeat",{}]', "this is no OCPP-J frame"),
    ("[7,1]", "message type 7 is unknown"),
    ('[2,"id","Heartbeat",{"a":' + "[" * 200 + "]" * 200 + "}]", "nested deeper"),
    ("[" * 5000, "not readable as JSON"),
    (b"\x00\xff\xfe", "a binary frame"),
    (b'[2,"id","Heartbeat",{}]', "a binary frame"),
]


async def test_what_is_no_frame_is_an_incident_and_the_connection_goes_on(
    site: Site, lab: Charger, neighbour: Charger, subtests: pytest.Subtests
) -> None:
    for frame, summary in BAD_FRAMES:
        with subtests.test(frame=frame[:40]):
            await lab.send(frame)
            await lab.call("Heartbeat")
            raw = frame if isinstance(frame, str) else frame.decode(errors="backslashreplace").replace("\0", "\ufffd")
            (incident,) = await site.server.incidents(summary, raw[:4000])
            assert incident.identity == "lab-1"


async def test_what_is_kept_of_a_bad_message_names_nobody_and_holds_no_key(site: Site, lab: Charger) -> None:
    broken = '[2,"1","StartTransaction",{"idTag":"04A1B2C3","url":"ftp://me:hidden@x.example/?sig=hidden","more":'
    for frame, summary in ((broken, "not readable"), (f"{broken}1}}]".encode(), "a binary frame")):
        await lab.send(frame + (b"," if isinstance(frame, bytes) else "") * 5000)
        (incident,) = await site.server.incidents(summary)
        assert '"idTag":"04A1****"' in incident.raw and "ftp://****@x.example/?****" in incident.raw
        assert "hidden" not in incident.raw and len(incident.raw) <= 4000


REFUSED: list[tuple[str, Any, str]] = [
    ("MakeCoffee", {}, "NotImplemented"),
    ("RemoteStartTransaction", {"idTag": TAG}, "NotSupported"),
    ("Heartbeat", {"extra": 1}, "FormationViolation"),
    ("Heartbeat", [1], "TypeConstraintViolation"),
    ("Authorize", {}, "OccurenceConstraintViolation"),
    ("Authorize", {"idTag": 5}, "TypeConstraintViolation"),
    ("Authorize", {"idTag": "X" * 21}, "PropertyConstraintViolation"),
    ("StatusNotification", {"connectorId": 1, "status": "Dancing", "errorCode": "NoError"}, "PropertyConstraint"),
    ("StartTransaction", {"connectorId": 1, "meterStart": 1, "timestamp": ago(1)}, "OccurenceConstraintViolation"),
    ("StopTransaction", stop("seven"), "TypeConstraintViolation"),
    ("MeterValues", {"meterValue": [energy(1, 1)]}, "OccurenceConstraintViolation"),
]


async def test_what_cannot_be_understood_is_refused_and_shown(
    site: Site, lab: Charger, neighbour: Charger, subtests: pytest.Subtests
) -> None:
    for action, payload, code in REFUSED:
        with subtests.test(action=action, payload=payload):
            with pytest.raises(Refusal) as refused:
                await lab.call(action, payload)
            assert refused.value.code.startswith(code)
            await lab.call("Heartbeat")
            unread = not isinstance(payload, dict)
            await site.server.incidents("the payload is not an object" if unread else f"{action} refused")


async def test_calls_before_an_accepted_boot_are_refused(site: Site) -> None:
    async with site.charger() as connected:
        with pytest.raises(Refusal, match="SecurityError"):
            await connected.call("Heartbeat")
        await connected.call("BootNotification", BOOT)
        await connected.call("Heartbeat")
    assert await site.server.incidents("a BootNotification must be accepted first")


async def test_a_stop_of_no_session_is_answered_and_kept(site: Site, lab: Charger, neighbour: Charger) -> None:
    for transaction_id in (4711, -1, 0):
        report = stop(transaction_id, idTag=TAG)
        assert await lab.call("StopTransaction", report) == {"idTagInfo": {"status": "Accepted"}}
        (incident,) = await site.server.incidents(f"a stop arrived for session {transaction_id}")
        assert incident.kind == IncidentKind.ORPHAN_STOP
    assert await ended(site) == []


async def test_meter_values_for_another_stations_session_change_nothing_there(
    site: Site, lab: Charger, neighbour: Charger
) -> None:
    (theirs,) = await site.server.db.read(overview.open_sessions)
    values = {"connectorId": 1, "transactionId": int(theirs.transaction_id), "meterValue": [energy(99_000, 1)]}
    assert await lab.call("MeterValues", values) == {}
    assert await site.server.db.read(overview.open_sessions) == [theirs]
    (incident,) = await site.server.incidents("belongs to lab-2")
    assert incident.kind == IncidentKind.FOREIGN_SESSION


async def test_a_stop_of_another_stations_session_changes_nothing_there(
    site: Site, lab: Charger, neighbour: Charger
) -> None:
    (theirs,) = await site.server.db.read(overview.open_sessions)
    assert await lab.call("StopTransaction", stop(int(theirs.transaction_id))) == {}
    assert await site.server.db.read(overview.open_sessions) == [theirs]
    assert await site.server.incidents("belongs to lab-2")


async def test_a_stop_that_says_a_key_twice_is_answered_kept_and_doubted(
    site: Site, lab: Charger, neighbour: Charger
) -> None:
    transaction_id = (await lab.call("StartTransaction", start(meterStart=0)))["transactionId"]
    once = json.dumps(stop(transaction_id))
    lab.answers["twice"] = answer = asyncio.get_running_loop().create_future()
    await lab.send(f'[2,"twice","StopTransaction",{once[:-1]},"meterStop":99000}}]')
    assert await answer == {}
    (row,) = await ended(site)
    assert (row.state, row.energy_wh) == (SessionState.SUSPECT, 3000)
    (incident,) = await site.server.incidents("a stop needed salvaging")
    assert '"meterStop (again)":99000' in incident.raw.replace(" :", ":").replace(": ", ":")


SALVAGED: list[tuple[dict[str, Any], str]] = [
    ({"meterStop": "3000"}, "meterStop was '3000' where a whole number belongs"),
    ({"meterStop": 3000.0, "reason": "Boredom"}, "reason 'Boredom' is not one that OCPP knows"),
    ({"transactionData": "none", "weather": "fine"}, "transactionData is not a list of objects"),
    ({"timestamp": "after lunch"}, "timestamp 'after lunch' is not a date and time"),
    ({"idTag": "\0" * 30}, "idTag has 30 characters, more than the 20 allowed"),
]


async def test_a_stop_that_its_schema_refuses_still_closes_its_session(
    site: Site, lab: Charger, neighbour: Charger, subtests: pytest.Subtests
) -> None:
    for changes, doubt in SALVAGED:
        with subtests.test(changes=changes):
            transaction_id = (await lab.call("StartTransaction", start(idTag="OTHER")))["transactionId"]
            await lab.call("StopTransaction", stop(transaction_id, **changes))
            session = (await ended(site))[0]
            assert (session.transaction_id, session.energy_wh) == (str(transaction_id), 2000)
            assert session.state is SessionState.SUSPECT
            assert [doubt in incident.summary for incident in await site.server.incidents("a stop needed")].count(
                True
            ) == 1


async def test_a_transaction_id_as_text_still_finds_its_session(site: Site, lab: Charger) -> None:
    transaction_id = (await lab.call("StartTransaction", start()))["transactionId"]
    assert await lab.call("StopTransaction", stop(str(transaction_id))) == {}
    assert (await ended(site))[0].energy_wh == 2000


async def test_odd_starts_and_meter_values_are_salvaged(site: Site, lab: Charger) -> None:
    started = await lab.call("StartTransaction", start(connectorId="1", meterStart="1000", colour="red"))
    value = {
        "timestamp": ago(30),
        "sampledValue": [{"value": 2.5, "unit": "kWh", "measurand": "Surprise"}, {"value": 7, "measurand": "SoC"}],
    }
    values = {"connectorId": 1, "transactionId": started["transactionId"], "meterValue": [value, energy(2500, 29)]}
    assert await lab.call("MeterValues", values) == {}
    (session,) = await site.server.db.read(overview.open_sessions)
    assert session.energy_wh == 1500
    assert await site.server.incidents("a start needed salvaging")
    assert await site.server.incidents("a meter value needed salvaging")


@pytest.mark.parametrize("moment", ["1970-01-01T00:00:00Z", "2099-12-31T23:59:59Z"])
async def test_an_implausible_clock_is_kept_but_dated_by_receipt(
    site: Site, lab: Charger, neighbour: Charger, moment: str
) -> None:
    transaction_id = (await lab.call("StartTransaction", start(idTag="OTHER", timestamp=moment)))["transactionId"]
    values = {"timestamp": moment, "sampledValue": [{"value": "2000"}]}
    await lab.call("MeterValues", {"connectorId": 1, "transactionId": transaction_id, "meterValue": [values]})
    await lab.call("StopTransaction", stop(transaction_id, timestamp=moment))
    (session,) = await ended(site)
    assert (session.state, session.energy_wh) == (SessionState.SUSPECT, 2000)
    assert ago(5) < session.started_at.isoformat() < ago(-5)
    assert await site.server.db.read(overview.bills) == []


async def test_answers_that_nobody_waits_for_are_dropped(lab: Charger, neighbour: Charger) -> None:
    await lab.send([3, "unknown", {}])
    await lab.send([4, "unknown", "GenericError", "", {}])
    await lab.call("Heartbeat")


async def test_message_ids_may_be_reused(lab: Charger) -> None:
    first = await lab.call("Heartbeat", message_id="1")
    assert await lab.call("Heartbeat", message_id="1") != {} != first


async def test_text_from_stations_cannot_forge_log_lines(lab: Charger, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "bollard.cloud")
    forged = {"connectorId": 1, "status": "Available", "errorCode": "NoError", "info": "x\nbill 2026-0001"}
    await lab.call("StatusNotification", forged)
    assert "lab-1/1  Available  x\\nbill 2026-0001" in caplog.messages


async def test_refused_calls_do_not_fill_the_log(lab: Charger, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "bollard.cloud")
    for _ in range(LINES + 5):
        with pytest.raises(Refusal):
            await lab.call("Authorize", {})
    assert len([line for line in caplog.messages if "Authorize refused" in line]) == LINES


async def test_a_station_that_sends_only_rubbish_is_sent_away(site: Site, lab: Charger, neighbour: Charger) -> None:
    for _ in range(100):
        await lab.send("rubbish")
    assert await lab.closed() == 1008
    (incident,) = await site.server.incidents("not readable as JSON")
    assert incident.identity == "lab-1"
