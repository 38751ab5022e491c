"""Signing in and out: who gets in, where to, and how guessing is slowed down."""

import re
from http.cookies import SimpleCookie

import httpx
import pytest

from cloud.web.guard import FORM_COOKIE, SIGN_IN_COOKIE, own_path
from cloud.web.throttle import TRIES
from tests.cloud.web.conftest import Browser, Console
from tests.cloud.web.yard import OPERATOR, PASSWORD


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One kind is enough: what is tested here does not depend on it."""
    return sqlite_url


async def attempt(client: httpx.AsyncClient, name: str, password: str, path: str = "/sign-in") -> httpx.Response:
    """Fill in the form as a browser would."""
    form = await client.get(path)
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form.text))
    return await client.post("/sign-in", data={**fields, "name": name, "password": password})


async def test_a_stranger_is_led_to_the_form_and_back(console: Console) -> None:
    async with console.browser() as client:
        led = await client.get("/sessions?before=7")
        assert led.status_code == 303
        assert led.headers["location"] == "/sign-in?next=/sessions%3Fbefore%3D7"
        entered = await attempt(client, OPERATOR, PASSWORD, led.headers["location"])
        assert (entered.status_code, entered.headers["location"]) == (303, "/sessions?before=7")
        assert (await client.get("/sessions?before=7")).status_code == 200


async def test_the_cookie_is_for_this_host_and_for_no_script(console: Console) -> None:
    async with console.browser() as client:
        entered = await attempt(client, OPERATOR, PASSWORD)
    cookies = [SimpleCookie(header) for header in entered.headers.get_list("set-cookie")]
    cookie = next(jar[SIGN_IN_COOKIE] for jar in cookies if SIGN_IN_COOKIE in jar)
    assert cookie["secure"] and cookie["httponly"]
    assert (cookie["path"], cookie["domain"], cookie["samesite"].lower()) == ("/", "", "lax")


async def test_a_wrong_name_and_a_wrong_password_look_the_same(console: Console) -> None:
    async with console.browser() as client:
        wrong_password = await attempt(client, OPERATOR, "not the password")
        wrong_name = await attempt(client, "nobody", "not the password")
        assert wrong_password.status_code == wrong_name.status_code == 401
        assert wrong_password.text.replace(f'value="{OPERATOR}"', 'value="nobody"') == wrong_name.text
        assert SIGN_IN_COOKIE not in client.cookies


async def test_the_form_needs_its_own_token(console: Console) -> None:
    async with console.browser() as client:
        credentials = {"name": OPERATOR, "password": PASSWORD}
        assert (await client.post("/sign-in", data=credentials)).status_code == 403
        await client.get("/sign-in")
        assert (await client.post("/sign-in", data={**credentials, "csrf": "guessed"})).status_code == 403
        assert client.cookies.get(FORM_COOKIE)
        assert SIGN_IN_COOKIE not in client.cookies


async def test_too_many_tries_from_one_place_have_to_wait(console: Console) -> None:
    async with console.browser(("2001:db8::1", 1)) as client:
        for number in range(TRIES):
            assert (await attempt(client, f"guess {number}", "not the password")).status_code == 401
    async with console.browser(("2001:db8::2", 1)) as neighbour:
        paused = await attempt(neighbour, OPERATOR, PASSWORD)
        assert paused.status_code == 429
        assert "Too many tries. Please wait a few minutes, then try again." in paused.text
        assert 0 < int(paused.headers["retry-after"]) <= 300
    async with console.browser(("2001:db8:0:1::1", 1)) as elsewhere:
        assert (await attempt(elsewhere, OPERATOR, PASSWORD)).status_code == 303


async def test_an_own_account_does_not_hide_guesses_at_others(console: Console) -> None:
    async with console.browser() as client:
        for number in range(TRIES):
            await attempt(client, f"guess {number}", "not the password")
            if number in (5, 10):
                assert (await attempt(client, OPERATOR, PASSWORD)).status_code == 303
                client.cookies.delete(SIGN_IN_COOKIE)
        assert (await attempt(client, "guess", "not the password")).status_code == 429


async def test_strangers_lock_nobody_out_of_a_browser_that_they_use(console: Console) -> None:
    async with console.browser() as own, console.browser(("198.51.100.7", 1)) as stranger:
        assert (await attempt(own, OPERATOR, PASSWORD)).status_code == 303
        own.cookies.delete(SIGN_IN_COOKIE)
        for _ in range(10):
            assert (await attempt(stranger, OPERATOR, "not the password")).status_code == 401
        assert (await attempt(stranger, OPERATOR, PASSWORD)).status_code == 401
        assert (await attempt(own, OPERATOR, PASSWORD)).status_code == 303


async def test_signing_out_ends_the_sign_in_for_good(console: Console, browser: Browser) -> None:
    token = browser.client.cookies[SIGN_IN_COOKIE]
    left = await browser.post("/sign-out")
    assert (left.status_code, left.headers["location"]) == (303, "/sign-in")
    async with console.browser() as thief:
        thief.cookies.set(SIGN_IN_COOKIE, token, domain="console.test")
        assert (await thief.get("/")).status_code == 303


async def test_a_sign_in_does_not_last_for_ever(console: Console, browser: Browser) -> None:
    assert (await browser.client.get("/")).status_code == 200
    console.later(hours=13)
    assert (await browser.client.get("/")).headers["location"] == "/sign-in"


async def test_whoever_is_signed_in_is_spared_the_form(browser: Browser) -> None:
    answer = await browser.client.get("/sign-in?next=/attention")
    assert (answer.status_code, answer.headers["location"]) == (303, "/attention")


async def test_without_https_the_form_says_what_is_wrong(console: Console) -> None:
    async with console.browser() as client:
        assert "only over HTTPS" in (await client.get("http://192.0.2.80/sign-in")).text
        assert "only over HTTPS" not in (await client.get("http://localhost/sign-in")).text


@pytest.mark.parametrize(
    "wanted",
    [
        "//evil.test",
        "https://evil.test",
        "/\\evil.test",
        "evil.test",
        "",
        None,
        "/\t/evil.test",
        "/ok\r\nSet-Cookie: a=b",
    ],
)
def test_signing_in_leads_to_no_other_host(wanted: str | None) -> None:
    assert own_path(wanted) == "/"
