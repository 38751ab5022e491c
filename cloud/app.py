"""The composition root: database, stations' door, operator's pages, and what runs beside them."""

import asyncio
import logging
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from cloud import metrics, server, web
from cloud.db.database import Database
from cloud.db.errors import DatabaseError, Unavailable
from cloud.db.migrations import is_current
from cloud.hooks.sender import sender
from cloud.ocpp import endpoint, upkeep
from cloud.ocpp.central import Central
from cloud.ocpp.outbound import Dispatcher
from cloud.services import books
from cloud.services.bell import Bell
from cloud.settings import Settings

START_AGAIN_S = 5

logger = logging.getLogger("bollard.cloud")


class NotMigrated(DatabaseError):
    """The database lacks tables that this version needs."""


def utc_now() -> datetime:
    return datetime.now(UTC)


def build(settings: Settings, now: Callable[[], datetime] = utc_now) -> Starlette:
    """The whole central system; its lifespan opens the database and raises DatabaseError when that cannot serve."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with opened(settings) as db:
            central = Central(db, Bell(), settings, now)
            await central.nobody_is_connected()
            app.state.central = central
            app.router.routes.append(metrics.route(central))
            app.router.routes.extend(endpoint.routes(central))
            app.router.routes.extend(web.routes(db, central.bell, settings, clock=now))
            async with beside(central):
                yield

    return Starlette(routes=[Route("/healthz", healthz), Route("/readyz", readyz)], lifespan=lifespan)


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Database]:
    """The database, closed at the end. Raises Unavailable, BadUrl, NotMigrated."""
    db = await Database.open(settings.database_url, existing=True)
    try:
        if not await db.read(is_current):
            raise NotMigrated("the database is not at this version's tables; run `bollard cloud migrate`")
        yield db
    finally:
        await db.close()


@asynccontextmanager
async def beside(central: Central) -> AsyncIterator[None]:
    """Everything that runs while the server does."""
    works = (
        central.aside.run,
        central.journal.run,
        partial(central.outage.run, central.nobody_is_connected),
        Dispatcher(central).run,
        sender(central.db, central.bell, central.settings, central.now).run,
        partial(upkeep.run, central),
        partial(books.run, central.db, central.bell, central.now),
    )
    tasks = [asyncio.create_task(kept_up(work)) for work in works]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


async def kept_up(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run something that should never end; if it fails, say so loudly and begin again after a while."""
    while True:
        running = asyncio.create_task(work())
        try:
            await asyncio.wait({running})
        finally:
            running.cancel()
            await asyncio.wait({running})
        logger.critical("a part of the server failed and is started again", exc_info=running.exception())
        await asyncio.sleep(START_AGAIN_S)


async def healthz(_request: Request) -> PlainTextResponse:
    """The process lives."""
    return PlainTextResponse("ok")


async def readyz(request: Request) -> PlainTextResponse:
    """The database can commit, and has the tables of this version."""
    central: Central = request.app.state.central
    ready = not central.outage.lasting and await central.db.probe() and await _migrated(central.db)
    return PlainTextResponse("ready", 200) if ready else PlainTextResponse("the database cannot serve now", 503)


async def _migrated(db: Database) -> bool:
    with suppress(Unavailable):
        return await db.read(is_current)
    return False


def serve(settings: Settings) -> int:
    """Serve until SIGINT or SIGTERM; the exit status, with a plain message on standard error when it cannot start."""
    try:
        asyncio.run(_check(settings))
        listener = server.listen(settings.host, settings.port)
    except (DatabaseError, server.CannotListen) as error:
        print(error, file=sys.stderr)
        return 1
    server.run(build(settings), settings, listener)
    return 0


async def _check(settings: Settings) -> None:
    async with opened(settings) as db:
        if not await db.probe():
            raise Unavailable("the database cannot commit now; is its disk full, or another process holding it?")
