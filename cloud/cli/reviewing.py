"""Sessions in doubt: what is known of them, and the decision to bill, correct or write off."""

from argparse import ArgumentTypeError, Namespace
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from cloud.cli.verbs import Answer, Context, Verb, argument, table
from cloud.domain.bills import Bill, BillingTask
from cloud.domain.corrections import Correction
from cloud.domain.money import format_minor
from cloud.domain.reports import Sample
from cloud.domain.views import SessionRow
from cloud.services import overview, reviews
from cloud.services.errors import NotNow


async def _suspects(context: Context, asked: Namespace) -> Answer:
    if asked.session is not None:
        return await _case(context, asked.session)

    def unit(conn: Connection) -> tuple[list[SessionRow], list[BillingTask]]:
        return overview.suspect_sessions(conn, context.scope), overview.bills_put_off(conn, context.scope)

    waiting, put_off = await context.db.read(unit)
    heads = "SESSION CONNECTOR TAG ENDED KWH COST BILL REASONS"
    lists = [table(heads, _rows(context, waiting), "no session is in doubt")]
    if put_off:
        lists.append(table("SESSION FAILED TIMES AGAIN BECAUSE", _tasks(context, put_off), ""))
    return Answer({"suspects": waiting, "put_off": put_off}, "\n\n".join(lists))


def _rows(context: Context, found: Iterable[SessionRow]) -> list[tuple[object, ...]]:
    return [
        (
            row.id,
            f"{row.identity}/{row.connector}",
            row.id_tag,
            context.local(row.ended_at),
            f"{row.energy_wh / 1000:.3f}",
            format_minor(row.cost_minor, row.currency) if row.cost_minor is not None and row.currency else "",
            row.bill,
            "; ".join(row.reasons),
        )
        for row in found
    ]


def _tasks(context: Context, tasks: Iterable[BillingTask]) -> list[tuple[object, ...]]:
    return [
        (task.session_id, context.local(task.failed_at), task.attempts, context.local(task.due_at), task.error)
        for task in tasks
    ]


async def _case(context: Context, session_id: int) -> Answer:
    case = await context.db.read(lambda conn: reviews.case(conn, session_id))
    row = case.session
    head = [
        f"Session {row.id}, {row.state}: {row.identity}/{row.connector}, tag {row.id_tag}",
        f"From {context.local(row.started_at)} to {context.local(row.ended_at)}, {row.energy_wh / 1000:.3f} kWh",
        *(f"- {reason}" for reason in row.reasons),
        *([f"- its bill failed {case.task.attempts} times: {case.task.error}"] if case.task else []),
    ]
    bills: list[tuple[object, ...]] = [
        (bill.number, bill.kind, context.local(bill.issued_at), _gross(bill)) for bill in case.bills
    ]
    parts = ["\n".join(head), table("BILL KIND ISSUED TOTAL", bills, "not billed yet"), _samples(context, case.samples)]
    return Answer(case, "\n\n".join(parts))


def _samples(context: Context, samples: Sequence[Sample]) -> str:
    rows: list[tuple[object, ...]] = [
        (f"{context.local(each.at)}:{each.at:%S}", each.context, each.energy_wh, each.power_w) for each in samples
    ]
    return table("TIME CONTEXT WH W", rows, "no meter values")


def _gross(bill: Bill) -> str:
    return format_minor(bill.gross_minor, bill.currency)


async def _review(context: Context, asked: Namespace) -> Answer:
    if asked.bill == asked.write_off:
        raise NotNow("say either --bill or --write-off")
    choice = {"bill": asked.bill, "user_id": None, "now": context.now, "reason": asked.reason}
    issued = await context.db.write(lambda conn: reviews.review(conn, asked.session, **choice))
    said = f"{issued.kind} {issued.number}".replace("_", " ") if issued else "written off"
    return Answer({"session": asked.session, "bill": issued}, said)


async def _correct(context: Context, asked: Namespace) -> Answer:
    correction = Correction(
        reason=asked.reason,
        energy_wh=None if asked.kwh is None else int(asked.kwh.scaleb(3)),
        started_at=_moment(asked.began, context.settings.time_zone),
        ended_at=_moment(asked.ended, context.settings.time_zone),
        tariff=asked.tariff,
    )
    issued = await context.db.write(lambda conn: reviews.correct(conn, asked.session, correction, None, context.now))
    said = [f"{bill.kind} {bill.number}, {_gross(bill)}".replace("_", " ") for bill in issued]
    return Answer({"session": asked.session, "bills": issued}, "\n".join(said) or "it was billed so already")


def _moment(local: datetime | None, time_zone: str) -> datetime | None:
    return local.replace(tzinfo=ZoneInfo(time_zone)) if local else None


def _time(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise ArgumentTypeError(f"{text!r} is not a time such as '2026-11-21 10:32:05'") from error


def _kwh(text: str) -> Decimal:
    try:
        return Decimal(int(Decimal(text).scaleb(3).quantize(Decimal(1)))).scaleb(-3)
    except (ArithmeticError, ValueError) as error:
        raise ArgumentTypeError(f"{text!r} is not a number of kWh such as 12.345") from error


_SESSION = argument("session", type=int, metavar="SESSION", help="its number in the list of sessions")

VERBS = (
    Verb(
        "suspects",
        "list sessions that wait for a decision and bills that could not be issued, or show one with its meter values",
        _suspects,
        (argument("session", type=int, nargs="?", metavar="SESSION", help="show this one"),),
    ),
    Verb(
        "review",
        "decide about a suspect session",
        _review,
        (
            _SESSION,
            argument("--bill", action="store_true", help="bill it as it is; a bill it has stands"),
            argument("--write-off", action="store_true", help="never bill it; a bill it has is credited"),
            argument("--reason", default="", metavar="TEXT", help="why, for the audit log and a credit note"),
        ),
    ),
    Verb(
        "correct",
        "give an ended session other figures: what was billed is credited and billed anew",
        _correct,
        (
            _SESSION,
            argument("--reason", required=True, metavar="TEXT", help="why; it stands on the bill"),
            argument("--kwh", type=_kwh, metavar="KWH", help="the energy delivered, such as 12.345"),
            argument("--began", type=_time, metavar="TIME", help="when it began, such as '2026-11-21 10:32:05'"),
            argument("--ended", type=_time, metavar="TIME", help="when it ended"),
            argument("--tariff", metavar="NAME", help="the tariff to price it with"),
        ),
    ),
)
