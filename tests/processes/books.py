"""What the central system's books say after a play, compared with what the world knows."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from cloud.db.database import Database
from cloud.db.tables.charging import meter_sample
from cloud.domain.bills import Bill
from cloud.domain.sessions import SessionState
from cloud.domain.views import SessionRow
from cloud.services import overview

LOOK_EVERY_S = 0.2
SETTLE_WITHIN_S = 60.0
OVERHEAD_MS = 400
ALL = 100_000


@dataclass(frozen=True)
class Books:
    """Everything that was written about sessions."""

    open_sessions: list[SessionRow]
    sessions: list[SessionRow]
    bills: list[Bill]
    samples: Mapping[int, int]

    def billed_wh(self) -> dict[str, int]:
        """Outlet -> what all its bills together say was delivered."""
        by_outlet: Counter[str] = Counter()
        for bill in self.bills:
            parties = bill.document.parties
            by_outlet[f"{parties.station}/{parties.connector}"] += bill.document.delivery.energy_wh
        return {outlet: energy_wh for outlet, energy_wh in by_outlet.items() if energy_wh}

    def check(self, delivered_wh: Mapping[str, int]) -> None:
        """Each session has exactly one bill, and together they say what the meters' registers say."""
        assert [session for session in self.sessions if session.state is not SessionState.FINISHED] == []
        assert sorted(bill.session_id for bill in self.bills) == sorted(session.id for session in self.sessions)
        assert [bill.number for bill in self.bills] == [session.bill for session in self.sessions]
        assert self.billed_wh() == delivered_wh


def _read(conn: Connection) -> Books:
    counted = select(meter_sample.c.session_id, func.count()).group_by(meter_sample.c.session_id)
    bills = sorted(overview.bills(conn, limit=ALL), key=lambda bill: bill.session_id)
    sessions = sorted(overview.ended_sessions(conn, limit=ALL), key=lambda session: session.id)
    samples = {session_id: count for session_id, count in conn.execute(counted) if session_id is not None}
    return Books(overview.open_sessions(conn), sessions, bills, samples)


async def books(url: str) -> Books:
    """The books as they are now."""
    db = await Database.open(url)
    try:
        return await db.read(_read)
    finally:
        await db.close()


async def settled(url: str, delivered_wh: Mapping[str, int], at_least: int) -> Books:
    """The books once so many sessions have ended and nothing is left to tell; or as they are after a minute."""
    db = await Database.open(url)
    try:
        async with asyncio.timeout(SETTLE_WITHIN_S):
            while True:
                read = await db.read(_read)
                if len(read.sessions) >= at_least and not read.open_sessions and read.billed_wh() == delivered_wh:
                    return read
                await asyncio.sleep(LOOK_EVERY_S)
    except TimeoutError:
        return read
    finally:
        await db.close()
