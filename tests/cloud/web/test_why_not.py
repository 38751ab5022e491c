"""Why a station does not charge stands on its page, whatever the reason is."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import httpx
import pytest
from sqlalchemy import Connection

from cloud.domain.accounts import PaymentTerms
from cloud.domain.people import Role
from cloud.services import accounts, remote, sites, stations, tags, users
from cloud.services.errors import NotNow
from cloud.web.guard import SIGN_IN_COOKIE
from tests.cloud.ocpp.charger import Charger, charger
from tests.cloud.web.serving import Served, serving
from tests.cloud.web.test_pages import words
from tests.cloud.web.yard import HASH, OPERATOR, PASSWORD
from tests.ours import OURS


@pytest.fixture
async def served(sqlite_url: str) -> AsyncIterator[Served]:
    async with serving(sqlite_url) as served:
        yield served


def furnish(conn: Connection) -> bytes:
    """A station, a tag whose wallet is empty, and a site without a tariff."""
    now = datetime.now(UTC)
    accounts.add(conn, OURS, "Empty", now, terms=PaymentTerms.PREPAID, currency="EUR")
    tags.add(conn, OURS, "E0E0E0E0", now)
    accounts.link(conn, OURS, "E0E0E0E0", "Empty", now)
    sites.add(conn, OURS, sites.SiteTerms("Bare", None, None), now)
    stations.add(conn, OURS, "bare-1", "Bare", 1, now, site="Bare")
    return stations.add(conn, OURS, "lab-1", "Lab", 2, now)[1]


async def test_what_a_wallet_holds_is_for_the_office_only(served: Served) -> None:
    key = await served.server.db.write(furnish)
    now = datetime.now(UTC)
    await served.server.db.write(lambda conn: users.create(conn, OURS, "tess", HASH, now, role=Role.TECHNICIAN))
    async with charger(served.server.ws, "lab-1", key) as lab:
        await lab.boot()
        start = {"connectorId": 1, "idTag": "E0E0E0E0", "meterStart": 1, "timestamp": now.isoformat()}
        assert (await lab.call("StartTransaction", start))["idTagInfo"]["status"] == "Blocked"
    for name, told in ((OPERATOR, "the wallet of empty has 0.00 eur"), ("tess", "the money of its driver")):
        token = await users.sign_in(served.server.db, name, PASSWORD, now)
        async with httpx.AsyncClient(base_url=served.server.http) as client:
            shown = await client.get(
                f"/sessions/{served.place.running + 1}", headers={"Cookie": f"{SIGN_IN_COOKIE}={token}"}
            )
        assert f"refused at the start: {told}".lower() in words(shown.text).lower()
    with pytest.raises(NotNow, match="may not charge there: the money of its driver"):
        await served.server.db.write(lambda conn: remote.check(conn, 1, 1, "E0E0E0E0", now))


async def page(served: Served, identity: str) -> str:
    found = await served.server.db.read(lambda conn: stations.find(conn, OURS, identity))
    async with httpx.AsyncClient(base_url=served.server.http, headers=served.cookie) as client:
        return words((await client.get(f"/stations/{found.id}")).text)


async def shows(served: Served, *wanted: str) -> None:
    """The page says all of it, at the latest once what is noted aside has been."""
    async with asyncio.timeout(10):
        while [each for each in wanted if each not in await page(served, "lab-1")]:
            await asyncio.sleep(0.05)


async def status(lab: Charger, connector: int, word: str, error: str = "NoError") -> None:
    await lab.call("StatusNotification", {"connectorId": connector, "status": word, "errorCode": error})


async def test_the_page_says_why(served: Served) -> None:
    key = await served.server.db.write(furnish)
    assert "Never connected" in await page(served, "lab-1")
    assert "Neither the station nor its site has a tariff" in await page(served, "bare-1")
    async with charger(served.server.ws, "lab-1", key) as lab:
        await lab.boot()
        for tag in ("0BAD0BAD", "BEEFBEEF", "E0E0E0E0"):
            assert (await lab.call("Authorize", {"idTag": tag}))["idTagInfo"]["status"] != "Accepted"
        await shows(
            served,
            "0BAD**** was refused: the tag is blocked",
            "BEEF**** was refused: nobody knows the tag",
            "E0E0**** was refused: the money",
        )
        for word, why in {
            "SuspendedEV": "the car takes none",
            "SuspendedEVSE": "gives no energy",
            "Reserved": "Only the tag that it is reserved for",
            "Unavailable": "until it is made available again",
            "Preparing": "the other one is still missing",
        }.items():
            await status(lab, 1, word)
            await shows(served, why)
        await status(lab, 1, "Faulted", "HighTemperature")
        await shows(served, "Too hot")
    await shows(served, "Offline")
