"""Remote start and stop: from the row to the station and back into the timeline."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection

from cloud.db.queries import commands as rows
from cloud.domain.commands import Command, CommandKind, Step, TimelineEntry
from cloud.ocpp import upkeep
from cloud.ocpp.central import Central
from cloud.ocpp.outbound import deliver
from cloud.services import commands, overview, remote
from cloud.services.bell import Topic
from tests.cloud.ocpp.central import running
from tests.cloud.ocpp.charger import Charger
from tests.cloud.ocpp.conftest import TAG, Site, furnish
from tests.cloud.ocpp.test_session import ago, start


async def ask(site: Site, kind: CommandKind, parameters: dict[str, Any], **options: Any) -> Command:
    """Ask station 1 for something, as a page does: a committed row, then the bell."""
    now = datetime.now(UTC)
    asked = await site.server.db.write(lambda conn: commands.ask(conn, kind, 1, parameters, None, now, **options))
    site.server.central.bell.ring(Topic.COMMANDS)
    return asked


async def ask_start(site: Site, **options: Any) -> Command:
    return await ask(site, CommandKind.REMOTE_START, {"connectorId": 1, "idTag": TAG}, **options)


async def timeline(site: Site, command: Command, until: Step) -> list[Step]:
    """The command's steps once `until` is among them."""

    def steps(entries: list[TimelineEntry]) -> list[Step]:
        return [entry.step for entry in entries]

    entries = await site.server.eventually(
        lambda conn: commands.timeline(conn, command.id), lambda entries: until in steps(entries)
    )
    return steps(entries)


async def test_a_remote_start_and_stop_complete_their_timelines(site: Site, lab: Charger) -> None:
    started = await ask_start(site)
    message_id, action, payload = await lab.next_call()
    assert (action, payload) == ("RemoteStartTransaction", {"connectorId": 1, "idTag": TAG})
    await lab.answer(message_id, {"status": "Accepted"})
    assert await timeline(site, started, Step.ACCEPTED) == [Step.ASKED, Step.SENT, Step.ACCEPTED]
    transaction_id = (await lab.call("StartTransaction", start(timestamp=ago(0))))["transactionId"]
    assert (await timeline(site, started, Step.SESSION_STARTED))[-1] is Step.SESSION_STARTED

    stopped = await ask(site, CommandKind.REMOTE_STOP, {"transactionId": transaction_id})
    message_id, action, payload = await lab.next_call()
    assert (action, payload) == ("RemoteStopTransaction", {"transactionId": transaction_id})
    await lab.answer(message_id, {"status": "Accepted"})
    await timeline(site, stopped, Step.ACCEPTED)
    stop = {"transactionId": transaction_id, "meterStop": 2000, "timestamp": ago(0), "reason": "Remote"}
    await lab.call("StopTransaction", stop)
    expected = [Step.ASKED, Step.SENT, Step.ACCEPTED, Step.SESSION_STOPPED]
    assert await timeline(site, stopped, Step.SESSION_STOPPED) == expected
    assert len(await site.server.db.read(overview.bills)) == 1


@pytest.mark.parametrize(
    ("answer", "step", "detail"),
    [
        ([3, {"status": "Rejected"}], Step.REJECTED, "Rejected"),
        ([3, {"status": "Perhaps"}], Step.REJECTED, "Perhaps"),
        ([3, {"status": "Accepted", "mood": "fine"}], Step.ACCEPTED, "Accepted"),
        (
            [4, "NotSupported", "no remote start here", {}],
            Step.REJECTED,
            "this station does not do RemoteStartTransaction (NotSupported: no remote start here)",
        ),
        ([4, "InternalError", "broken", {}], Step.REJECTED, "InternalError: broken"),
    ],
)
async def test_every_answer_ends_up_in_the_timeline(
    site: Site, lab: Charger, answer: list[Any], step: Step, detail: str
) -> None:
    asked = await ask_start(site)
    message_id, _action, _payload = await lab.next_call()
    await lab.send([answer[0], message_id, *answer[1:]])
    assert await timeline(site, asked, step) == [Step.ASKED, Step.SENT, step]
    entries = await site.server.db.read(lambda conn: commands.timeline(conn, asked.id))
    assert entries[-1].detail == detail


async def test_a_station_that_leaves_before_answering_is_offline(site: Site) -> None:
    async with site.charger() as connected:
        await connected.boot()
        asked = await ask_start(site)
        await connected.next_call()
    assert await timeline(site, asked, Step.OFFLINE) == [Step.ASKED, Step.SENT, Step.OFFLINE]


async def test_a_station_that_never_answers_is_silent(database_url: str) -> None:
    async with running(database_url, call_timeout_s=0.2) as server:
        site = await furnish(server)
        async with site.charger() as connected:
            await connected.boot()
            asked = await ask_start(site)
            assert await timeline(site, asked, Step.SILENT) == [Step.ASKED, Step.SENT, Step.SILENT]


async def test_a_bell_that_nobody_heard_is_made_up_for(database_url: str) -> None:
    """Another process wrote the command: no bell rings here, but the row is found."""
    async with running(database_url, command_poll_s=0.1) as server:
        site = await furnish(server)
        async with site.charger() as connected:
            await connected.boot()
            await server.db.write(lambda conn: remote.ask_start(conn, 1, 1, TAG, None, datetime.now(UTC)))
            await connected.next_call()


async def test_a_command_waits_for_its_station_and_is_sent_once(site: Site) -> None:
    asked = await ask_start(site)
    async with site.charger() as connected:
        await connected.boot()
        message_id, _action, _payload = await connected.next_call()
        await connected.answer(message_id, {"status": "Accepted"})
        await timeline(site, asked, Step.ACCEPTED)
        site.server.central.bell.ring(Topic.COMMANDS)
        await connected.call("Heartbeat")
        assert connected.asked.empty()


async def test_nothing_is_sent_before_an_accepted_boot(site: Site) -> None:
    asked = await ask_start(site)
    async with site.charger() as connected:
        for _ in range(10):
            site.server.central.bell.ring(Topic.COMMANDS)
            await site.server.db.write(lambda _conn: None)
            await (await connected.ws.ping())
        assert connected.asked.empty()
        await connected.boot()
        await connected.next_call()
    assert await timeline(site, asked, Step.SENT)


async def test_a_command_that_could_not_be_sent_in_time_expires_and_is_never_sent(site: Site) -> None:
    asked = await ask_start(site, expires_in_s=0)
    await upkeep.look(site.server.central)
    assert await timeline(site, asked, Step.EXPIRED) == [Step.ASKED, Step.EXPIRED]
    async with site.charger() as connected:
        await connected.boot()
        site.server.central.bell.ring(Topic.COMMANDS)
        await connected.call("Heartbeat")
        assert connected.asked.empty()


async def test_an_answer_comes_before_what_it_asked_for_even_when_calls_cross(site: Site, lab: Charger) -> None:
    """The station calls while our call is on its way: both are answered, neither waits for the other."""
    asked = await ask_start(site)
    message_id, _action, _payload = await lab.next_call()
    await lab.call("Heartbeat")
    await lab.answer(message_id, {"status": "Accepted"})
    assert await timeline(site, asked, Step.ACCEPTED) == [Step.ASKED, Step.SENT, Step.ACCEPTED]


async def test_commands_go_one_at_a_time_in_the_order_asked(site: Site, lab: Charger) -> None:
    """What waits behind an unanswered one is not even claimed: its timeline does not say that it was sent."""
    asked = [await ask_start(site) for _ in range(3)]
    for command, later in zip(asked, [*asked[1:], None], strict=True):
        message_id, _action, _payload = await lab.next_call()
        await lab.call("Heartbeat")
        assert lab.asked.empty()
        if later:
            assert await timeline(site, later, Step.ASKED) == [Step.ASKED]
        await lab.answer(message_id, {"status": "Rejected"})
        assert await timeline(site, command, Step.REJECTED) == [Step.ASKED, Step.SENT, Step.REJECTED]


async def test_a_restart_tells_what_it_missed_and_sends_what_it_had_not(database_url: str) -> None:
    async with running(database_url) as server:
        site = await furnish(server)
        async with site.charger() as connected:
            await connected.boot()
            sent = await ask_start(site)
            await connected.next_call()
            waiting = await ask_start(site)
            claimed = await ask_start(site)
            now = datetime.now(UTC)
            await server.db.write(lambda conn: claim_without_sending(conn, claimed.id, now))
            await server.central.nobody_is_connected()
            expected = [Step.ASKED, Step.SENT, Step.UNKNOWN]
            assert await timeline(site, sent, Step.UNKNOWN) == expected
    async with running(database_url) as server, Site(server, site.key).charger() as connected:
        await connected.boot()
        for _ in (waiting, claimed):
            message_id, action, _payload = await connected.next_call()
            assert action == "RemoteStartTransaction"
            await connected.answer(message_id, {"status": "Rejected"})
        again = Site(server, site.key)
        for command in (waiting, claimed):
            assert (await timeline(again, command, Step.REJECTED))[-1] is Step.REJECTED


async def test_what_is_claimed_but_cannot_be_sent_waits_for_its_station_or_its_end(site: Site) -> None:
    """The station has just gone, or the moment is past: neither is sent, and neither is said to be."""
    central = site.server.central
    gone, late = await ask_start(site), await ask_start(site, expires_in_s=0)
    for command in (gone, late):
        await deliver(central, command)
        assert await timeline(site, command, Step.ASKED) == [Step.ASKED]
    async with site.charger() as connected:
        await connected.boot()
        await deliver(central, late)
        message_id, _action, _payload = await connected.next_call()
        await connected.answer(message_id, {"status": "Rejected"})
        assert (await timeline(site, gone, Step.REJECTED))[-1] is Step.REJECTED
        await upkeep.look(central)
        assert await timeline(site, late, Step.EXPIRED) == [Step.ASKED, Step.EXPIRED]
        assert connected.asked.empty()


def claim_without_sending(conn: Connection, command_id: int, now: datetime) -> None:
    """As a process leaves it that is killed between claiming a command and sending it."""
    rows.claim(conn, [command_id], now)


async def test_a_session_whose_stop_never_comes_is_closed_after_its_grace(site: Site, lab: Charger) -> None:
    await lab.call("StartTransaction", start(timestamp=ago(200)))
    await lab.boot()
    central = site.server.central
    await upkeep.look(Central(central.db, central.bell, central.settings, lambda: central.now() + timedelta(hours=2)))
    assert await site.server.db.read(overview.open_sessions) == []


async def test_upkeep_drops_commands_that_are_old_and_over(sqlite_url: str) -> None:
    async with running(sqlite_url, command_days=1) as server:
        await furnish(server)

        def ask(conn: Connection, asked_at: datetime) -> Command:
            return commands.ask(conn, CommandKind.CLEAR_CACHE, 1, {}, None, asked_at)

        await server.write(ask)
        young = await server.db.write(lambda conn: ask(conn, datetime.now(UTC)))
        await upkeep.look(server.central)
        ((left, _steps),) = await server.db.read(overview.commands)
        assert left.id == young.id
