"""Cases about how sessions begin, go on and end; the central system mostly answers."""

from datetime import UTC, datetime

import pytest

from cloud.domain.commands import CommandKind, Step
from cloud.domain.incidents import IncidentKind
from cloud.domain.sessions import SessionState
from cloud.services import tags
from tests.cloud.conformance.bench import ACCEPTED, ENERGY_WH, Bench
from tests.ours import OURS

pytestmark = pytest.mark.asyncio(loop_scope="session")

STRANGER = "04FFFFFFFF"


async def test_003_plug_in_first(bench: Bench) -> None:
    await bench.shows("Preparing")
    assert await bench.authorizes() == ACCEPTED
    await bench.begins()


async def test_004_1_identification_first(bench: Bench) -> None:
    assert await bench.authorizes() == ACCEPTED
    await bench.shows("Preparing")
    await bench.begins()


async def test_004_2_nobody_plugs_in(bench: Bench) -> None:
    assert await bench.authorizes() == ACCEPTED
    await bench.shows("Preparing")
    await bench.shows("Available")


async def test_005_1_ev_side_disconnect(bench: Bench) -> None:
    transaction = await bench.charges()
    await bench.shows("SuspendedEV")
    await bench.stops(transaction, "EVDisconnected")
    await bench.shows("Finishing")
    await bench.shows("Available")


async def test_007_cached_tag(bench: Bench) -> None:
    await bench.shows("Preparing")
    await bench.begins()


async def test_010_remote_start_cable_first(bench: Bench) -> None:
    await bench.shows("Preparing")
    asked = await bench.asks_start()
    assert await bench.authorizes() == ACCEPTED
    await bench.begins()
    await bench.ends(asked, Step.ACCEPTED, Step.SESSION_STARTED)


async def test_011_1_remote_start_first(bench: Bench) -> None:
    asked = await bench.asks_start()
    assert await bench.authorizes() == ACCEPTED
    await bench.shows("Preparing")
    await bench.begins()
    await bench.ends(asked, Step.ACCEPTED, Step.SESSION_STARTED)


async def test_011_2_remote_start_nobody_plugs_in(bench: Bench) -> None:
    asked = await bench.asks_start()
    assert await bench.authorizes() == ACCEPTED
    await bench.shows("Preparing")
    await bench.shows("Available")
    await bench.passes(hours=1)
    await bench.ends(asked, Step.ACCEPTED, Step.EXPIRED)


async def test_012_remote_stop(bench: Bench) -> None:
    transaction = await bench.charges()
    asked = await bench.asks_stop(transaction)
    await bench.stops(transaction, "Remote")
    await bench.shows("Finishing")
    await bench.shows("Available")
    await bench.ends(asked, Step.ACCEPTED, Step.SESSION_STOPPED)


async def refused(bench: Bench, tag: str, verdict: str) -> None:
    """The tag is presented, and nothing begins."""
    await bench.shows("Preparing")
    bench.foreseen.incidents.add(IncidentKind.REFUSED_TAG)
    assert (await bench.authorizes(tag))["status"] == verdict
    await bench.shows("Available")


async def test_023_1_authorize_invalid(bench: Bench) -> None:
    await refused(bench, STRANGER, "Invalid")


async def test_023_2_authorize_expired(bench: Bench) -> None:
    old = f"{bench.tag}-old"
    await bench.knows(old, expires_at=datetime.now(UTC))
    await refused(bench, old, "Expired")


async def test_023_3_authorize_blocked(bench: Bench) -> None:
    await bench.server.write(tags.block, OURS, bench.other)
    await refused(bench, bench.other, "Blocked")


async def test_024_lock_failure(bench: Bench) -> None:
    assert await bench.authorizes() == ACCEPTED
    await bench.shows("Preparing")
    await bench.shows("Faulted", error="ConnectorLockFailure")


async def test_026_remote_start_rejected(bench: Bench) -> None:
    asked = await bench.asks_start({"status": "Rejected"})
    await bench.ends(asked, Step.REJECTED)


async def test_026_remote_start_rejected_while_charging(bench: Bench) -> None:
    await bench.charges()
    again = await bench.asks(CommandKind.REMOTE_START, {"status": "Rejected"}, connectorId=1, idTag=bench.other)
    await bench.ends(again, Step.REJECTED)


async def test_028_remote_stop_rejected(bench: Bench) -> None:
    transaction = await bench.charges()
    asked = await bench.asks_stop(transaction, {"status": "Rejected"})
    await bench.ends(asked, Step.REJECTED)


async def test_028_remote_stop_of_an_unknown_transaction(bench: Bench) -> None:
    asked = await bench.asks(CommandKind.REMOTE_STOP, {"status": "Rejected"}, transactionId=4711)
    await bench.ends(asked, Step.REJECTED)


async def test_037_1_offline_start_with_a_valid_tag(bench: Bench) -> None:
    await bench.comes_back()
    await bench.begins(minutes_ago=10)


@pytest.mark.parametrize(("energy_wh", "state"), [(0, SessionState.FINISHED), (ENERGY_WH, SessionState.SUSPECT)])
async def test_037_3_offline_start_with_an_invalid_tag(bench: Bench, energy_wh: int, state: SessionState) -> None:
    """What such a session delivers is kept, but not billed to anybody unseen."""
    bench.foreseen.incidents.add(IncidentKind.REFUSED_TAG)
    await bench.comes_back()
    answer = await bench.starts(STRANGER, minutes_ago=10)
    assert answer["idTagInfo"] == {"status": "Invalid"}
    await bench.shows("Charging")
    await bench.stops(answer["transactionId"], "DeAuthorized", energy_wh)
    await bench.shows("Finishing")
    bench.foreseen.states[answer["transactionId"]] = state


async def test_039_offline_transaction(bench: Bench) -> None:
    await bench.comes_back()
    answer = await bench.starts(minutes_ago=20)
    assert answer["idTagInfo"] == ACCEPTED
    await bench.stops(answer["transactionId"], "Local", minutes_ago=10, tag=bench.tag)


@pytest.mark.parametrize("known", [{"vendorId": "Nobody"}, {"vendorId": "Nobody", "messageId": "m", "data": "d"}])
async def test_064_data_transfer(bench: Bench, known: dict[str, str]) -> None:
    answer = await bench.tool.says("DataTransfer", **known)
    assert answer["status"] in ("UnknownVendorId", "UnknownMessageId", "Rejected")
    assert await bench.authorizes() == ACCEPTED
