"""A real browser for journeys, and a station that does as it is asked."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from playwright.async_api import ConsoleMessage, Page, async_playwright, expect

from tests.cloud.ocpp.charger import Charger
from tests.cloud.web.serving import Served
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
SCREENS = Path(__file__).parents[3] / "build" / "screens"


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


async def sign_in(page: Page, path: str, name: str = OPERATOR) -> None:
    """With the password that everybody has in tests."""
    await page.goto(path)
    await page.get_by_label("Name").fill(name)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    await page.wait_for_url(path)


async def shots(page: Page, name: str) -> None:
    """Leaves the page as a desk and as a phone show it, for people to look at."""
    before = page.viewport_size
    for width, height in (DESK, PHONE):
        await page.set_viewport_size({"width": width, "height": height})
        await page.screenshot(path=SCREENS / f"{name}-{width}.png", full_page=True)
    if before:
        await page.set_viewport_size(before)


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
