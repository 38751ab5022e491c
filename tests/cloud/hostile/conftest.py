"""A central system under attack, and a station that must not feel any of it."""

from collections.abc import AsyncIterator

import pytest

from cloud.services import overview
from tests.cloud.ocpp.central import PATIENCE_S, running
from tests.cloud.ocpp.charger import Charger
from tests.cloud.ocpp.conftest import Site, furnish
from tests.cloud.ocpp.test_session import ago, start


@pytest.fixture
async def site(sqlite_url: str) -> AsyncIterator[Site]:
    """Serving; what is attacked here is the same on every database."""
    async with running(sqlite_url, command_poll_s=PATIENCE_S * 2) as server:
        yield await furnish(server)


@pytest.fixture
async def witness(site: Site) -> AsyncIterator[Charger]:
    """A station in the middle of a session, which goes on during the attack and is billed right after it."""
    async with site.charger() as connected:
        await connected.boot()
        transaction_id = (await connected.call("StartTransaction", start(meterStart=0)))["transactionId"]
        yield connected
        await connected.call("Heartbeat")
        stop = {"transactionId": transaction_id, "meterStop": 1000, "timestamp": ago(1)}
        await connected.call("StopTransaction", stop)
    (bill,) = [each for each in await site.server.db.read(overview.bills) if each.document.parties.station == "lab-1"]
    assert bill.document.delivery.energy_wh == 1000
