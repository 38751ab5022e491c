"""Setting up a second factor on the pages, signing in with it, and an owner who removes it."""

import base64
import re

import pytest

from cloud.domain import totp
from cloud.services import users
from cloud.web.guard import HALFWAY_COOKIE, SIGN_IN_COOKIE
from tests.cloud.web.conftest import Browser, Console
from tests.cloud.web.test_pages import words
from tests.cloud.web.test_sign_in import attempt
from tests.cloud.web.yard import HASH, OPERATOR, PASSWORD
from tests.ours import OURS


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One kind is enough: the service has tests on both."""
    return sqlite_url


async def enrol(console: Console, browser: Browser) -> bytes:
    shown = await browser.post("/me/second-factor/begin")
    letters = re.search(r'id="letters">([A-Z2-7 ]+)<', shown.text)
    assert letters and 'class="qr"' in shown.text and "style=" not in shown.text
    secret = base64.b32decode(letters[1].replace(" ", ""))
    wrong = await browser.post("/me/second-factor/confirm", code="000000")
    assert "This code is wrong" in wrong.text and letters[1] in wrong.text
    done = await browser.post("/me/second-factor/confirm", code=totp.code(secret, totp.step_at(console.now)))
    assert len(re.findall(r"<li><code>\w{4}-\w{4}-\w{4}</code>", done.text)) == 10
    return secret


async def test_signing_in_asks_for_a_code(console: Console, browser: Browser) -> None:
    secret = await enrol(console, browser)
    console.later(minutes=1)
    async with console.browser() as client:
        asked = await attempt(client, OPERATOR, PASSWORD, "/sign-in?next=/sessions")
        assert asked.headers["location"] == "/sign-in/code?next=/sessions"
        assert SIGN_IN_COOKIE not in client.cookies and (await client.get("/sessions")).status_code == 303
        half = client.cookies[HALFWAY_COOKIE]
        form = await client.get(asked.headers["location"])
        fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form.text))
        assert (await client.post("/sign-in/code", data={**fields, "csrf": "x"})).status_code == 403
        assert (await client.post("/sign-in/code", data={**fields, "code": "000000"})).status_code == 401
        code = totp.code(secret, totp.step_at(console.now))
        evil = await client.post("/sign-in/code", data={**fields, "code": code, "next": "//evil.test"})
        assert evil.headers["location"] == "/"
        assert client.cookies[SIGN_IN_COOKIE] != half and HALFWAY_COOKIE not in client.cookies
        assert (await client.get("/sessions")).status_code == 200
    async with console.browser() as thief:
        thief.cookies.set(SIGN_IN_COOKIE, half, domain="console.test")
        assert (await thief.get("/sessions")).status_code == 303
        assert (await thief.get("/sign-in/code")).headers["location"] == "/sign-in"


async def test_it_is_removed_with_a_code(console: Console, browser: Browser) -> None:
    secret = await enrol(console, browser)
    assert "10 recovery codes are left" in words(await browser.page("/me"))
    wrong = await browser.post("/me/second-factor/remove", code="1234567")
    assert wrong.status_code == 422 and "This code is wrong" in wrong.text and "1234567" not in wrong.text
    console.later(minutes=1)
    code = totp.code(secret, totp.step_at(console.now))
    assert (await browser.post("/me/second-factor/remove", code=code)).headers["location"] == "/me"
    assert "Set up a second factor" in words(await browser.page("/me"))


async def test_an_owner_removes_it_for_somebody_else(console: Console, browser: Browser) -> None:
    await enrol(console, browser)
    await console.db.write(lambda conn: users.create(conn, OURS, "Eve", HASH, console.now))
    async with console.browser() as client:
        await attempt(client, "Eve", PASSWORD)
        page = (await client.get("/users/1")).text
        csrf = re.findall(r'name="csrf" value="([^"]*)"', page)[0]
        assert 'id="without-factor"' in page
        assert (await client.post("/users/1/second-factor", data={"csrf": csrf})).status_code == 303
        assert 'id="without-factor"' not in (await client.get("/users/1")).text
    async with console.browser() as again:
        assert (await attempt(again, OPERATOR, PASSWORD)).headers["location"] == "/"
