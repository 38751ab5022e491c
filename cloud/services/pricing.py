"""What a session costs so far or in the end: the same few lines for the live price, the stop and the bill."""

from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo

from sqlalchemy import Connection

from cloud.db.queries import places, samples, states
from cloud.domain.bills import Bill, BillKind
from cloud.domain.energy import Register, curve
from cloud.domain.errors import DomainError
from cloud.domain.parking import State, idle
from cloud.domain.pricing import Price, Usage, price
from cloud.domain.sessions import Session
from cloud.domain.tariffs import TariffVersion, Terms
from cloud.services import metering

UNPRICEABLE = (DomainError, ArithmeticError, LookupError, ValueError, TypeError)
"""What a tariff that slipped through, or a mistake of ours, may raise; a report must not be refused for it."""


def price_of(
    conn: Connection,
    session: Session,
    tariff: TariffVersion,
    zone: tzinfo | None = None,
    known: Sequence[State] | None = None,
) -> Price:
    """The session's price by that version, in the local time of its site.

    Its zone, and the states of its connector, are looked up unless they are given.
    """
    if zone is None:
        zone = places.time_zone(conn, session.station_id) if tariff.terms.needs_clock else UTC
    return price(tariff.terms, usage_of(conn, session, tariff.terms, known), zone)


def price_shown(
    conn: Connection,
    session: Session,
    tariff: TariffVersion | None,
    related: Sequence[Bill],
    zone: tzinfo | None = None,
    told: Sequence[State] | None = None,
) -> Price | None:
    """As its bills told it last, or as `price_of` so far; None while it cannot be told, and for what owes nothing."""
    invoices = [bill for bill in related if bill.kind is BillKind.INVOICE]
    if invoices:
        return invoices[-1].document.price
    if tariff is None or session.owes_nothing:
        return None
    try:
        return price_of(conn, session, tariff, zone, told)
    except UNPRICEABLE:
        return None


def usage_of(conn: Connection, session: Session, terms: Terms, known: Sequence[State] | None = None) -> Usage:
    """What the session used, from its samples and its connector's states as far as these terms look at them.

    Once an operator has corrected it, only the energy and times that were given.
    """
    ended_at = session.ended_at or session.last_sample_at or session.started_at
    plain = Usage(session.energy_wh, session.started_at, ended_at, unplugged_at=session.unplugged_at)
    if session.corrected_at is not None or ended_at <= session.started_at:
        return plain
    return Usage(
        energy_wh=session.energy_wh,
        started_at=session.started_at,
        ended_at=ended_at,
        readings=_readings(conn, session, plain) if terms.needs_readings else (),
        idle=idle(_states(conn, session, ended_at, known), session.started_at, ended_at) if terms.needs_states else (),
        unplugged_at=session.unplugged_at,
    )


def _states(conn: Connection, session: Session, until: datetime, known: Sequence[State] | None) -> list[State]:
    if known is None:
        return states.of_session(conn, session, until)
    return [each for each in known if each.at <= until]


def _readings(conn: Connection, session: Session, usage: Usage) -> tuple[tuple[datetime, int], ...]:
    begin, end = Register(usage.started_at, session.meter_start_wh), Register(usage.ended_at, session.meter_stop_wh)
    read = samples.registers(conn, session, usage.started_at)
    inside = sorted((each for each in read if begin.at < each.at < end.at), key=lambda each: each.at)
    return curve([begin, *inside, end], metering.max_power_w(conn, session), usage.energy_wh)
