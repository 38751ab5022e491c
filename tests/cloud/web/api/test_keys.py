"""Keys of programs: what they open, what they do not, and how long."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, select

from cloud.db.queries import places
from cloud.db.tables import api_key, user
from cloud.domain.api_keys import ApiKey
from cloud.domain.people import OF_NO_SITE, Permission, Role, Scope, User
from cloud.services import api_keys, users
from cloud.services.errors import Malformed, NotFound, NotNow
from cloud.web.api.limits import Buckets
from tests.cloud.web.api.conftest import EVERY, Program, make_key, program, told
from tests.cloud.web.conftest import NOW, Console
from tests.cloud.web.yard import HASH, Yard
from tests.ours import OURS, another

LOOK = Permission.LOOK


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One kind is enough: the queries are the reading tests' too."""
    return sqlite_url


async def test_without_a_good_key_nothing_is_told(console: Console, place: Yard) -> None:
    good = await console.db.write(make_key)
    other = await console.db.write(make_key)
    bad = [
        None,
        "",
        "bol_",
        good[:-1],
        f"{good}x",
        good.upper(),
        good.rsplit("_", 1)[0] + other[20:],
        "ü" * 60,
        "x" * 9_000,
    ]
    for key in bad:
        if key and not key.isascii():
            key = key.encode("utf-8").decode("latin-1")
        async with program(console, key) as stranger:
            problem = await stranger.get("/stations", 401)
            assert problem["title"] == "A valid API key is needed"
    async with program(console, None) as stranger:
        answer = await stranger.client.get("/stations", headers={"Authorization": f"Basic {good}"})
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, 'Bearer realm="Bollard"')


async def test_a_key_ends_when_it_expires_or_is_revoked(console: Console, place: Yard) -> None:
    key = await console.db.write(lambda conn: make_key(conn, lasts=timedelta(hours=1)))
    async with program(console, key) as client:
        await client.get("/stations")
        console.later(hours=1)
        await client.get("/stations", 401)
    lasting = await console.db.write(make_key)
    newest = (await console.db.read(lambda conn: api_keys.listed(conn, 1)))[0]
    async with program(console, lasting) as client:
        await client.get("/stations")
        await console.db.write(lambda conn: api_keys.revoke(conn, 1, newest.id, None, console.now))
        await client.get("/stations", 401)


async def test_only_the_hash_is_kept_and_the_use_is_noted(console: Console, place: Yard) -> None:
    key = await console.db.write(make_key)
    rows = await console.db.read(lambda conn: repr(conn.execute(select(api_key)).all()))
    assert key.rsplit("_", 1)[1] not in rows
    async with program(console, key) as client:
        await client.get("/stations")
    known = await console.db.read(lambda conn: api_keys.listed(conn, 1))
    assert [each.last_used_at for each in known] == [console.now]


async def test_a_key_is_no_stronger_than_its_maker_is_now(console: Console, place: Yard) -> None:
    def furnish(conn: Connection) -> str:
        users.create(conn, OURS, "eve", HASH, NOW, role=Role.OPERATOR)
        return make_key(conn, "eve", (LOOK, Permission.OFFICE_LOOK, Permission.EQUIP))

    key = await console.db.write(furnish)
    async with program(console, key) as client:
        await client.get("/tags")
        await console.db.write(lambda conn: users.set_role(conn, OURS, "eve", Role.TECHNICIAN, (), NOW))
        assert "office_look" in (await client.get("/tags", 403))["detail"]
        await client.get("/messages")


async def test_a_key_for_some_sites_sees_those_only(console: Console, place: Yard) -> None:
    def furnish(conn: Connection) -> tuple[str, str]:
        places.add_site(conn, OURS, "Harbour")
        return tuple(make_key(conn, permissions=(LOOK,), sites=(name,)) for name in ("Harbour", "Main site"))

    harbour, main = await console.db.write(furnish)
    async with program(console, harbour) as client:
        assert (await client.get("/stations"))["items"] == []
        await client.get(f"/stations/{place.hall}", 404)
    async with program(console, main) as client:
        assert len((await client.get("/stations"))["items"]) == 3


async def test_the_keys_of_who_is_shut_out_open_nothing(console: Console, place: Yard) -> None:
    def furnish(conn: Connection) -> str:
        users.create(conn, OURS, "eve", HASH, NOW)
        return make_key(conn, "eve")

    async with program(console, await console.db.write(furnish)) as client:
        await client.get("/stations")
        await console.db.write(
            lambda conn: conn.execute(user.update().where(user.c.name == "eve").values(disabled=True))
        )
        await client.get("/stations", 401)


async def test_no_key_may_more_than_its_maker(console: Console, place: Yard) -> None:
    def furnish(conn: Connection) -> None:
        users.create(conn, OURS, "eve", HASH, NOW, role=Role.VIEWER)
        users.create(conn, OURS, "sue", HASH, NOW, role=Role.OPERATOR, sites=("Main site",))

    await console.db.write(furnish)
    refused: list[tuple[dict[str, object], type[Exception]]] = [
        ({"name": "eve", "permissions": (Permission.COMMAND,)}, NotNow),
        ({"name": "sue", "permissions": (Permission.OFFICE,)}, NotNow),
        ({"permissions": (Permission.ADMIN,), "sites": ("Main site",)}, NotNow),
        ({"permissions": ()}, Malformed),
        ({"permissions": (LOOK,), "sites": ("Nowhere",)}, NotFound),
        ({"permissions": (LOOK,), "lasts": timedelta(0)}, Malformed),
    ]
    for wanted, why in refused:
        with pytest.raises(why):
            await console.db.write(lambda conn, wanted=wanted: make_key(conn, **wanted))


async def test_another_organisations_key_finds_nothing(console: Console, place: Yard) -> None:
    def furnish(conn: Connection) -> str:
        other = another(conn)
        users.create(conn, other, "eve", HASH, NOW)
        return make_key(conn, "eve", EVERY, whose=other)

    async with program(console, await console.db.write(furnish)) as client:
        for path in (
            f"/stations/{place.hall}",
            f"/sessions/{place.billed}",
            "/bills/2026-0001",
            "/ledger/check",
        ):
            await client.get(path, 404)
        for path in ("/stations", "/sessions", "/bills", "/tags"):
            assert (await client.get(path))["items"] == []


async def test_what_does_not_fit_is_told_where(api: Program, place: Yard) -> None:
    for path, name in {
        "/stations?limit=0": "limit",
        "/stations?limit=201": "limit",
        "/stations?cursor=MQ": "cursor",
        "/stations?cursor=%00": "cursor",
        "/stations?colour=red": "colour",
        "/stations?online=maybe": "online",
        "/stations?online=null": "online",
        "/stations?site=a&site=b": "site",
        "/sessions?since=yesterday": "since",
        "/sessions?since=3": "since",
        "/sessions?since=2026-07-14T09:30:00": "since",
        f"/sessions?station_id={2**70}": "station_id",
    }.items():
        problem = await api.get(path, 422)
        assert problem["errors"][0]["parameter"] == name, path
    for path in (
        "/nowhere",
        "/stations/999",
        f"/stations/{2**70}",
        "/bills/%00",
        "/bills/%0A1",
        "/sessions?station_id=999",
    ):
        await api.get(path, 404)
    for path in ("/stations/", "/docs/", "/"):
        assert "slash" in (await api.get(path, 404))["detail"]
    for outside in ("/api/v1", "/api/v2/stations"):
        told(await api.client.get(f"https://console.test{outside}"), 404)
    wrong = await api.client.delete("/stations")
    assert (wrong.status_code, wrong.headers["content-type"]) == (405, "application/problem+json")
    assert "GET" in wrong.headers["allow"]
    for path, status in (
        ("/stations", 200),
        ("/exports/cdrs?first=2026-07-14&last=2026-07-14", 200),
        ("/nowhere", 404),
    ):
        answer = await api.client.head(path)
        assert (answer.status_code, answer.content) == (status, b"")


async def test_each_key_has_its_own_pace(console: Console, place: Yard) -> None:
    console = Console(console.db, options={"api_requests_per_minute": 2})
    async with program(console, await console.db.write(make_key)) as hasty:
        answers = [await hasty.client.get("/stations") for _ in range(3)]
    assert [each.status_code for each in answers] == [200, 200, 429]
    assert [each.headers["ratelimit-remaining"] for each in answers] == ["1", "0", "0"]
    assert 1 <= int(answers[2].headers["retry-after"]) <= 30
    told(answers[2], 429)
    async with program(console, await console.db.write(make_key)) as other:
        await other.get("/stations")


@given(st.lists(st.floats(0, 100), max_size=50))
def test_a_bucket_gives_no_more_than_its_rate(gaps: list[float]) -> None:
    buckets, now_s, given_s = Buckets(6), 0.0, list[float]()
    for gap in gaps:
        now_s += gap
        spent = buckets.spend(1, now_s)
        assert 0 <= spent.remaining <= 6
        if spent.wait_s:
            assert buckets.spend(1, now_s + spent.wait_s).wait_s == 0
            now_s += spent.wait_s
        given_s.append(now_s)
    for first in range(len(given_s)):
        within = [at_s for at_s in given_s[first:] if at_s <= given_s[first] + 60]
        assert len(within) <= 6 + 6 + 1


permissions = st.frozensets(st.sampled_from(Permission))
some_sites = st.none() | st.frozensets(st.integers(1, 4), min_size=1)


@given(permissions, some_sites, some_sites, st.sampled_from(Role))
def test_a_key_is_never_stronger_than_its_maker(
    given: frozenset[Permission], own: frozenset[int] | None, makers: frozenset[int] | None, role: Role
) -> None:
    maker = User(1, "ada", 1, role, makers)
    key = ApiKey(1, "a", "a", maker, given, own, datetime(2026, 1, 1, tzinfo=NOW.tzinfo))
    for permission in Permission:
        assert not key.may(permission) or (permission in given and maker.may(permission))
        assert not (key.may(permission) and own and permission in OF_NO_SITE)
    seen = key.scope.site_ids
    assert own is None or (seen is not None and seen <= own)
    assert makers is None or (seen is not None and seen <= makers)
    assert replace(key, maker=replace(maker, organisation_id=2)).scope == Scope(2, seen)


async def test_a_key_makes_none_that_may_more(console: Console, place: Yard) -> None:
    text = await console.db.write(lambda conn: make_key(conn, permissions=(LOOK, Permission.ADMIN)))
    async with program(console, text) as client:
        refused = await client.send("POST", "/api-keys", {"name": "x", "permissions": ["look", "office"]}, 403)
        assert "may not office" in refused["detail"]
        made = await client.send("POST", "/api-keys", {"name": "x", "permissions": ["look"]}, 201)
        assert [key["name"] for key in (await client.get("/api-keys"))["items"]] == ["x", "a program"]
        async with program(console, made["text"]) as weaker:
            await weaker.get("/stations")
            await weaker.get("/api-keys", 403)
            assert (await client.send("DELETE", f"/api-keys/{made['key']['id']}"))["revoked_at"] is not None
            await weaker.get("/stations", 401)


async def test_a_key_makes_none_that_lasts_longer(console: Console, place: Yard) -> None:
    text = await console.db.write(lambda conn: make_key(conn, lasts=timedelta(hours=1)))
    async with program(console, text) as client:
        for later in ({}, {"expires_at": "2026-07-14T10:30:01Z"}):
            body = {"name": "x", "permissions": ["look"], **later}
            assert "none that lasts longer" in (await client.send("POST", "/api-keys", body, 403))["detail"]
        body["expires_at"] = "2026-07-14T10:30:00Z"
        await client.send("POST", "/api-keys", body, 201)


async def test_a_key_makes_nobody_who_may_more(console: Console, place: Yard) -> None:
    """Nor does it take over an owner by another e-mail address."""
    text = await console.db.write(lambda conn: make_key(conn, permissions=(LOOK, Permission.ADMIN)))
    new = {"name": "eve", "password": "long enough for this", "role": "viewer"}
    async with program(console, text) as client:
        assert "may not office_look" in (await client.send("POST", "/users", new, 403))["detail"]
        await client.send("PATCH", "/users/1", {"email": "eve@example.org"}, 403)
    more = (LOOK, Permission.ADMIN, Permission.OFFICE_LOOK)
    async with program(console, await console.db.write(lambda conn: make_key(conn, permissions=more))) as client:
        eve = (await client.send("POST", "/users", new, 201))["id"]
        await client.send("PATCH", f"/users/{eve}", {"role": "owner"}, 403)
        await client.send("PATCH", f"/users/{eve}", {"email": "eve@example.org"})


async def test_who_equips_stations_does_not_say_what_they_cost(console: Console, place: Yard) -> None:
    def furnish(conn: Connection) -> str:
        users.create(conn, OURS, "tess", HASH, NOW, role=Role.TECHNICIAN)
        return make_key(conn, "tess", (LOOK, Permission.EQUIP))

    async with program(console, await console.db.write(furnish)) as client:
        await client.send("PATCH", f"/stations/{place.hall}", {"name": "Hall"})
        for tariff in ("Daytime", None):
            refused = await client.send("PATCH", f"/stations/{place.hall}", {"tariff": tariff}, 403)
            assert "needs the permission bill" in refused["detail"]
        new = {"identity": "new-1", "connectors": 1, "site": "Main site"}
        await client.send("POST", "/stations", {**new, "tariff": "Daytime"}, 403)
        await client.send("POST", "/stations", new, 201)
