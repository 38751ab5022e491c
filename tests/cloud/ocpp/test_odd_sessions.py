"""Every oddity of the field, played over a real socket: the right energy or a plain reason, never an error."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from cloud.domain.sessions import SessionState
from cloud.domain.views import SessionRow
from cloud.services import overview, stations, tags
from tests.cloud.ocpp.charger import Charger, charger
from tests.cloud.ocpp.conftest import Site
from tests.cloud.ocpp.oddities import ODDITIES, Oddity, ago, meter_values
from tests.ours import OURS

RATING_W = 22_000


@asynccontextmanager
async def station(site: Site, identity: str) -> AsyncIterator[Charger]:
    _station, key = await site.server.write(stations.add, OURS, identity, "", 2, max_power_w=RATING_W)
    async with charger(site.server.ws, identity, key) as connected:
        await connected.boot()
        yield connected


async def told(site: Site, identity: str) -> list[SessionRow]:
    """The station's sessions that have ended, the oldest first."""
    ended = await site.server.db.read(lambda conn: overview.ended_sessions(conn, limit=500))
    return [row for row in reversed(ended) if row.identity == identity]


async def play(connected: Charger, odd: Oddity, tag: str) -> None:
    report = {"connectorId": 1, "idTag": tag, "meterStart": 1000, "timestamp": ago(60)} | odd.start
    place = {"connectorId": report["connectorId"]}
    place["transactionId"] = (await connected.call("StartTransaction", report))["transactionId"]
    for values in odd.meter:
        assert await connected.call("MeterValues", {**place, "meterValue": meter_values(values)}) == {}
    stop = {"transactionId": place["transactionId"], "meterStop": 6000, "timestamp": ago(1)} | odd.stop
    await connected.call("StopTransaction", stop | ({"transactionData": meter_values(odd.data)} if odd.data else {}))
    for values in odd.late:
        assert await connected.call("MeterValues", {**place, "meterValue": meter_values(values)}) == {}


async def test_every_oddity_ends_in_the_right_energy_or_a_plain_reason(site: Site, subtests: pytest.Subtests) -> None:
    for number, odd in enumerate(ODDITIES):
        with subtests.test(story=odd.story):
            identity, tag = f"odd-{number}", f"TAG{number}"
            await site.server.write(tags.add, OURS, tag)
            async with station(site, identity) as connected:
                await play(connected, odd, tag)
            (session,) = await told(site, identity)
            assert session.energy_wh == odd.energy_wh
            assert (session.state is SessionState.SUSPECT) == bool(odd.reason)
            assert odd.reason in "; ".join(session.reasons)
            assert (session.bill is None) == (bool(odd.reason) and odd.billed_wh is None)
