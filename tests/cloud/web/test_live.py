"""The live stream over a real connection: what changed arrives, and a stream ends with its sign-in."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime

import httpx
import pytest
from sqlalchemy import Connection

from cloud.domain.people import Role
from cloud.domain.stations import ConnectorStatus
from cloud.services import users
from cloud.services.bell import Topic
from cloud.web import live
from tests.cloud.web import yard
from tests.cloud.web.serving import Served, serving
from tests.ours import OURS

PATIENCE_S = 20


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One kind is enough: what is tested here does not depend on it."""
    return sqlite_url


@pytest.fixture
async def served(database_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Served]:
    monkeypatch.setattr(live, "BEAT_S", 3600)  # so that only the bell can bring news
    async with serving(database_url) as served:
        yield served


async def events(response: httpx.Response) -> AsyncIterator[tuple[str, str]]:
    """(event, data) as a browser's EventSource would hand them over."""
    name, data = "message", list[str]()
    async for line in response.aiter_lines():
        if not line:
            yield name, "\n".join(data)
            name, data = "message", []
        elif line.startswith("event: "):
            name = line.removeprefix("event: ")
        else:
            data.append(line.removeprefix("data: "))


async def until(stream: AsyncIterator[tuple[str, str]], wanted: str, containing: str = "") -> str:
    async with asyncio.timeout(PATIENCE_S):
        async for name, data in stream:
            if name == wanted and containing in data:
                return data
    raise AssertionError(f"the stream ended without {wanted} {containing!r}")


@asynccontextmanager
async def listening(served: Served, path: str) -> AsyncIterator[AsyncIterator[tuple[str, str]]]:
    async with (
        httpx.AsyncClient(base_url=served.server.http, timeout=PATIENCE_S) as client,
        client.stream("GET", path, headers=served.cookie) as response,
    ):
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("text/event-stream")
        yield events(response)


async def test_a_change_arrives_without_asking(served: Served) -> None:
    async with listening(served, "/live") as stream:
        first = await until(stream, "fragment")
        assert 'id="stations"' in first and "<html" not in first and "Preparing" not in first
        await until(stream, "beat")
        now = datetime.now(UTC)
        gate = served.place.gate
        await served.server.db.write(lambda conn: yard.status(conn, gate, 1, ConnectorStatus.PREPARING, now))
        served.server.central.bell.ring(Topic.STATIONS)
        changed = await until(stream, "fragment")
        assert "Gate, connector 1: Preparing" in changed


async def test_a_command_is_followed_step_by_step(served: Served) -> None:
    async with httpx.AsyncClient(base_url=served.server.http, headers=served.cookie) as client:
        form = await client.get(f"/sessions/{served.place.running}")
        token = form.text.split('name="csrf" value="')[1].split('"')[0]
        asked = await client.post(f"/sessions/{served.place.running}/stop", data={"csrf": token})
    async with listening(served, f"{asked.headers['location']}/live") as stream:
        assert "Asked" in await until(stream, "fragment")


async def test_what_is_read_for_many_has_the_token_of_each_and_no_form_for_who_may_not(served: Served) -> None:
    now, db = datetime.now(UTC), served.server.db
    await db.write(lambda conn: users.create(conn, OURS, "val", yard.HASH, now, role=Role.VIEWER))
    names = (yard.OPERATOR, yard.OPERATOR, "val")
    held = [await users.sign_in(db, name, yard.PASSWORD, now) for name in names]
    expected = [await db.read(lambda conn, token=token: users.signed_in(conn, token, now)) for token in held]

    async def first(token: str | None) -> str:
        path = f"/sessions/{served.place.running}/live"
        async with listening(replace(served, token=token), path) as stream:
            return await until(stream, "fragment")

    operator, again, viewer = await asyncio.gather(*map(first, held))
    for text, who in ((operator, expected[0]), (again, expected[1])):
        assert who is not None and f'value="{who.csrf}"' in text
    assert 'name="csrf"' not in viewer and 'id="session"' in viewer


async def test_the_stream_ends_with_the_sign_in(served: Served) -> None:
    async with listening(served, "/live") as stream:
        await until(stream, "fragment")
        await served.server.db.write(lambda conn: users.sign_out(conn, served.token))
        served.server.central.bell.ring(Topic.STATIONS)
        await until(stream, "over")
        assert [rest async for rest in stream] == []


async def test_the_stream_ends_with_the_permission(served: Served) -> None:
    def demote(conn: Connection) -> None:
        users.create(conn, OURS, "eve", "hash", datetime.now(UTC))
        users.set_role(conn, OURS, yard.OPERATOR, Role.VIEWER, (), datetime.now(UTC))

    async with listening(served, f"/stations/{served.place.hall}/commands/live") as stream:
        await until(stream, "fragment")
        await served.server.db.write(demote)
        served.server.central.bell.ring(Topic.COMMANDS)
        await until(stream, "over")
        assert [rest async for rest in stream] == []


async def test_one_user_has_so_many_streams(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "MOST_STREAMS", 2)
    async with httpx.AsyncClient(base_url=served.server.http, headers=served.cookie) as client:
        async with listening(served, "/live") as first, listening(served, "/attention/live") as second:
            await until(first, "fragment")
            await until(second, "fragment")
            assert (await client.get("/live")).status_code == 429
            assert (await client.get("/")).status_code == 200
        async with asyncio.timeout(PATIENCE_S):
            while await status(client, "/live") != 200:
                await asyncio.sleep(0.01)  # until the server has seen that they are gone


async def status(client: httpx.AsyncClient, path: str) -> int:
    async with client.stream("GET", path) as answer:
        return answer.status_code


async def test_whoever_is_not_signed_in_hears_nothing(served: Served) -> None:
    async with httpx.AsyncClient(base_url=served.server.http) as client:
        for path in ("/live", "/sessions/live", "/attention/live", "/commands/1/live"):
            assert (await client.get(path)).status_code == 401


async def test_a_stream_of_nothing_is_refused(served: Served) -> None:
    async with httpx.AsyncClient(base_url=served.server.http, headers=served.cookie) as client:
        assert (await client.get("/sessions/999/live")).status_code == 404
