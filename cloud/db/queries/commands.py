"""Commands and their steps."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, bindparam, exists, func, select

from cloud.db.queries.scoping import of_organisation, seen
from cloud.db.rows import Cut, every, number, one, page
from cloud.db.tables import command, command_step, local_list, session, station
from cloud.domain.commands import MAY_SEE_EFFECT, WAITING, Command, CommandKind, Step, TimelineEntry
from cloud.domain.people import EVERYTHING, Scope
from cloud.domain.sessions import OPEN

# Asked for each message of every station, so it is made once and answered by an index alone.
_ANY = (
    select(command.c.id)
    .where(command.c.station_id == bindparam("station_id"), command.c.expires_at > bindparam("now"))
    .limit(1)
)


def insert(conn: Connection, values: Mapping[str, Any]) -> int:
    added = command.insert().values(state=Step.ASKED, **values).returning(command.c.id)
    return number(conn, added)


def by_id(conn: Connection, id: int, *, lock: bool = False, scope: Scope = EVERYTHING) -> Command | None:
    query = _commands().where(command.c.id == id, seen(scope))
    return one(conn, query.with_for_update(of=command) if lock else query, _command)


def stations_waiting(conn: Connection, now: datetime) -> set[int]:
    """The stations for which there are commands to send."""
    return set(conn.execute(select(command.c.station_id).where(_to_send(now)).distinct()).scalars())


def unclaimed(
    conn: Connection, station_ids: Collection[int], now: datetime, kinds: Collection[CommandKind]
) -> list[Command]:
    """The oldest command of these kinds to each of these stations, if nobody else is claiming it just now."""
    mine = command.c.station_id.in_(station_ids) & command.c.kind.in_(kinds) & _to_send(now)
    oldest = select(func.min(command.c.id)).where(mine).group_by(command.c.station_id)
    query = _commands().where(command.c.id.in_(oldest), _to_send(now))
    return every(conn, query.with_for_update(of=command, skip_locked=True), _command)


def claim(conn: Connection, ids: Collection[int], now: datetime | None) -> None:
    """Marks them as claimed; without a time, as not claimed any more."""
    conn.execute(command.update().where(command.c.id.in_(ids)).values(claimed_at=now))


def release_unsent(conn: Connection) -> None:
    """What was claimed but never sent may be claimed again."""
    conn.execute(command.update().where(command.c.state == Step.ASKED).values(claimed_at=None))


def overdue(conn: Connection, now: datetime) -> list[Command]:
    """Commands that have waited too long for what comes next, by station."""
    query = _commands().where(command.c.state.in_(WAITING), command.c.expires_at <= now)
    return every(conn, query.order_by(None).order_by(command.c.station_id, command.c.id), _command)


def in_states(conn: Connection, station_id: int, kind: CommandKind, states: Collection[Step]) -> list[Command]:
    """A station's commands of a kind, the oldest first."""
    same = (command.c.station_id == station_id) & (command.c.kind == kind)
    return every(conn, _commands().where(same, command.c.state.in_(states)), _command)


def in_state(conn: Connection, state: Step) -> list[Command]:
    """By station."""
    query = _commands().where(command.c.state == state)
    return every(conn, query.order_by(None).order_by(command.c.station_id, command.c.id), _command)


def hoping(
    conn: Connection, station_id: int, kinds: Collection[CommandKind], now: datetime, most: int
) -> list[Command]:
    """The station's sent commands of these kinds whose effect may still be seen, the newest first."""
    if conn.execute(_ANY, {"station_id": station_id, "now": now}).first() is None:
        return []
    wanted = (command.c.station_id == station_id) & command.c.kind.in_(kinds)
    open_ = command.c.state.in_(MAY_SEE_EFFECT) & (command.c.expires_at > now)
    return every(
        conn, _commands().where(wanted, open_).order_by(None).order_by(command.c.id.desc()).limit(most), _command
    )


def accepted_before(conn: Connection, later: Command) -> list[Command]:
    """The station's commands of the same kind that were asked before and whose effect is still waited for."""
    same = (command.c.station_id == later.station_id) & (command.c.kind == later.kind) & (command.c.id < later.id)
    return every(conn, _commands().where(same, command.c.state == Step.ACCEPTED), _command)


def stop_waits(conn: Connection, station_id: int, transaction_id: str) -> bool:
    """Whether a remote stop of that session is on its way, or accepted and still without effect."""
    mine = (command.c.station_id == station_id) & (command.c.kind == CommandKind.REMOTE_STOP)
    waiting = every(conn, _commands().where(mine, command.c.state.in_(WAITING)), _command)
    return any(str(each.parameters.get("transactionId")) == transaction_id for each in waiting)


def latest(
    conn: Connection,
    limit: int,
    station_id: int | None = None,
    kinds: Collection[CommandKind] | None = None,
    *,
    scope: Scope = EVERYTHING,
) -> Sequence[Command]:
    """Commands, of one station or all, of these kinds or any, the newest first."""
    query = _commands().where(seen(scope)).order_by(None).order_by(command.c.id.desc()).limit(limit)
    query = query if kinds is None else query.where(command.c.kind.in_(kinds))
    return every(conn, query if station_id is None else query.where(command.c.station_id == station_id), _command)


def listed(conn: Connection, scope: Scope, cut: Cut, station_id: int | None = None) -> list[Command]:
    """A page of commands, of one station or all, the newest first."""
    query = page(_commands().where(seen(scope)), command.c.id, cut)
    return every(conn, query if station_id is None else query.where(command.c.station_id == station_id), _command)


def add_step(conn: Connection, id: int, entry: TimelineEntry) -> None:
    values = {"step": entry.step, "detail": entry.detail, "at": entry.at}
    conn.execute(command_step.insert().values(command_id=id, **values))


def count_steps(conn: Connection, id: int) -> int:
    return number(conn, select(func.count()).select_from(command_step).where(command_step.c.command_id == id))


def shorten(conn: Connection, organisation_id: int, before: datetime, now: datetime, at_once: int) -> int:
    """Drops old commands of which nothing more can come, with their steps; returns how many of the oldest went."""
    open_session = exists().where(session.c.id == command.c.session_id, session.c.state.in_(OPEN))
    list_waits = exists().where(local_list.c.command_id == command.c.id)
    over = command.c.state.not_in(WAITING) & (command.c.asked_at < before) & (command.c.expires_at <= now)
    theirs = select(command.c.id).where(of_organisation(command.c.station_id, organisation_id))
    oldest = theirs.order_by(command.c.id).limit(at_once).scalar_subquery()
    gone = select(command.c.id).where(command.c.id.in_(oldest), over, ~open_session, ~list_waits)
    ids = conn.execute(gone).scalars().all()
    conn.execute(command_step.delete().where(command_step.c.command_id.in_(ids)))
    return conn.execute(command.delete().where(command.c.id.in_(ids))).rowcount


def update(conn: Connection, id: int, values: Mapping[str, Any]) -> None:
    conn.execute(command.update().where(command.c.id == id).values(**values))


def timelines(conn: Connection, ids: Collection[int]) -> dict[int, list[TimelineEntry]]:
    """The steps of several commands, each in order."""
    query = select(command_step).where(command_step.c.command_id.in_(ids)).order_by(command_step.c.id)
    found: dict[int, list[TimelineEntry]] = {id: [] for id in ids}
    for row in conn.execute(query):
        found[row.command_id].append(TimelineEntry(Step(row.step), row.detail, row.at))
    return found


def _to_send(now: datetime) -> ColumnElement[bool]:
    return (command.c.state == Step.ASKED) & command.c.claimed_at.is_(None) & (command.c.expires_at > now)


def _commands() -> Select[Any]:
    joined = select(command, station.c.identity).join(station, station.c.id == command.c.station_id)
    return joined.order_by(command.c.id)


def _command(row: Row[Any]) -> Command:
    return Command(
        id=row.id,
        kind=CommandKind(row.kind),
        station_id=row.station_id,
        identity=row.identity,
        parameters=row.parameters,
        state=Step(row.state),
        asked_at=row.asked_at,
        expires_at=row.expires_at,
        user_id=row.user_id,
        session_id=row.session_id,
        answer=row.answer,
    )
