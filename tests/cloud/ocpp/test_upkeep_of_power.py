"""What sites draw is kept while the server runs, though nobody looks."""

from datetime import timedelta

from cloud.db.queries import load, places
from cloud.ocpp import upkeep
from tests.cloud.ocpp.central import running
from tests.ours import OURS


async def test_upkeep_keeps_the_power_of_sites(sqlite_url: str) -> None:
    async with running(sqlite_url) as server:
        await server.db.write(lambda conn: places.add_site(conn, OURS, "Harbour"))
        await upkeep.look(server.central)
        since = server.central.now() - timedelta(minutes=10)
        kept = await server.db.read(lambda conn: load.power(conn, since))
    assert [power_w for _, power_w in kept] == [0]
