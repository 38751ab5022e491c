"""Every page in a real browser, in each language, on a desk and on a narrow phone: no complaint, no finding of axe,
nothing wider than the screen, everything within reach of the keyboard."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, async_playwright
from sqlalchemy import Connection
from starlette.routing import Route

from cloud.domain.commands import CommandKind
from cloud.services import commands
from cloud.web import PAGES
from cloud.web.guard import SIGN_IN_COOKIE
from tests.cloud.web.serving import Served, serving
from tests.cloud.web.test_guard import PUBLIC, address
from tests.cloud.web.window import ARGUMENTS, CHROMIUM
from tests.foreign import node

DESK, PHONE = {"width": 1280, "height": 900}, {"width": 320, "height": 640}
NOWHERE = "/nowhere"
KEYBOARD_PAGES = ("/", "/sessions", "/stations/1/connectors/2/start")
MOST_STOPS = 400
AXE = """async () => (await axe.run(document, {resultTypes: ["violations"]})).violations
    .filter((found) => ["serious", "critical"].includes(found.impact))
    .map((found) => `${found.id}: ${found.nodes[0].html}`)"""
TOO_WIDE = """() => document.documentElement.scrollWidth - document.documentElement.clientWidth"""
MOVING = """() => document.getAnimations().length"""
FOCUSED = """() => {
    const here = document.activeElement, style = getComputedStyle(here), box = here.getBoundingClientRect();
    const outlined = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
    const shown = box.width > 0 && box.bottom > 0 && box.top < innerHeight && box.right > 0;
    return {name: here.outerHTML.slice(0, 90), place: [...document.querySelectorAll("*")].indexOf(here),
            body: here === document.body, seen: outlined && shown};
}"""
REACHABLE = """() => [...document.querySelectorAll("a[href], button, input, select, textarea, summary")]
    .filter((one) => one.type !== "hidden" && !one.disabled && one.checkVisibility()).length"""


@dataclass(frozen=True)
class Seat:
    """How somebody looks at the pages."""

    language: str
    size: dict[str, int]
    scheme: str
    motion: str = "no-preference"


SEATS = (Seat("en", DESK, "light"), Seat("de", PHONE, "dark", "reduce"))
ALL_SEATS = (*SEATS, *(Seat(*seat) for seat in (("en", PHONE, "light"), ("de", DESK, "dark"), ("en", DESK, "dark"))))


@dataclass
class Walk:
    """One look at page after page; `findings` says what was wrong where."""

    page: Page
    seat: Seat
    axe: str
    inside: bool
    findings: list[str] = field(default_factory=list)

    def note(self, what: str) -> None:
        self.findings.append(f"{self.page.url.partition('/')[2]} ({self.seat.language}, {self.seat.scheme}): {what}")

    def complained(self, message: ConsoleMessage) -> None:
        if message.type == "error" and NOWHERE not in str(message.location):
            self.note(message.text)

    async def look_at(self, path: str, *, judged: bool) -> None:
        answer = await self.page.goto(path)
        if (
            answer is None
            or answer.status != (404 if path == NOWHERE else 200)
            or (self.inside and not self.page.url.endswith(path))
        ):
            return self.note(f"{path} answered {answer and answer.status}")
        if judged:
            await self.page.evaluate(self.axe)
            for finding in await self.page.evaluate(AXE):
                self.note(finding)
        if self.seat.motion == "reduce" and await self.page.evaluate(MOVING):
            self.note("moves though less motion is wanted")
        for size in (self.seat.size, PHONE if self.seat.size is DESK else DESK):
            await self.page.set_viewport_size(size)
            if (wider := await self.page.evaluate(TOO_WIDE)) > 0:
                self.note(f"is {wider} px wider than {size['width']} px")
        await self.page.set_viewport_size(self.seat.size)


@pytest.fixture
async def served(sqlite_url: str) -> AsyncIterator[Served]:
    async with serving(sqlite_url) as served:
        await served.server.db.write(asked)
        yield served


def asked(conn: Connection) -> None:
    commands.put(conn, CommandKind.CLEAR_CACHE, 1, {}, None, datetime.now(UTC))


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=[*ARGUMENTS])
        yield browser
        await browser.close()


async def seated(browser: Browser, served: Served, seat: Seat, *, signed_in: bool = True) -> BrowserContext:
    options: dict[str, Any] = {"viewport": seat.size, "color_scheme": seat.scheme, "reduced_motion": seat.motion}
    context = await browser.new_context(locale=seat.language, base_url=served.server.http, **options)
    if signed_in:
        url = served.server.http.replace("http:", "https:")
        await context.add_cookies([{"name": SIGN_IN_COOKIE, "value": served.token, "url": url, "secure": True}])
    return context


def paths() -> list[str]:
    """Every page of the tables, with what the furnished site has, and the page of an error."""
    named = [address(Route(page.path, asked)) for page in PAGES]
    year = datetime.now(UTC).year
    return [NOWHERE, *(path.replace("2026-0001", f"{year}-0001") for path in named)]


async def looked(served: Served, seats: tuple[Seat, ...], *, turns: bool = False) -> list[str]:
    """What was wrong on any page from any of these seats; axe judges from each, or from one in turn."""
    node.install()
    axe = (node.HERE / "node_modules" / "axe-core" / "axe.min.js").read_text()
    findings = list[str]()
    async with chromium() as browser:
        for number, seat in enumerate(seats):
            for signed_in in (True, False):
                context = await seated(browser, served, seat, signed_in=signed_in)
                walk = Walk(await context.new_page(), seat, axe, signed_in, findings)
                walk.page.on("console", walk.complained)
                walk.page.on("pageerror", lambda error, walk=walk: walk.note(str(error)))
                own = paths() if signed_in else sorted(PUBLIC - {"/favicon.ico"})
                for turn, path in enumerate(own):
                    await walk.look_at(path, judged=not turns or turn % len(seats) == number)
                await walk.page.close()
                await context.close()
    return findings


async def test_every_page_is_well_on_a_desk_and_on_a_phone(served: Served) -> None:
    assert "\n".join(await looked(served, SEATS, turns=True)) == ""


@pytest.mark.soak
@pytest.mark.timeout(600)
async def test_every_page_is_well_from_every_seat(served: Served) -> None:
    assert "\n".join(await looked(served, ALL_SEATS)) == ""


async def test_the_keyboard_reaches_everything_in_order_and_shows_where_it_is(served: Served) -> None:
    async with chromium() as browser:
        context = await seated(browser, served, SEATS[0])
        page = await context.new_page()
        for path in KEYBOARD_PAGES:
            await page.goto(path)
            await skipped_to_the_content(page)
            await page.goto(path)
            stops = await tabbed(page)
            assert [stop["name"] for stop in stops if not stop["seen"]] == [], path
            assert [stop["place"] for stop in stops] == sorted(stop["place"] for stop in stops), path
            assert len(stops) == await page.evaluate(REACHABLE), path


async def skipped_to_the_content(page: Page) -> None:
    """The first stop leads past the navigation."""
    await page.keyboard.press("Tab")
    assert 'href="#main"' in (await page.evaluate(FOCUSED))["name"]
    await page.keyboard.press("Enter")
    assert await page.evaluate("document.activeElement.id") == "main"


async def tabbed(page: Page) -> list[dict[str, Any]]:
    """Where the Tab key stops until it has been everywhere; a date is one stop, though its parts are several."""
    stops = list[dict[str, Any]]()
    while len(stops) < MOST_STOPS:
        await page.keyboard.press("Tab")
        stop = await page.evaluate(FOCUSED)
        if stop["body"] or (stops and stop["place"] == stops[0]["place"]):
            return stops
        if stops and stop["place"] == stops[-1]["place"]:
            stops[-1]["seen"] |= stop["seen"]
        else:
            stops.append(stop)
    raise AssertionError(f"the Tab key never came round on {page.url}")
