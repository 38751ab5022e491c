"""A call to the central system whose answer is used as far as it can be read."""

from typing import Any

from bollard.wire.errors import BadAnswer
from bollard.wire.peer import Peer
from edge.core.configuration import number
from edge.link.ports import Agent


async def ask(agent: Agent, peer: Peer, action: str, payload: dict[str, Any]) -> dict[str, Any]:
    """The answer, also one that breaks its schema; raises CallError, Timeout (after MessageTimeout) or Disconnected."""
    timeout_s = number(agent.station().configuration, "MessageTimeout")
    try:
        return await peer.call(action, payload, timeout_s=timeout_s)
    except BadAnswer as bad:
        agent.say(f"the central system's answer to {action} is not as it should be: {bad.text}")
        return bad.payload
