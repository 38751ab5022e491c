"""`bollard demo` as a newcomer meets it: from an empty folder to a bill in the browser, again, and to a clean end."""

import asyncio
import os
import re
import signal
import socket
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright, expect

from bollard.demo.processes import Program
from tests.processes.actors import Actor

CHROMIUM = "/usr/bin/chromium"
BILL = r"cloud +bill (\S+) +lab-\d/1 +\d+\.\d{3} kWh +(\d+\.\d\d) EUR"
LEAVE_WITHIN_S = 20.0
QUICK = ("--no-color", "--speed", "300")


def demo_of(folder: Path, *words: str) -> Actor:
    """A demo of that data folder, not started yet."""
    return Actor(Program("demo", ("demo", "--data", str(folder), "--port", "0", *QUICK, *words)))


@pytest.fixture
async def demo(tmp_path: Path) -> AsyncIterator[Actor]:
    """A demo of an empty folder, not started yet."""
    actor = demo_of(tmp_path / "demo")
    yield actor
    await actor.leave()


def at_work(folder: Path) -> dict[int, str]:
    """Processes that work on that folder, with their command lines."""
    found = {}
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            words = path.read_bytes().replace(b"\0", b" ").decode()
            if str(folder) in words:
                found[int(path.parent.name)] = words
    return found


async def nobody_at_work(folder: Path) -> None:
    """Orphans are told to end when the demo is killed; they may take a moment."""
    by_s = time.monotonic() + LEAVE_WITHIN_S
    while at_work(folder) and time.monotonic() < by_s:
        await asyncio.sleep(0.05)
    assert at_work(folder) == {}


async def sign_in(page: Page, demo: Actor) -> None:
    await page.goto((await demo.says(r"page: +(https:\S+)"))[1])
    await page.get_by_label("Name").fill((await demo.says(r"Sign in as: +(\S+)"))[1])
    await page.get_by_label("Password").fill((await demo.says(r"Password: +(\S+)"))[1])
    await page.get_by_role("button", name="Sign in").click()


async def see_bill(demo: Actor, bill: re.Match[str]) -> None:
    """A headless browser signs in and finds the bill with its price."""
    async with async_playwright() as playwright:
        arguments = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        page = await browser.new_page(ignore_https_errors=True)
        await sign_in(page, demo)
        await page.get_by_role("link", name="Sessions").first.click()
        await page.get_by_role("link", name=bill[1]).first.click()
        await expect(page.get_by_text(bill[1]).first).to_be_visible()
        await expect(page.get_by_text(bill[2]).first).to_be_visible()
        await browser.close()


@pytest.mark.timeout(300)
async def test_from_nothing_to_a_bill_in_the_browser_and_on(demo: Actor, tmp_path: Path) -> None:
    await demo.enter()
    await see_bill(demo, await demo.says(BILL))
    os.killpg(demo.pid, signal.SIGINT)
    assert await demo.ends() == 0
    assert at_work(tmp_path) == {}
    password, bills = (await demo.says(r"Password: +(\S+)"))[1], len(bills_in(demo.lines))

    again = await demo_of(tmp_path / "demo", "--sessions", "1").enter()
    assert await again.ends() == 0
    assert at_work(tmp_path) == {}
    assert (await again.says(r"Password: +(\S+)"))[1] == password
    assert bills_in(again.lines)[0].endswith(f"-{bills + 1:04}")


def bills_in(lines: list[str]) -> list[str]:
    return [match[1] for line in lines if (match := re.search(BILL, line))]


async def test_a_taken_port_is_named(demo: Actor) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        demo.program = Program("demo", (*demo.program.words, "--port", str(port)))
        await demo.enter()
        assert await demo.ends() == 1
    assert demo.lines[-1] == (f"Port {port} on 127.0.0.1 cannot be used (Address already in use): try another --port.")


@pytest.mark.timeout(300)
async def test_however_it_ends_nobody_is_left(demo: Actor, tmp_path: Path) -> None:
    for number, status in ((signal.SIGTERM, 0), (signal.SIGHUP, 0), (signal.SIGKILL, -signal.SIGKILL)):
        begun = len(demo.lines)
        await demo.enter()
        await demo.says("lab-2 +online", begun)
        os.kill(demo.pid, number)
        assert await demo.ends() == status
        await nobody_at_work(tmp_path)


async def test_a_dead_process_is_named_and_ends_the_demo(demo: Actor, tmp_path: Path) -> None:
    await demo.enter()
    await demo.says("lab-2 +online")
    (world,) = [pid for pid, words in at_work(tmp_path).items() if " world " in words]
    os.kill(world, signal.SIGKILL)
    assert await demo.ends() == 1
    assert any(re.match("world ended by itself with status -9. Its last lines:", line) for line in demo.lines)
    assert at_work(tmp_path) == {}
