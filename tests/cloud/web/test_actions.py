"""What an operator does: written and committed before the answer, which waits for no station."""

import asyncio
from contextlib import aclosing
from functools import partial

import httpx
import pytest
from sqlalchemy import Connection

from cloud.domain.bills import Bill
from cloud.domain.commands import Command, CommandKind, Step, TimelineEntry
from cloud.services import commands, overview
from cloud.services.bell import Topic
from tests.cloud.web.conftest import NOW, Browser, Console
from tests.cloud.web.test_pages import words
from tests.cloud.web.yard import Yard

VAN = 1


async def timeline(console: Console, station_id: int) -> tuple[Command, list[TimelineEntry]]:
    return (await console.db.read(lambda conn: overview.commands(conn, station_id)))[0]


async def start(browser: Browser, station_id: int, tag: object = VAN, connector: int = 1) -> httpx.Response:
    return await browser.post(f"/stations/{station_id}/connectors/{connector}/start", tag=tag)


async def test_a_remote_start_is_written_rung_and_answered_at_once(
    console: Console, browser: Browser, place: Yard
) -> None:
    async with aclosing(console.bell.listen({Topic.COMMANDS})) as rings:
        ring = asyncio.ensure_future(anext(rings))
        await asyncio.sleep(0)
        answer = await start(browser, place.gate)
        command, steps = await timeline(console, place.gate)
        assert await asyncio.wait_for(ring, 5) == {Topic.COMMANDS}
    assert (answer.status_code, answer.headers["location"]) == (303, f"/commands/{command.id}")
    assert command.kind is CommandKind.REMOTE_START
    assert command.parameters == {"connectorId": 1, "idTag": "04A1B2C3D4"}
    assert command.user_id == 1
    assert [step.step for step in steps] == [Step.ASKED]


async def test_a_remote_stop_names_the_transaction(console: Console, browser: Browser, place: Yard) -> None:
    answer = await browser.post(f"/sessions/{place.running}/stop")
    command, _ = await timeline(console, place.hall)
    session = await console.db.read(lambda conn: overview.session(conn, place.running))
    assert session is not None
    assert answer.headers["location"] == f"/commands/{command.id}"
    assert command.kind is CommandKind.REMOTE_STOP
    assert command.parameters == {"transactionId": int(session.transaction_id)}


async def test_a_tag_that_was_not_offered_is_refused(console: Console, browser: Browser, place: Yard) -> None:
    for tag in (4, 99, "", "-1", "1' or 1", None):
        assert (await start(browser, place.gate, tag)).status_code == 409, tag
    assert await console.db.read(lambda conn: overview.commands(conn, place.gate)) == []


async def test_what_cannot_be_done_now_is_told_in_words(browser: Browser, place: Yard) -> None:
    taken = await start(browser, place.hall)
    assert taken.status_code == 409
    assert "a session is running on connector 1 already" in taken.text
    over = await browser.post(f"/sessions/{place.billed}/stop")
    assert over.status_code == 409
    assert (await start(browser, place.hall, connector=9)).status_code == 404


TOLD: tuple[tuple[tuple[Step, ...], str], ...] = (
    ((), "Asked by ada 11:30:00 Waiting to be sent to the station"),
    ((Step.SENT,), "Sent to the station 11:30:00 Waiting for the station's answer"),
    ((Step.SENT, Step.ACCEPTED), "Accepted by the station 11:30:00 Waiting for its effect: the session to start"),
    ((Step.SENT, Step.REJECTED), "Refused by the station 11:30:00 To the station"),
    ((Step.SENT, Step.SILENT), "The station did not answer 11:30:00 To the station"),
    ((Step.OFFLINE,), "The station is offline 11:30:00 To the station"),
    ((Step.EXPIRED,), "Expired: too late to be carried out 11:30:00 To the station"),
    ((Step.SENT, Step.ACCEPTED, Step.SESSION_STARTED), "Session started 11:30:00 To the station"),
)


def note(conn: Connection, id: int, steps: tuple[Step, ...]) -> None:
    for step in steps:
        commands.note(conn, id, step, "", NOW)


async def test_the_timeline_tells_every_step(console: Console, browser: Browser, place: Yard) -> None:
    for steps, told in TOLD:
        location = (await start(browser, place.gate)).headers["location"]
        id = int(location.rsplit("/", 1)[1])
        await console.db.write(partial(note, id=id, steps=steps))
        assert told in words((await browser.page(location)).replace("&#39;", "'"))


@pytest.mark.parametrize(("decision", "state", "billed"), [("bill", "Billed", 2), ("write_off", "Written off", 1)])
async def test_a_suspect_session_is_billed_or_written_off(
    console: Console, browser: Browser, place: Yard, decision: str, state: str, billed: int
) -> None:
    assert "Bill it as it is" in await browser.page(f"/sessions/{place.suspect}")
    assert (await browser.post(f"/sessions/{place.suspect}/review", decision="")).status_code == 400
    done = await browser.post(f"/sessions/{place.suspect}/review", decision=decision)
    assert (done.status_code, done.headers["location"]) == (303, f"/sessions/{place.suspect}")
    assert state in words(await browser.page(f"/sessions/{place.suspect}"))
    bills: list[Bill] = await console.db.read(overview.bills)
    assert len(bills) == billed
    again = await browser.post(f"/sessions/{place.suspect}/review", decision=decision)
    assert again.status_code == 409


async def test_a_station_is_let_in_without_a_key(console: Console, browser: Browser, place: Yard) -> None:
    path = f"/stations/{place.gate}"
    for wrong in ("", "somewhere", "0.0.0.0/0"):
        again = await browser.post(f"{path}/network", network=wrong)
        assert again.status_code == 422 and 'aria-invalid="true"' in again.text, wrong
    assert (await browser.post(f"{path}/network", network="10.1.0.0/16")).headers["location"] == f"{path}/settings"
    shown = await browser.page(f"{path}/settings")
    assert "It is let in without a key from 10.1.0.0/16" in shown and 'value="10.1.0.0/16"' in shown
    await browser.post(f"{path}/decide", do="new-key")
    assert "let in without a key from" not in await browser.page(f"{path}/settings")


async def test_a_stop_without_a_session_is_given_one(console: Console, browser: Browser, place: Yard) -> None:
    assert "Stops without a session" in await browser.page("/attention")
    seen = words(await browser.page("/stops/1"))
    assert f"Session {place.running} at connector 1" in seen and "Session that it named 4711" in seen
    assert (await browser.post("/stops/1/join", session=str(place.billed))).status_code == 422
    done = await browser.post("/stops/1/join", session=str(place.running))
    assert done.headers["location"] == f"/sessions/{place.running}"
    assert "its stop named session 4711" in await browser.page(f"/sessions/{place.running}")
    assert "It has its session already" in await browser.page("/stops/1")
    assert "Stops without a session" not in await browser.page("/attention")
    assert (await browser.post("/stops/1/join", session=str(place.running))).status_code == 422
