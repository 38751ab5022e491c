"""Sessions as an operator looks for them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, CompoundSelect, Connection, and_, literal, select, union_all

from cloud.db.queries.narrowing import narrowed, within
from cloud.db.queries.overview import sessions_where
from cloud.db.queries.scoping import seen
from cloud.db.tables import session, site, station, tag
from cloud.db.types import Words
from cloud.domain.people import Scope
from cloud.domain.sessions import OPEN
from cloud.domain.tags import tag_key
from cloud.domain.views import SessionRow


@dataclass(frozen=True, slots=True)
class SessionSearch:
    """What is looked for: a part of the station's identity or name, tag or name, started in [begin, end).

    None stands for any.
    """

    state: str | None = None
    station: str | None = None
    site_id: int | None = None
    tag: str | None = None
    begin: datetime | None = None
    end: datetime | None = None


def search(
    conn: Connection, wanted: SessionSearch, scope: Scope, *, limit: int, before_id: int | None = None
) -> list[SessionRow]:
    """The newest first."""
    conditions = [seen(scope), *_conditions(conn, wanted, scope)]
    if before_id is not None:
        conditions.append(session.c.id < before_id)
    return sessions_where(conn, and_(*conditions), limit)


def open_at(conn: Connection, station_id: int, most: int = 50) -> list[SessionRow]:
    """The open sessions of a station, the newest first."""
    return sessions_where(conn, (session.c.station_id == station_id) & session.c.state.in_(OPEN), most)


def site_names(conn: Connection, scope: Scope, most: int = 200) -> dict[str, str]:
    """Name by id of the sites that one sees, as a filter offers them."""
    query = select(site.c.id, site.c.name).order_by(site.c.name).limit(most)
    if scope.organisation_id is not None:
        query = query.where(site.c.organisation_id == scope.organisation_id)
    if scope.site_ids is not None:
        query = query.where(site.c.id.in_(scope.site_ids))
    return {str(id): name for id, name in conn.execute(query)}


def _conditions(conn: Connection, wanted: SessionSearch, scope: Scope) -> Iterator[ColumnElement[bool]]:
    yield from within(session.c.id, session.c.started_at, wanted.begin, wanted.end)
    if wanted.state is not None:
        yield session.c.state == wanted.state
    if narrow := list(_narrow(wanted, scope)):
        by_index, by_row = zip(*narrow, strict=True)
        yield narrowed(conn, session.c.id, select(session.c.id).where(*by_index), and_(*by_row))


def _narrow(wanted: SessionSearch, scope: Scope) -> Iterator[tuple[ColumnElement[bool], ColumnElement[bool]]]:
    """Whose and where, along an index and as a condition on the joined row."""
    if wanted.tag is not None:
        either = _tags(wanted.tag)
        # Something is joined to the tag, so that its index is not used: it would put all of them in order first.
        yield session.c.tag_key.in_(either), (session.c.tag_key + "").in_(either)
    if scope.site_ids is not None or wanted.station is not None or wanted.site_id is not None:
        there = and_(seen(scope), *_places(wanted))
        yield session.c.station_id.in_(select(station.c.id).where(there)), there


def _tags(text: str) -> CompoundSelect[tuple[str]]:
    """The tag itself, known or not, and known ones by the beginning of their number or a part of their name."""
    key = tag_key(text)
    known = tag.c.tag_key.startswith(key, autoescape=True) | tag.c.note.icontains(text, autoescape=True)
    return union_all(select(literal(key, Words())), select(tag.c.tag_key).where(known))


def _places(wanted: SessionSearch) -> Iterator[ColumnElement[bool]]:
    if wanted.station is not None:
        text = wanted.station
        yield station.c.identity.icontains(text, autoescape=True) | station.c.name.icontains(text, autoescape=True)
    if wanted.site_id is not None:
        yield station.c.site_id == wanted.site_id
