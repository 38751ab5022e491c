"""The API over the furnished yard, with programs that hold keys."""

import re
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import Connection, func, select

from cloud.db.tables import command, movement
from cloud.domain.people import Permission
from cloud.services import api_keys, users
from cloud.web.api.endpoints import Endpoint
from cloud.web.api.shapes.office import DaysQuery
from tests.cloud.web.conftest import NOW, Console
from tests.cloud.web.yard import OPERATOR, Yard
from tests.ours import OURS

EVERY = tuple(Permission)
ONCE = {"Idempotency-Key": "first"}


@dataclass(frozen=True)
class Program:
    """A client of the API with its key."""

    client: httpx.AsyncClient
    key: str

    async def get(self, path: str, status: int = 200, **query: Any) -> Any:
        return told(await self.client.get(path, params=query or None), status)

    async def send(self, method: str, path: str, body: Any = None, status: int = 200, **headers: str) -> Any:
        return told(await self.client.request(method, path, json=body, headers=headers), status)


def told(response: httpx.Response, status: int) -> Any:
    """The body of an answer with this status; of problems also that they are told as such."""
    assert response.status_code == status, response.text
    if status >= 400:
        assert response.headers["content-type"] == "application/problem+json"
        assert response.json()["status"] == status
    return response.json() if response.content else None


def make_key(
    conn: Connection,
    name: str = OPERATOR,
    permissions: Collection[Permission] = EVERY,
    *,
    whose: int = OURS,
    sites: tuple[str, ...] = (),
    now: datetime = NOW,
    lasts: timedelta | None = None,
) -> str:
    """The text of a new key of a user's."""
    expires_at = None if lasts is None else now + lasts
    maker = users.find(conn, whose, name)
    return api_keys.make(conn, maker, "a program", permissions, now, sites=sites, expires_at=expires_at)[1]


@asynccontextmanager
async def program(console: Console, key: str | None) -> AsyncIterator[Program]:
    """A client that shows this key, or none."""
    transport = httpx.ASGITransport(console.app, client=("192.0.2.1", 50_000))
    headers = {} if key is None else {b"Authorization": f"Bearer {key}".encode()}
    url = "https://console.test/api/v1"
    async with httpx.AsyncClient(transport=transport, base_url=url, headers=headers) as client:
        yield Program(client, key or "")


@pytest.fixture
async def api(console: Console, place: Yard) -> AsyncIterator[Program]:
    """A program whose key may everything, at the furnished yard."""
    key = await console.db.write(make_key)
    async with program(console, key) as client:
        yield client


def counts(conn: Connection) -> tuple[int, int]:
    """How many commands and movements there are."""
    first, second = (
        conn.execute(select(func.count()).select_from(table)).scalar_one() for table in (command, movement)
    )
    return first, second


def once(name: str) -> dict[str, str]:
    """The header of a request that must not happen twice."""
    return {"Idempotency-Key": name}


async def account(api: Program, **values: Any) -> dict[str, Any]:
    """A new prepaid account."""
    body = {"name": "Ada", "terms": "prepaid", "currency": "EUR", **values}
    return dict(await api.send("POST", "/accounts", body, 201, **once(f"account {values}".replace(" ", "_"))))


def address(endpoint: Endpoint, place: Yard) -> str:
    """A path of the endpoint that leads to something of the yard, where there is such a thing."""
    ids = {"session_id": place.running, "station_id": place.hall, "number": "2026-0001", "key": "HeartbeatInterval"}
    names = re.findall(r"{(\w+)", endpoint.path)
    if "reservations/{number" in endpoint.path:
        ids["number"] = 1
    days = "?first=2026-07-01&last=2026-07-31" if endpoint.query is DaysQuery else ""
    return re.sub(r":int}", "}", endpoint.path).format(**{name: ids.get(name, 1) for name in names}) + days
