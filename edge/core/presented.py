"""Cards and remote starts: what a presented tag means here and now (OCPP 1.6 sections 3.4, 4.1, 5.11)."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from edge.core.cable import freed
from edge.core.claims import is_operative
from edge.core.configuration import is_on
from edge.core.effects import AskAuthorization, Effect, Reply, Say
from edge.core.events import Event, RemoteStartAsked, TagAnswered, TagTapped
from edge.core.faults import contradicted, faults
from edge.core.sessions import Step, stopped
from edge.core.state import Connector, Grant, Question, Station
from edge.core.tags import (
    Next,
    alike,
    cached,
    folded,
    is_valid,
    judge,
    known,
    masked,
    same_tag,
    shares_parent,
    standing,
)
from edge.core.values import Moment, StopReason, TagInfo, TagStatus, Vehicle

NOTICE_MS = 5_000
LONGEST_TAG = 20


def tapped(station: Station, event: TagTapped) -> Step:
    """A card at a reader: it stops its own session, takes back its own grant, or asks to charge."""
    tag, at = event.id_tag, event.at
    served = [station.connectors[n] for n in event.connectors if n in station.connectors]
    if not 1 <= len(tag) <= LONGEST_TAG:
        return _refused(station, served, tag, f"A card's number has 1 to {LONGEST_TAG} characters", at)
    own = next((c for c in served if c.session is not None and same_tag(c.session.id_tag, tag)), None)
    if own is not None:
        said = Say(f"connector {own.id}: card {masked(tag)} presented again, stopping")
        return stopped(station, own, StopReason.LOCAL, at, tag), [said]
    kept = next((c for c in served if c.held is not None and same_tag(c.held.id_tag, tag)), None)
    if kept is not None:
        return freed(station, kept, tag)
    waiting = next((c for c in served if c.grant is not None and same_tag(c.grant.id_tag, tag)), None)
    if waiting is not None:
        said = Say(f"connector {waiting.id}: card {masked(tag)} presented again, taken back")
        return station.having(replace(waiting, grant=None)), [said]
    if folded(tag) in station.questions:
        return station, []
    if not _startable(station, served) and not _with_parent(served):
        reason = _why_not(station, served)
        return _refused(station, served, tag, reason, at)
    return _judged(station, served, tag, at, remote=False)


def answered(station: Station, event: TagAnswered) -> Step:
    """The central system's word on a tag; None counts as being offline."""
    question = station.questions.get(folded(event.id_tag))
    if question is None:
        return station, []
    others = {tag: q for tag, q in station.questions.items() if tag != folded(event.id_tag)}
    station = replace(station, questions=others)
    served = [station.connectors[n] for n in question.connectors]
    if event.info is None:
        return _judged(station, served, event.id_tag, event.at, remote=question.remote, asked=True)
    station = cached(station, event.id_tag, event.info, event.at.wall)
    station = contradicted(station, event.id_tag, event.info, event.at.wall)
    if is_valid(event.info, event.at.wall):
        return _allowed(station, served, event.id_tag, event.info, event.at, remote=question.remote)
    reason = f"The central system says of the card: {standing(event.info, event.at.wall)}"
    return _unknown(station, served, event.id_tag, reason, event.at)


def remote_start(station: Station, event: RemoteStartAsked) -> Step:
    """RemoteStartTransaction: accepted means it will be tried."""
    numbers = sorted(station.connectors) if event.connector is None else [event.connector]
    wanted = [station.connectors[n] for n in numbers if n in station.connectors]
    free = _startable(station, wanted)
    if not free:
        where = "any connector" if event.connector is None else f"connector {event.connector}"
        said = Say(f"remote start on {where} rejected: {_why_not(station, wanted)}", refusal=True)
        return station, [Reply(event.request, "Rejected"), said]
    accepted: list[Effect] = [
        Reply(event.request, "Accepted"),
        Say(f"connector {free[0].id}: remote start for card {masked(event.id_tag)}"),
    ]
    if is_on(station.configuration, "AuthorizeRemoteTxRequests"):
        station, effects = _judged(station, free[:1], event.id_tag, event.at, remote=True)
    else:
        info = known(station, event.id_tag) or TagInfo(TagStatus.ACCEPTED)
        station, effects = _allowed(station, free[:1], event.id_tag, info, event.at, remote=True)
    return station, accepted + effects


def _judged(
    station: Station, served: list[Connector], tag: str, at: Moment, *, remote: bool, asked: bool = False
) -> Step:
    verdict = judge(station, tag, at.wall, online=station.online and not asked)
    if verdict.next is Next.REFUSE:
        return _unknown(station, served, tag, verdict.reason, at)
    said = Say(f"card {masked(tag)}: {verdict.reason}")
    if verdict.next is Next.ASK:
        question = Question(tuple(c.id for c in served), remote, at.mono_ms)
        questions = {**station.questions, folded(tag): question}
        return replace(station, questions=questions), [AskAuthorization(tag), said]
    station, effects = _allowed(station, served, tag, verdict.info, at, remote=remote)
    return station, [said, *effects]


def _allowed(station: Station, served: list[Connector], tag: str, info: TagInfo, at: Moment, *, remote: bool) -> Step:
    free = _startable(station, served)
    kept = next((c for c in served if c.held is not None and shares_parent(c.held, info)), None)
    if kept is not None:
        return freed(station, kept, tag)
    group = next((c for c in served if c.session is not None and shares_parent(c.session, info)), None)
    if group is not None and not remote and not any(c.plugged for c in free):
        said = Say(f"connector {group.id}: card {masked(tag)} of the same group, stopping")
        return stopped(station, group, StopReason.LOCAL, at, tag), [said]
    if not free:
        reason = _why_not(station, served)
        return _refused(station, served, tag, reason, at)
    elsewhere = tuple(c.id for c in free[1:])
    granted = replace(free[0], grant=Grant(tag, info, at.mono_ms, elsewhere), finished=False)
    return station.having(granted), [Say(f"connector {granted.id}: card {masked(tag)} may charge")]


def _startable(station: Station, served: Iterable[Connector]) -> list[Connector]:
    """Connectors where a session could begin, those with a car first."""
    free = [c for c in served if _hindrance(station, c) is None]
    return sorted(free, key=lambda c: (not c.plugged, c.vehicle is not Vehicle.UNSENSED, c.id))


def _with_parent(served: Iterable[Connector]) -> list[Connector]:
    """Connectors whose session, or whose cable, a card of the same group may claim."""
    claimed = [(c, c.session or c.held) for c in served]
    return [c for c, claim in claimed if claim is not None and claim.parent is not None]


def _why_not(station: Station, served: list[Connector]) -> str:
    return next(filter(None, (_hindrance(station, c) for c in served)), "There is no such connector")


def _hindrance(station: Station, connector: Connector) -> str | None:
    """Why no session can begin here, in one sentence; None where one can."""
    if station.resetting is not None:
        return "The charger is about to restart"
    for fault in faults(station, connector):
        return fault.info
    if not is_operative(station, connector):
        return "The operator has taken this charger out of service"
    if connector.held is not None:
        return "The cable is locked for the card that charged here"
    if connector.session is not None and connector.session.stopping is not None:
        return "The session here is just ending"
    if connector.session is not None and connector.vehicle is Vehicle.ABSENT:
        return "Another card's session waits here for its car"
    return "Another card is charging here" if connector.session or connector.grant else None


def _unknown(station: Station, served: list[Connector], tag: str, reason: str, at: Moment) -> Step:
    """Refused for what it is, or because this reader writes numbers in another form than the list was made with."""
    other = alike(station, tag, at.wall)
    station, effects = _refused(station, served, tag, reason, at)
    if other is None:
        return station, effects
    said = f"card {masked(tag)} is the known card {masked(other)} in another form: look at `form` of the reader"
    return station, [*effects, Say(said, refusal=True)]


def _refused(station: Station, served: list[Connector], tag: str, reason: str, at: Moment) -> Step:
    for c in served:
        fresh = station.connectors[c.id]
        station = station.having(replace(fresh, notice=reason, notice_until_ms=at.mono_ms + NOTICE_MS))
    return station, [Say(f"card {masked(tag)}: {reason}", refusal=True)]


HANDLERS: dict[type[Event], Callable[[Station, Any], Step]] = {
    TagTapped: tapped,
    TagAnswered: answered,
    RemoteStartAsked: remote_start,
}
