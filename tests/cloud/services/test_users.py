"""Signing in."""

import asyncio
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from argon2 import PasswordHasher
from sqlalchemy import Connection, func, select

from cloud.db.database import Database
from cloud.db.queries import people
from cloud.db.tables import sign_in, sign_in_failure
from cloud.domain.people import Role
from cloud.services import hashing, tries, users
from cloud.services.errors import AlreadyThere, NotFound, NotNow
from tests.cloud.conftest import NOON, after
from tests.ours import OURS

PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hashing, "hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@pytest.fixture
async def db(database: Database) -> Database:
    password_hash = hashing.hash_password(PASSWORD)
    await database.write(lambda conn: users.create(conn, OURS, "Ada", password_hash, NOON))
    return database


async def test_a_sign_in_lasts_until_it_expires(db: Database) -> None:
    token = await users.sign_in(db, " ada ", PASSWORD, NOON)
    assert token is not None
    found = await db.read(lambda conn: users.signed_in(conn, token, NOON))
    assert found is not None and found.user.name == "Ada"
    ended = NOON + users.SIGN_IN_LASTS
    assert await db.read(lambda conn: users.signed_in(conn, token, ended)) is None
    assert await db.read(lambda conn: users.signed_in(conn, token + "x", NOON)) is None


async def test_each_sign_in_has_its_own_csrf_token(db: Database) -> None:
    seen = set()
    for _ in range(2):
        token = await users.sign_in(db, "Ada", PASSWORD, NOON)
        assert token is not None
        found = await db.read(partial(users.signed_in, token=token, now=NOON))
        assert found is not None and found.csrf != token
        seen.add(found.csrf)
    assert len(seen) == 2


async def test_only_hashes_are_kept(db: Database) -> None:
    token = await users.sign_in(db, "Ada", PASSWORD, NOON)
    assert token is not None
    kept = await db.read(lambda conn: conn.execute(select(sign_in.c.token_hash)).scalar_one())
    assert token.encode() not in kept
    assert hashing.hash_password(PASSWORD).startswith("$argon2id$")


async def test_signing_out_ends_it(db: Database) -> None:
    token = await users.sign_in(db, "Ada", PASSWORD, NOON)
    assert token is not None
    await db.write(lambda conn: users.sign_out(conn, token))
    assert await db.read(lambda conn: users.signed_in(conn, token, NOON)) is None


@pytest.mark.parametrize(
    ("name", "password"), [("Ada", "wrong"), ("Eve", PASSWORD), ("", ""), ("Ada", "x" * 10**6), ("a\0\ud800", "\ud800")]
)
async def test_a_wrong_name_or_password_does_not_sign_in(db: Database, name: str, password: str) -> None:
    assert await users.sign_in(db, name, password, NOON) is None


async def test_failures_make_the_name_wait_longer_and_longer(db: Database) -> None:
    for _ in range(tries.FREE_FAILURES):
        assert await users.sign_in(db, "Ada", "wrong", NOON) is None
    assert await users.sign_in(db, "Ada", PASSWORD, NOON) is None
    assert await users.sign_in(db, "Ada", "wrong", NOON + timedelta(seconds=1)) is None
    assert await users.sign_in(db, "Ada", PASSWORD, NOON + timedelta(seconds=2)) is None
    assert await users.sign_in(db, "Ada", PASSWORD, NOON + timedelta(seconds=3)) is not None
    assert await users.sign_in(db, "Ada", "wrong", NOON + timedelta(seconds=3)) is None
    assert await users.sign_in(db, "Ada", PASSWORD, NOON + timedelta(seconds=3)) is not None


async def test_strangers_who_guess_do_not_make_the_browser_wait_that_knows_the_name(db: Database) -> None:
    known = await db.read(lambda conn: tries.mark(people.password_hash(conn, 1)))
    forged = f"{known.partition('.')[0]}.{'0' * 64}"
    for _ in range(20):
        await users.sign_in(db, "Ada", "wrong", NOON)
    assert await users.sign_in(db, "Ada", PASSWORD, NOON) is None
    assert await users.sign_in(db, "Ada", PASSWORD, NOON, mark=forged) is None
    assert await users.sign_in(db, "Ada", PASSWORD, NOON, mark=known) is not None
    for _ in range(tries.FREE_FAILURES):
        assert await users.sign_in(db, "Ada", "wrong", NOON, mark=known) is None
    assert await users.sign_in(db, "Ada", PASSWORD, NOON, mark=known) is None
    another = hashing.hash_password("another long one")
    assert tries.counted_as("ada", another, known) == "ada"
    assert tries.mark(another, known) != known


async def test_the_wait_has_an_end(db: Database) -> None:
    for hour in range(40):
        assert await users.sign_in(db, "Ada", "wrong", after(60 * hour)) is None
    assert await users.sign_in(db, "Ada", PASSWORD, after(60 * 39) + tries.LONGEST_PAUSE) is not None


async def test_guesses_at_once_cannot_slip_through_the_pause(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at: list[str] = []

    def verify(password_hash: str, password: str) -> bool:
        looked_at.append(password)
        return False

    monkeypatch.setattr(hashing, "fits", verify)
    await asyncio.gather(*(users.sign_in(db, "Ada", f"guess {n}", NOON) for n in range(30)))
    assert len(looked_at) == tries.FREE_FAILURES


async def test_failures_of_invented_names_are_bounded(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tries, "MOST_FAILURES", 5)
    for n in range(12):
        await users.sign_in(db, f"invented {n}", "wrong", NOON)

    def count(conn: Connection) -> int:
        return conn.execute(select(func.count()).select_from(sign_in_failure)).scalar_one()

    assert await db.read(count) == 5


async def test_a_new_password_ends_sign_ins(db: Database) -> None:
    token = await users.sign_in(db, "Ada", PASSWORD, NOON)
    assert token is not None
    new_hash = hashing.hash_password("another long one")
    await db.write(lambda conn: users.set_password(conn, OURS, "ada", new_hash, NOON))
    assert await db.read(lambda conn: users.signed_in(conn, token, NOON)) is None
    assert await users.sign_in(db, "Ada", PASSWORD, NOON) is None
    assert await users.sign_in(db, "Ada", "another long one", NOON) is not None


async def test_names_differ_in_more_than_case(db: Database) -> None:
    with pytest.raises(AlreadyThere):
        await db.write(lambda conn: users.create(conn, OURS, "ADA", "hash", NOON))


@pytest.mark.parametrize("password", ["short", "", "x" * 1001])
def test_a_password_has_a_length(password: str) -> None:
    with pytest.raises(NotNow, match="10 to 1000"):
        hashing.hash_password(password)


@pytest.mark.parametrize("unmake", [partial(users.set_role, role=Role.VIEWER, sites=()), users.disable])
async def test_two_owners_who_unmake_each_other_at_once_leave_one(db: Database, unmake: Any) -> None:
    await db.write(lambda conn: users.create(conn, OURS, "Bob", "hash", NOON))
    unmade = (db.write(partial(unmake, organisation_id=OURS, name=name, now=NOON)) for name in ("Ada", "Bob"))
    outcomes = await asyncio.gather(*unmade, return_exceptions=True)
    assert sorted(isinstance(outcome, NotNow) for outcome in outcomes) == [False, True]


async def test_roles_and_sites_are_given_and_the_last_owner_stays(db: Database) -> None:
    def make(conn: Connection) -> None:
        users.create(
            conn, OURS, "Tess", "hash", NOON, role=Role.TECHNICIAN, sites=["Main site"], email="tess@example.org"
        )

    await db.write(make)
    ada, tess = await db.read(lambda conn: users.listed(conn, OURS))
    assert (ada.role, ada.site_ids, tess.role, tess.email) == (Role.OWNER, None, Role.TECHNICIAN, "tess@example.org")
    assert tess.site_ids is not None and len(tess.site_ids) == 1
    tess = await db.write(lambda conn: users.set_role(conn, OURS, "tess", Role.VIEWER, [], NOON))
    assert (tess.role, tess.site_ids) == (Role.VIEWER, None)
    for role, sites, problem in (
        (Role.VIEWER, [], "Ada is the only owner"),
        (Role.OWNER, ["Main site"], "an owner has all sites"),
    ):
        with pytest.raises(NotNow, match=problem):
            await db.write(partial(users.set_role, organisation_id=OURS, name="Ada", role=role, sites=sites, now=NOON))
    with pytest.raises(NotFound, match="there is no site 'Moon'; there are: Main site"):
        await db.write(lambda conn: users.set_role(conn, OURS, "Tess", Role.VIEWER, ["Moon"], NOON))
