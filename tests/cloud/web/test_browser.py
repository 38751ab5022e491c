"""Whole journeys in a real browser over TLS: signing in, watching, starting and stopping, on a desk and on a phone."""

from datetime import UTC, datetime

from playwright.async_api import expect

from cloud.domain.stations import ConnectorStatus
from cloud.services import stations
from cloud.services.bell import Topic
from tests.cloud.ocpp.charger import Charger
from tests.cloud.web import yard
from tests.cloud.web.relay import relay
from tests.cloud.web.serving import Served
from tests.cloud.web.window import DESK, PHONE, obey_start, obey_stop, sign_in, window
from tests.ours import OURS


async def test_a_change_is_seen_without_reloading(served: Served) -> None:
    async with window(served, DESK) as page:
        await sign_in(page, "/")
        gate = page.get_by_label("Connector 1").first
        await expect(gate).to_contain_text("Available")
        await page.evaluate("window.stillHere = true")
        await page.locator("#start-2-1").focus()
        now = datetime.now(UTC)
        await served.server.db.write(
            lambda conn: yard.status(conn, served.place.gate, 1, ConnectorStatus.PREPARING, now)
        )
        served.server.central.bell.ring(Topic.STATIONS)
        await expect(gate).to_contain_text("Preparing")
        await expect(page.get_by_role("status")).to_have_text("Gate, connector 1: Preparing")
        assert await page.evaluate("window.stillHere && document.activeElement.id") == "start-2-1"


async def test_what_is_being_pressed_stays_until_it_was_clicked(served: Served) -> None:
    async with window(served, DESK) as page:
        await sign_in(page, "/")
        link = page.locator("#start-2-1")
        box = await link.bounding_box()
        assert box is not None
        await page.mouse.move(box["x"] + 5, box["y"] + 5)
        await page.mouse.down()
        await page.evaluate("arrived('<p id=news>News</p>')")
        await expect(link).to_be_visible()
        await page.mouse.move(5, 5)
        await page.mouse.up()
        await expect(page.locator("#news")).to_be_visible()
        await expect(link).to_have_count(0)


async def test_a_remote_start_and_stop_are_followed_to_the_bill(served: Served, lab: Charger) -> None:
    async with window(served, PHONE) as page:
        await sign_in(page, "/")
        await page.get_by_role("link", name="Start charging Lab, connector 1").click()
        await page.get_by_label("Charge on behalf of this tag").select_option("Visitors (04FF****)")
        await page.get_by_role("button", name="Start charging").click()
        timeline = page.locator("#timeline")
        await expect(timeline).to_contain_text("Asked")
        await expect(timeline).to_contain_text("Waiting for the station's answer")
        await obey_start(lab)
        await expect(timeline).to_contain_text("Session started")
        assert await timeline.locator("strong").all_inner_texts() == [
            "Asked by ada",
            "Sent to the station",
            "Accepted by the station",
            "Session started",
        ]
        await page.get_by_role("link", name="See the session").click()
        await page.get_by_role("button", name="Stop charging").click()
        await obey_stop(lab)
        await expect(timeline).to_contain_text("Session stopped")
        await page.get_by_role("link", name="See the session").click()
        await page.locator("#to-bill").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text(f"Invoice {datetime.now(UTC).year}-0002")
        await expect(page.locator("tr.total")).to_contain_text("0.64 EUR")


async def test_a_lost_stream_is_told_and_comes_back(served: Served) -> None:
    async with relay(served.server.port) as wire, window(served, DESK) as page:
        await sign_in(page, f"https://localhost:{wire.port}/")
        lost, gate = page.locator("#lost"), page.get_by_label("Connector 1").first
        await expect(lost).to_be_hidden()
        wire.cut()
        await expect(lost).to_be_visible()
        await expect(lost).to_contain_text("Live updates are interrupted. What you see is from ")
        now = datetime.now(UTC)
        await served.server.db.write(
            lambda conn: yard.status(conn, served.place.gate, 1, ConnectorStatus.PREPARING, now)
        )
        await expect(gate).to_contain_text("Available")
        wire.mend()
        await expect(lost).to_be_hidden()
        await expect(gate).to_contain_text("Preparing")


async def test_signing_out_elsewhere_leads_to_the_form(served: Served) -> None:
    async with window(served, DESK) as page:
        await sign_in(page, "/attention")
        other = await page.context.new_page()
        await other.goto("/")
        await other.get_by_role("button", name="Sign out").click()
        await other.wait_for_url("**/sign-in")
        served.server.central.bell.ring(Topic.STATIONS)
        await page.wait_for_url("**/sign-in?next=/attention")


async def test_nothing_is_wider_than_a_phone(served: Served) -> None:
    place = served.place
    year = datetime.now(UTC).year
    paths = ("/", "/sessions", f"/sessions/{place.running}", f"/sessions/{place.suspect}", "/attention")
    now, wide = datetime.now(UTC), "W" * 60
    await served.server.db.write(lambda conn: stations.add(conn, OURS, wide, wide, 1, now))
    async with window(served, PHONE) as page:
        await sign_in(page, "/")
        for path in (*paths, f"/bills/{year}-0001", f"/stations/{place.gate}/connectors/1/start"):
            await page.goto(path)
            assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE[0], path
