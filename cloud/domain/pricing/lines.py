"""Lines: what was used at each price, rounded up to whole steps once a session, and in money once a line."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from cloud.domain.money import format_price, to_minor
from cloud.domain.pricing.curve import MICROSECOND
from cloud.domain.pricing.periods import Piece
from cloud.domain.pricing.result import Line, LineKind, PeriodKind
from cloud.domain.tariff_words import describe
from cloud.domain.tariffs import Dimension, PriceComponent
from cloud.domain.words import N_

_SECOND = 1_000_000
_PER = {Dimension.ENERGY: 1000, Dimension.TIME: 3600 * _SECOND, Dimension.PARKING_TIME: 3600 * _SECOND}
_STEP = {Dimension.ENERGY: 1, Dimension.TIME: _SECOND, Dimension.PARKING_TIME: _SECOND}
_TIMED = {PeriodKind.CHARGING: Dimension.TIME, PeriodKind.PARKING: Dimension.PARKING_TIME}
Key = tuple[Dimension, Decimal, Decimal | None]


@dataclass(slots=True)
class _Share:
    """What was used at one price, in Wh, microseconds or sessions; `added` is what whole steps add to it."""

    component: PriceComponent
    used: int = 0
    added: int = 0
    labels: dict[str, None] = field(default_factory=dict[str, None])


def lines(pieces: Iterable[Piece], currency: str) -> list[Line]:
    """One line for each dimension, price and VAT rate, in the order of the dimensions and of their first use."""
    shares = dict[Key, _Share]()
    last, totals = dict[Dimension, _Share](), dict[Dimension, int]()
    for piece in pieces:
        used = _used(piece)
        for dimension, amount in used.items():
            totals[dimension] = totals.get(dimension, 0) + amount
        for dimension, priced in piece.prices.items():
            share = shares.setdefault(_key(priced.component), _Share(priced.component))
            amount = used.get(dimension, 0)
            share.used += amount
            share.labels |= {describe(priced.element.restrictions): None} if amount else {}
            if amount:
                share.component, last[dimension] = priced.component, share
    _add_steps(last, totals)
    return _written(shares.values(), currency)


def _used(piece: Piece) -> dict[Dimension, int]:
    used = {Dimension.ENERGY: piece.energy_wh, Dimension.FLAT: 1}
    if piece.kind in _TIMED:
        used[_TIMED[piece.kind]] = piece.lasting // MICROSECOND
    return used


def _key(component: PriceComponent) -> Key:
    return component.type, component.price, component.vat


def _add_steps(last: dict[Dimension, _Share], totals: dict[Dimension, int]) -> None:
    """Step sizes: ENERGY by itself, and PARKING_TIME or else TIME; of the price used last, for the whole session."""
    timed = Dimension.PARKING_TIME if Dimension.PARKING_TIME in last else Dimension.TIME
    for dimension in (Dimension.ENERGY, timed):
        if dimension in last:
            share = last[dimension]
            share.added = -totals[dimension] % (share.component.step_size * _STEP[dimension])


def _written(shares: Iterable[_Share], currency: str) -> list[Line]:
    order = list(Dimension)
    ordered = sorted(shares, key=lambda share: order.index(share.component.type))
    return [_line(share, currency) for share in ordered if share.used] or [
        _line(share, currency) for share in ordered[:1]
    ]


def _line(share: _Share, currency: str) -> Line:
    asked, billed = share.component, share.used + share.added
    per = _PER.get(asked.type, 1)
    net_minor = to_minor(asked.price * billed / per, currency)
    quantity = _quantity(asked.type, billed)
    return Line(LineKind(asked.type), quantity, asked.price, net_minor, asked.vat, _why(share, currency))


def _quantity(dimension: Dimension, amount: int) -> Decimal:
    if dimension is Dimension.ENERGY:
        return Decimal(amount).scaleb(-3)
    return Decimal(amount) if dimension is Dimension.FLAT else (Decimal(amount) / _PER[dimension]).quantize(_FOUR)


_FOUR = Decimal("0.0001")


def _why(share: _Share, currency: str) -> str:
    asked = share.component
    when = N_(" or ").join(label for label in share.labels if label)
    amount = _amount(asked.type, share.used + share.added)
    worked = N_(f"{amount} × {format_price(asked.price, currency)}")
    noted = [when] if when else []
    if share.added >= _STEP.get(asked.type, 1) and asked.step_size > 1:
        used, step = _amount(asked.type, share.used), _amount(asked.type, asked.step_size * _STEP[asked.type])
        noted.append(f"{used} used, billed in steps of {step}")
    return "; ".join([worked, *noted])


def _amount(dimension: Dimension, amount: int) -> str:
    if dimension is Dimension.ENERGY:
        return f"{Decimal(amount).scaleb(-3):f} kWh"
    if dimension is Dimension.FLAT:
        return N_(f"{amount} session")
    minutes, seconds = divmod(round(amount / _SECOND), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
