"""Wallets: what a start needs, what is put aside, and when a session must stop before that is used up."""

from datetime import timedelta
from decimal import ROUND_CEILING, Decimal

from cloud.domain.accounts import Account, Funds
from cloud.domain.money import format_minor, minor_digits
from cloud.domain.tariffs import Dimension, PriceComponent, Terms, components

REACTION = timedelta(seconds=30)
"""How long a station may take to hear of a remote stop and to obey it."""

_REFUSED = "the wallet of"
NO_MONEY = "the money of its driver does not suffice to begin"
_PER_HOUR = frozenset({Dimension.TIME, Dimension.PARKING_TIME})


def default_hold_minor(currency: str) -> int:
    """500 minor units, such as 5 EUR or 500 JPY; 5000 where a unit has three decimals."""
    return 5000 if minor_digits(currency) > 2 else 500


def refusal(account: Account, usable: Funds, tariff: Terms | None) -> str | None:
    """Why the account may not begin to charge, in plain words; None when it may. A free tariff needs no money."""
    if tariff is not None and is_free(tariff):
        return None
    if tariff is not None and tariff.currency != account.currency:
        return f"{_REFUSED} {account.name} is in {account.currency}, but the tariff asks {tariff.currency}"
    if not account.prepaid or usable.free_minor >= account.hold_minor:
        return None
    has, needs = (format_minor(minor, account.currency) for minor in (usable.free_minor, account.hold_minor))
    return f"{_REFUSED} {account.name} has {has}, and a start needs {needs}"


def for_everyone(why: str) -> str:
    """A reason as people may see it who have no business with wallets."""
    return NO_MONEY if is_about_money(why) else why


def is_about_money(why: str | None) -> bool:
    """Whether a start was refused for the wallet alone: who charges is known, and owes what flows all the same."""
    return why is not None and why.startswith(_REFUSED)


def is_free(tariff: Terms) -> bool:
    """Whether it can never ask anything."""
    least = tariff.min_price is not None and (tariff.min_price.excl_vat or tariff.min_price.incl_vat)
    return not least and not any(component.price for component in components(tariff.elements))


def next_hold_minor(account: Account, usable: Funds) -> int:
    """What is put aside at a start, or more when that is nearly used up: never more than there is."""
    return max(0, min(account.hold_minor, usable.free_minor))


def has_later_fee(tariff: Terms) -> bool:
    """Whether a price of the session may fall due on the way, because its element does not always hold."""
    restricted = (element for element in tariff.elements if element.restrictions.given)
    return any(component.type is Dimension.FLAT for component in components(restricted))


def soon_minor(tariff: Terms, cost_minor: int, power_w: int, interval: timedelta, *, fee_due: bool = False) -> int:
    """What the session may cost, VAT included, by the time a stop asked for after the next reading is obeyed.

    Whichever element applies by then: the dearest price of each dimension counts, and a step that is begun. `fee_due`:
    no price of the session has been asked yet.
    """
    dearest: dict[str, Decimal] = {}
    for component in components(tariff.elements):
        quantity = _quantity(component, power_w, interval + REACTION, fee_due)
        gross = quantity * component.price * _with_vat(component.vat)
        counts_as = "time" if component.type in _PER_HOUR else component.type
        dearest[counts_as] = max(dearest.get(counts_as, Decimal(0)), gross)
    return cost_minor + _up(sum(dearest.values(), Decimal(0)), tariff.currency)


def _quantity(component: PriceComponent, power_w: int, ahead: timedelta, fee_due: bool) -> Decimal:
    """In kWh, hours or sessions."""
    hours = Decimal(ahead // timedelta(seconds=1)) / 3600
    if component.type is Dimension.ENERGY:
        return (max(0, power_w) * hours + component.step_size) / 1000
    return hours + Decimal(component.step_size) / 3600 if component.type in _PER_HOUR else Decimal(fee_due)


def _with_vat(percent: Decimal | None) -> Decimal:
    return 1 + (percent or Decimal(0)) / 100


def _up(amount: Decimal, currency: str) -> int:
    return int(amount.scaleb(minor_digits(currency)).to_integral_value(ROUND_CEILING))
