"""The whole central system over real sockets, furnished, with a sign-in at hand."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cloud.services import users
from cloud.web.guard import SIGN_IN_COOKIE
from tests.cloud.ocpp.central import Running, running
from tests.cloud.web import yard
from tests.cloud.web.yard import OPERATOR, PASSWORD, Yard


@dataclass(frozen=True)
class Served:
    """A serving central system, its charging site, and the sign-in token of its operator."""

    server: Running
    place: Yard
    token: str

    @property
    def cookie(self) -> dict[str, str]:
        return {"Cookie": f"{SIGN_IN_COOKIE}={self.token}"}


@asynccontextmanager
async def serving(database_url: str, **overrides: Any) -> AsyncIterator[Served]:
    async with running(database_url, **overrides) as server:
        now = datetime.now(UTC)
        await server.db.write(lambda conn: yard.operator(conn, now))
        place = await server.db.write(lambda conn: yard.furnish(conn, now))
        token = await users.sign_in(server.db, OPERATOR, PASSWORD, now)
        assert token is not None
        yield Served(server, place, token)
