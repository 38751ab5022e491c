"""A new station from its first knock to its first session; who may not, and who sees only the own site."""

import re
import ssl
from datetime import UTC, datetime

import pytest
import trustme
from playwright.async_api import expect
from sqlalchemy import Connection
from websockets.exceptions import InvalidStatus

from cloud.db.queries import places
from cloud.domain.people import Role
from cloud.services import stations, users
from tests.cloud.ocpp.charger import charger
from tests.cloud.web.serving import Served
from tests.cloud.web.window import DESK, obey_start, obey_stop, shots, sign_in, window
from tests.cloud.web.yard import HASH
from tests.ours import OURS


async def test_a_pending_station_is_onboarded_and_charges(served: Served, authority: trustme.CA) -> None:
    trust = ssl.create_default_context()
    authority.configure_trust(trust)
    with pytest.raises(InvalidStatus):
        async with charger(served.server.ws, "barn-4", b"anything", ssl=trust):
            pass
    async with window(served, DESK) as page:
        await sign_in(page, "/attention")
        await page.get_by_role("link", name="Add it barn-4").click()
        await expect(page.get_by_text("barn-4 asked to connect from")).to_be_visible()
        await page.get_by_label("Name for people").fill("Barn")
        await shots(page, "onboarding")
        await page.get_by_role("button", name="Add the station").click()
        key = await page.locator("#key").inner_text()
        assert f'key = "{key}"' in await page.locator("#settings").inner_text()
        address = f"{served.server.ws}/ocpp"
        assert f'url = "{address}"' in await page.locator("#settings").inner_text()
        await page.get_by_role("link", name="To the station").click()
        await expect(page.locator("#state")).to_contain_text("Never connected")
        async with charger(served.server.ws, "barn-4", bytes.fromhex(key), ssl=trust) as barn:
            await barn.boot()
            await expect(page.locator("#state")).to_contain_text("Online")
            await expect(page.locator("#facts")).to_contain_text("Test T1")
            await page.get_by_role("link", name="Commands").click()
            await page.get_by_role("link", name="Remote start").click()
            await page.get_by_label("Tag").select_option("Visitors (04FF****)")
            await page.get_by_role("button", name="Send").click()
            timeline = page.locator("#timeline")
            await expect(timeline).to_contain_text("Waiting for the station's answer")
            await obey_start(barn)
            await expect(timeline).to_contain_text("Session started")
            await shots(page, "remote-start")
            await page.get_by_role("link", name="See the session").click()
            await page.get_by_role("button", name="Stop charging").click()
            await obey_stop(barn)
            await expect(timeline).to_contain_text("Session stopped")
            await page.get_by_role("link", name="To the station").click()
            await expect(page.locator("#commands").get_by_role("link")).to_have_text(["Remote stop", "Remote start"])
            await shots(page, "station")


async def test_a_viewer_may_not_and_a_site_operator_sees_the_own_site(served: Served) -> None:
    now = datetime.now(UTC)

    def furnish(conn: Connection) -> None:
        places.add_site(conn, OURS, "Harbour")
        stations.add(conn, OURS, "quay-1", "Quay", 1, now, site="Harbour")
        users.create(conn, OURS, "vic", HASH, now, role=Role.VIEWER)
        users.create(conn, OURS, "sue", HASH, now, role=Role.OPERATOR, sites=("Harbour",))

    await served.server.db.write(furnish)
    async with window(served, DESK) as page:
        await sign_in(page, "/", "vic")
        await expect(page.locator("#sites")).to_contain_text("Harbour")
        await page.get_by_role("link", name="North hall").click()
        await expect(page.locator("#state")).to_contain_text("Online")
        tabs = page.get_by_role("navigation", name="Pages of this station").get_by_role("link")
        assert await tabs.all_inner_texts() == ["Overview", "Limits and lists"]
        assert await page.get_by_role("link", name=re.compile("Start charging")).count() == 0
        await shots(page, "viewer")
        assert (await page.request.get(f"/stations/{served.place.hall}/commands/Reset")).status == 403
        await page.get_by_role("button", name="Sign out").click()
        await sign_in(page, "/", "sue")
        assert await page.locator(".station h2").all_inner_texts() == ["Quay"]
        await expect(page.locator("#summary")).to_contain_text("of 1")
        await shots(page, "site-operator")
        assert (await page.request.get(f"/stations/{served.place.hall}")).status == 404
        await page.get_by_role("link", name="Quay", exact=True).click()
        await expect(page.get_by_role("link", name=re.compile("Start charging"))).to_be_visible()
