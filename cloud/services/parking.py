"""When a car left after its session, where the tariff prices that: waited for, found, or doubted."""

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from cloud.db.queries import places, states, tariffs
from cloud.db.queries import sessions as rows
from cloud.domain import reasons
from cloud.domain.money import format_minor
from cloud.domain.parking import Leaving, State, away, leaving
from cloud.domain.sessions import Session, SessionState
from cloud.domain.stations import ConnectorStatus
from cloud.domain.tariffs import TariffVersion
from cloud.services.pricing import UNPRICEABLE, price_of


def settled(conn: Connection, ended: Session, now: datetime) -> Session:
    """An ended session with the time until which its car certainly stayed; it waits while that may still grow.

    It is suspect if it is uncertain how long the car stayed and that makes a difference to the price.
    """
    tariff = None if ended.tariff_version_id is None else tariffs.version(conn, ended.tariff_version_id)
    if tariff is None or not tariff.terms.prices_parking or ended.owes_nothing or ended.corrected_at:
        return ended
    ended = _without_doubt(ended)
    left = _leaving(conn, ended, ended.ended_at or now, now)
    if left is None:
        return replace(ended, state=SessionState.AWAITING_UNPLUG, unplugged_at=None)
    certain = replace(ended, unplugged_at=left.certain)
    finding = None if left.certain == left.latest else _doubt(conn, certain, left, tariff)
    return certain if finding is None else _doubted(certain, finding)


def overdue(conn: Connection, now: datetime) -> list[Session]:
    """The sessions whose car has stayed as long as anybody waits."""
    limits = {id: timedelta(seconds=places.unplug_limit_s(conn, id)) for id in places.organisations(conn)}
    return [session for id, limit in limits.items() for session in rows.plugged_until(conn, id, now - limit)]


def _leaving(conn: Connection, ended: Session, ended_at: datetime, now: datetime) -> Leaving | None:
    organisation_id = places.organisation_of(conn, ended.station_id)
    limit = ended_at + timedelta(seconds=places.unplug_limit_s(conn, organisation_id))
    after = rows.neighbours(conn, ended).after
    seen = states.of_session(conn, ended, limit)
    left = leaving(seen, ended_at, after.started_at if after else None, limit)
    if left is not None or now < limit:
        return left
    last = max((state.at for state in seen if ended_at < state.at <= limit), default=ended_at)
    since = states.connected_at(conn, ended.station_id)
    there = since is not None and not away(last, State(limit, ConnectorStatus.FINISHING, min(since, limit)))
    return Leaving(limit if there or ended.unplugged_at == limit else last, limit)


def _doubt(conn: Connection, certain: Session, left: Leaving, tariff: TariffVersion) -> str | None:
    try:
        least = price_of(conn, certain, tariff)
        most = price_of(conn, replace(certain, unplugged_at=left.latest), tariff)
    except UNPRICEABLE:
        return None  # its bill will fail for the same reason, and tell it
    if least.gross_minor == most.gross_minor:
        return None
    prices = (format_minor(price.gross_minor, price.currency) for price in (least, most))
    return reasons.unseen(left.certain, left.latest, *prices)


def _doubted(session: Session, finding: str) -> Session:
    return replace(session, state=SessionState.SUSPECT, findings=(*session.findings, finding))


def _without_doubt(session: Session) -> Session:
    """As before anybody asked when the car left."""
    findings = tuple(finding for finding in session.findings if not finding.startswith(reasons.UNSEEN))
    state = SessionState.SUSPECT if session.doubts or findings else SessionState.FINISHED
    return replace(session, state=state, findings=findings)
