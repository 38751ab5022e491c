"""The central system is killed at random instants of billings: every number, movement and bill is there once."""

import asyncio
import multiprocessing
import random
import signal
import socket
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from multiprocessing.process import BaseProcess
from typing import Any

import pytest
from sqlalchemy import Connection
from websockets.exceptions import ConnectionClosed

from cloud.db.database import Database
from cloud.domain.accounts import PaymentTerms
from cloud.domain.ledger import Payment
from cloud.domain.sessions import SessionState
from cloud.services import accounts, ledger, overview
from tests.cloud.ocpp.central import running
from tests.cloud.ocpp.charger import Charger, charger
from tests.cloud.ocpp.conftest import TAG, furnish
from tests.ours import OURS

LONGEST_S = 0.03
"""A message is written and answered within this; the kill comes somewhere in it."""
RECONNECT_S = 0.05
PATIENCE_S = 30
PAID_IN_MINOR = 1_000_000
FORKS = multiprocessing.get_context("forkserver")


def serve(database_url: str, port: int) -> None:
    """The central system as a process, its modules loaded before it was forked."""
    from cloud import app, settings

    app.serve(settings.from_environment({}, database_url=database_url, port=port))


@contextmanager
def central(database_url: str, port: int) -> Iterator[BaseProcess]:
    process = FORKS.Process(target=serve, args=(database_url, port), daemon=True)
    process.start()
    try:
        yield process
    finally:
        process.kill()
        process.join()


@dataclass
class Station:
    """Keeps what it has to tell until it is answered, as a charge point does: a session after the other."""

    url: str
    key: bytes
    wh: int = 0
    waiting: deque[dict[str, Any]] = field(default_factory=deque)
    at: datetime = field(default_factory=lambda: datetime.now(UTC) - timedelta(days=3))

    @contextmanager
    def _moments(self) -> Iterator[tuple[str, str]]:
        begun, self.at = self.at, self.at + timedelta(minutes=7)
        yield begun.isoformat(), self.at.isoformat()

    def charge(self) -> None:
        """One more session to tell of, from its start to its stop."""
        with self._moments() as (begun, ended):
            start = {"connectorId": 1, "idTag": TAG, "meterStart": self.wh, "timestamp": begun}
            self.wh += 1000
            self.waiting.append({"start": start, "stop": {"meterStop": self.wh, "timestamp": ended}})

    async def tell(self, doomed: asyncio.Event, calls: int = 0) -> None:
        """Delivers everything, `doomed` from the given call on; what was not answered is sent again when connected."""
        while self.waiting:
            with suppress(OSError, ConnectionClosed):
                async with charger(self.url, "lab-1", self.key) as connected:
                    await self._deliver(connected, doomed, calls)
            await asyncio.sleep(RECONNECT_S)

    async def _deliver(self, connected: Charger, doomed: asyncio.Event, calls: int) -> None:
        async def call(action: str, payload: dict[str, Any]) -> dict[str, Any]:
            nonlocal calls
            calls -= 1
            if calls == 0:
                doomed.set()
            return await connected.call(action, payload)

        while self.waiting:
            session = self.waiting[0]
            if "id" not in session:
                session["id"] = (await call("StartTransaction", session["start"]))["transactionId"]
            await call("StopTransaction", {"transactionId": session["id"], **session["stop"]})
            self.waiting.popleft()


async def killed(database_url: str, port: int, station: Station, calls: int, delay_s: float) -> None:
    """One server that is killed so long after it was sent so many calls."""
    doomed = asyncio.Event()
    with central(database_url, port) as process:
        telling = asyncio.create_task(station.tell(doomed, calls))
        async with asyncio.timeout(PATIENCE_S):
            await doomed.wait()
        await asyncio.sleep(delay_s)
        assert process.pid is not None
        process.kill()
        while not telling.done():  # wait_for of Python 3.11 loses a cancellation that meets an answer
            telling.cancel()
            await asyncio.wait({telling}, timeout=RECONNECT_S)
    assert process.exitcode == -signal.SIGKILL


async def prepared(database_url: str) -> bytes:
    """The site, its tag paid from a wallet; the station's key."""
    async with running(database_url) as server:
        site = await furnish(server)
        await server.write(accounts.add, OURS, "Ada", terms=PaymentTerms.PREPAID, currency="EUR")
        await server.write(accounts.link, OURS, TAG, "Ada")
        await server.write(accounts.top_up, OURS, "Ada", Payment("once", PAID_IN_MINOR))
        async with site.charger() as connected:
            await connected.boot()
        return site.key


def judged(conn: Connection, sessions: int) -> None:
    """Everything was billed once, without gaps, and the money is where the bills say."""
    bills, ended = overview.bills(conn, limit=sessions * 2), overview.ended_sessions(conn, limit=sessions * 2)
    year = datetime.now(UTC).year
    assert [bill.number for bill in reversed(bills)] == [f"{year}-{n:04d}" for n in range(1, sessions + 1)]
    assert sorted(bill.session_id for bill in bills) == sorted(row.id for row in ended)
    assert {row.state for row in ended} == {SessionState.FINISHED}
    assert ledger.check(conn, OURS) == [] and overview.bills_put_off(conn) == []
    funds = accounts.view(conn, OURS, "Ada").funds
    assert funds.free_minor == PAID_IN_MINOR - sum(bill.gross_minor for bill in bills)
    assert (funds.held_minor, funds.owed_minor) == (0, 0)


@pytest.mark.parametrize(
    "kills", [20, pytest.param(200, marks=[pytest.mark.soak, pytest.mark.timeout(1800)])], ids=["few", "many"]
)
async def test_every_session_is_billed_once_whenever_the_server_is_killed(sqlite_url: str, kills: int) -> None:
    FORKS.set_forkserver_preload(["cloud.app", __name__])
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    station, chance = Station(f"ws://127.0.0.1:{port}", await prepared(sqlite_url)), random.Random(kills)
    for _ in range(kills):
        for _ in range(3):
            station.charge()
        await killed(sqlite_url, port, station, chance.randint(1, 5), chance.uniform(0, LONGEST_S))
    with central(sqlite_url, port):
        async with asyncio.timeout(PATIENCE_S):
            await station.tell(asyncio.Event())
    database = await Database.open(sqlite_url)
    await database.read(lambda conn: judged(conn, 3 * kills))
    await database.close()
