"""Bills as CSV for a spreadsheet or an accounting program: one line a bill, in UTC, sums as plain numbers."""

import csv
import io
from collections.abc import Iterable

from cloud.domain.bills import Bill
from cloud.domain.money import from_minor

HEADS = (
    *("number", "kind", "corrects", "issued_at", "session", "account", "account_name", "id_tag"),
    *("site", "station", "connector", "started_at", "ended_at", "energy_kwh", "tariff", "tariff_version"),
    *("currency", "net", "vat", "total"),
)
_FORMULA = ("=", "+", "-", "@")


def as_csv(bills: Iterable[Bill], *, heads: bool = True) -> str:
    """Text that a spreadsheet would take for a formula begins with an apostrophe; no text breaks a line."""
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerows([HEADS] * heads)
    for bill in bills:
        writer.writerow([_harmless(cell) if isinstance(cell, str) else cell for cell in _cells(bill)])
    return written.getvalue()


def _harmless(text: str) -> str:
    plain = "".join(letter if letter.isprintable() else " " for letter in text)
    return f"'{plain}" if plain.lstrip().startswith(_FORMULA) else plain


def _cells(bill: Bill) -> tuple[object, ...]:
    document, price = bill.document, bill.document.price
    parties, delivery, buyer = document.parties, document.delivery, document.parties.buyer
    sums = (from_minor(minor, price.currency) for minor in (price.net_minor, price.vat_minor, price.gross_minor))
    return (
        *(bill.number, str(bill.kind), document.corrects, bill.issued_at.isoformat(), bill.session_id),
        *(buyer.account, buyer.name, parties.id_tag, parties.site, parties.station, parties.connector),
        *(delivery.started_at.isoformat(), delivery.ended_at.isoformat(), f"{delivery.energy_wh / 1000:.3f}"),
        *(document.tariff, document.tariff_version, price.currency, *sums),
    )
