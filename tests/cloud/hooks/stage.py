"""What tests of webhooks share: a sender whose clock they move, and a webhook of the business."""

import json
from typing import Any

from cloud.db.rows import Cut
from cloud.domain.webhooks import Delivery, Event, Webhook
from cloud.hooks.posting import Network
from cloud.hooks.sender import Sender
from cloud.services import webhooks
from cloud.services.bell import Bell
from tests.cloud.conftest import NOON, Business
from tests.cloud.hooks.receiver import Receiver

EVERY = frozenset(Event) - {Event.TEST}


class Post:
    """A sender with a clock of its own, and one webhook."""

    def __init__(self, business: Business, hook: Webhook) -> None:
        self.business, self.hook, self.now = business, hook, NOON
        trusted = frozenset({"127.0.0.1"})
        self.sender = Sender(business.db, Bell(), Network(trusted, within_s=2), lambda: self.now)

    async def log(self) -> list[Delivery]:
        return await self.business.ask(webhooks.deliveries, self.hook.id, Cut(100))

    async def known(self) -> Webhook:
        return await self.business.ask(webhooks.find, 1, self.hook.id)


async def posting(business: Business, receiver: Receiver, events: frozenset[Event] = EVERY) -> Post:
    hook = await business.do(webhooks.add, 1, receiver.url(), events, None, NOON, {"127.0.0.1"})
    return Post(business, hook)


def bodies(receiver: Receiver) -> list[dict[str, Any]]:
    return [json.loads(each.body) for each in receiver.received]
