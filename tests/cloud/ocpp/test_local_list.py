"""A local list kept in step over a real socket, by the running server's own upkeep."""

import asyncio

from sqlalchemy import Connection

from cloud.domain.local_lists import LocalList
from cloud.services import local_lists, tags
from tests.cloud.ocpp.central import running
from tests.cloud.ocpp.charger import Charger
from tests.cloud.ocpp.conftest import TAG, Site, furnish
from tests.cloud.services.list_station import ListStation
from tests.ours import OURS


async def serve(charger: Charger, station: ListStation) -> None:
    """Answer whatever the server asks."""
    while True:
        message_id, action, payload = await charger.asked.get()
        await charger.answer(message_id, station.answer(action, payload))


def known(conn: Connection) -> LocalList:
    return local_lists.known(conn, 1)


async def in_step(site: Site, count: int) -> LocalList:
    return await site.server.eventually(
        known, lambda found: found.revision is not None and len(found.held or {}) == count
    )


async def test_a_list_follows_the_tags_and_the_stations_losses(database_url: str) -> None:
    async with running(database_url, upkeep_interval_s=0.1) as server:
        site, station = await furnish(server), ListStation(per_message=2)
        for name in ("A1", "A2", "A3"):
            await server.write(tags.add, OURS, name)
        await server.write(local_lists.keep, 1, True, None)
        async with site.charger() as connected:
            serving = asyncio.create_task(serve(connected, station))
            await connected.boot()
            await in_step(site, 4)
            assert set(station.held) == {TAG, "A1", "A2", "A3"}
            await server.write(tags.block, OURS, "A2")
            await server.eventually(known, lambda found: (found.held or {}).get("A2") == {"status": "Blocked"})
            assert station.held["A2"] == {"status": "Blocked"}
            station.version, station.held = 0, {}
            await connected.boot()
            await server.eventually(known, lambda _: len(station.held) == 4)
            assert [message["updateType"] for message in station.received].count("Full") == 2
            serving.cancel()
            await asyncio.wait({serving})
