"""While the database cannot commit: every socket closed, every handshake refused, one prober that looks again."""

import asyncio
import logging

from cloud.db.database import Database
from cloud.ocpp.connections import TRY_LATER, Connections

logger = logging.getLogger("bollard.cloud")


class Outage:
    """`begin` may be called by whoever first meets `Unavailable`; `run` ends it once a probe has committed."""

    def __init__(self, db: Database, connections: Connections, probe_interval_s: float) -> None:
        self._db = db
        self._connections = connections
        self._probe_interval_s = probe_interval_s
        self._lasting = asyncio.Event()

    @property
    def lasting(self) -> bool:
        if not self._db.available:
            self.begin()
        return self._lasting.is_set()

    def begin(self) -> None:
        """Close the stations' sockets, so that they keep their facts and come back."""
        if self._lasting.is_set():
            return
        self._lasting.set()
        logger.error("the database cannot commit: stations are sent away until it can")
        self._connections.hang_up_all(TRY_LATER, "the database cannot commit")

    async def run(self) -> None:
        while True:
            await self._lasting.wait()
            await asyncio.sleep(self._probe_interval_s)
            if await self._db.probe():
                self._lasting.clear()
                logger.info("the database commits again: stations are let in")
