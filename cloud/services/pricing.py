"""What a session costs so far or in the end: the same few lines for the live price, the stop and the bill."""

from datetime import UTC

from sqlalchemy import Connection

from cloud.db.queries import places
from cloud.domain.pricing import Price, Usage, price
from cloud.domain.sessions import Session
from cloud.domain.tariffs import TariffVersion


def price_of(conn: Connection, session: Session, tariff: TariffVersion) -> Price:
    """The session's price by that version, in the local time of its site."""
    zone = places.time_zone(conn, session.station_id) if tariff.terms.needs_clock else UTC
    return price(tariff.terms, usage_of(session), zone)


def usage_of(session: Session) -> Usage:
    """What the session used."""
    ended_at = session.ended_at or session.last_sample_at or session.started_at
    return Usage(session.energy_wh, session.started_at, ended_at)
