"""Bills, statements and exports."""

from argparse import ArgumentTypeError, Namespace
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import Connection

from cloud.cli.verbs import Answer, Context, Verb, argument, table
from cloud.documents import receipt, statement
from cloud.documents.cdr import cdr
from cloud.documents.table import as_csv
from cloud.domain.bills import Bill
from cloud.domain.money import format_minor
from cloud.domain.statements import MonthlyStatement
from cloud.languages.words import LANGUAGES
from cloud.services import accounts, overview, statements
from cloud.services.errors import Malformed, NotFound, NotNow


async def _bills(context: Context, asked: Namespace) -> Answer:
    found = await context.db.read(lambda conn: overview.bills(conn, limit=asked.limit, scope=context.scope))
    rows: list[tuple[object, ...]] = [_row(context, bill) for bill in found]
    return Answer(found, table("BILL ISSUED CONNECTOR TAG KWH TOTAL CORRECTS", rows, "no bills yet"))


def _row(context: Context, bill: Bill) -> tuple[object, ...]:
    parties, delivery = bill.document.parties, bill.document.delivery
    return (
        bill.number,
        context.local(bill.issued_at),
        f"{parties.station}/{parties.connector}",
        parties.id_tag,
        f"{delivery.energy_wh / 1000:.3f}",
        format_minor(bill.gross_minor, bill.currency),
        bill.document.corrects,
    )


async def _bill(context: Context, asked: Namespace) -> Answer:
    bill = await context.db.read(lambda conn: overview.bill(conn, asked.number, context.scope))
    if bill is None:
        raise NotFound(f"there is no bill {asked.number}; `bollard cloud bills` lists them")
    shown = receipt.receipt(bill, context.settings.time_zone, asked.language)
    if asked.pdf is None:
        return Answer(bill, receipt.text(shown))
    from cloud.documents.pdf import receipt_pdf

    return _written(asked.pdf, receipt_pdf(shown, bill.issued_at), bill)


async def _statement(context: Context, asked: Namespace) -> Answer:
    def unit(conn: Connection) -> MonthlyStatement:
        return statements.monthly(conn, accounts.find(conn, context.organisation_id, asked.account), asked.month)

    told = await context.db.read(unit)
    shown = statement.statement_page(told, asked.language)
    if asked.pdf is None:
        return Answer(told, statement.text(shown))
    from cloud.documents.pdf import statement_pdf

    return _written(asked.pdf, statement_pdf(shown, told.end), told)


async def _export(context: Context, asked: Namespace) -> Answer:
    zone = ZoneInfo(context.settings.time_zone)
    if asked.end < asked.begin:
        raise Malformed("--to is before --from: give the first day, then the last")
    begin, end = asked.begin.replace(tzinfo=zone), (asked.end + timedelta(days=1)).replace(tzinfo=zone)
    pages = statements.between(context.db, context.organisation_id, begin, end)
    told = [each async for page in pages for each in page]
    if asked.format == "csv":
        bills = [each.bill for each in told]
        return _given(asked.output, as_csv(bills), bills)
    records = [cdr(each.bill, each.operator, each.signed) for each in told]
    return _given(asked.output, msgspec.json.format(msgspec.json.encode(records), indent=2).decode(), records)


def _given(path: Path | None, text: str, data: object) -> Answer:
    return Answer(data, text.rstrip("\n")) if path is None else _written(path, text.encode(), data)


def _written(path: Path, content: bytes, data: object) -> Answer:
    try:
        path.write_bytes(content)
    except OSError as error:
        raise NotNow(f"{path} cannot be written: {error.strerror}") from error
    return Answer(data, f"{path}, {len(content)} bytes")


def _day(text: str) -> datetime:
    try:
        return datetime.strptime(text, "%Y-%m-%d")
    except ValueError as error:
        raise ArgumentTypeError(f"{text!r} is not a day such as 2026-11-30") from error


_PDF = argument("--pdf", type=Path, metavar="FILE", help="write it as a PDF file instead")

_LANGUAGE = argument("--language", choices=LANGUAGES, default=LANGUAGES[0], help="English if not given")

VERBS = (
    Verb(
        "bills",
        "list bills, the newest first",
        _bills,
        (argument("--limit", type=int, default=50, metavar="N", help="how many at most (50)"),),
    ),
    Verb(
        "bill",
        "show one bill",
        _bill,
        (argument("number", metavar="NUMBER", help="such as 2026-0001"), _PDF, _LANGUAGE),
    ),
    Verb(
        "statement",
        "show an account's month: its bills, what was paid, and what remains",
        _statement,
        (
            argument("account", metavar="ACCOUNT", help="the account's name"),
            argument("--month", required=True, metavar="MONTH", help="such as 2026-11"),
            _PDF,
            _LANGUAGE,
        ),
    ),
    Verb(
        "export",
        "give bills to other programs: CSV, or CDRs in the shape of OCPI 2.2.1",
        _export,
        (
            argument("--from", dest="begin", type=_day, required=True, metavar="DAY", help="the first day of issue"),
            argument("--to", dest="end", type=_day, required=True, metavar="DAY", help="the last day of issue"),
            argument("--format", choices=("csv", "ocpi"), default="csv", help="csv if not given"),
            argument("--output", type=Path, metavar="FILE", help="write to a file instead"),
        ),
    ),
)
