"""The second factor: asked for once it is confirmed, each code good once, guessing slowed down."""

import asyncio
from datetime import datetime, timedelta

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select

from cloud.db.database import Database
from cloud.db.tables import audit_log, recovery_code
from cloud.domain import totp
from cloud.domain.people import User
from cloud.services import hashing, second_factor, users
from cloud.services.errors import NotNow
from tests.cloud.conftest import NOON
from tests.ours import OURS

PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hashing, "hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@pytest.fixture
async def ada(database: Database) -> User:
    kept = hashing.hash_password(PASSWORD)
    return await database.write(lambda conn: users.create(conn, OURS, "Ada", kept, NOON))


def code_at(secret: bytes, at: datetime) -> str:
    return totp.code(secret, totp.step_at(at))


async def enrolled(db: Database, ada: User) -> tuple[bytes, list[str]]:
    secret = await db.write(lambda conn: second_factor.begin(conn, ada, NOON))
    first = code_at(secret, NOON)
    codes = await db.write(lambda conn: second_factor.confirm(conn, ada, first, NOON))
    assert codes is not None
    return secret, codes


async def halfway(db: Database, at: datetime) -> str:
    token = await users.sign_in(db, "Ada", PASSWORD, at, browser="Firefox", address="192.0.2.1")
    assert token is not None
    assert await db.read(lambda conn: second_factor.is_halfway(conn, token, at))
    assert await db.read(lambda conn: users.signed_in(conn, token, at)) is None
    return token


async def complete(db: Database, token: str, code: str, at: datetime) -> str | None:
    return await db.write(lambda conn: second_factor.complete(conn, token, code, at))


async def test_a_code_completes_a_sign_in_with_a_token_of_its_own(database: Database, ada: User) -> None:
    secret, _codes = await enrolled(database, ada)
    later = NOON + timedelta(minutes=1)
    first = await halfway(database, later)
    token = await complete(database, first, f" {code_at(secret, later)[:3]} {code_at(secret, later)[3:]}", later)
    assert token and token != first
    me = await database.read(lambda conn: users.signed_in(conn, token, later))
    assert me is not None and me.user.id == ada.id
    assert await database.read(lambda conn: users.signed_in(conn, first, later)) is None
    ours = await database.read(lambda conn: users.ours(conn, ada.id, later))
    assert [(each.browser, each.address) for each in ours] == [("Firefox", "192.0.2.1")]


async def test_a_code_is_good_once_also_for_two_at_once(database: Database, ada: User) -> None:
    secret, _codes = await enrolled(database, ada)
    assert await complete(database, await halfway(database, NOON), code_at(secret, NOON), NOON) == ""
    later = NOON + timedelta(minutes=1)
    tokens = [await halfway(database, later) for _ in range(2)]
    outcomes = await asyncio.gather(*(complete(database, each, code_at(secret, later), later) for each in tokens))
    assert sorted(map(bool, outcomes)) == [False, True]


async def test_a_recovery_code_is_good_once_and_only_its_hash_is_kept(database: Database, ada: User) -> None:
    _secret, codes = await enrolled(database, ada)
    assert len(set(codes)) == 10
    kept = await database.read(lambda conn: str(conn.execute(select(recovery_code)).all()))
    told = await database.read(lambda conn: str(conn.execute(select(audit_log)).all()))
    assert not [each for each in codes if each in kept or each in told]
    spelt = f"{codes[0][:4]}-{codes[0][4:8]}-{codes[0][8:]}".lower()
    assert await complete(database, await halfway(database, NOON), spelt, NOON)
    assert await complete(database, await halfway(database, NOON), codes[0], NOON) == ""
    assert await complete(database, await halfway(database, NOON), codes[1], NOON)


async def test_guessing_codes_ends_soon(database: Database, ada: User) -> None:
    secret, _codes = await enrolled(database, ada)
    token = await halfway(database, NOON)
    for _ in range(second_factor.MOST_TRIES):
        assert await complete(database, token, "000000", NOON) == ""
    later = NOON + timedelta(minutes=1)
    assert await complete(database, token, code_at(secret, later), later) is None
    assert await complete(database, await halfway(database, later), code_at(secret, NOON), NOON) == ""  # still paused
    token = await halfway(database, later)
    assert await complete(database, token, code_at(secret, later), later + timedelta(minutes=6)) is None


async def test_nothing_is_asked_before_the_first_code_was_right(database: Database, ada: User) -> None:
    secret = await database.write(lambda conn: second_factor.begin(conn, ada, NOON))
    assert await database.write(lambda conn: second_factor.confirm(conn, ada, "000000", NOON)) is None
    token = await users.sign_in(database, "Ada", PASSWORD, NOON)
    assert token and await database.read(lambda conn: users.signed_in(conn, token, NOON))
    again = await database.write(lambda conn: second_factor.begin(conn, ada, NOON))
    assert again != secret
    await database.write(lambda conn: second_factor.confirm(conn, ada, code_at(again, NOON), NOON))
    for step in (
        lambda conn: second_factor.begin(conn, ada, NOON),
        lambda conn: second_factor.confirm(conn, ada, "", NOON),
    ):
        with pytest.raises(NotNow):
            await database.write(step)


async def test_it_is_removed_with_a_code_or_by_the_operator(database: Database, ada: User) -> None:
    secret, _codes = await enrolled(database, ada)
    later = NOON + timedelta(minutes=1)
    assert not await database.write(lambda conn: second_factor.remove_own(conn, ada, "000000", later))
    assert await database.write(lambda conn: second_factor.remove_own(conn, ada, code_at(secret, later), later))
    assert await users.sign_in(database, "Ada", PASSWORD, later)
    await enrolled(database, ada)
    await database.write(lambda conn: second_factor.remove(conn, ada, later))
    token = await users.sign_in(database, "Ada", PASSWORD, later)
    assert token and await database.read(lambda conn: users.signed_in(conn, token, later))
