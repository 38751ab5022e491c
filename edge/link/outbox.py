"""Delivers facts strictly in order, each payload identical on every retry (OCPP 1.6 section 3.7, errata 4.0)."""

from typing import Any

import msgspec

from bollard.wire.errors import CallError, ErrorCode, Timeout
from bollard.wire.peer import Peer
from edge.core.configuration import number
from edge.core.events import StartAnswered, StopAnswered
from edge.core.facts import Fact, MeterSampled, SessionStarted, SessionStopped
from edge.core.values import WRITTEN, Moment
from edge.link import translation
from edge.link.asking import ask
from edge.link.dating import dated, is_estimate
from edge.link.ports import Agent, Facts
from edge.link.timing import Alarm, Timer
from edge.store import Entry

ACTIONS: dict[type[Fact], str] = {
    SessionStarted: "StartTransaction",
    MeterSampled: "MeterValues",
    SessionStopped: "StopTransaction",
}


class Outbox:
    """Sends the oldest fact until it is answered or has used up its attempts; then it is parked, never dropped."""

    def __init__(self, agent: Agent, facts: Facts, timer: Timer) -> None:
        self._agent = agent
        self._facts = facts
        self._may_send = Alarm(timer)
        self._being_saved = 0
        self._failures = 0

    async def run(self, peer: Peer) -> None:
        """Deliver for as long as the connection lasts; what a lost connection cuts off counts as no attempt."""
        while True:
            await self._deliver(await self._next(), peer)

    def interval_changed(self) -> None:
        """Wait anew for the next attempt at what has failed."""
        self._may_send.set_in(self._wait_s())

    def _wait_s(self) -> int:
        return number(self._agent.station().configuration, "TransactionMessageRetryInterval") * self._failures

    async def _next(self) -> Entry:
        """The oldest waiting fact, once the answer to the one before it is saved."""
        while True:
            self._facts.news.clear()
            entry = await self._facts.next_entry()
            if entry is None or entry.seq != self._being_saved:
                self._being_saved = 0
                if entry is not None:
                    return entry
            await self._facts.news.wait()

    async def _deliver(self, entry: Entry, peer: Peer) -> None:
        payload = entry.payload or await self._rendered(entry)
        await self._may_send.wait()
        try:
            answer = await ask(self._agent, peer, ACTIONS[type(entry.fact)], msgspec.json.decode(payload))
            await self._answered(entry, answer)
        except CallError as error:
            await self._failed(entry, str(error))
        except Timeout as error:
            await peer.heard.wait()  # on a dead line nobody ever refused this: when it is given up, so is this wait
            await self._failed(entry, str(error))

    async def _rendered(self, entry: Entry) -> bytes:
        date = await self._dates(entry)
        rendered = msgspec.json.encode(translation.payload(entry.fact, entry.transaction_id, date))
        if not _is_certain(entry):
            await self._facts.rendered(entry.seq, rendered)
        return rendered

    async def _dates(self, entry: Entry) -> translation.Date:
        """How a fact is dated: what was noted without a clock, by what came after it in the same boot."""
        now, later = self._now(), list[Moment]()
        if entry.fact.moment.wall is None:
            later = await self._facts.later_moments(entry.seq)
        if is_estimate(entry.fact.moment, now, later):
            self._agent.say(f"fact {entry.seq} was noted without a clock; its time is put before what came after it")
        return lambda moment: max(WRITTEN, dated(moment, now, later) or WRITTEN)

    def _now(self) -> Moment:
        now = self._agent.clock.now()
        if now.wall is not None:
            return now
        now = self._agent.clock.assumed()
        self._agent.say(f"nobody has told the time; it is taken to be {now.wall:%Y-%m-%d %H:%M} UTC or later")
        return now

    async def _answered(self, entry: Entry, answer: dict[str, Any]) -> None:
        now, self._failures = self._agent.clock.now(), 0
        match entry.fact:
            case SessionStarted(session_id=session_id, id_tag=tag):
                number_ = _transaction_id(answer)
                info = translation.tag_info(answer.get("idTagInfo"))
                self._saving(StartAnswered(now, entry.seq, session_id, tag, number_, info))
            case SessionStopped(session_id=session_id, id_tag=tag_or_none):
                verdict = translation.tag_info(answer["idTagInfo"]) if answer.get("idTagInfo") else None
                self._saving(StopAnswered(now, entry.seq, session_id, tag_or_none, verdict))
            case MeterSampled():
                await self._facts.settle(entry.seq)

    def _saving(self, event: StartAnswered | StopAnswered) -> None:
        self._being_saved = event.seq
        self._agent.take(event)

    async def _failed(self, entry: Entry, why: str) -> None:
        times = entry.sent + 1
        action = ACTIONS[type(entry.fact)]
        settings = self._agent.station().configuration
        if times >= number(settings, "TransactionMessageAttempts"):
            self._failures = 0
            self._agent.say(f"{action} {entry.seq} is set aside after {times} attempts: {why}")
            await self._facts.park(entry.seq, why)
            return
        self._failures = times
        self._agent.say(f"{action} {entry.seq}: {why}; again in {self._wait_s()} s")
        await self._facts.sent(entry.seq, times)
        self.interval_changed()


def _is_certain(entry: Entry) -> bool:
    """A sample of a known time, and of a session with a number, if any, is rendered the same every time."""
    known = entry.fact.session_id is None or (entry.transaction_id or 0) > 0
    return isinstance(entry.fact, MeterSampled) and entry.fact.moment.wall is not None and known


def _transaction_id(answer: dict[str, Any]) -> int:
    said = answer.get("transactionId")
    if not isinstance(said, int) or not -(2**63) <= said < 2**63:
        raise CallError(ErrorCode.FORMATION_VIOLATION, "the answer has no transactionId that can be kept")
    return said
