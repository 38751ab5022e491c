"""An account's month: its money and its bills."""

import re
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from cloud.domain.accounts import Account
from cloud.domain.bills import Bill, Seller
from cloud.domain.errors import BadMonth
from cloud.domain.ledger import Statement


@dataclass(frozen=True, slots=True)
class MonthlyStatement:
    """Everything from `begin` on and before `end`, which are midnights of the organisation's zone."""

    account: Account
    seller: Seller
    begin: datetime
    end: datetime
    zone: str
    money: Statement
    bills: tuple[Bill, ...]


def month(text: str, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The first midnight of a month like `2026-11`, and that of the next. Raises BadMonth."""
    if not re.fullmatch("20[0-9]{2}-(0[1-9]|1[0-2])", text):
        raise BadMonth(f"{text!r} is not a month; write it like 2026-11")
    begin = datetime.strptime(text, "%Y-%m").replace(tzinfo=zone)
    years, months = divmod(begin.month, 12)
    return begin, begin.replace(year=begin.year + years, month=months + 1)
