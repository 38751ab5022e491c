"""Delivers what is in the outbox: several at once, each noted, what fails again later."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from cloud.db.database import Database
from cloud.db.errors import Unavailable
from cloud.domain.webhooks import Delivery, Webhook, headers
from cloud.hooks.posting import Network, Undelivered, post
from cloud.services import api_keys, webhooks
from cloud.services.bell import Bell, Topic
from cloud.settings import Settings

LOOK_S = 1.0
LOOKS_BETWEEN_TIDYING = 300


@dataclass(frozen=True)
class Sender:
    """Looks for what is due every `LOOK_S`; while one look's calls are under way there is no other."""

    db: Database
    bell: Bell
    network: Network
    now: Callable[[], datetime]

    async def run(self) -> None:
        """Until cancelled."""
        looks = 0
        while True:
            await self.look()
            if looks % LOOKS_BETWEEN_TIDYING == 0:
                await self.tidy()
            looks += 1
            await asyncio.sleep(LOOK_S)

    async def look(self) -> int:
        """Delivers what is due; how many were tried."""
        now = self.now()
        try:
            due = await self.db.read(lambda conn: webhooks.due(conn, now))
        except Unavailable:
            return 0
        await asyncio.gather(*(self._deliver(hook, delivery) for hook, delivery in due))
        return len(due)

    async def tidy(self) -> None:
        """Drops what is older than it is kept."""
        for shorten in (webhooks.shorten, api_keys.shorten):
            with suppress(Unavailable):
                while await self.db.write(partial(shorten, now=self.now())):
                    continue

    async def _deliver(self, hook: Webhook, delivery: Delivery) -> None:
        """What cannot be noted is delivered once more: the receiver knows it by its id."""
        now = self.now()
        try:
            status = await post(self.network, hook.url, headers(hook, delivery, now), delivery.body.encode())
            note = partial(webhooks.delivered, delivery=delivery, status=status, now=now)
        except Undelivered as why:
            note = partial(webhooks.failed, delivery=delivery, status=why.status, error=str(why), now=now)
        with suppress(Unavailable):
            await self.db.write(note)
            self.bell.ring(Topic.INCIDENTS)


def sender(db: Database, bell: Bell, settings: Settings, now: Callable[[], datetime]) -> Sender:
    """As the settings say."""
    return Sender(db, bell, Network(settings.trusted_hosts), now)
