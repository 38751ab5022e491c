"""Sessions whose messages go astray, played over a real socket: no energy is lost, none is billed twice."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from cloud.domain.sessions import SessionState
from cloud.domain.views import SessionRow
from cloud.services import orphans, overview, stations
from tests.cloud.ocpp.charger import Charger, charger
from tests.cloud.ocpp.conftest import TAG, Site
from tests.cloud.ocpp.oddities import ago, finish, meter_values, wh
from tests.ours import OURS


async def begin(lab: Charger, minutes_ago: float, meter_wh: int, **changes: Any) -> int:
    report = {"connectorId": 1, "idTag": TAG, "meterStart": meter_wh, "timestamp": ago(minutes_ago)} | changes
    transaction_id: int = (await lab.call("StartTransaction", report))["transactionId"]
    return transaction_id


async def end(lab: Charger, transaction_id: int, minutes_ago: float, meter_wh: int, **changes: Any) -> None:
    report = {"transactionId": transaction_id, "meterStop": meter_wh, "timestamp": ago(minutes_ago)} | changes
    await lab.call("StopTransaction", report)


async def measured(lab: Charger, transaction_id: int, minutes_ago: float, meter_wh: int) -> None:
    values = meter_values([(minutes_ago, [wh(meter_wh)])])
    assert (
        await lab.call("MeterValues", {"connectorId": 1, "transactionId": transaction_id, "meterValue": values}) == {}
    )


async def sessions(site: Site) -> list[SessionRow]:
    """All that have ended, the oldest first."""
    return (await site.server.db.read(overview.ended_sessions))[::-1]


async def billed(site: Site) -> list[int]:
    return [bill.document.delivery.energy_wh for bill in (await site.server.db.read(overview.bills))[::-1]]


async def test_two_open_starts_and_a_late_stop(site: Site, lab: Charger) -> None:
    first = await begin(lab, 60, 1000)
    second = await begin(lab, 30, 3000)
    await end(lab, second, 1, 4000)
    await end(lab, first, 31, 3000)
    assert await billed(site) == [1000, 2000]


async def test_two_sessions_that_count_the_same_energy(site: Site, lab: Charger) -> None:
    first = await begin(lab, 60, 1000)
    second = await begin(lab, 30, 1500)
    await end(lab, second, 1, 4000)
    await end(lab, first, 1, 4000)
    one, two = await sessions(site)
    assert (one.state, two.state, await billed(site)) == (SessionState.SUSPECT, SessionState.FINISHED, [2500])
    assert f"above the 1500 Wh at which session {two.id} began" in one.reasons[0]


async def test_a_start_of_zero_after_a_session_that_counted(site: Site, lab: Charger) -> None:
    await end(lab, await begin(lab, 60, 18_000), 50, 20_000)
    await end(lab, await begin(lab, 40, 0), 1, 10_500)
    _first, second = await sessions(site)
    assert (second.state, second.energy_wh) == (SessionState.SUSPECT, 10_500)
    assert "began at 0 Wh, below the 20000 Wh" in second.reasons[0]


async def test_a_station_that_counts_from_zero_each_time(site: Site, lab: Charger) -> None:
    await end(lab, await begin(lab, 60, 0), 50, 2000)
    await end(lab, await begin(lab, 40, 0), 1, 1500)
    assert await billed(site) == [2000, 1500]


async def test_a_stop_that_says_something_else_the_second_time(site: Site, lab: Charger) -> None:
    transaction_id = await begin(lab, 60, 1000)
    await end(lab, transaction_id, 10, 3000)
    await end(lab, transaction_id, 5, 9000, transactionData=meter_values([(30, [wh(2000)])]))
    assert await begin(lab, 60, 1000) == transaction_id
    assert await billed(site) == [2000]
    assert await site.server.incidents("another stop of session")


async def test_a_start_of_another_tag_at_the_same_instant_is_another_session(site: Site, lab: Charger) -> None:
    first = await begin(lab, 60, 1000)
    assert await begin(lab, 60, 1000, idTag="OTHER") != first


@pytest.mark.parametrize("named", [-1, 0])
async def test_a_stop_without_a_transaction_id_ends_the_only_session_it_can_mean(
    site: Site, lab: Charger, named: int
) -> None:
    transaction_id = await begin(lab, 60, 1000)
    await measured(lab, -1, 30, 2000)
    for _ in range(2):
        await end(lab, named, 1, 3000, idTag=TAG)
    (session,) = await sessions(site)
    assert (session.state, session.energy_wh) == (SessionState.SUSPECT, 2000)
    assert f"its stop named session {named}" in session.reasons[0]
    await end(lab, transaction_id, 1, 3100)
    (session,) = await sessions(site)
    assert (session.state, session.energy_wh, await billed(site)) == (SessionState.SUSPECT, 2100, [])


async def test_a_stop_that_overtakes_its_start(site: Site, lab: Charger) -> None:
    for _ in range(2):
        await end(lab, 4711, 1, 3000, idTag=TAG)
    (orphan,) = await site.server.db.read(orphans.listed)
    assert (orphan.transaction_id, orphan.meter_stop_wh, orphan.session_id) == ("4711", 3000, None)
    await begin(lab, 60, 1000)
    (session,) = await sessions(site)
    assert (session.state, session.energy_wh) == (SessionState.SUSPECT, 2000)
    (orphan,) = await site.server.db.read(orphans.listed)
    assert orphan.session_id == session.id


async def test_a_stop_that_nothing_fits_keeps_its_energy(site: Site, lab: Charger) -> None:
    data = meter_values([(60, [wh(1000, context="Transaction.Begin")]), (1, [finish(3000)])])
    await begin(lab, 30, 9000)
    await end(lab, -1, 1, 3000, idTag=TAG, transactionData=data)
    await end(lab, -1, 2, 9500)
    known, untagged = (await site.server.db.read(orphans.listed))[::-1]
    assert (known.energy_wh, known.session_id, untagged.energy_wh, untagged.session_id) == (2000, None, None, None)
    assert len(await site.server.db.read(overview.open_sessions)) == 1


async def test_the_operator_joins_a_stop_to_its_session(site: Site, lab: Charger) -> None:
    await begin(lab, 60, 1000)
    await end(lab, -1, 1, 3000)
    (orphan,) = await site.server.db.read(orphans.listed)
    (session,) = await site.server.db.read(overview.open_sessions)
    ended = await site.server.write(orphans.join, orphan.id, session.id, None)
    assert (ended.state, ended.energy_wh) == (SessionState.SUSPECT, 2000)


@pytest.fixture
async def thief(site: Site) -> AsyncIterator[Charger]:
    _station, key = await site.server.write(stations.add, OURS, "lab-2", "", 1)
    async with charger(site.server.ws, "lab-2", key) as connected:
        await connected.boot()
        yield connected


async def test_another_station_ends_nobody_elses_session(site: Site, lab: Charger, thief: Charger) -> None:
    theirs = await begin(lab, 60, 1000)
    await measured(thief, theirs, 30, 9000)
    await end(thief, theirs, 20, 9000, idTag=TAG)
    await begin(thief, 60, 1000)
    assert await sessions(site) == []
    await end(lab, theirs, 1, 3000)
    assert await billed(site) == [2000]
