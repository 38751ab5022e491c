"""A station's key changed by OCPP: both keys until the new one is used, and the new one told to nobody else."""

import logging
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, select

from cloud.db.tables import metadata
from cloud.domain.commands import Command, Step
from cloud.services import access, commands, renewal
from cloud.services.bell import Topic
from cloud.services.errors import NotNow
from tests.cloud.ocpp.central import Running, running
from tests.cloud.ocpp.charger import Charger, charger
from tests.cloud.ocpp.conftest import Site, furnish
from tests.cloud.ocpp.logged import logged
from tests.cloud.ocpp.test_access import refused
from tests.cloud.ocpp.test_commands import timeline
from tests.ours import OURS


async def renew(site: Site) -> Command:
    now = site.server.central.now()
    command = await site.server.db.write(lambda conn: renewal.ask(conn, OURS, site.identity, None, now))
    site.server.central.bell.ring(Topic.COMMANDS)
    return command


async def told(lab: Charger, answer: Any) -> bytes:
    """The key that the station is told; it answers."""
    message_id, action, payload = await lab.next_call()
    assert (action, payload["key"], len(payload["value"])) == ("ChangeConfiguration", "AuthorizationKey", 40)
    await lab.send([answer[0], message_id, *answer[1:]] if isinstance(answer, list) else [3, message_id, answer])
    return bytes.fromhex(payload["value"])


async def everything(server: Running) -> str:
    """Every row of every table, as text."""

    def rows(conn: Connection) -> str:
        return "\n".join(repr(row) for table in metadata.tables.values() for row in conn.execute(select(table)))

    return await server.db.read(rows)


async def test_both_keys_are_good_until_the_new_one_is_used(
    site: Site, lab: Charger, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    command = await renew(site)
    with pytest.raises(NotNow, match="on its way"):
        await renew(site)
    new = await told(lab, {"status": "Accepted"})
    assert (await timeline(site, command, Step.ACCEPTED))[-1] is Step.ACCEPTED
    with pytest.raises(NotNow, match="has not signed in with it yet"):
        await renew(site)
    async with site.charger() as by_the_old_one:
        await by_the_old_one.call("Heartbeat")
    async with charger(site.server.ws, site.identity, new) as by_the_new_one:
        await by_the_new_one.call("Heartbeat")
        assert (await timeline(site, command, Step.DONE))[-1] is Step.DONE
    assert await refused(site, site.key) == 401
    async with charger(site.server.ws, site.identity, new.hex().upper().encode()):
        pass  # a station that sends the digits instead of the bytes is understood
    await logged(site.server, lambda found: found != [], action="ChangeConfiguration")
    for text in (await everything(site.server), caplog.text):
        assert new.hex() not in text.lower() and repr(new) not in text


@pytest.mark.parametrize("refusing", ["status", "error"])
async def test_a_station_that_refuses_keeps_its_key(site: Site, lab: Charger, refusing: str) -> None:
    command = await renew(site)
    message_id, _action, payload = await lab.next_call()
    rejected, error = {"status": "Rejected", "value": payload["value"]}, f"no such key as {payload['value']}"
    answer = [3, message_id, rejected] if refusing == "status" else [4, message_id, "GenericError", error, {}]
    await lab.send(answer)
    assert (await timeline(site, command, Step.REJECTED))[-1] is Step.REJECTED
    assert await refused(site, bytes.fromhex(payload["value"])) == 401
    await logged(site.server, lambda found: len(found) > 1, action="ChangeConfiguration")
    assert payload["value"] not in await everything(site.server)
    assert (await renew(site)).id != command.id


async def test_an_answer_that_is_lost_and_a_restart_lock_nobody_out(database_url: str) -> None:
    async with running(database_url, call_timeout_s=0.2) as server:
        site = await furnish(server)
        async with site.charger() as lab:
            await lab.boot()
            command = await renew(site)
            new = bytes.fromhex((await lab.next_call())[2]["value"])
            await timeline(site, command, Step.SILENT)
    async with running(database_url) as server:
        site = Site(server, site.key)
        async with site.charger() as by_the_old_one:
            await by_the_old_one.call("Heartbeat")
        async with charger(server.ws, site.identity, new):
            assert (await timeline(site, command, Step.DONE))[-1] is Step.DONE
        assert await refused(site, site.key) == 401


async def test_a_command_that_waits_through_a_restart_holds_no_key(database_url: str) -> None:
    async with running(database_url) as server:
        site = await furnish(server)
        command = await renew(site)
        assert command.parameters == {"key": "AuthorizationKey", "value": "****"}
    async with running(database_url) as server:
        site = Site(server, site.key)
        async with site.charger() as lab:
            await lab.boot()
            server.central.bell.ring(Topic.COMMANDS)
            new = await told(lab, {"status": "RebootRequired"})
            await timeline(site, command, Step.ACCEPTED)
        async with charger(server.ws, site.identity, new):
            pass


async def test_a_new_key_that_a_station_has_not_taken_in_a_day_ends(site: Site, lab: Charger) -> None:
    await renew(site)
    new = await told(lab, {"status": "Accepted"})

    def a_day_later(conn: Connection) -> None:
        access.signed_in(conn, 1, by_next_key=False, now=site.server.central.now() + timedelta(days=1))

    await site.server.db.write(a_day_later)
    assert await refused(site, new) == 401
    async with site.charger():
        pass


async def test_a_key_set_by_hand_ends_both(site: Site, lab: Charger) -> None:
    await renew(site)
    new = await told(lab, {"status": "Accepted"})
    by_hand = await site.server.write(access.new_key, OURS, site.identity, None)
    assert await refused(site, new) == await refused(site, site.key) == 401
    async with charger(site.server.ws, site.identity, by_hand):
        pass
    assert len(await site.server.db.read(lambda conn: commands.timeline(conn, 1))) >= 2
