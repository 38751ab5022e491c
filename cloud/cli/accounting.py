"""Bills."""

from argparse import Namespace

from cloud.cli.verbs import Answer, Context, Verb, argument, table
from cloud.domain.bills import Bill
from cloud.domain.money import format_minor
from cloud.services import overview
from cloud.services.errors import NotFound


async def _bills(context: Context, asked: Namespace) -> Answer:
    found = await context.db.read(lambda conn: overview.bills(conn, limit=asked.limit))
    rows: list[tuple[object, ...]] = [_row(context, bill) for bill in found]
    return Answer(found, table("BILL ISSUED CONNECTOR TAG KWH TOTAL", rows, "no bills yet"))


def _row(context: Context, bill: Bill) -> tuple[object, ...]:
    parties, delivery = bill.document.parties, bill.document.delivery
    return (
        bill.number,
        context.local(bill.issued_at),
        f"{parties.station}/{parties.connector}",
        parties.id_tag,
        f"{delivery.energy_wh / 1000:.3f}",
        format_minor(bill.gross_minor, bill.currency),
    )


async def _bill(context: Context, asked: Namespace) -> Answer:
    bill = await context.db.read(lambda conn: overview.bill(conn, asked.number))
    if bill is None:
        raise NotFound(f"there is no bill {asked.number}; `bollard cloud bills` lists them")
    return Answer(bill, "\n".join([*_head(context, bill), "", *_sums(bill)]))


def _head(context: Context, bill: Bill) -> list[str]:
    document = bill.document
    parties, delivery = document.parties, document.delivery
    return [
        f"Bill {bill.number}, issued {context.local(bill.issued_at)} by {parties.seller.name}",
        f"Tag {parties.id_tag}, {parties.site}, station {parties.station}, connector {parties.connector}",
        f"From {context.local(delivery.started_at)} to {context.local(delivery.ended_at)}",
        f"Meter from {delivery.meter_start_wh} Wh to {delivery.meter_stop_wh} Wh",
        f"Tariff {document.tariff}, version {document.tariff_version}",
    ]


def _sums(bill: Bill) -> list[str]:
    price = bill.document.price
    lines = [(line.why, line.net_minor) for line in price.lines]
    lines += [
        (f"VAT {group.percent:f} % on {format_minor(group.net_minor, price.currency)}", group.vat_minor)
        for group in price.vat_groups
    ]
    lines.append(("Total", price.gross_minor))
    return [f"{what:<40} {format_minor(amount_minor, price.currency):>14}" for what, amount_minor in lines]


VERBS = (
    Verb(
        "bills",
        "list bills, the newest first",
        _bills,
        (argument("--limit", type=int, default=50, metavar="N", help="how many at most (50)"),),
    ),
    Verb("bill", "show one bill", _bill, (argument("number", metavar="NUMBER", help="such as 2026-0001"),)),
)
