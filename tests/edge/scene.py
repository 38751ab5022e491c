"""The laboratory told as a story: a few outlets, what each connector reported, what the central system learnt."""

from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from edge.core import events as ev
from edge.core.configuration import Configuration, keys
from edge.core.effects import Effect, Engage, Report, Restart, Show
from edge.core.facts import Fact, SessionStopped
from edge.core.output import why
from edge.core.state import Connector, Fitting, Station
from edge.core.values import Status, TagInfo, TagStatus, Vehicle
from tests.edge.laboratory import Laboratory
from tests.edge.laboratory_parts import ACCEPTED, Central

F = TypeVar("F", bound=Fact)
TAG = "04A1B2C3D4E5F6"
OTHER = "0477889900AABB"
BAD = "BAD"


@dataclass
class Office(Central):
    """A central system that says of each tag what it was told to; of others, Accepted."""

    bad_tags: frozenset[str] = frozenset()
    verdicts: dict[str, TagInfo] = field(default_factory=lambda: {BAD: TagInfo(TagStatus.INVALID)})

    def judge(self, tag: str) -> TagInfo:
        return self.verdicts.get(tag, ACCEPTED)


class Scene(Laboratory):
    """A laboratory that remembers what was carried out; configuration keys are given by name."""

    def __init__(self, connectors: int = 1, *, lock: bool = False, sensed: bool = True, **configuration: Any) -> None:
        self.performed: list[Effect] = []
        self.fitting = Fitting(has_lock=lock, has_indicator=True, has_pilot=sensed)
        self.sensed = sensed
        super().__init__(connectors, lockable=range(1, connectors + 1) if lock else ())
        self.office = self.central = Office()
        for key, value in configuration.items():
            self.configure(key, str(value))
        self.advance(2_000)

    def fresh(self) -> Station:
        vehicle = None if self.sensed else Vehicle.UNSENSED
        for outlet in self.outlets.values():
            outlet.vehicle = outlet.vehicle if self.sensed else Vehicle.UNSENSED
        table = keys(len(self.outlets), lock=self.fitting.has_lock, indicator=self.fitting.has_indicator)
        connectors = {n: Connector(n, self.fitting, vehicle=vehicle) for n in self.outlets}
        return Station(connectors, Configuration(table))

    def perform(self, effect: Effect) -> None:
        self.performed.append(effect)
        super().perform(effect)

    # --- what people do

    def present(self, tag: str, connectors: tuple[int, ...] = ()) -> None:
        """A card at the reader of these connectors (all of them)."""
        super().tap(tag, connectors or tuple(self.outlets))

    def tap(self, tag: str = TAG, connectors: tuple[int, ...] = ()) -> None:
        """The same, and the central system answers if it is asked."""
        self.present(tag, connectors)
        self.answer(lost=False)

    def charge(self, connector: int = 1, tag: str = TAG) -> None:
        """A car arrives, a card is presented, energy flows; the central system knows of it."""
        self.see(connector, Vehicle.ASKING)
        self.tap(tag, (connector,))
        self.advance(10_000)
        self.deliver_all()
        assert self.outlets[connector].closed, self.reason(connector)

    def deliver_all(self) -> None:
        """Everything in the outbox is delivered and answered."""
        while self.disk.outbox and self.loop.station.online:
            self.deliver()

    def clear_cache(self) -> None:
        self.happen(ev.CacheClearAsked(self.now(), self.request()))

    def learns(self, tag: str) -> None:
        """What the central system says of this tag, without any session."""
        self.tap(tag)
        self.tap(tag)

    # --- what can be seen

    def connector(self, number: int = 1) -> Connector:
        return self.loop.station.connectors[number]

    def status(self, connector: int = 1) -> Status:
        """The status that was reported last."""
        return self.statuses(connector)[-1]

    def statuses(self, connector: int = 1) -> list[Status]:
        """All statuses that were reported, repetitions left out."""
        told = [e.report.status for e in self.performed if isinstance(e, Report) and e.connector == connector]
        return [status for place, status in enumerate(told) if place == 0 or told[place - 1] is not status]

    def reports(self, connector: int = 1) -> list[Report]:
        return [e for e in self.performed if isinstance(e, Report) and e.connector == connector]

    def shown(self, connector: int = 1) -> Show:
        """What the display says."""
        return [e for e in self.performed if isinstance(e, Show) and e.connector == connector][-1]

    def reason(self, connector: int = 1) -> str:
        """The one sentence of `bollard edge status`."""
        return why(self.loop.station, self.connector(connector), self.mono_ms)

    def facts(self, kind: type[F]) -> list[F]:
        """What was recorded for the central system."""
        every = [self.disk.fact(seq) for seq in sorted(self.disk.ever)]
        return [fact for fact in every if isinstance(fact, kind)]

    def stop(self) -> SessionStopped:
        """The one session that was stopped."""
        (stopped,) = self.facts(SessionStopped)
        return stopped

    def reply(self) -> str:
        """The answer to the latest request."""
        return self.replies[f"request-{self.requests}"]

    def engagements(self) -> int:
        """How often the circuit was to be closed."""
        return sum(isinstance(effect, Engage) for effect in self.performed)

    def restarts(self) -> list[bool]:
        """The restarts that were asked for: hard?"""
        return [effect.hard for effect in self.performed if isinstance(effect, Restart)]

    def remembers(self, tag: str, info: TagInfo = ACCEPTED) -> None:
        """The cache has this tag."""
        self.happen(ev.StopAnswered(self.now(), 0, "", tag, info))

    def knows(self, tag: str, info: TagInfo = ACCEPTED) -> None:
        """The local list has this tag."""
        listed = {**self.loop.station.local_list, tag.upper(): info}
        self.loop.station = replace(self.loop.station, local_list=listed)


def moved(statuses: list[Status]) -> str:
    """Statuses as one readable line."""
    return " ".join(statuses)
