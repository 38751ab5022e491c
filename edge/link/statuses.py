"""StatusNotification: every change while online, what has changed after a gap, never history (OCPP 1.6 section 4.9)."""

import asyncio
from collections import deque
from dataclasses import dataclass

from bollard.wire.errors import CallError, Timeout
from bollard.wire.peer import Peer
from edge.core.configuration import number
from edge.core.effects import Report
from edge.core.reports import is_news
from edge.core.state import Station
from edge.core.values import Moment, StatusReport
from edge.link import translation
from edge.link.asking import ask
from edge.link.dating import dated
from edge.link.ports import Agent
from edge.link.timing import Timer, first_of

MOST_DUE = 100


@dataclass(frozen=True, slots=True)
class Due:
    """A status to be told; a triggered one is told even if it is no news."""

    connector: int
    report: StatusReport
    moment: Moment
    triggered: bool = False


class Statuses:
    """Knows what the central system was told last of each connector."""

    def __init__(self, agent: Agent, timer: Timer) -> None:
        self._agent = agent
        self._timer = timer
        self._told: dict[int, StatusReport] = {}
        self._latest: dict[int, Report] = {}
        self._due: deque[Due] = deque(maxlen=MOST_DUE)
        self._open = False
        self._caught_up_ms = 0
        self._turn = asyncio.Lock()
        self._news = asyncio.Event()

    def report(self, report: Report) -> None:
        """A status changed; it is told as soon as there is a connection, if it then still stands."""
        latest = self._latest.get(report.connector)
        if latest is None or is_news(latest.report, report.report):
            self._latest[report.connector] = latest = report
        if self._open:
            self._add(Due(latest.connector, latest.report, latest.moment))

    def trigger(self, connector: int | None) -> bool:
        """TriggerMessage(StatusNotification) for one connector, or for all and the station; False if unknown."""
        reports = standing(self._agent.station())
        for number_ in reports if connector is None else [connector]:
            if number_ not in reports:
                return False
            self._add(Due(number_, reports[number_], self._since(number_, reports[number_]), triggered=True))
        return True

    def interval_changed(self) -> None:
        """How long a status must stand is judged anew."""
        self._news.set()

    def forget(self) -> None:
        """After a boot the central system is told everything anew."""
        self._told.clear()

    async def catch_up(self, peer: Peer) -> None:
        """Online again: tell how things stand now where that is news; what happened meanwhile is not replayed."""
        self._open = True
        async with self._turn:
            self._caught_up_ms = self._agent.clock.now().mono_ms
            for connector, report in standing(self._agent.station()).items():
                await self._tell(peer, Due(connector, report, self._since(connector, report)))

    async def run(self, peer: Peer) -> None:
        """Tell what is triggered, and from `catch_up` on every change, once it has stood for MinimumStatusDuration."""
        self._open = False
        self._due.clear()
        while True:
            self._news.clear()
            due = min(self._due, key=self._left_s, default=None)
            if due is None:
                await self._news.wait()
            elif (left_s := self._left_s(due)) > 0:
                await first_of(self._timer.sleep(left_s), self._news.wait())
            else:
                self._due.remove(due)
                await self._tell_in_turn(peer, due)

    def _add(self, due: Due) -> None:
        self._due.append(due)
        self._news.set()

    def _since(self, connector: int, report: StatusReport) -> Moment:
        latest = self._latest.get(connector)
        return latest.moment if latest is not None and not is_news(latest.report, report) else self._agent.clock.now()

    def _left_s(self, due: Due) -> float:
        stands_ms = self._agent.clock.now().mono_ms - due.moment.mono_ms
        return 0 if due.triggered else max(0, self._duration_s() - stands_ms / 1000)

    def _superseded(self, due: Due) -> bool:
        """Given way to a later one too soon, or decided before `catch_up` told how things stand and saved after it."""
        if due.triggered:
            return False
        duration_ms = self._duration_s() * 1000
        return due.moment.mono_ms < self._caught_up_ms or any(
            other.connector == due.connector and other.moment.mono_ms - due.moment.mono_ms < duration_ms
            for other in self._due
        )

    def _duration_s(self) -> int:
        return number(self._agent.station().configuration, "MinimumStatusDuration")

    async def _tell_in_turn(self, peer: Peer, due: Due) -> None:
        async with self._turn:
            if not self._superseded(due):
                await self._tell(peer, due)

    async def _tell(self, peer: Peer, due: Due) -> None:
        if not due.triggered and not is_news(self._told.get(due.connector), due.report):
            return
        self._told.pop(due.connector, None)
        at = dated(due.moment, self._agent.clock.now())
        payload = translation.status_notification(due.connector, due.report, at)
        try:
            await ask(self._agent, peer, "StatusNotification", payload)
        except (CallError, Timeout) as error:
            self._agent.say(f"StatusNotification of connector {due.connector}: {error}")
        else:
            self._told[due.connector] = due.report


def standing(station: Station) -> dict[int, StatusReport]:
    """How the station (0) and each connector stand."""
    return {0: station.report} | {c.id: c.output.report for c in station.connectors.values()}
