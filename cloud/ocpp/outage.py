"""While the database cannot commit: every socket closed, every handshake refused, one prober that looks again."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from cloud.db.database import Database
from cloud.db.errors import Unavailable
from cloud.ocpp.connections import TRY_LATER, Connections

logger = logging.getLogger("bollard.cloud")


class Outage:
    """`begin` may be called by whoever first meets `Unavailable`; `run` ends it once the database commits again."""

    def __init__(self, db: Database, connections: Connections, probe_interval_s: float) -> None:
        self._db = db
        self._connections = connections
        self._probe_interval_s = probe_interval_s
        self._begun = asyncio.Event()

    @property
    def lasting(self) -> bool:
        if not self._db.available:
            self.begin()
        return self._begun.is_set()

    def begin(self) -> None:
        """Close the stations' sockets, so that they keep their facts and come back."""
        if self._begun.is_set():
            return
        self._begun.set()
        logger.error("the database cannot commit: stations are sent away until it can")
        self._connections.hang_up_all(TRY_LATER, "the database cannot commit")

    async def run(self, recover: Callable[[], Awaitable[None]]) -> None:
        """Probe during an outage, `recover` and end it; both may find that it still lasts."""
        while True:
            await self._begun.wait()
            await asyncio.sleep(self._probe_interval_s)
            try:
                if await self._db.probe():
                    await recover()
                    self._begun.clear()
                    logger.info("the database commits again: stations are let in")
            except Unavailable:
                continue
