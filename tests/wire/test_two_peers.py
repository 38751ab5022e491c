"""Two peers in memory under random interleavings: every call gets its own answer, whatever crosses what."""

import asyncio
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bollard.wire.errors import CallError, Disconnected
from bollard.wire.frames import Call, Error, Frame, Result, decode
from bollard.wire.peer import Peer
from tests.wire.one_end import settle

STEPS = st.lists(st.tuples(st.sampled_from(["call", "deliver", "answer", "crash"]), st.integers(0, 1)), max_size=40)


@dataclass
class Side:
    """One peer, what it has sent and nobody has read yet, and the requests its handler is busy with."""

    name: str
    outbox: deque[str] = field(default_factory=deque)
    history: list[tuple[str, Frame]] = field(default_factory=list)
    busy: deque[tuple[str, asyncio.Future[dict[str, Any]]]] = field(default_factory=deque)
    calls: list[tuple[str, asyncio.Task[dict[str, Any]]]] = field(default_factory=list)
    sent_when_lost: int = 0

    def __post_init__(self) -> None:
        self.peer = Peer(self.send, self.handle)

    async def send(self, text: str) -> None:
        self.outbox.append(text)
        self.history.append(("out", decode(text)))

    async def handle(self, action: str, payload: dict[str, Any]) -> dict[str, Any]:
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self.busy.append((payload["data"], answer))
        return await answer

    def call(self) -> None:
        data = f"{self.name}{len(self.calls)}"
        call = self.peer.call("DataTransfer", {"vendorId": "v", "data": data}, timeout_s=600)
        self.calls.append((data, asyncio.create_task(call)))

    def answer(self) -> None:
        if self.busy:
            data, answer = self.busy.popleft()
            answer.set_result({"status": "Accepted", "data": data})

    def crash(self) -> None:
        if self.busy:
            self.busy.popleft()[1].set_exception(LookupError("as scripted"))

    async def read_from(self, other: "Side") -> None:
        if other.outbox:
            text = other.outbox.popleft()
            self.history.append(("in", decode(text)))
            await self.peer.receive(text)


async def begin(steps: list[tuple[str, int]]) -> list[Side]:
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: None)
    sides = [Side("a"), Side("b")]
    for step, who in steps:
        await act(step, sides[who], sides[1 - who])
    return sides


async def finish(steps: list[tuple[str, int]]) -> list[Side]:
    """Play the steps, then deliver and answer until every call is done."""
    sides = await begin(steps)
    while any(not call.done() for side in sides for _, call in side.calls):
        for side, other in (sides, sides[::-1]):
            await act("deliver", side, other)
            await act("answer", side, other)
    return sides


async def lose(steps: list[tuple[str, int]]) -> list[Side]:
    """Play the steps, then the connection is lost; handlers that are at work come to their end."""
    sides = await begin(steps)
    closing = [asyncio.create_task(side.peer.close()) for side in sides]
    await settle()
    for side in sides:
        side.sent_when_lost = len(side.history)
        side.answer()
    await asyncio.gather(*closing)
    await asyncio.gather(*(call for side in sides for _, call in side.calls), return_exceptions=True)
    return sides


async def act(step: str, side: Side, other: Side) -> None:
    if step == "deliver":
        await side.read_from(other)
    else:
        {"call": side.call, "answer": side.answer, "crash": side.crash}[step]()
    await settle()


@given(STEPS)
def test_every_call_gets_its_own_answer_and_nobody_talks_out_of_turn(steps: list[tuple[str, int]]) -> None:
    for side in asyncio.run(asyncio.wait_for(finish(steps), 60)):
        for data, call in side.calls:
            assert call.exception() is not None or call.result()["data"] == data
        check_turns(side.history)


@given(STEPS)
def test_a_lost_connection_leaves_nobody_waiting(steps: list[tuple[str, int]]) -> None:
    for side in asyncio.run(asyncio.wait_for(lose(steps), 60)):
        for data, call in side.calls:
            error = call.exception()
            assert isinstance(error, Disconnected | CallError) or call.result()["data"] == data
        assert len(side.history) == side.sent_when_lost
        assert not side.busy


def check_turns(history: list[tuple[str, Frame]]) -> None:
    """One side's own view: one call out at a time, none while an answer is owed, each call answered once, in order."""
    waiting: list[str] = []
    owed: list[str] = []
    for direction, frame in history:
        if isinstance(frame, Call):
            assert direction == "in" or not (waiting or owed)
            (owed if direction == "in" else waiting).append(frame.message_id)
        elif isinstance(frame, Result | Error):
            assert (owed if direction == "out" else waiting).pop(0) == frame.message_id
    assert not waiting
