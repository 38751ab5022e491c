"""A serving central system with a tariff, a tag and a station whose key is known."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from cloud.domain.tariffs import simple_terms
from cloud.services import stations, tags, tariffs
from tests.cloud.ocpp.central import PATIENCE_S, Running, running
from tests.cloud.ocpp.charger import Charger, charger
from tests.ours import OURS

TAG = "04A1B2C3D4"


@dataclass(frozen=True)
class Site:
    """A central system and the key of its station `lab-1`, which has two connectors."""

    server: Running
    key: bytes
    identity: str = "lab-1"

    def charger(self, **options: Any) -> Any:
        return charger(self.server.ws, self.identity, self.key, **options)


async def furnish(server: Running) -> Site:
    """0.39 EUR a kWh with 19 % VAT, one good tag, one station."""
    prices = simple_terms("EUR", Decimal("0.39"), Decimal(0), Decimal(19))
    await server.write(tariffs.add, OURS, "standard", prices)
    await server.write(tariffs.assign, OURS, "standard")
    await server.write(tags.add, OURS, TAG)
    _station, key = await server.write(stations.add, OURS, "lab-1", "Lab", 2)
    return Site(server, key)


@pytest.fixture
async def site(database_url: str) -> AsyncIterator[Site]:
    async with running(database_url, command_poll_s=PATIENCE_S * 2) as server:
        yield await furnish(server)


@pytest.fixture
async def lab(site: Site) -> AsyncIterator[Charger]:
    """The station, connected and booted."""
    async with site.charger() as connected:
        await connected.boot()
        yield connected
