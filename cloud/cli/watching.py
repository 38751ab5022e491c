"""Sessions and incidents: what happened, and what waits for a decision."""

from argparse import Namespace

from cloud.cli.verbs import Answer, Context, Verb, argument, table
from cloud.domain.money import format_minor
from cloud.domain.orphans import Orphan
from cloud.domain.views import SessionRow
from cloud.services import orphans, overview

_LIMIT = argument("--limit", type=int, default=50, metavar="N", help="how many at most (50)")


async def _sessions(context: Context, asked: Namespace) -> Answer:
    if asked.suspect:
        found = await context.db.read(lambda conn: overview.suspect_sessions(conn, context.scope))
    else:
        whole = {"limit": asked.limit, "scope": context.scope}
        running = await context.db.read(lambda conn: overview.open_sessions(conn, context.scope))
        found = running + await context.db.read(lambda conn: overview.ended_sessions(conn, **whole))
    rows = [_row(context, row) for row in found]
    return Answer(
        found, table("SESSION CONNECTOR TAG STATE BEGAN ENDED KWH COST BILL REASONS", rows, "no sessions yet")
    )


def _row(context: Context, row: SessionRow) -> tuple[object, ...]:
    return (
        row.id,
        f"{row.identity}/{row.connector}",
        row.id_tag,
        row.state,
        context.local(row.started_at),
        context.local(row.ended_at),
        f"{row.energy_wh / 1000:.3f}",
        format_minor(row.cost_minor, row.currency) if row.cost_minor is not None and row.currency else "",
        row.bill,
        "; ".join(row.reasons),
    )


async def _incidents(context: Context, asked: Namespace) -> Answer:
    found = await context.db.read(lambda conn: overview.incidents(conn, limit=asked.limit, scope=context.scope))
    rows: list[tuple[object, ...]] = [
        (context.local(row.last_at), row.count, row.identity, row.kind, row.summary) for row in found
    ]
    return Answer(found, table("LAST TIMES STATION KIND WHAT", rows, "no incidents"))


async def _orphans(context: Context, asked: Namespace) -> Answer:
    found = await context.db.read(lambda conn: orphans.listed(conn, limit=asked.limit, scope=context.scope))
    return Answer(
        found,
        table(
            "STOP STATION NAMED TAG STOPPED METER KWH SESSION",
            [_orphan(context, orphan) for orphan in found],
            "every stop has found its session",
        ),
    )


def _orphan(context: Context, orphan: Orphan) -> tuple[object, ...]:
    known_wh = orphan.energy_wh
    return (
        orphan.id,
        orphan.identity,
        orphan.transaction_id,
        orphan.id_tag,
        context.local(orphan.at or orphan.received_at),
        orphan.meter_stop_wh,
        "" if known_wh is None else f"{known_wh / 1000:.3f}",
        orphan.session_id,
    )


async def _join(context: Context, asked: Namespace) -> Answer:
    session = await context.db.write(lambda conn: orphans.join(conn, asked.stop, asked.session, None, context.now))
    text = f"session {session.id} ended with {session.energy_wh / 1000:.3f} kWh; `bollard cloud review` bills it"
    return Answer(session, text)


VERBS = (
    Verb(
        "sessions",
        "list sessions, the running ones first",
        _sessions,
        (_LIMIT, argument("--suspect", action="store_true", help="only those that wait for a review")),
    ),
    Verb("orphans", "list stops whose session is not known", _orphans, (_LIMIT,)),
    Verb(
        "join-stop",
        "say which open session a stop belongs to",
        _join,
        (
            argument("stop", type=int, metavar="STOP", help="its number in the list of orphans"),
            argument("session", type=int, metavar="SESSION", help="its number in the list of sessions"),
        ),
    ),
    Verb("incidents", "list bad input and oddities, the latest first", _incidents, (_LIMIT,)),
)
