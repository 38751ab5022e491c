"""Cases about charging profiles."""

import pytest

from cloud.domain.commands import Command, CommandKind, Step
from cloud.services import profiles
from cloud.services.errors import Malformed
from tests.cloud.conformance.bench import ACCEPTED, Bench, stamp
from tests.cloud.conformance.tool import Payload

pytestmark = pytest.mark.asyncio(loop_scope="session")

LIMITS = pytest.mark.parametrize(("unit", "limit"), [("A", 6.0), ("W", 6000.0)])


def profile(purpose: str, kind: str, unit: str = "A", limit: float = 6.0, **more: object) -> Payload:
    """One period of five minutes; an Absolute one has a beginning, and a time in which it is valid."""
    schedule: Payload = {
        "chargingRateUnit": unit,
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": limit, "numberPhases": 3}],
        "duration": 300,
    }
    valid: Payload = {}
    if kind == "Absolute":
        schedule["startSchedule"] = stamp()
        valid = {"validFrom": stamp(), "validTo": stamp(minutes_ago=-10)}
    shape = {"stackLevel": 0, "chargingProfilePurpose": purpose, "chargingProfileKind": kind}
    return {**shape, **valid, "chargingSchedule": schedule, **more}


async def held(bench: Bench) -> list[str]:
    """The purposes of the profiles that the charge point holds, as far as is known."""
    found = await bench.server.db.read(lambda conn: profiles.installed(conn, bench.station_id))
    return [each.profile["chargingProfilePurpose"] for each in found]


async def sets(bench: Bench, given: Payload) -> Command:
    """SetChargingProfile on connector 1, accepted; all of what was given is sent."""
    command = await bench.do(profiles.ask, bench.station_id, 1, given, None)
    assert command.parameters["connectorId"] == 1
    assert given.items() <= command.parameters["csChargingProfiles"].items()
    await bench.carried(command, ACCEPTED)
    await bench.ends(command, Step.DONE)
    return command


@LIMITS
async def test_056_tx_default_profile(bench: Bench, unit: str, limit: float) -> None:
    await sets(bench, profile("TxDefaultProfile", "Absolute", unit, limit))
    assert await held(bench) == ["TxDefaultProfile"]


@LIMITS
async def test_057_tx_profile(bench: Bench, unit: str, limit: float) -> None:
    transaction = await bench.charges()
    command = await sets(bench, profile("TxProfile", "Absolute", unit, limit))
    assert command.parameters["csChargingProfiles"]["transactionId"] == transaction
    assert await held(bench) == ["TxProfile"]
    await bench.stops(transaction, "Local")
    assert await held(bench) == []


RELATIVE = profile("TxProfile", "Relative", chargingProfileId=1)


async def starts_with(bench: Bench, answer: Payload) -> Command:
    """RemoteStartTransaction with a profile, which has no transactionId yet."""
    payload = {"connectorId": 1, "idTag": bench.tag, "chargingProfile": RELATIVE}
    return await bench.asks(CommandKind.REMOTE_START, answer, **payload)


async def test_059_remote_start_with_a_profile(bench: Bench) -> None:
    await bench.shows("Preparing")
    command = await starts_with(bench, ACCEPTED)
    assert await bench.authorizes() == ACCEPTED
    await bench.begins()
    await bench.ends(command, Step.ACCEPTED, Step.SESSION_STARTED)
    assert await held(bench) == ["TxProfile"]


async def test_060_remote_start_with_a_profile_rejected(bench: Bench) -> None:
    await bench.ends(await starts_with(bench, {"status": "Rejected"}), Step.REJECTED)
    assert await held(bench) == []


async def test_060_remote_start_with_another_purpose(bench: Bench) -> None:
    """It is an operator's mistake, and never reaches the charge point."""
    other = {**RELATIVE, "chargingProfilePurpose": "TxDefaultProfile"}
    with pytest.raises(Malformed):
        await bench.ask(CommandKind.REMOTE_START, connectorId=1, idTag=bench.tag, chargingProfile=other)


async def test_066_composite_schedule(bench: Bench) -> None:
    schedule = {
        "duration": 400,
        "chargingRateUnit": "A",
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 8.0}, {"startPeriod": 45, "limit": 10.0}],
    }
    told = {"status": "Accepted", "connectorId": 1, "scheduleStart": stamp(), "chargingSchedule": schedule}
    payload = {"connectorId": 1, "duration": 400, "chargingRateUnit": "A"}
    asked = await bench.asks(CommandKind.GET_COMPOSITE_SCHEDULE, told, **payload)
    await bench.ends(asked, Step.DONE)
    assert await bench.answer_to(asked) == told


@pytest.mark.parametrize(
    "form",
    [
        {"id": 1},
        {"chargingProfilePurpose": "TxDefaultProfile", "stackLevel": 0},
        {"chargingProfilePurpose": "TxDefaultProfile", "stackLevel": 0, "connectorId": 1},
        {},
    ],
)
async def test_067_clear_profile(bench: Bench, form: Payload) -> None:
    await sets(bench, profile("TxDefaultProfile", "Absolute", chargingProfileId=1))
    cleared = await bench.asks(CommandKind.CLEAR_CHARGING_PROFILE, ACCEPTED, **form)
    await bench.ends(cleared, Step.DONE)
    assert await held(bench) == []
    again = await bench.asks(CommandKind.CLEAR_CHARGING_PROFILE, {"status": "Unknown"}, **form)
    await bench.ends(again, Step.REJECTED)
