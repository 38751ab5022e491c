"""While the database cannot commit: every socket closed, every handshake refused, one prober that looks again."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from cloud.db.database import Database
from cloud.db.errors import Unavailable
from cloud.ocpp.connections import TRY_LATER, Connections

logger = logging.getLogger("bollard.cloud")


class Outage:
    """`begin` is called by whoever first meets `Unavailable`; `run` ends it once the database commits again."""

    def __init__(self, db: Database, connections: Connections, probe_interval_s: float) -> None:
        self._db = db
        self._connections = connections
        self._probe_interval_s = probe_interval_s
        self.lasting = False

    def begin(self) -> None:
        """Close the stations' sockets, so that they keep their facts and come back."""
        if self.lasting:
            return
        self.lasting = True
        logger.error("the database cannot commit: stations are sent away until it can")
        self._connections.hang_up_all(TRY_LATER, "the database cannot commit")

    async def run(self, recover: Callable[[], Awaitable[None]]) -> None:
        """Notice outages that others met; probe during one, `recover` and end it."""
        while True:
            await asyncio.sleep(self._probe_interval_s)
            if not self._db.available:
                self.begin()
            if self.lasting and await self._db.probe():
                await self._end(recover)

    async def _end(self, recover: Callable[[], Awaitable[None]]) -> None:
        try:
            await recover()
        except Unavailable:
            return
        self.lasting = False
        logger.info("the database commits again: stations are let in")
