"""New passwords: with a link that is good once and for a while, or by giving the present one; and idle sign-ins."""

import asyncio
from datetime import timedelta

import pytest
from argon2 import PasswordHasher
from sqlalchemy import func, select

from cloud.db.database import Database
from cloud.db.tables import audit_log, password_token, sign_in
from cloud.domain.people import Role, SignedIn, User
from cloud.services import hashing, passwords, users
from cloud.services.errors import NotNow
from tests.cloud.conftest import NOON
from tests.ours import OURS

PASSWORD, ANOTHER = "correct horse battery", "staple staple staple"


@pytest.fixture(autouse=True)
def cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hashing, "hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@pytest.fixture
async def ada(database: Database) -> User:
    kept = hashing.hash_password(PASSWORD)
    await database.write(lambda conn: users.create(conn, OURS, "Ada", kept, NOON, email="ada@example.org"))
    return await database.read(lambda conn: users.find(conn, OURS, "Ada"))


async def entered(db: Database, password: str, **later: float) -> SignedIn | None:
    now = NOON + timedelta(**later)
    token = await users.sign_in(db, "Ada", password, now, browser="Firefox", address="192.0.2.1")
    return await db.read(lambda conn: users.signed_in(conn, token, now)) if token else None


async def link(db: Database) -> str:
    asked = await db.write(lambda conn: passwords.forgotten(conn, " ADA ", NOON))
    assert asked is not None
    return asked[1]


async def test_a_link_is_good_once_and_ends_all_sign_ins(database: Database, ada: User) -> None:
    assert await entered(database, PASSWORD)
    first, second = await link(database), await link(database)
    await passwords.choose(database, first, ANOTHER, NOON)
    assert await database.read(lambda conn: conn.execute(select(func.count()).select_from(sign_in)).scalar()) == 0
    for used in (first, second):
        with pytest.raises(NotNow, match="used already or is too old"):
            await passwords.choose(database, used, PASSWORD, NOON)
    assert await entered(database, PASSWORD) is None
    assert await entered(database, ANOTHER, minutes=1) is not None


async def test_a_link_in_an_old_mailbox_is_good_no_more(database: Database, ada: User) -> None:
    token = await link(database)
    await database.write(lambda conn: users.set_email(conn, OURS, "Ada", "ada@example.org", NOON))
    await database.write(lambda conn: users.set_email(conn, OURS, "Ada", "new@example.org", NOON))
    with pytest.raises(NotNow, match="used already or is too old"):
        await passwords.choose(database, token, ANOTHER, NOON)


async def test_of_two_who_use_a_link_at_once_one_wins(database: Database, ada: User) -> None:
    token = await link(database)
    tries = (passwords.choose(database, token, f"{PASSWORD} {n}", NOON) for n in range(4))
    outcomes = await asyncio.gather(*tries, return_exceptions=True)
    assert sorted(isinstance(outcome, NotNow) for outcome in outcomes) == [False, True, True, True]


async def test_a_link_lasts_half_an_hour_and_its_token_is_kept_nowhere(database: Database, ada: User) -> None:
    token = await link(database)
    kept = await database.read(lambda conn: conn.execute(select(password_token.c.token_hash)).scalar_one())
    told = await database.read(lambda conn: str(conn.execute(select(audit_log)).all()))
    assert token.encode() not in kept and token not in told
    with pytest.raises(NotNow, match="too old"):
        await passwords.choose(database, token, ANOTHER, NOON + passwords.RESET_LASTS)
    with pytest.raises(NotNow, match="10 to 1000 characters"):
        await passwords.choose(database, token, "short", NOON)


async def test_who_gets_no_link(database: Database, ada: User) -> None:
    await database.write(lambda conn: users.create(conn, OURS, "Bob", "no hash", NOON))
    for name in ("Eve", "Bob", ""):
        assert await database.write(lambda conn, name=name: passwords.forgotten(conn, name, NOON)) is None
    for _ in range(passwords.MOST_LINKS):
        await link(database)
    assert await database.write(lambda conn: passwords.forgotten(conn, "Ada", NOON)) is None
    assert await database.write(lambda conn: passwords.forgotten(conn, "Ada", NOON + passwords.RESET_LASTS))


async def test_who_is_disabled_is_out_at_once(database: Database, ada: User) -> None:
    await database.write(lambda conn: users.create(conn, OURS, "Bob", "no hash", NOON, email="bob@example.org"))
    token = await users.sign_in(database, "Ada", PASSWORD, NOON)
    code = await link(database)
    assert token is not None
    await database.write(lambda conn: users.disable(conn, OURS, "Ada", NOON))
    assert await database.read(lambda conn: users.signed_in(conn, token, NOON)) is None
    assert await entered(database, PASSWORD) is None
    assert await database.write(lambda conn: passwords.forgotten(conn, "Ada", NOON)) is None
    with pytest.raises(NotNow, match="too old"):
        await passwords.choose(database, code, ANOTHER, NOON)
    with pytest.raises(NotNow, match="only owner"):
        await database.write(lambda conn: users.disable(conn, OURS, "Bob", NOON))
    with pytest.raises(NotNow, match="only owner"):
        await database.write(lambda conn: users.set_role(conn, OURS, "Bob", Role.VIEWER, (), NOON))
    await database.write(lambda conn: users.enable(conn, OURS, "Ada", NOON))
    assert await entered(database, PASSWORD)


async def test_who_was_invited_has_no_password_yet(database: Database, ada: User) -> None:
    await database.write(lambda conn: users.create(conn, OURS, "Bob", hashing.NO_PASSWORD, NOON))
    bob = await database.read(lambda conn: users.find(conn, OURS, "Bob"))
    assert await users.sign_in(database, "Bob", "", NOON) is None
    token = await database.write(lambda conn: passwords.invite(conn, bob, NOON))
    await passwords.choose(database, token, ANOTHER, NOON + timedelta(days=2))
    assert await users.sign_in(database, "Bob", ANOTHER, NOON + timedelta(days=2))


async def test_the_own_password_is_changed_with_the_present_one(database: Database, ada: User) -> None:
    await entered(database, PASSWORD)
    me = await entered(database, PASSWORD, minutes=1)
    assert me is not None
    assert not await passwords.change_own(database, me, "wrong password", ANOTHER, NOON)
    assert await passwords.change_own(database, me, PASSWORD, ANOTHER, NOON)
    left = await database.read(lambda conn: users.ours(conn, ada.id, NOON))
    assert [(each.id, each.browser, each.address) for each in left] == [(me.id, "Firefox", "192.0.2.1")]
    assert await entered(database, ANOTHER)


async def test_a_sign_in_ends_when_it_lies_idle(database: Database, ada: User) -> None:
    token = await users.sign_in(database, "Ada", PASSWORD, NOON)
    assert token is not None
    almost = NOON + users.IDLE - timedelta(seconds=1)
    me = await database.read(lambda conn: users.signed_in(conn, token, almost))
    assert me is not None
    assert await database.read(lambda conn: users.signed_in(conn, token, NOON + users.IDLE)) is None
    await database.write(lambda conn: users.used(conn, me, almost))
    later = await database.read(lambda conn: users.signed_in(conn, token, NOON + users.IDLE))
    assert later is not None and later.used_at == almost


async def test_own_sign_ins_are_ended_one_by_one_or_all_but_this(database: Database, ada: User) -> None:
    first, second, me = [await entered(database, PASSWORD, minutes=n) for n in range(3)]
    assert first and second and me
    await database.write(lambda conn: users.end(conn, me, first.id, NOON))
    ids = await database.read(lambda conn: [each.id for each in users.ours(conn, ada.id, NOON)])
    assert ids == [me.id, second.id]
    await database.write(lambda conn: users.end(conn, me, None, NOON))
    assert await database.read(lambda conn: [each.id for each in users.ours(conn, ada.id, NOON)]) == [me.id]


@pytest.mark.parametrize("email", ["ada", "a b@example.org", "ada@example.org\nBcc: eve@evil.test", "@x", "a@b@c"])
async def test_what_is_no_address_is_refused(database: Database, ada: User, email: str) -> None:
    with pytest.raises(NotNow, match="no e-mail address"):
        await database.write(lambda conn: users.set_email(conn, OURS, "Ada", email, NOON))
