"""Keys, stations without one, disabled stations: who is let in, and that strangers learn nothing."""

import pytest
from sqlalchemy import event

from cloud.services import access, stations
from cloud.services.errors import Malformed, NotFound
from tests.cloud.conftest import NOON, Business, after
from tests.ours import OURS

INSIDE, OUTSIDE = "10.1.2.3", "10.2.0.1"


async def admitted(business: Business, key: bytes = b"", remote: str = "", identity: str = "lab-2") -> bool:
    return await business.ask(access.authenticate, identity, key, remote) is not None


@pytest.fixture
async def key(business: Business) -> bytes:
    """The key of a second station, `lab-2`."""
    _station, key = await business.do(stations.add, OURS, "lab-2", "Two", 1, NOON)
    return key


async def test_a_key_is_needed_unless_the_operator_says_otherwise(business: Business, key: bytes) -> None:
    assert await admitted(business, key, OUTSIDE)
    assert not await admitted(business, b"", INSIDE)
    await business.do(access.without_key, OURS, "lab-2", "10.1.0.0/16", None, after(1))
    assert await admitted(business, b"", INSIDE)
    assert await admitted(business, b"anything", INSIDE)
    assert await admitted(business, b"", "::ffff:10.1.2.3")
    for remote in (OUTSIDE, "", "somewhere", "::1", "10.1.2.3.4"):
        assert not await admitted(business, b"", remote)
        assert not await admitted(business, key, remote)
    assert not await admitted(business, b"", INSIDE, "lab-1")


async def test_a_new_key_takes_the_place_of_the_old_one_and_of_none(business: Business, key: bytes) -> None:
    new = await business.do(access.new_key, OURS, "lab-2", None, after(1))
    assert len(new) == 20 and not await admitted(business, key)
    assert await admitted(business, new)
    await business.do(access.without_key, OURS, "lab-2", "10.1.0.0/16", None, after(2))
    newest = await business.do(access.new_key, OURS, "lab-2", None, after(3))
    assert await admitted(business, newest, INSIDE)
    assert not await admitted(business, b"", INSIDE)


async def test_a_disabled_station_is_a_stranger(business: Business, key: bytes) -> None:
    await business.do(access.disable, OURS, "lab-2", None, after(1))
    assert not await admitted(business, key)
    await business.do(access.enable, OURS, "lab-2", None, after(2))
    assert await admitted(business, key)


@pytest.mark.parametrize("network", ["", "home", "10.0.0.1/8", "10.0.0.0/33", "0.0.0.0/0", "::/0"])
async def test_what_is_no_network_is_refused(business: Business, key: bytes, network: str) -> None:
    with pytest.raises(Malformed, match="network"):
        await business.do(access.without_key, OURS, "lab-2", network, None, after(1))
    assert await admitted(business, key)


async def test_nobody_is_let_in_who_does_not_exist(business: Business) -> None:
    for change in (access.new_key, access.disable, access.enable):
        with pytest.raises(NotFound, match="lab-9"):
            await business.do(change, OURS, "lab-9", None, after(1))


async def test_sockets_that_came_in_otherwise_are_told(business: Business, key: bytes) -> None:
    first, second = business.station.id, business.station.id + 1
    held = {first: 0, second: 0}
    assert await business.ask(access.outdated, held) == set()
    await business.do(access.disable, OURS, "lab-2", None, after(1))
    assert await business.ask(access.outdated, held) == {second}
    assert await business.ask(access.outdated, {first: 0}) == set()
    await business.do(access.enable, OURS, "lab-2", None, after(1))
    returned = await business.ask(access.authenticate, "lab-2", key)
    assert returned and await business.ask(access.outdated, {second: returned.access}) == set()


async def test_strangers_cost_the_same_work_as_stations(
    business: Business, key: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As many queries, hashes and comparisons, whoever calls: the time of the answer tells nothing."""
    await business.do(stations.add, OURS, "off", "", 1, NOON)
    await business.do(access.disable, OURS, "off", None, NOON)
    work: list[str] = []
    for name in ("hashed",):
        inner = getattr(access, name)
        monkeypatch.setattr(access, name, lambda *given, inner=inner: work.append("hash") or inner(*given))
    costs = set()
    for identity, tried in (("lab-2", key), ("lab-2", b"wrong"), ("lab-2", b""), ("nobody", key), ("off", key)):
        work.clear()

        def ask(conn: object, identity: str = identity, tried: bytes = tried) -> None:
            event.listen(conn, "before_cursor_execute", lambda *_: work.append("query"))
            access.authenticate(conn, identity, tried)  # type: ignore[arg-type]

        await business.db.read(ask)
        costs.add(tuple(work))
    assert costs == {("query", "hash", "hash")}
