"""The page of programs' keys: made with what is ticked, shown once, revoked."""

import re

import pytest
from sqlalchemy import Connection

from cloud.db.queries import places
from cloud.services import api_keys
from tests.cloud.web.api.conftest import program
from tests.cloud.web.conftest import Browser, Console
from tests.cloud.web.test_pages import words
from tests.cloud.web.yard import Yard
from tests.ours import OURS


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One kind is enough: the queries have tests on both."""
    return sqlite_url


async def test_a_key_is_made_shown_once_and_revoked(console: Console, browser: Browser, place: Yard) -> None:
    await console.db.write(lambda conn: places.add_site(conn, OURS, "Harbour"))
    wanted = {"name": "Billing <b>", "permission": ["look", "command"], "site": "Main site", "days": "30"}
    made = await browser.post("/api-keys", **wanted)
    (text,) = re.findall(r"bol_[0-9a-f]{16}_[\w-]{43}", made.text)
    assert (made.status_code, made.headers["cache-control"]) == (200, "no-store")
    async with program(console, text) as client:
        assert len((await client.get("/stations"))["items"]) == 3
        await client.get("/tags", 403)
    page = await browser.page("/api-keys")
    assert text not in page and text[:20] in page
    assert "Billing &lt;b&gt;" in page and "Main site" in page
    assert (await browser.post("/api-keys/1/revoke")).headers["location"] == "/api-keys"
    assert "/api-keys/1/revoke" not in await browser.page("/api-keys")
    async with program(console, text) as client:
        await client.get("/stations", 401)
    await browser.post("/api-keys", **wanted | {"days": "0"})
    assert "expires at never" in words(await browser.page("/audit"))


async def test_what_no_key_can_be_is_told(console: Console, browser: Browser) -> None:
    for wrong in ({"name": ""}, {"permission": []}, {"permission": "dance"}, {"days": "7"}, {"site": "Nowhere"}):
        answer = await browser.post("/api-keys", **{"name": "x", "permission": "look", "days": "30", **wrong})
        assert answer.status_code in (409, 422), wrong
    assert (await browser.post("/api-keys/999/revoke")).status_code == 404

    def keys(conn: Connection) -> int:
        return len(api_keys.listed(conn, OURS))

    assert await console.db.read(keys) == 0
