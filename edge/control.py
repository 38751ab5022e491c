"""The technician's socket: one JSON line asks, one JSON line answers; only the agent's own user may connect."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec

from edge.core import events as ev
from edge.core.effects import Reply
from edge.core.presented import LONGEST_TAG
from edge.core.tags import masked
from edge.core.values import Moment
from edge.link.link import Link
from edge.link.ports import Clock
from edge.loop import Loop
from edge.status import shown, troubles, when
from edge.store import Store

REFUSALS = 5
UNCLEARED = {
    "Nothing": "nothing at connector {connector} waits to be cleared",
    "Persists": "what is wrong with connector {connector} still shows: `bollard edge status` says what; mend it first",
}

Answer = dict[str, Any]
Words = dict[str, Any]


class Refused(Exception):
    """What was asked for cannot be done; the text says why."""


class Control:
    """Answers the commands of `bollard edge`; `waiting` holds the requests that the core has yet to answer.

    `refusals` are the latest of this run, the oldest first.
    """

    def __init__(self, identity: str, loop: Loop, store: Store, clock: Clock, link: Link) -> None:
        self._identity = identity
        self._loop = loop
        self._store = store
        self._clock = clock
        self._link = link
        self.refusals: deque[tuple[Moment, str]] = deque(maxlen=REFUSALS)
        self.waiting: dict[str, asyncio.Future[str]] = {}
        self._commands: dict[str, Callable[[Words], Awaitable[Answer]]] = {
            "status": self._status,
            "tap": self._tap,
            "stop": self._stop,
            "clear": self._clear,
            "parked": self._parked,
            "retry": self._retry,
        }

    def reply(self, reply: Reply) -> None:
        """The core's answer to a request of ours."""
        self.waiting[reply.request].set_result(reply.status)

    async def serve(self, path: Path) -> None:
        """Listen until cancelled."""
        path.unlink(missing_ok=True)
        server = await asyncio.start_unix_server(self._converse, path)
        path.chmod(0o600)
        async with server:
            await server.serve_forever()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            answer = await self._answer(await reader.readline())
            writer.write(msgspec.json.encode(answer) + b"\n")
            await writer.drain()
        except (ConnectionError, ValueError):
            return
        finally:
            writer.close()

    async def _answer(self, line: bytes) -> Answer:
        try:
            words = msgspec.json.decode(line, type=dict[str, Any])
            command = self._commands[words.pop("command")]
            return await command(words)
        except (msgspec.MsgspecError, KeyError, TypeError, ValueError) as error:
            return {"error": f"not understood: {error}"}
        except Refused as error:
            return {"error": str(error)}

    async def _status(self, words: Words) -> Answer:
        waiting, parked = await self._store.waiting()
        station, now = self._loop.station, self._clock.now()
        return {
            "identity": self._identity,
            "central_system": self._link.sentence,
            "online": station.online,
            "last_contact": when(self._link.heard, now),
            "clock_known": self._clock.known,
            "waiting": waiting,
            "parked": parked,
            "faults": troubles(station),
            "refusals": [{"text": text, "when": when(moment, now)} for moment, text in self.refusals],
            "connectors": [shown(station, c, now) for c in station.connectors.values()],
        }

    async def _tap(self, words: Words) -> Answer:
        tag, wanted = str(words["tag"]), words.get("connector")
        if not 1 <= len(tag) <= LONGEST_TAG:
            raise Refused(f"a card's idTag has 1 to {LONGEST_TAG} characters")
        served = sorted(self._loop.station.connectors) if wanted is None else [self._known(wanted)]
        self._loop.take(ev.TagTapped(self._clock.now(), tag, tuple(served)))
        return {"done": f"card {masked(tag)} presented"}

    async def _stop(self, words: Words) -> Answer:
        connector = self._known(words["connector"])
        if await self._decided(ev.StopAsked(self._clock.now(), str(uuid4()), connector)) != "Accepted":
            raise Refused(f"no session runs on connector {connector}")
        return {"done": f"session on connector {connector} stopped"}

    async def _clear(self, words: Words) -> Answer:
        connector = self._known(words["connector"])
        status = await self._decided(ev.ClearAsked(self._clock.now(), str(uuid4()), connector))
        if status != "Accepted":
            raise Refused(UNCLEARED[status].format(connector=connector))
        return {"done": f"connector {connector} works again"}

    async def _decided(self, asked: ev.Asked) -> str:
        """The core's answer."""
        answered: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.waiting[asked.request] = answered
        self._loop.take(asked)
        try:
            return await answered
        finally:
            del self.waiting[asked.request]

    def _known(self, connector: object) -> int:
        numbers = sorted(self._loop.station.connectors)
        if not isinstance(connector, int) or connector not in numbers:
            raise Refused(f"there is no connector {connector}; there are {numbers}")
        return connector

    async def _parked(self, words: Words) -> Answer:
        entries = await self._store.parked()
        return {
            "parked": [
                {"seq": e.seq, "kind": type(e.fact).__name__, "session": e.fact.session_id, "why": e.parked}
                for e in entries
            ]
        }

    async def _retry(self, words: Words) -> Answer:
        seq = int(words["seq"])
        if seq not in [entry.seq for entry in await self._store.parked()]:
            raise Refused(f"there is no parked message {seq}; `bollard edge parked` lists them")
        await self._store.retry(seq)
        return {"done": f"message {seq} is queued again"}
