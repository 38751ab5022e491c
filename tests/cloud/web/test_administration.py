"""Pages of the administration: users with their links, sites; what is refused there."""

import re
from html import unescape
from typing import Any

import pytest
from sqlalchemy import Connection

from cloud.db.queries import people, places
from cloud.domain.messages import Direction, Kind, Message
from cloud.services import audit, traces, users
from tests.cloud.web.conftest import NOW, Browser, Console
from tests.cloud.web.test_pages import words
from tests.cloud.web.test_sign_in import attempt
from tests.cloud.web.yard import Yard
from tests.ours import OURS

NEW = "a password of her own"


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One kind is enough: the services have tests on both."""
    return sqlite_url


async def invite(browser: Browser, **form: object) -> str:
    """Adds a user; returns the token of the link."""
    fields = {"name": "Eve", "role": "operator", "email": "eve@example.org", **form}
    shown = await browser.post("/users/new", **fields)
    assert shown.status_code == 200, shown.text
    found = re.search(r"https://console\.test/password#([\w-]+)", unescape(shown.text))
    assert found, shown.text
    return found[1]


async def choose(console: Console, code: str, password: str = NEW, again: str | None = None) -> int:
    async with console.browser() as client:
        form = await client.get("/password")
        csrf = re.findall(r'name="csrf" value="([^"]*)"', form.text)[0]
        fields = {"csrf": csrf, "code": code, "password": password, "again": password if again is None else again}
        return (await client.post("/password", data=fields)).status_code


async def test_a_user_is_added_chooses_a_password_and_signs_in(console: Console, browser: Browser, place: Yard) -> None:
    code = await invite(browser, site="1")
    assert "Eve Operator Main site eve@example.org – Active" in words(await browser.page("/users"))
    assert await choose(console, code, "short") == 422
    assert await choose(console, code, again="something else") == 422
    assert await choose(console, "guessed") == 422
    assert await choose(console, code) == 303
    assert await choose(console, code) == 422
    async with console.browser() as client:
        assert (await attempt(client, "eve", NEW)).status_code == 303
        assert (await client.get("/users")).status_code == 403
    assert "Eve Operator Main site eve@example.org 11:30 Active" in words(await browser.page("/users"))


async def test_a_user_is_changed_disabled_and_enabled(console: Console, browser: Browser, place: Yard) -> None:
    await choose(console, await invite(browser))
    eve = (await console.db.read(lambda conn: users.find(conn, OURS, "Eve"))).id
    saved = await browser.post(f"/users/{eve}", role="viewer", site="1", email="")
    assert saved.headers["location"] == "/users"
    assert "Eve Viewer Main site – – Active" in words(await browser.page("/users"))
    async with console.browser() as client:
        await attempt(client, "Eve", NEW)
        assert (await client.get("/sessions")).status_code == 200
        await browser.post(f"/users/{eve}/admit", to="disable")
        assert (await client.get("/sessions")).status_code == 303
        assert (await attempt(client, "Eve", NEW)).status_code == 401
        assert (await browser.post(f"/users/{eve}/link")).status_code == 409
        await browser.post(f"/users/{eve}/admit", to="enable")
        assert (await attempt(client, "Eve", NEW)).status_code == 303


async def test_the_last_owner_stays(browser: Browser, place: Yard) -> None:
    refused = await browser.post("/users/1", role="viewer")
    assert refused.status_code == 409 and "only owner" in refused.text
    assert (await browser.post("/users/1/admit", to="disable")).status_code == 409
    assert "Disable" not in words(await browser.page("/users/1"))


async def test_what_no_form_of_ours_sends_is_refused(browser: Browser, place: Yard) -> None:
    for fields in ({"role": "god"}, {"role": "owner", "name": "ada"}, {"role": "viewer", "name": " "}):
        assert (await browser.post("/users/new", **{"name": "Eve", **fields})).status_code in {409, 422}
    assert (await browser.post("/users/1/admit", to="promote")).status_code == 400
    assert (await browser.post("/sites/1", name="Yard", tariff="99")).status_code == 422
    assert (await browser.post("/sites/1", name="Yard", time_zone="Mars/Olympus")).status_code == 409


async def test_a_site_is_added_and_changed(console: Console, browser: Browser, place: Yard) -> None:
    assert "Main site Europe/Berlin as the organisation Daytime 3" in words(await browser.page("/sites"))
    added = await browser.post("/sites/new", name="Harbour", time_zone="Asia/Tokyo", tariff="1")
    assert added.headers["location"] == "/sites"
    assert (await browser.post("/sites/new", name="Harbour")).status_code == 409
    assert "Harbour Asia/Tokyo Daytime 0" in words(await browser.page("/sites"))
    await browser.post("/sites/1", name="Yard", time_zone="Europe/Berlin", tariff="")
    assert "Yard Europe/Berlin – 3" in words(await browser.page("/sites"))
    assert (await console.db.read(lambda conn: places.time_zone(conn, place.hall))).key == "Europe/Berlin"


async def test_looking_at_pages_keeps_one_signed_in(console: Console, browser: Browser, place: Yard) -> None:
    for _ in range(3):
        console.later(minutes=50)
        assert (await browser.client.get("/sessions")).status_code == 200
    console.later(minutes=61)
    assert (await browser.client.get("/sessions")).status_code == 303


async def test_the_audit_log_says_who_changed_what(browser: Browser, place: Yard) -> None:
    await browser.post("/sites/1", name="Yard <b>", time_zone="Asia/Tokyo", tariff="")
    seen = words(await browser.page("/audit"))
    assert "11:30 ada site changed Main site" in seen
    assert "name Main site → Yard &lt;b&gt; time zone – → Asia/Tokyo tariff Daytime → –" in seen
    assert "Command line tag added Visitors (04FF****)" in seen and "04FFEE0011" not in seen
    assert "site changed" not in words(await browser.page("/audit?who=0"))
    mine = words(await browser.page("/audit?who=1&contains=CHANGED&from=2026-07-14&to=2026-07-14"))
    assert "site changed" in mine and "Command line station added" not in mine
    assert "Nothing fits these filters" in words(await browser.page("/audit?contains=nothing"))


async def test_the_audit_log_speaks_to_people(console: Console, browser: Browser, place: Yard) -> None:
    told = {"energy_wh": 2500, "ended_at": "2026-07-14T10:00:01.250000Z", "max_power_w": 1_320_000}
    told |= {"name": "operator", "role": "operator", "permissions": ["command"], "expires_at": "never", "added": 4}

    def note(conn: Connection) -> None:
        people.update(conn, 1, {"name": "operator"})
        audit.note(conn, OURS, 1, "tags imported", "4", told, NOW)
        traces.keep(conn, [said("Heartbeat", "{}")])

    await console.db.write(note)
    assert "energy 2.500 kWh ended at 14 Jul 2026, 12:00:01 max power 1,320.0 kW" in words(await browser.page("/audit"))
    german = words((await browser.client.get("/audit?contains=imported", headers={"accept-language": "de"})).text)
    assert "11:30 operator" in german and "höchste Leistung 1.320,0 kW Name operator Rolle Betrieb" in german
    assert "Rechte command läuft ab nie neu 4" in german
    assert "Wann Station" in words((await browser.client.get("/messages", headers={"accept-language": "de"})).text)
    keys = words((await browser.client.get("/api-keys", headers={"accept-language": "de"})).text)
    assert "Stationen um etwas bitten command" in keys


async def test_long_logs_are_paged(console: Console, browser: Browser, place: Yard) -> None:
    def more(conn: Connection) -> None:
        for number in range(60):
            audit.note(conn, OURS, None, "counted", str(number), {}, NOW)
            traces.keep(conn, [said("Heartbeat", f'{{"number":{number}}}')])

    await console.db.write(more)
    for path, filters in (("/audit", "contains=counted"), ("/messages", "action=heartbeat&station=hall-1")):
        first = await browser.page(f"{path}?{filters}")
        following = re.search(r'href="([^"]+after=\d+)"', first)
        assert following
        second = await browser.page(unescape(following[1]))
        assert (first.count('id="row-'), second.count('id="row-')) == (50, 10)
        assert not set(re.findall(r'id="row-\d+"', first)) & set(re.findall(r'id="row-\d+"', second))


def said(action: str, text: str, **fields: Any) -> Message:
    return Message(1, NOW, Direction.IN, Kind.CALL, action, "m", text, **fields)


async def test_messages_are_searched_and_tags_masked(console: Console, browser: Browser, place: Yard) -> None:
    messages = [
        said("Authorize", '{"idTag":"04FFEE0011"}'),
        said("BootNotification", '{"chargePointVendor":"<script>"}', outcome="FormationViolation", latency_ms=12.4),
    ]
    await console.db.write(lambda conn: traces.keep(conn, messages))
    html = await browser.page("/messages")
    assert "04FFEE0011" not in html and "04FF****" in html
    assert "&lt;script&gt;" in html and "<script>" not in html.split("<main")[1]
    assert "hall-1 Call BootNotification FormationViolation 12 ms" in words(html)
    assert "Authorize" not in words(await browser.page("/messages?errors=1"))
    for query in ("contains=VENDOR", "station=hall-1&action=bootnotification", "from=2026-07-14&to=2026-07-14"):
        assert "BootNotification" in words(await browser.page(f"/messages?{query}"))
    assert "BootNotification" not in words(await browser.page("/messages?station=gate-7"))
