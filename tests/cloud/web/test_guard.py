"""Every route, whatever is added later: nobody passes unsigned, nothing is done without the form's token."""

from collections.abc import Iterator
from itertools import product

import httpx
import pytest
from sqlalchemy import Connection, func, select
from starlette.routing import BaseRoute, Mount, Route

from cloud.db.database import Database
from cloud.db.errors import Unavailable
from cloud.db.tables import audit_log, command
from cloud.web import ACTIONS, PAGES
from cloud.web.headers import HEADERS
from tests.cloud.web.conftest import Browser, Console
from tests.cloud.web.yard import Yard

PUBLIC = {"/favicon.ico", "/sign-in", "/password", "/forgot", "/sign-in/code"}


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One kind is enough: what is tested here does not depend on it."""
    return sqlite_url


def routes(console: Console) -> Iterator[Route]:
    mounted: list[BaseRoute] = console.routes
    for mount in mounted:
        assert isinstance(mount, Mount)
        if mount.path:
            continue  # the API, which has keys of its own: tests/cloud/web/api
        yield from (route for route in mount.routes if isinstance(route, Route) and route.path not in PUBLIC)


def address(route: Route) -> str:
    ids = dict.fromkeys(route.param_convertors, 1)
    return route.path_format.format(**ids | {"number": "2026-0001", "kind": "Reset"})


def done(conn: Connection) -> tuple[int, int]:
    counts = (select(func.count()).select_from(table) for table in (command, audit_log))
    first, second = (conn.execute(count).scalar_one() for count in counts)
    return first, second


async def test_nobody_passes_unsigned(console: Console, place: Yard) -> None:
    checked = list(routes(console))
    assert len(checked) > len(PAGES) + len(ACTIONS)
    before = await console.db.read(done)
    async with console.browser() as stranger:
        for route in checked:
            method = "POST" if "POST" in (route.methods or ()) else "GET"
            answer = await stranger.request(
                method, address(route), data={"tag": "1", "csrf": "x"} if method == "POST" else None
            )
            if route.path.endswith("/live"):
                assert answer.status_code == 401, route.path
            else:
                assert answer.status_code == 303, route.path
                assert answer.headers["location"].startswith("/sign-in")
    assert await console.db.read(done) == before


async def test_nothing_is_done_without_the_token(console: Console, browser: Browser, place: Yard) -> None:
    posts = [route for route in routes(console) if "POST" in (route.methods or ())]
    assert len(posts) == len(ACTIONS) + len(("/sign-out", "/me/password"))
    before = await console.db.read(done)
    tokens: tuple[dict[str, str], ...] = ({}, {"csrf": ""}, {"csrf": "0" * 64}, {"csrf": "ü"})
    for route, token in product(posts, tokens):
        refused = await browser.client.post(address(route), data={"tag": "1", "decision": "bill", **token})
        assert refused.status_code == 403, route.path
        assert "form is out of date" in refused.text
    assert await console.db.read(done) == before


async def test_every_answer_carries_the_security_headers(browser: Browser, place: Yard) -> None:
    for path in ("/", "/sign-in", "/nowhere", "/static/live.js", "/static/nothing", "/sessions/1/stop"):
        headers = (await browser.client.get(path)).headers
        assert {name: headers[name] for name in HEADERS} == HEADERS, path
    policy = HEADERS["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy


async def test_pages_are_not_kept_by_browsers_but_our_files_are(browser: Browser) -> None:
    page = await browser.client.get("/")
    assert page.headers["cache-control"] == "no-store"
    style = page.text.split('rel="stylesheet" href="')[1].split('"')[0]
    assert "immutable" in (await browser.client.get(style)).headers["cache-control"]
    assert (await browser.client.get("/static/bollard.css")).headers["cache-control"] == "no-store"


async def test_a_form_that_is_too_large_is_refused(browser: Browser) -> None:
    refused = await browser.client.post("/sign-out", content=b"x" * 70_000)
    assert refused.status_code == 413
    assert {name: refused.headers[name] for name in HEADERS} == HEADERS


async def test_what_is_not_there_is_told_in_words(browser: Browser, place: Yard) -> None:
    missing = ("/sessions/999", "/bills/2026-9999", "/stations/1/connectors/99/start", "/commands/999")
    for path in ("/nowhere", *missing):
        answer = await browser.client.get(path)
        assert answer.status_code == 404, path
        assert "There is nothing here" in answer.text


async def test_a_database_that_is_away_is_told_in_words(
    console: Console, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object) -> None:
        raise Unavailable("stopped")

    monkeypatch.setattr(Database, "read", away)
    for path in ("/", "/sign-in"):
        answer = await browser.client.get(path)
        assert answer.status_code == 503
        assert "The database is unavailable" in answer.text
        assert answer.headers["retry-after"]
    assert (await browser.client.get("/live")).status_code == 503


async def test_our_own_mistake_is_told_in_words_and_not_hidden(
    console: Console, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(Database, "read", broken)
    with pytest.raises(RuntimeError):
        await browser.client.get("/")
    transport = httpx.ASGITransport(console.app, raise_app_exceptions=False)
    cookies = browser.client.cookies
    async with httpx.AsyncClient(transport=transport, base_url="https://console.test", cookies=cookies) as client:
        answer = await client.get("/")
    assert answer.status_code == 500
    assert "Something went wrong on our side" in answer.text
    assert "a bug" not in answer.text
    assert answer.headers["content-security-policy"]
