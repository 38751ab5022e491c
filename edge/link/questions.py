"""Authorize (OCPP 1.6 section 4.1): each tag the core asks about gets exactly one answer, None if nobody gave one."""

import asyncio

from bollard.wire.errors import CallError, Timeout
from bollard.wire.peer import Peer
from edge.core.events import TagAnswered
from edge.core.values import TagInfo
from edge.link import translation
from edge.link.asking import ask
from edge.link.ports import Agent


class Questions:
    """Tags to be judged, one after the other; only `run` can ask, so without it the answer is None."""

    def __init__(self, agent: Agent) -> None:
        self._agent = agent
        self._asked: asyncio.Queue[str] = asyncio.Queue()
        self._online = False

    def ask(self, id_tag: str) -> None:
        """Have a tag judged; the answer comes as an event, never at once."""
        if self._online:
            self._asked.put_nowait(id_tag)
        else:
            asyncio.get_running_loop().call_soon(self._answer, id_tag, None)

    def open(self) -> None:
        """There is a central system to ask."""
        self._online = True

    def close(self) -> None:
        """There is none any more; whoever waits is told."""
        self._online = False
        while not self._asked.empty():
            self._answer(self._asked.get_nowait(), None)

    async def run(self, peer: Peer) -> None:
        """Ask for as long as the connection lasts."""
        while True:
            id_tag = await self._asked.get()
            info: TagInfo | None = None
            try:
                answer = await ask(self._agent, peer, "Authorize", {"idTag": id_tag})
                info = translation.tag_info(answer.get("idTagInfo"))
            except (CallError, Timeout) as error:
                self._agent.say(f"Authorize: {error}")
            finally:
                self._answer(id_tag, info)

    def _answer(self, id_tag: str, info: TagInfo | None) -> None:
        self._agent.take(TagAnswered(self._agent.clock.now(), id_tag, info))
