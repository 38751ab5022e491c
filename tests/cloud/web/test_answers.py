"""What surrounds an answer: packed where that is safe, asked for by its head only, or already kept by the browser."""

import asyncio
import re

import pytest

from cloud.web import PAGES
from cloud.web.headers import HEADERS
from tests.cloud.web.conftest import Browser, Console
from tests.cloud.web.test_guard import address, routes
from tests.cloud.web.yard import Yard


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One kind is enough: what is tested here does not depend on it."""
    return sqlite_url


@pytest.mark.parametrize(
    ("asked_by", "packed"),
    [("same-origin", True), ("none", True), ("same-site", False), ("cross-site", False), ("", False)],
)
async def test_a_page_is_packed_only_for_our_own_pages_and_typed_addresses(
    browser: Browser, place: Yard, asked_by: str, packed: bool
) -> None:
    headers = {"Sec-Fetch-Site": asked_by} if asked_by else {}
    answer = await browser.client.get("/", headers=headers)
    assert (answer.headers.get("content-encoding") == "gzip") == packed
    assert "North hall" in answer.text


async def test_what_carries_no_cookie_is_packed(console: Console) -> None:
    async with console.browser() as stranger:
        style = re.search(r'href="(/static/bollard.css[^"]*)"', (await stranger.get("/sign-in")).text)
        assert style
        stranger.cookies.clear()
        answer = await stranger.get(style[1], headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["vary"] == "Accept-Encoding"
    assert "immutable" in answer.headers["cache-control"]


async def test_a_stream_is_never_packed(browser: Browser, place: Yard) -> None:
    answer = await browser.client.head("/live", headers={"Sec-Fetch-Site": "same-origin"})
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert "content-encoding" not in answer.headers


async def test_the_head_of_everything_ends(console: Console, browser: Browser, place: Yard) -> None:
    checked = [route for route in routes(console) if "POST" not in (route.methods or ())]
    assert len(checked) > len(PAGES)
    for route in checked:
        path = address(route)
        async with asyncio.timeout(10):
            head = await browser.client.head(path)
        if path.endswith("/live"):
            continue
        assert head.status_code == (await browser.client.get(path)).status_code, path


async def test_a_file_that_has_not_changed_is_not_sent_again(browser: Browser) -> None:
    first = await browser.client.get("/static/bollard.css?v=1")
    again = await browser.client.get("/static/bollard.css?v=1", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert {name: again.headers[name] for name in HEADERS} == HEADERS
    assert "immutable" in again.headers["cache-control"]
    other = await browser.client.get("/static/bollard.css?v=1", headers={"If-None-Match": '"other"'})
    assert (other.status_code, other.content) == (200, first.content)


async def test_an_icon_is_found_where_browsers_look_for_it(console: Console) -> None:
    async with console.browser() as stranger:
        there = await stranger.get("/favicon.ico")
        icon = await stranger.get(there.headers["location"])
    assert there.status_code == 308
    assert icon.headers["content-type"] == "image/svg+xml"
