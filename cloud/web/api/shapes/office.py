"""Accounts, bills, the ledger."""

from datetime import date, datetime
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from cloud.domain.accounts import PaymentTerms
from cloud.domain.bills import BillKind, Document
from cloud.domain.ledger import LedgerKind, MovementKind
from cloud.web.api.endpoints import Id, Struct, Text
from cloud.web.api.shapes.charging import Moment

MinorUnits = Annotated[int, Meta(ge=1, le=10**12)]
Email = Annotated[str, Meta(max_length=200)]
Language = Annotated[str, Meta(max_length=8, description="Of bills, such as de; empty for the organisation's.")]
Currency = Annotated[str, Meta(pattern="^[A-Z]{3}$", min_length=3, max_length=3)]


class Account(msgspec.Struct):
    """A driver; `hold_minor` is what a start needs and puts aside."""

    id: int
    name: str
    email: str
    language: str
    terms: PaymentTerms
    currency: str
    hold_minor: int


class Funds(msgspec.Struct):
    """Minor units: free, put aside for open sessions, and owed."""

    free_minor: int
    held_minor: int
    owed_minor: int


class AccountTold(msgspec.Struct):
    """An account with its money and its tags."""

    account: Account
    funds: Funds
    tags: list[str]


class Entry(msgspec.Struct):
    """What a movement meant for the account: more money, or less debt, when positive."""

    at: datetime
    kind: MovementKind
    what: str
    amount_minor: int


class Statement(msgspec.Struct):
    """An account's month, from midnight to midnight of the organisation's zone."""

    begin: datetime
    end: datetime
    currency: str
    opening_minor: int
    entries: list[Entry]
    closing_minor: int
    bills: list[str]


class MonthQuery(Struct):
    """A month; the present one if none is given."""

    month: Annotated[str, Meta(pattern="^20[0-9]{2}-(0[1-9]|1[0-2])$", min_length=7, max_length=7)] | None = None


class Bill(msgspec.Struct):
    """A bill or credit note; sums of a credit note are negative."""

    id: int
    number: str
    kind: BillKind
    session_id: int
    issued_at: datetime
    currency: str
    gross_minor: int
    revision: int


class BillTold(Bill):
    """A bill with everything that stands on it; its tag is masked."""

    document: Document


class BillQuery(Struct):
    """Which bills: of a session, issued in [since, until)."""

    session_id: Id | None = None
    since: Moment | None = None
    until: Moment | None = None


class LedgerColumn(msgspec.Struct):
    """A column of the books; where no account owns it, `detail` says which: a tag, a VAT rate, who was paid."""

    kind: LedgerKind
    currency: str
    account_id: int | None
    detail: str


class Balance(msgspec.Struct):
    """What a column comes to."""

    of: LedgerColumn
    amount_minor: int


class Check(msgspec.Struct):
    """How much of a check of the books is done, in percent; whether they are whole, null before it has ended; and what
    does not fit, the first hundred of `more`."""

    asked_at: datetime
    ended_at: datetime | None
    percent: int
    whole: bool | None
    wrong: list[str]
    more: bool


class Transfer(msgspec.Struct):
    """Money from the column `credit` to the column `debit`."""

    debit: LedgerColumn
    credit: LedgerColumn
    amount_minor: int


class Movement(msgspec.Struct):
    """Transfers that happened together; `key` names the bill, payment or session that they are about."""

    id: int
    key: str
    kind: MovementKind
    at: datetime
    session_id: int | None
    transfers: list[Transfer]


class MovementQuery(Struct):
    """Which movements: of a kind, of an account, in [since, until)."""

    kind: MovementKind | None = None
    account_id: Id | None = None
    since: Moment | None = None
    until: Moment | None = None


class DaysQuery(Struct):
    """The first and the last day, by the organisation's calendar."""

    first: date
    last: date


class Payment(Struct):
    """Money that came in or went back; told twice under one reference it counts once."""

    reference: Text
    amount_minor: MinorUnits


class NewAccount(Struct):
    """A driver; a prepaid one charges what is in the wallet."""

    name: Text
    terms: PaymentTerms
    currency: Currency
    email: Email = ""
    language: Language = ""
    hold_minor: MinorUnits | None = None


class AccountChange(Struct):
    """What is given changes, from the next start on; what is left out stays."""

    name: Text | UnsetType = UNSET
    email: Email | UnsetType = UNSET
    language: Language | UnsetType = UNSET
    terms: PaymentTerms | UnsetType = UNSET
    hold_minor: MinorUnits | UnsetType = UNSET
