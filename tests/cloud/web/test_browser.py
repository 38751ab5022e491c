"""Whole journeys in a real browser over TLS: signing in, watching, starting and stopping, on a desk and on a phone."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
import trustme
from playwright.async_api import ConsoleMessage, Page, async_playwright, expect

from cloud.domain.stations import ConnectorStatus
from cloud.services import stations
from cloud.services.bell import Topic
from tests.cloud.ocpp.charger import Charger, charger
from tests.cloud.web import yard
from tests.cloud.web.relay import relay
from tests.cloud.web.serving import Served, serving
from tests.cloud.web.yard import OPERATOR, PASSWORD

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
expect.set_options(timeout=20_000)
DESK, PHONE = (1400, 900), (360, 740)


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
async def served(sqlite_url: str, tmp_path: Path, authority: trustme.CA) -> AsyncIterator[Served]:
    pem = tmp_path / "localhost.pem"
    authority.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(str(pem))
    async with serving(sqlite_url, tls_cert=str(pem), tls_key=str(pem)) as served:
        yield served


@asynccontextmanager
async def window(served: Served, size: tuple[int, int]) -> AsyncIterator[Page]:
    """A browser window that has never been here; whatever the console complains of fails the test."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=[*ARGUMENTS])
        viewport = {"width": size[0], "height": size[1]}
        context = await browser.new_context(ignore_https_errors=True, viewport=viewport, base_url=served.server.http)
        page = await context.new_page()
        complaints = list[str]()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda message: complaints.append(message.text) if _matters(message) else None)
        yield page
        await browser.close()
        assert complaints == []


def _matters(message: ConsoleMessage) -> bool:
    return message.type == "error" and "net::ERR_" not in message.text


async def sign_in(page: Page, path: str) -> None:
    await page.goto(path)
    await page.get_by_label("Name").fill(OPERATOR)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    await page.wait_for_url(path)


@pytest.fixture
async def lab(served: Served, authority: trustme.CA) -> AsyncIterator[Charger]:
    """A new station, connected and booted."""
    trust = ssl.create_default_context()
    authority.configure_trust(trust)
    now = datetime.now(UTC)
    add = served.server.db.write(lambda conn: stations.add(conn, "lab-1", "Lab", 1, now))
    key = (await add)[1]
    async with charger(served.server.ws, "lab-1", key, ssl=trust) as connected:
        await connected.boot()
        yield connected


async def obey_start(station: Charger) -> int:
    """Accept the remote start and begin the session; returns its transaction id."""
    message_id, action, asked = await station.next_call()
    assert action == "RemoteStartTransaction"
    await station.answer(message_id, {"status": "Accepted"})
    begun = datetime.now(UTC).isoformat()
    start = {"connectorId": 1, "idTag": asked["idTag"], "meterStart": 1_000, "timestamp": begun}
    return int((await station.call("StartTransaction", start))["transactionId"])


async def obey_stop(station: Charger) -> None:
    message_id, action, asked = await station.next_call()
    assert action == "RemoteStopTransaction"
    await station.answer(message_id, {"status": "Accepted"})
    ended = datetime.now(UTC).isoformat()
    stop = {"transactionId": asked["transactionId"], "meterStop": 1_100, "timestamp": ended, "reason": "Remote"}
    await station.call("StopTransaction", stop)


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


async def test_a_remote_start_and_stop_are_followed_to_the_bill(served: Served, lab: Charger) -> None:
    async with window(served, PHONE) as page:
        await sign_in(page, "/")
        await page.get_by_role("link", name="Start charging Lab, connector 1").click()
        await page.get_by_label("Charge on behalf of this tag").select_option("Visitors · 04FF****")
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
        await page.get_by_role("link", name="Bill ").click()
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
    await served.server.db.write(lambda conn: stations.add(conn, wide, wide, 1, now))
    async with window(served, PHONE) as page:
        await sign_in(page, "/")
        for path in (*paths, f"/bills/{year}-0001", f"/stations/{place.gate}/connectors/1/start"):
            await page.goto(path)
            assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE[0], path
