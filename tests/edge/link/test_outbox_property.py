"""Whatever becomes of each transmission, every fact is delivered or parked, in order and unaltered."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bollard.wire.errors import Disconnected
from bollard.wire.frames import Call, Error, Result, decode, encode
from bollard.wire.peer import Peer
from edge.core import events as ev
from edge.core.configuration import Configuration
from edge.core.events import Event
from edge.core.facts import Fact
from edge.core.state import Station
from edge.core.values import Moment
from edge.link.outbox import Outbox
from edge.link.ports import Agent
from edge.store import TOLD_UNKNOWN, Save
from tests.edge.central import HABITS
from tests.edge.link.bench import WALL, HandClock, WatchedStore, metered, started, stopped

ATTEMPTS, INTERVAL_S = 3, 60
FATES = st.lists(st.sampled_from(["answer", "refuse", "silence", "hang up", "restart"]), max_size=25)
SCRIPTS = st.lists(st.sampled_from(["session", "idle"]), min_size=1, max_size=4)
VALUES = {"TransactionMessageAttempts": str(ATTEMPTS), "TransactionMessageRetryInterval": str(INTERVAL_S)}
SETTINGS = Configuration(values=VALUES)


class SwiftTimer:
    """Whoever sleeps wakes up at once, later."""

    def __init__(self) -> None:
        self.time_s = 0.0

    def now_s(self) -> float:
        return self.time_s

    async def sleep(self, seconds: float) -> None:
        self.time_s += seconds


@dataclass
class Play:
    """One queue of facts, and what fate has in store for each transmission."""

    store: WatchedStore
    fates: list[str]
    timer: SwiftTimer = field(default_factory=SwiftTimer)
    sent: list[tuple[float, str, Call]] = field(default_factory=list)
    tasks: set[asyncio.Task[Any]] = field(default_factory=set)
    transactions: int = 0

    def __post_init__(self) -> None:
        clock = HandClock(wall=WALL)
        self.agent = Agent(lambda: Station({}, SETTINGS), self.take, clock, lambda line: None, lambda line: None)
        self.outbox = Outbox(self.agent, self.store, self.timer)

    def take(self, event: Event) -> None:
        """The core settles what is answered."""
        assert isinstance(event, ev.StartAnswered | ev.StopAnswered)
        learned = ((event.session_id, event.transaction_id),) if isinstance(event, ev.StartAnswered) else ()
        self.later(self.store.save([Save({}, settled=(event.seq,), learned=learned)]))

    def later(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def send(self, text: str) -> None:
        call = decode(text)
        assert isinstance(call, Call)
        fate = self.fates.pop(0) if self.fates else "answer"
        self.sent.append((self.timer.time_s, fate, call))
        match fate:
            case "answer":
                await self.peer.receive(encode(Result(call.message_id, self.answer(call))))
            case "refuse":
                await self.peer.receive(encode(Error(call.message_id, "InternalError")))
            case "silence":
                self.peer.heard.set()
                raise TimeoutError
            case _:
                self.later(self.peer.close())

    def answer(self, call: Call) -> dict[str, Any]:
        answer = HABITS[call.action](call.payload)
        assert isinstance(answer, dict)
        if call.action != "StartTransaction":
            return answer
        self.transactions += 1
        return answer | {"transactionId": self.transactions}

    async def deliver(self) -> None:
        """Connect again and again until nothing waits."""
        while (await self.store.waiting())[0]:
            self.peer = Peer(self.send, self.refuse_all)
            running = asyncio.create_task(self.outbox.run(self.peer))
            drained = asyncio.create_task(self.drained())
            await asyncio.wait({running, drained}, return_when=asyncio.FIRST_COMPLETED)
            for task in (running, drained):
                task.cancel()
            ended = await asyncio.gather(running, drained, return_exceptions=True)
            assert all(end is None or isinstance(end, Disconnected | asyncio.CancelledError) for end in ended), ended
            if self.sent[-1][1] == "restart":
                self.outbox = Outbox(self.agent, self.store, self.timer)

    async def drained(self) -> None:
        while (await self.store.waiting())[0]:
            self.store.changed.clear()
            await self.store.changed.wait()

    async def refuse_all(self, action: str, payload: dict[str, Any]) -> dict[str, Any]:
        raise NotImplementedError


def facts_of(script: list[str]) -> list[Fact]:
    facts: list[Fact] = []
    for n, what in enumerate(script):
        at = 10 * n
        session: list[Fact] = [started(f"s{n}", at), metered(f"s{n}", at + 1), stopped(f"s{n}", at + 2)]
        facts += session if what == "session" else [metered(None, at)]
    return facts


async def play(script: list[str], fates: list[str]) -> tuple[list[tuple[float, str, Call]], list[int], list[int]]:
    """What was sent, which facts were parked after their attempts, and which were kept for another try."""
    store = await WatchedStore.open(":memory:")
    assert isinstance(store, WatchedStore)
    try:
        await store.save([Save({}, facts=tuple(facts_of(script)))])
        played = Play(store, list(fates))
        await played.deliver()
        parked = await store.parked()
        sent, kept = list(played.sent), [entry.seq for entry in parked if entry.parked == TOLD_UNKNOWN]
        await check_another_try(played, [entry.seq for entry in parked])
        return sent, [entry.seq for entry in parked if entry.seq not in kept], kept
    finally:
        await store.close()


async def check_another_try(played: Play, parked: list[int]) -> None:
    """Whatever was parked is delivered when it is tried again, in order, under the numbers of the central system."""
    told = len(played.sent)
    played.fates.clear()
    for seq in parked:
        await played.store.retry(seq)
    await played.deliver()
    again = [call for _, _, call in played.sent[told:]]
    assert len(again) == len(parked)
    assert [told_at(call) for call in again] == sorted(told_at(call) for call in again)
    assert -1 not in [call.payload.get("transactionId") for call in again]
    assert await played.store.waiting() == (0, 0)


def told_at(call: Call) -> str:
    """The moment a message speaks of, which names its fact."""
    said = call.payload
    return str(said["meterValue"][0]["timestamp"] if "meterValue" in said else said["timestamp"])


def by_fact(sent: list[tuple[float, str, Call]]) -> list[list[tuple[float, str, Call]]]:
    """Transmissions of the same fact together, in the order in which facts were first sent."""
    groups: dict[str, list[tuple[float, str, Call]]] = {}
    for transmission in sent:
        groups.setdefault(told_at(transmission[2]), []).append(transmission)
    return list(groups.values())


@given(SCRIPTS, FATES)
def test_facts_are_delivered_in_order_or_parked_and_never_altered(script: list[str], fates: list[str]) -> None:
    sent, parked, kept = asyncio.run(play(script, fates))
    groups = by_fact(sent)
    assert [transmission for group in groups for transmission in group] == sent, "a fact overtook another"
    assert [told_at(group[0][2]) for group in groups] == [moment_of(fact) for fact in facts_of(script)]
    for seq, group in enumerate(groups, start=1):
        check_attempts(group, seq in parked)
    check_transactions(groups, parked)
    untold = [group[0][2] for seq, group in enumerate(groups, start=1) if seq in kept]
    assert {(call.action, call.payload["transactionId"]) for call in untold} <= {("StopTransaction", -1)}


def check_attempts(group: list[tuple[float, str, Call]], is_parked: bool) -> None:
    """Identical payloads under new ids; only refusals and silence count; each waits longer than the one before."""
    assert len({encode(Call("", call.action, call.payload)) for _, _, call in group}) == 1
    assert len({call.message_id for _, _, call in group}) == len(group)
    failures = [place for place, (_, fate, _) in enumerate(group) if fate in ("refuse", "silence")]
    assert len(failures) <= ATTEMPTS
    assert is_parked == (len(failures) == ATTEMPTS)
    assert is_parked or group[-1][1] == "answer"
    restarted = any(fate == "restart" for _, fate, _ in group)
    for times, place in enumerate(failures, start=1):
        if place + 1 < len(group) and not restarted:
            assert group[place + 1][0] - group[place][0] == INTERVAL_S * times


def check_transactions(groups: list[list[tuple[float, str, Call]]], parked: list[int]) -> None:
    """What follows a start carries its number; -1 if it could not be delivered."""
    number, answers = 0, 0
    for seq, group in enumerate(groups, start=1):
        call = group[0][2]
        if call.action == "StartTransaction":
            answers += seq not in parked
            number = -1 if seq in parked else answers
        else:
            assert call.payload.get("transactionId") in (None, number)


def moment_of(fact: Fact) -> str:
    moment: Moment = fact.moment
    assert moment.wall is not None
    return moment.wall.isoformat(timespec="milliseconds").replace("+00:00", "Z")
