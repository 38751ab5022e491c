"""From lines to the total: VAT for each rate, and the least and the highest price.

A limit without VAT is kept first: what it adds or takes off is spread over the VAT rates as the lines are. Then the
limit with VAT is kept in the same way, VAT being part of the amount. The highest price has the last word.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal

from cloud.domain.money import format_minor, format_price, from_minor, rounded, to_minor
from cloud.domain.pricing.result import Line, LineKind, VatGroup
from cloud.domain.tariffs import PriceLimit, Terms, components
from cloud.domain.words import N_

Rate = Decimal | None
Amounts = dict[Rate, int]


def limited(lines: list[Line], terms: Terms) -> tuple[list[Line], tuple[VatGroup, ...]]:
    """The lines with those that a least or highest price adds, and the VAT of each rate."""
    nets = Amounts()
    for line in lines:
        nets[line.vat_percent] = nets.get(line.vat_percent, 0) + line.net_minor
    within, vat = _kept_with_vat(_kept_without_vat(nets, terms), terms)
    return [*lines, *_adjusting(nets, within, terms)], _groups(within, vat)


def _kept_without_vat(nets: Amounts, terms: Terms) -> Amounts:
    return _kept(nets, terms, lambda limit: limit.excl_vat) or nets


def _kept_with_vat(nets: Amounts, terms: Terms) -> tuple[Amounts, Amounts]:
    """What each rate comes to without VAT, and its VAT."""
    vat = {rate: _vat_minor(amount, rate, terms.currency) for rate, amount in nets.items()}
    kept = _kept({rate: amount + vat[rate] for rate, amount in nets.items()}, terms, lambda limit: limit.incl_vat)
    if kept is None:
        return nets, vat
    within = {rate: rounded(amount / (1 + (rate or Decimal(0)) / 100)) for rate, amount in kept.items()}
    return within, {rate: amount - within[rate] for rate, amount in kept.items()}


def _kept(amounts: Amounts, terms: Terms, of: Callable[[PriceLimit], Decimal | None]) -> Amounts | None:
    """The amounts once the limits are kept; None if they were."""
    total = sum(amounts.values())
    target = _clamped(total, terms, of)
    return None if target == total else _spread(amounts, target, components(terms.elements)[0].vat)


def _vat_minor(net_minor: int, rate: Rate, currency: str) -> int:
    return 0 if rate is None else to_minor(from_minor(net_minor, currency) * rate / 100, currency)


def _clamped(amount_minor: int, terms: Terms, of: Callable[[PriceLimit], Decimal | None]) -> int:
    least = of(terms.min_price) if terms.min_price else None
    most = of(terms.max_price) if terms.max_price else None
    raised = amount_minor if least is None else max(amount_minor, to_minor(least, terms.currency))
    return raised if most is None else min(raised, to_minor(most, terms.currency))


def _spread(amounts: Mapping[Rate, int], total: int, fallback: Rate) -> Amounts:
    """A total over the rates as the amounts are, in whole minor units; over nothing, at the fallback's rate."""
    whole = sum(amounts.values())
    if whole == 0:
        return {**dict.fromkeys(amounts, 0), fallback: total}
    shares = {rate: amount * total // whole for rate, amount in amounts.items()}
    by_rest = sorted(amounts, key=lambda rate: (-(amounts[rate] * total % whole), rate is None, rate or 0))
    for rate in by_rest[: total - sum(shares.values())]:
        shares[rate] += 1
    return shares


def _adjusting(before: Amounts, after: Amounts, terms: Terms) -> list[Line]:
    changes = {rate: amount - before.get(rate, 0) for rate, amount in after.items()}
    up = sum(changes.values()) > 0
    kind = LineKind.MIN_PRICE if up else LineKind.MAX_PRICE
    limit = terms.min_price if up else terms.max_price
    return [_line(kind, change, rate, limit, terms.currency) for rate, change in changes.items() if change and limit]


def _line(kind: LineKind, change_minor: int, rate: Rate, limit: PriceLimit, currency: str) -> Line:
    sums = [f"{format_price(limit.excl_vat, currency)} without VAT"]
    sums += [f"{format_price(limit.incl_vat, currency)} with VAT"] if limit.incl_vat is not None else []
    amounts, change = N_(" and ").join(sums), format_minor(change_minor, currency)
    least = kind is LineKind.MIN_PRICE
    why = f"a session costs at least {amounts}: {change}" if least else f"a session costs at most {amounts}: {change}"
    return Line(kind, Decimal(1), from_minor(change_minor, currency), change_minor, rate, why)


def _groups(within: Amounts, vat: Mapping[Rate, int]) -> tuple[VatGroup, ...]:
    rated = sorted(rate for rate in within if rate is not None)
    return tuple(VatGroup(rate, within[rate], vat[rate]) for rate in rated)
