"""Who may see and do what: every route, every role, another site's people, another organisation's."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import Connection

from cloud.db.queries import places, webhooks
from cloud.domain.people import Permission, Role, User
from cloud.services import users
from cloud.web import ACTIONS, DOWNLOADS, PAGES
from cloud.web.guard import SIGN_IN_COOKIE
from tests.cloud.web.conftest import NOW, Browser, Console
from tests.cloud.web.test_guard import address, routes
from tests.cloud.web.test_pages import words
from tests.cloud.web.yard import HASH, PASSWORD, Yard
from tests.ours import OURS, another

ALL = frozenset(Role)
COMMANDING = ALL - {Role.VIEWER}
BILLING = OFFICE = frozenset({Role.OWNER, Role.OPERATOR})
OFFICE_LOOK = OFFICE | {Role.VIEWER}
OWNING = frozenset({Role.OWNER})
MAY = {
    "/": ALL,
    "/sessions": ALL,
    "/sessions/{session_id:int}": ALL,
    "/bills/{number}": ALL,
    "/bills/{number}/pdf": ALL,
    "/bills/{number}/signed": ALL,
    "/stations/{station_id:int}/connectors/{connector:int}/start": COMMANDING,
    "/commands/{command_id:int}": ALL,
    "/stations/new": COMMANDING,
    "/stations/{station_id:int}": ALL,
    "/stations/{station_id:int}/kept": ALL,
    "/stations/{station_id:int}/commands": COMMANDING,
    "/stations/{station_id:int}/commands/{kind}": COMMANDING,
    "/stations/{station_id:int}/configuration": COMMANDING,
    "/stations/{station_id:int}/configuration/read": COMMANDING,
    "/stations/{station_id:int}/trace": COMMANDING,
    "/stations/{station_id:int}/local-list": COMMANDING,
    "/stations/{station_id:int}/settings": COMMANDING,
    "/stations/{station_id:int}/decide": COMMANDING,
    "/stations/{station_id:int}/network": COMMANDING,
    "/stations/{station_id:int}/tariff": BILLING,
    "/attention": ALL,
    "/stops/{orphan_stop_id:int}": BILLING,
    "/stops/{orphan_stop_id:int}/join": BILLING,
    "/tags": OFFICE_LOOK,
    "/tags/unknown": OFFICE_LOOK,
    "/tags/new": OFFICE,
    "/tags/import": OFFICE,
    "/tags/import/check": OFFICE,
    "/tags/file": OFFICE,
    "/tags/groups": OFFICE_LOOK,
    "/tags/groups/new": OFFICE,
    "/tags/groups/{tag_group_id:int}": OFFICE_LOOK,
    "/tags/groups/{tag_group_id:int}/change": OFFICE,
    "/tags/groups/{tag_group_id:int}/remove": OFFICE,
    "/tags/{tag_id:int}": OFFICE_LOOK,
    "/tags/{tag_id:int}/change": OFFICE,
    "/tags/{tag_id:int}/block": OFFICE,
    "/tags/unknown/{tap_id:int}/enrol": OFFICE,
    "/drivers": OFFICE_LOOK,
    "/drivers/new": OFFICE,
    "/drivers/{account_id:int}": OFFICE_LOOK,
    "/drivers/{account_id:int}/statement": OFFICE_LOOK,
    "/drivers/{account_id:int}/statement/pdf": OFFICE_LOOK,
    "/drivers/{account_id:int}/change": OFFICE,
    "/drivers/{account_id:int}/top-up": OFFICE,
    "/drivers/{account_id:int}/refund": OFFICE,
    "/bills": ALL,
    "/ledger": OFFICE_LOOK,
    "/ledger/check": OFFICE_LOOK,
    "/ledger/check/again": OFFICE,
    "/exports": OFFICE_LOOK,
    "/exports/bills": OFFICE_LOOK,
    "/sessions/{session_id:int}/credit": BILLING,
    "/tariffs": OFFICE_LOOK,
    "/tariffs/new": OFFICE,
    "/tariffs/preview": OFFICE,
    "/tariffs/import": OFFICE,
    "/tariffs/import/check": OFFICE,
    "/tariffs/{tariff_id:int}/file": OFFICE_LOOK,
    "/tariffs/{tariff_id:int}": OFFICE_LOOK,
    "/tariffs/{tariff_id:int}/edit": OFFICE,
    "/tariffs/{tariff_id:int}/assign": OFFICE,
    "/sessions/{session_id:int}/stop": COMMANDING,
    "/sessions/{session_id:int}/review": BILLING,
    "/sessions/{session_id:int}/correct": BILLING,
    "/users": OWNING,
    "/users/new": OWNING,
    "/users/{user_id:int}": OWNING,
    "/users/{user_id:int}/link": OWNING,
    "/users/{user_id:int}/admit": OWNING,
    "/audit": OWNING,
    "/settings": OWNING,
    "/me": ALL,
    "/me/sign-ins": ALL,
    "/me/second-factor/begin": ALL,
    "/me/second-factor/confirm": ALL,
    "/me/second-factor/remove": ALL,
    "/users/{user_id:int}/second-factor": OWNING,
    "/messages": COMMANDING,
    "/sites": OWNING,
    "/sites/new": OWNING,
    "/sites/{site_id:int}": OWNING,
    "/api-keys": OWNING,
    "/api-keys/{key_id:int}/revoke": OWNING,
    "/webhooks": OWNING,
    "/webhooks/{webhook_id:int}": OWNING,
    "/webhooks/{webhook_id:int}/change": OWNING,
    "/webhooks/{webhook_id:int}/admit": OWNING,
    "/webhooks/{webhook_id:int}/test": OWNING,
    "/webhooks/{webhook_id:int}/remove": OWNING,
    "/webhooks/{webhook_id:int}/calls/{call_id:int}/again": OWNING,
}
LISTS = {item.path for item in PAGES if "{" not in item.path}
"""Pages about nothing in particular: they open for whoever may, with what is theirs."""
OWN = {"/me/second-factor/begin", "/me/second-factor/confirm"}
"""What anybody does with the own account, answered by a page."""


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One kind is enough: the rules are in the pages, not in the database."""
    return sqlite_url


def somebody(conn: Connection, name: str, role: Role, sites: tuple[str, ...] = ()) -> None:
    users.create(conn, OURS, name, HASH, NOW, role=role, sites=sites)


@asynccontextmanager
async def signed_in(console: Console, name: str) -> AsyncIterator[Browser]:
    token = await users.sign_in(console.db, name, PASSWORD, console.now)
    assert token is not None
    me = await console.db.read(lambda conn: users.signed_in(conn, token, console.now))
    assert me is not None
    async with console.browser() as client:
        client.cookies.set(SIGN_IN_COOKIE, token, domain="console.test")
        yield Browser(client, me.csrf)


async def statuses(console: Console, name: str) -> dict[str, int]:
    """What each route answers to somebody; streams answer like their pages."""
    found = {}
    async with signed_in(console, name) as browser:
        for route in routes(console):
            if route.path.endswith("/live") or route.path in {"/sign-out", "/me/password"}:
                continue
            path = address(route)
            post = "POST" in (route.methods or ())
            answer = await (browser.post(path, tag="1", decision="bill") if post else browser.client.get(path))
            found[route.path] = found.get(route.path, 0) or answer.status_code
            if answer.status_code == 403:
                assert "Your role does not allow this" in answer.text
    return found


def test_the_table_here_names_every_route() -> None:
    assert {item.path for item in (*PAGES, *ACTIONS, *DOWNLOADS)} == set(MAY)


@pytest.mark.parametrize("role", Role)
async def test_a_role_may_what_the_table_says_and_nothing_else(console: Console, place: Yard, role: Role) -> None:
    await console.db.write(lambda conn: somebody(conn, "eve", role))
    found = await statuses(console, "eve")
    assert {path for path, status in found.items() if status != 403} == {
        path for path, may in MAY.items() if role in may
    }


async def test_who_has_another_site_sees_nothing_of_this_one(console: Console, place: Yard) -> None:
    def furnish(conn: Connection) -> None:
        places.add_site(conn, OURS, "Harbour")
        somebody(conn, "eve", Role.OPERATOR, ("Harbour",))

    await console.db.write(furnish)
    await nothing_of_ours(console, User(0, "eve", 1, Role.OPERATOR, frozenset({2})))


async def test_who_is_of_another_organisation_sees_nothing_of_this_one(console: Console, place: Yard) -> None:
    await console.db.write(lambda conn: users.create(conn, another(conn), "eve", HASH, NOW))
    await nothing_of_ours(console, User(0, "eve", 2, Role.OWNER))


async def test_an_owner_of_another_organisation_works_in_the_own_office(
    console: Console, browser: Browser, place: Yard
) -> None:
    """Under the names that are taken here; and nothing changes here."""
    await console.db.write(lambda conn: users.create(conn, another(conn), "eve", HASH, NOW))
    tag, driver = {"id_tag": "04FFEE0011", "note": "Mine"}, {"name": "Fleet Ltd", "terms": "prepaid", "hold": ""}
    price = {"elements.0.ENERGY.price": "0.59", "currency": "EUR", "do": "save"}
    forms: tuple[tuple[str, dict[str, str]], ...] = (
        ("/sites/new", {"name": "Main site", "time_zone": ""}),
        ("/stations/new", {"identity": "pier-1", "name": "Pier", "connectors": "1", "site": "2"}),
        ("/tariffs/new", {"name": "Daytime", **price}),
        ("/tariffs/2/assign", {"kind": "site", "name": "Main site"}),
        ("/drivers/new", {**driver, "currency": "EUR", "language": "en"}),
        ("/tags/new", {**tag, "account": "Fleet Ltd", "tariff": "Daytime", "most_sessions": "1"}),
        ("/drivers/2/top-up", {"amount": "7.77", "reference": "bank 1"}),
        ("/api-keys", {"name": "Mine", "permission": "look", "days": "30"}),
        ("/users/new", {"name": "Tom", "role": "viewer", "email": ""}),
        ("/settings", {"name": "Others Ltd"}),
    )
    before = [await browser.page(path) for path in sorted(LISTS - {"/audit"})]
    async with signed_in(console, "eve") as eve:
        for path, form in forms:
            answer = await eve.post(path, **form)
            assert answer.status_code in (200, 303), (path, answer.text)
        for path, shown in (
            ("/", "Pier"),
            ("/tags", "Mine"),
            ("/drivers", "7.77"),
            ("/tariffs", "0.59"),
            ("/ledger", "7.77"),
            ("/users", "Tom"),
            ("/audit", "tag added"),
        ):
            assert shown in await eve.page(path), path
    assert [await browser.page(path) for path in sorted(LISTS - {"/audit"})] == before


async def nothing_of_ours(console: Console, user: User) -> None:
    """Lists are empty, what stands in no list is not there, and what the user may not is refused as ever."""
    found, name = await statuses(console, user.name), user.name
    may = {item.path for item in (*PAGES, *ACTIONS, *DOWNLOADS) if user.may(item.needs)}
    own = {path for path in may if path.startswith("/me")}
    assert {path for path in LISTS if found[path] == 200} == LISTS & may
    assert {found[path] for path in may - own if "{" in path} == {404}
    assert not {found[path] for path in own} & {403, 404, 500}
    assert {found[path] for path in MAY.keys() - may} <= {403}
    async with signed_in(console, name) as browser:
        for path in sorted(LISTS & may):
            seen = await browser.page(path)
            ours = ("hall-1", "gate-7", "North hall", "04FF", "04A1", ">ada<", "Main site", "Daytime")
            assert not [each for each in ours if each in seen], path


async def test_a_site_operator_sees_and_stops_at_the_own_site(console: Console, browser: Browser, place: Yard) -> None:
    await console.db.write(lambda conn: somebody(conn, "sue", Role.OPERATOR, ("Main site",)))
    await console.db.write(lambda conn: webhooks.update(conn, 1, {"failing_since": NOW, "failures": 11}))
    assert "hooks.example.org" in await browser.page("/attention")
    async with signed_in(console, "sue") as browser:
        assert "North hall" in await browser.page("/")
        seen = await browser.page("/attention")
        assert "connector 2" in seen and not [each for each in ("garage-9", "hooks.example.org") if each in seen]
        assert (await browser.post(f"/sessions/{place.running}/stop")).headers["location"].startswith("/commands/")


async def test_buttons_that_a_role_may_not_press_are_not_shown(console: Console, place: Yard) -> None:
    await console.db.write(lambda conn: somebody(conn, "vic", Role.VIEWER))
    async with signed_in(console, "vic") as browser:
        assert "Start charging" not in await browser.page("/")
        for session in (place.running, place.suspect):
            assert "<button" not in (await browser.page(f"/sessions/{session}")).split('id="session-actions"')[1]


async def test_a_new_role_counts_at_once(console: Console, browser: Browser, place: Yard) -> None:
    await console.db.write(lambda conn: somebody(conn, "vic", Role.OWNER))
    await console.db.write(lambda conn: users.set_role(conn, OURS, "ada", Role.VIEWER, (), NOW))
    assert (await browser.post(f"/sessions/{place.running}/stop")).status_code == 403


def test_what_belongs_to_no_site_is_not_for_a_site_operator() -> None:
    everywhere = User(1, "a", 1, Role.OPERATOR)
    somewhere = User(1, "a", 1, Role.OPERATOR, frozenset({1}))
    assert everywhere.may(Permission.OFFICE) and not somewhere.may(Permission.OFFICE)
    assert somewhere.may(Permission.BILL)


async def test_whose_a_tag_is_stands_first_for_who_may_know(console: Console, browser: Browser, place: Yard) -> None:
    await console.db.write(lambda conn: somebody(conn, "tec", Role.TECHNICIAN))
    start = f"/stations/{place.gate}/connectors/1/start"
    async with signed_in(console, "tec") as technician:
        for path, named in (
            ("/sessions", "Tag Visitors (04FF****)"),
            ("/bills", "Tag Visitors (04FF****)"),
            (start, "Ada&#39;s van (04A1****)"),
        ):
            assert named in words(await browser.page(path)), path
            masked = words(await technician.page(path))
            assert "04FF****" in masked and "Visitors" not in masked and "Ada&#39;s van" not in masked, path
