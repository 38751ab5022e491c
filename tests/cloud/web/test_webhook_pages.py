"""Webhooks on the pages: added, tried with a real receiver, paused, deleted, a call sent again."""

import re
from html import unescape

import pytest

from cloud.db.queries import audit as audit_rows
from cloud.domain.audit import AuditSearch
from cloud.hooks.posting import Network
from cloud.hooks.sender import Sender
from tests.cloud.hooks.receiver import OK, receiving
from tests.cloud.web.conftest import Browser, Console
from tests.cloud.web.test_pages import words
from tests.cloud.web.yard import Yard
from tests.ours import OURS

NO = b"HTTP/1.1 503 Later\r\n\r\n"


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One kind is enough: the outbox has tests on both."""
    return sqlite_url


async def test_a_webhook_is_added_tried_failing_and_sent_again(console: Console, browser: Browser, place: Yard) -> None:
    async with receiving(None, NO, OK, OK) as receiver:
        sender = Sender(console.db, console.bell, Network(frozenset({"127.0.0.1"})), lambda: console.now)
        made = await browser.post("/webhooks", url=receiver.url(), events=["fault", "session.billed"])
        secret = re.search(r'id="secret" readonly value="(whsec_[^"]+)"', made.text)
        path = re.search(r'href="(/webhooks/\d+)"', made.text.split('id="secret"')[1])
        assert secret and path
        here = path[1]
        assert "Nothing was sent yet never 0 –" in words(await browser.page("/webhooks"))
        assert (await browser.post(f"{here}/test")).headers["location"] == here
        assert "A test" in words(await browser.page(here)) and "Waiting" in words(await browser.page(here))
        assert await sender.look() == 1
        failing = words(await browser.page(here))
        assert "Nothing arrives" in failing and "it answered 503 503 1" in failing and "tried again" in failing
        console.later(seconds=11)
        assert await sender.look() == 1
        arrived = words(await browser.page(here))
        assert "Works" in arrived and "Arrived 204 2 Send again" in arrived
        again = re.search(rf'action="({here}/calls/\d+/again)"', await browser.page(here))
        assert again
        await browser.post(again[1])
        assert await sender.look() == 1
        told = {got.headers["webhook-id"] for got in receiver.received}
        assert len(receiver.received) == 3 and len(told) == 1
        for page in ("/webhooks", here, "/audit"):
            assert unescape(secret[1]) not in unescape(await browser.page(page)), page


async def test_a_webhook_is_changed_paused_and_deleted(console: Console, browser: Browser, place: Yard) -> None:
    here = "/webhooks/1"
    assert "Paused" in words(await browser.page(here)) and "Send a test" not in await browser.page(here)
    assert (await browser.post(f"{here}/test")).status_code == 409
    await browser.post(f"{here}/admit", to="resume")
    assert "Send a test" in await browser.page(here)
    await browser.post(f"{here}/change", url="https://other.example.org/a", events=["fault"])
    assert "other.example.org A station reported a fault" in words(await browser.page("/webhooks"))
    await browser.post(f"{here}/admit", to="pause")
    assert "an operator disabled it" in await browser.page(here)
    assert (await browser.post(f"{here}/remove")).headers["location"] == "/webhooks"
    assert (await browser.client.get(here)).status_code == 404
    told = await console.db.read(lambda conn: audit_rows.latest(conn, OURS, AuditSearch(contains="webhook"), 9, None))
    done = [entry.action.removeprefix("webhook ") for entry in told if entry.user == "ada"]
    assert done == ["removed", "changed", "changed", "changed"]


async def test_an_address_that_cannot_be_is_refused_at_its_field(browser: Browser, place: Yard) -> None:
    for fields, said in (
        ({"url": "ftp://example.org", "events": "fault"}, "give an address such as"),
        ({"url": "https://user:secret@example.org", "events": "fault"}, "leave out user and password"),
        ({"url": "http://example.org", "events": "fault"}, "tls (https://) is needed"),
        ({"url": "https://192.168.1.9/", "events": "fault"}, "bollard_webhook_hosts may allow"),
        ({"url": "https://example.org"}, "aria-invalid"),
    ):
        refused = await browser.post("/webhooks", **fields)
        assert refused.status_code == 422 and said in refused.text.lower() and fields["url"] in refused.text


async def test_long_logs_of_calls_are_paged(console: Console, browser: Browser, place: Yard) -> None:
    await browser.post("/webhooks/1/admit", to="resume")
    for _ in range(51):
        await browser.post("/webhooks/1/test")
    first = await browser.page("/webhooks/1")
    following = re.search(r'href="(/webhooks/1\?after=\d+)"', first)
    assert following and first.count('id="call-') == 100
    assert (await browser.page(following[1])).count('id="call-') == 4
