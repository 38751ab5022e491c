"""Accounts: who pays for what tags charge, in advance or afterwards."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class PaymentTerms(StrEnum):
    """prepaid: charges what is in the wallet; postpaid: charges, and owes until the statement is paid."""

    PREPAID = "prepaid"
    POSTPAID = "postpaid"


@dataclass(frozen=True, slots=True)
class Account:
    """A driver. `language`: of its bills, empty for the organisation's.

    `hold_minor`: what is put aside at a start, and how much more each time that is nearly used up.
    """

    id: int
    organisation_id: int
    name: str
    email: str
    language: str
    terms: PaymentTerms
    currency: str
    hold_minor: int

    @property
    def prepaid(self) -> bool:
        return self.terms is PaymentTerms.PREPAID


@dataclass(frozen=True, slots=True)
class Funds:
    """An account's money in one currency, in minor units: free, put aside for open sessions, and owed."""

    free_minor: int = 0
    held_minor: int = 0
    owed_minor: int = 0


@dataclass(frozen=True, slots=True)
class AccountView:
    """An account as it is shown: with its money in its currency, its tags, and its money in others if there is any."""

    account: Account
    funds: Funds
    tags: tuple[str, ...]
    elsewhere: Mapping[str, Funds] = field(default_factory=dict[str, Funds])
