"""From a fact to a signed call, in one unit of work, on both databases."""

import base64
import hashlib
import hmac
from typing import Any

import pytest

from cloud.domain.stations import ConnectorStatus, StatusReport
from cloud.domain.webhooks import Event
from cloud.services import stations, webhooks
from tests.cloud.conftest import NOON, Business, after
from tests.cloud.hooks.receiver import receiving
from tests.cloud.hooks.stage import bodies, posting


async def test_what_happens_is_told_signed_in_order(business: Business) -> None:
    async with receiving() as receiver:
        post = await posting(business, receiver)
        begun = await business.start()
        await business.stop(begun.transaction_id, 30, 6_000)
        broken = StatusReport(1, ConnectorStatus.FAULTED, "GroundFailure", at=after(31))
        for _ in range(2):
            await business.do(stations.status_changed, business.station.id, broken, after(31))
        await business.do(stations.went_offline, business.station.id, "first", after(32))
        await business.do(stations.went_offline, business.station.id, "first", after(32))
        for epoch in ("second", "third"):
            await business.do(stations.came_online, business.station.id, epoch, after(33))
        post.now = after(40)
        while await post.sender.look():
            continue
    receiver.received.sort(key=lambda got: int(got.headers["webhook-id"].removeprefix("msg_")))
    told = bodies(receiver)
    assert [each["type"] for each in told] == [
        "session.started", "session.stopped", "session.billed", "fault", "station.offline", "station.online",
    ]  # fmt: skip
    assert {each["data"]["station"] for each in told} == {"lab-1"}
    assert (told[1]["data"]["energy_wh"], told[1]["data"]["id_tag"]) == (5_000, "04A1****")
    assert (told[2]["data"]["gross_minor"], told[2]["data"]["number"]) == (300, "2026-0001")
    for got in receiver.received:
        signed = ".".join((got.headers["webhook-id"], got.headers["webhook-timestamp"], got.body.decode()))
        key = base64.b64decode(post.hook.secret.removeprefix("whsec_"))
        expected = base64.b64encode(hmac.new(key, signed.encode(), hashlib.sha256).digest()).decode()
        assert got.headers["webhook-signature"] == f"v1,{expected}"
        assert int(got.headers["webhook-timestamp"]) == int(post.now.timestamp())
    assert {each.state for each in await post.log()} == {"delivered"}


async def test_a_restart_of_ours_is_told_only_of_who_does_not_come_back(business: Business) -> None:
    away, id = await business.beside("lab-2"), business.station.id
    await business.do(stations.came_online, away.station.id, "first", after(-1))
    async with receiving() as receiver:
        post = await posting(business, receiver)
        await business.do(stations.went_offline, id, "first", after(0), by_us=True)
        for minutes in (1, 2):
            await business.do(stations.all_offline, after(minutes))
        await business.do(stations.came_online, id, "second", after(3))
        for minutes in (6.9, 7, 8):
            await business.do(stations.tell_missing, after(minutes))
            told = [(each.event, each.created_at) for each in reversed(await post.log())]
            assert told == [(Event.STATION_OFFLINE, after(7))][: int(minutes // 7)]
        await business.do(stations.came_online, away.station.id, "second", after(9))
        assert [each.event for each in await post.log()] == [Event.STATION_ONLINE, Event.STATION_OFFLINE]


async def test_nothing_is_put_out_for_what_did_not_happen(business: Business) -> None:
    async with receiving() as receiver:
        post = await posting(business, receiver, frozenset({Event.SESSION_STARTED}))

        def fails(conn: Any) -> None:
            webhooks.tell(conn, business.station.id, Event.SESSION_STARTED, {}, NOON)
            raise RuntimeError("undone")

        with pytest.raises(RuntimeError):
            await business.do(fails)
        begun = await business.start()
        await business.start()
        await business.stop(begun.transaction_id, 30, 6_000)
        assert [each.event for each in await post.log()] == [Event.SESSION_STARTED]
