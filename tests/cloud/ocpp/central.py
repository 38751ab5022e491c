"""The real central system for tests: uvicorn in this process on a free port, on whatever database is given."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import httpx
from sqlalchemy import Connection
from starlette.applications import Starlette

from cloud.app import build
from cloud.db.database import Database
from cloud.domain.incidents import Incident
from cloud.ocpp.central import Central
from cloud.server import Server, listen
from cloud.services import overview
from cloud.services.bell import Topic
from cloud.settings import Settings, from_environment

T = TypeVar("T")
PATIENCE_S = 20


@dataclass(frozen=True)
class Running:
    """A serving central system; `ws` and `http` are its addresses."""

    app: Starlette
    settings: Settings
    port: int

    @property
    def central(self) -> Central:
        central: Central = self.app.state.central
        return central

    @property
    def db(self) -> Database:
        return self.central.db

    @property
    def ws(self) -> str:
        return f"{'wss' if self.settings.tls_cert else 'ws'}://localhost:{self.port}"

    @property
    def http(self) -> str:
        return f"{'https' if self.settings.tls_cert else 'http'}://localhost:{self.port}"

    async def write(self, service: Callable[..., T], *arguments: Any, **options: Any) -> T:
        """Commit `service(conn, *arguments, now, **options)`, as it would have been a week ago."""
        now = datetime.now(UTC) - timedelta(days=7)
        return await self.db.write(lambda conn: service(conn, *arguments, now, **options))

    async def eventually(self, query: Callable[[Connection], T], wanted: Callable[[T], bool]) -> T:
        """Read until `wanted`: what is written aside, off the answering path, arrives a little later."""
        async with asyncio.timeout(PATIENCE_S), aclosing(self.central.bell.listen(set(Topic))) as rings:
            while True:
                ring = asyncio.ensure_future(anext(rings))
                await asyncio.sleep(0)  # from here on a ring is heard
                if wanted(found := await self.db.read(query)):
                    ring.cancel()
                    await asyncio.wait({ring})
                    return found
                await ring

    async def incidents(self, containing: str, raw: str = "") -> list[Incident]:
        """The incidents whose summary contains a text and whose raw message begins with another, once there is one."""

        def matching(conn: Connection) -> list[Incident]:
            found = overview.incidents(conn)
            return [each for each in found if containing in each.summary and each.raw.startswith(raw)]

        return await self.eventually(matching, bool)


@asynccontextmanager
async def running(database_url: str, port: int = 0, **overrides: Any) -> AsyncIterator[Running]:
    """Serve until the block ends, then shut down as on SIGTERM."""
    settings = from_environment({}, database_url=database_url, host="127.0.0.1", port=port, **overrides)
    app, listener = build(settings), listen("127.0.0.1", port)
    server = Server(app, settings)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    port = port_of(listener)
    try:
        await _healthy(f"{'https' if settings.tls_cert else 'http'}://localhost:{port}", serving)
        yield Running(app, settings, port)
    finally:
        server.should_exit = True
        await serving


async def _healthy(http: str, serving: asyncio.Task[None]) -> None:
    """Wait until it answers; when it could not start, raise why."""
    async with httpx.AsyncClient(verify=False, timeout=PATIENCE_S) as client:
        answering = asyncio.ensure_future(client.get(f"{http}/healthz"))
        await asyncio.wait({answering, serving}, return_when=asyncio.FIRST_COMPLETED)
        if serving.done():
            answering.cancel()
            await serving
        assert (await answering).text == "ok"


def port_of(listener: socket.socket) -> int:
    port: int = listener.getsockname()[1]
    return port
