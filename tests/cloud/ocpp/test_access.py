"""What the operator changes about a station's key reaches the stations' door and the open sockets."""

from collections.abc import Callable
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Origin, Subprotocol

from cloud.services import access
from tests.cloud.ocpp.central import running
from tests.cloud.ocpp.charger import charger
from tests.cloud.ocpp.conftest import Site, furnish
from tests.ours import OURS


async def refused(site: Site, key: bytes) -> int:
    """The HTTP status of a handshake that must fail."""
    with pytest.raises(InvalidStatus) as refusal:
        async with charger(site.server.ws, site.identity, key):
            pass
    status: int = refusal.value.response.status_code
    return status


@pytest.mark.parametrize("change", [access.new_key, access.disable])
async def test_a_socket_that_would_not_be_let_in_any_more_is_closed(
    database_url: str, change: Callable[..., Any]
) -> None:
    async with running(database_url, upkeep_interval_s=0.1) as server:
        site = await furnish(server)
        async with site.charger() as connected:
            await connected.boot()
            await server.write(change, OURS, site.identity, None)
            assert await connected.closed() == 1008
        assert await refused(site, site.key) == 401


async def test_a_station_without_a_key_comes_in_from_its_network_only(site: Site) -> None:
    await site.server.write(access.without_key, OURS, site.identity, "127.0.0.0/8", None)
    async with charger(site.server.ws, site.identity, b"") as connected:
        await connected.boot()
    page: dict[str, Any] = {"user_agent_header": "Mozilla/5.0 (X11)", "origin": Origin("https://evil.test")}
    with pytest.raises(InvalidStatus, match="401"):
        async with connect(f"{site.server.ws}/ocpp/{site.identity}", subprotocols=[Subprotocol("ocpp1.6")], **page):
            pass
    await site.server.write(access.without_key, OURS, site.identity, "10.0.0.0/8", None)
    assert await refused(site, b"") == await refused(site, site.key) == 401
