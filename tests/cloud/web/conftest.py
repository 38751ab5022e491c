"""The console over a furnished database, with a browser-like client that can sign in."""

import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import trustme
from starlette.applications import Starlette
from starlette.routing import BaseRoute

from cloud import web
from cloud.db.database import Database
from cloud.services import organisations, stations, users
from cloud.services.bell import Bell
from cloud.settings import from_environment
from cloud.web.guard import SIGN_IN_COOKIE
from tests.cloud.ocpp.charger import Charger, charger
from tests.cloud.web import yard
from tests.cloud.web.serving import Served, serving
from tests.cloud.web.yard import OPERATOR, PASSWORD, Yard
from tests.cloud.web.yards import Yards
from tests.ours import OURS

NOW = datetime(2026, 7, 14, 9, 30, tzinfo=UTC)
ZONE = "Europe/Berlin"
HERE = ("192.0.2.1", 50_000)


@dataclass
class Console:
    """The operator's pages; `later` moves their clock."""

    db: Database
    now: datetime = NOW
    bell: Bell = field(default_factory=Bell)
    options: dict[str, Any] = field(default_factory=dict)
    zone: str = ZONE
    place: Yard | None = None

    def __post_init__(self) -> None:
        settings = from_environment({}, time_zone=self.zone, webhook_hosts="127.0.0.1", **self.options)
        self.routes: list[BaseRoute] = web.routes(self.db, self.bell, settings, clock=lambda: self.now)
        self.app = Starlette(routes=self.routes)

    def later(self, **span: float) -> None:
        self.now += timedelta(**span)

    def browser(self, address: tuple[str, int] = HERE) -> httpx.AsyncClient:
        """A client that keeps cookies and follows no redirect."""
        transport = httpx.ASGITransport(self.app, client=address)
        return httpx.AsyncClient(transport=transport, base_url="https://console.test")


@dataclass(frozen=True)
class Browser:
    """A signed-in client and the CSRF token of its forms."""

    client: httpx.AsyncClient
    csrf: str

    async def page(self, path: str) -> str:
        response = await self.client.get(path)
        assert response.status_code == 200, response.text
        return response.text

    async def post(self, path: str, **form: Any) -> httpx.Response:
        return await self.client.post(path, data={"csrf": self.csrf, **form})


@pytest.fixture(scope="session")
def yards(tmp_path_factory: pytest.TempPathFactory) -> Yards:
    return Yards(tmp_path_factory.mktemp("yards"))


@pytest.fixture
async def console(database: Database, yards: Yards, request: pytest.FixtureRequest) -> Console:
    """Pages over a database with one operator, and nothing else unless the test asks for its `place`."""
    await database.write(lambda conn: yard.operator(conn, NOW))
    await database.write(lambda conn: organisations.keep_time(conn, ZONE))
    made = Console(database)
    if "place" in request.fixturenames:
        made.place = await yards.furnish(database, lambda: request.getfixturevalue("postgres"), NOW)
    return made


@pytest.fixture
async def browser(console: Console) -> AsyncIterator[Browser]:
    """Signed in without the form, which has tests of its own."""
    token = await users.sign_in(console.db, OPERATOR, PASSWORD, console.now)
    assert token is not None
    me = await console.db.read(lambda conn: users.signed_in(conn, token, console.now))
    assert me is not None
    async with console.browser() as client:
        client.cookies.set(SIGN_IN_COOKIE, token, domain="console.test")
        yield Browser(client, me.csrf)


@pytest.fixture
def place(console: Console) -> Yard:
    """The furnished charging site."""
    assert console.place is not None
    return console.place


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
async def served(sqlite_url: str, tmp_path: Path, authority: trustme.CA) -> AsyncIterator[Served]:
    pem = tmp_path / "localhost.pem"
    authority.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(str(pem))
    async with serving(sqlite_url, tls_cert=str(pem), tls_key=str(pem)) as served:
        yield served


@pytest.fixture
async def lab(served: Served, authority: trustme.CA) -> AsyncIterator[Charger]:
    """A new station, connected and booted."""
    trust = ssl.create_default_context()
    authority.configure_trust(trust)
    now = datetime.now(UTC)
    add = served.server.db.write(lambda conn: stations.add(conn, OURS, "lab-1", "Lab", 1, now))
    key = (await add)[1]
    async with charger(served.server.ws, "lab-1", key, ssl=trust) as connected:
        await connected.boot()
        yield connected
