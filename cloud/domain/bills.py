"""Bills: numbered without gaps, never edited, each a snapshot that explains itself; a credit note undoes one."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec

from cloud.domain.pricing import Price
from cloud.domain.tags import TagVerdict

SCHEMA = 2
"""Of `Document` as it is written today; `read_document` reads every older one."""


class BillKind(StrEnum):
    """What a bill is; each kind has numbers of its own: `2026-0001`, `C2026-0001`."""

    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"


_PREFIXES = {BillKind.INVOICE: "", BillKind.CREDIT_NOTE: "C"}


@dataclass(frozen=True, slots=True)
class Seller:
    """Who sells, as the organisation was when the bill was issued; address and footer may have several lines."""

    name: str
    address: str = ""
    vat_id: str = ""
    footer: str = ""


@dataclass(frozen=True, slots=True)
class Buyer:
    """Whose tag it was; `account` is the number of the driver's account, None for a tag without one."""

    name: str = ""
    account: int | None = None


@dataclass(frozen=True, slots=True)
class Parties:
    """Who sold, to whom, with which tag, and where."""

    seller: Seller
    id_tag: str
    site: str
    station: str
    connector: int
    buyer: Buyer = Buyer()


@dataclass(frozen=True, slots=True)
class Delivery:
    """What was delivered: register at begin and end, in Wh, and the session's times."""

    energy_wh: int
    meter_start_wh: int | None
    meter_stop_wh: int | None
    started_at: datetime
    ended_at: datetime


@dataclass(frozen=True, slots=True)
class Document:
    """The snapshot a bill keeps.

    `tariff_ocpi` is the whole tariff in OCPI's shape, `time_zone` the one it was priced in; both are missing in the
    oldest bills. `corrects` is the number of the invoice that this bill credits or replaces, and `reason` says why.
    """

    parties: Parties
    delivery: Delivery
    tariff: str
    tariff_version: int
    price: Price
    tariff_ocpi: Mapping[str, Any] | None = None
    time_zone: str | None = None
    corrects: str | None = None
    reason: str = ""
    schema: int = SCHEMA


@dataclass(frozen=True, slots=True)
class Bill:
    """One bill; `number` is unique in its organisation. `revision` counts the invoices of one session from 1."""

    id: int
    number: str
    session_id: int
    issued_at: datetime
    document: Document
    kind: BillKind = BillKind.INVOICE
    revision: int = 1

    @property
    def gross_minor(self) -> int:
        return self.document.price.gross_minor

    @property
    def currency(self) -> str:
        return self.document.price.currency


@dataclass(frozen=True, slots=True)
class StopAnswer:
    """What came of a StopTransaction: the verdict for its idTag if it had one, and the bill if one was issued."""

    verdict: TagVerdict | None = None
    session_id: int | None = None
    bill: Bill | None = None


@dataclass(frozen=True, slots=True)
class BillingTask:
    """A session whose bill could not be issued: why, since when, and when it is tried again."""

    session_id: int
    identity: str
    id_tag: str
    attempts: int
    error: str
    failed_at: datetime
    due_at: datetime


def series(kind: BillKind, issued_on: datetime) -> str:
    """The series that a bill is numbered in: one for each kind and year, by the calendar of `issued_on`'s zone."""
    return f"{_PREFIXES[kind]}{issued_on:%Y}"


LEAST_DIGITS, MOST_DIGITS = 4, 9


def label(series: str, number: int) -> str:
    """`2026-0001`."""
    return f"{series}-{number:0{LEAST_DIGITS}d}"


def spans(digits: str) -> list[tuple[int, int]]:
    """The first and last of each row of numbers whose labels go on with these digits after the dash."""
    if not (digits.isascii() and digits.isdigit()) or len(digits) > MOST_DIGITS:
        return []
    lengths = [length for length in range(LEAST_DIGITS, MOST_DIGITS + 1) if length >= len(digits)]
    tails = [10 ** (length - len(digits)) for length in lengths if length == LEAST_DIGITS or digits[0] != "0"]
    return [(int(digits) * tail, int(digits) * tail + tail - 1) for tail in tails]


def kind_of(number: str) -> BillKind:
    """What a bill of this number is."""
    return BillKind.CREDIT_NOTE if number.startswith(_PREFIXES[BillKind.CREDIT_NOTE]) else BillKind.INVOICE


def credited(invoice: Bill, reason: str) -> Document:
    """What a credit note for the invoice says: every sum of it negated, all else unchanged."""
    return replace(invoice.document, price=negated(invoice.document.price), corrects=invoice.number, reason=reason)


def negated(price: Price) -> Price:
    """The price with every sum in the other direction; quantities and unit prices stay what they were."""
    lines = tuple(replace(line, net_minor=-line.net_minor) for line in price.lines)
    groups = tuple(replace(group, net_minor=-group.net_minor, vat_minor=-group.vat_minor) for group in price.vat_groups)
    sums = {name: -getattr(price, name) for name in ("net_minor", "vat_minor", "gross_minor")}
    return replace(price, lines=lines, vat_groups=groups, **sums)


def says_the_same(one: Document, other: Document) -> bool:
    """Whether two documents charge the same for the same delivery."""
    first, second = ((_unexplained(each.price), each.delivery, each.tariff_version) for each in (one, other))
    return first == second


def _unexplained(price: Price) -> Price:
    """How a line is worded is no part of what it charges: an older program worded it otherwise."""
    return replace(price, lines=tuple(replace(line, why="") for line in price.lines))


def read_document(raw: Mapping[str, Any]) -> Document:
    """A stored snapshot, whatever version of this program wrote it."""
    return msgspec.convert(_upgraded(raw), Document)


def _upgraded(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    """Before schema 2 the seller was no more than a name."""
    if raw.get("schema", 1) >= SCHEMA:
        return raw
    parties = raw["parties"]
    return {**raw, "parties": {**parties, "seller": {"name": parties["seller"]}}, "schema": 1}
