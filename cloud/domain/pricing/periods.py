"""Charging periods: the session cut wherever a price may change, and joined again where none did."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta, tzinfo
from itertools import pairwise

from cloud.domain.pricing.curve import Curve, Point, curve
from cloud.domain.pricing.cuts import cuts
from cloud.domain.pricing.matching import Applied, Moment, applied
from cloud.domain.pricing.result import ChargingPeriod, PeriodKind
from cloud.domain.pricing.states import kind_at, stretches
from cloud.domain.tariffs import Dimension, Terms
from cloud.domain.usage import Usage

_NOT_IN = {
    PeriodKind.CHARGING: {Dimension.PARKING_TIME},
    PeriodKind.GRACE: {Dimension.PARKING_TIME, Dimension.TIME},
    PeriodKind.PARKING: {Dimension.TIME},
}


@dataclass(frozen=True, slots=True)
class Piece:
    """From one cut to the next, with what applies to it."""

    begin: Point
    end: Point
    kind: PeriodKind
    prices: dict[Dimension, Applied]

    @property
    def energy_wh(self) -> int:
        return self.end.energy_wh - self.begin.energy_wh

    @property
    def lasting(self) -> timedelta:
        return self.end.at - self.begin.at


def pieces(terms: Terms, usage: Usage, zone: tzinfo) -> list[Piece]:
    """The session from begin to end; at least one piece; FLAT in the first of those where it applies only."""
    drawn = curve(usage if terms.prices_parking else replace(usage, unplugged_at=None))
    done = stretches(usage, drawn.begin, drawn.end, terms.parking_grace_s)
    between = list(pairwise(cuts(terms, drawn, done, zone))) or [(drawn.points[0], drawn.points[0])]
    found = (_piece(terms, drawn, begin, end, kind_at(done, begin.at), zone) for begin, end in between)
    return list(_flat_once(found))


def _piece(terms: Terms, drawn: Curve, begin: Point, end: Point, kind: PeriodKind, zone: tzinfo) -> Piece:
    lasting = begin.at - drawn.begin
    moment = Moment(begin.at.astimezone(zone), begin.energy_wh, lasting, drawn.slope_from(begin.at))
    found = applied(terms, moment)
    return Piece(begin, end, kind, {what: found[what] for what in Dimension if what in found.keys() - _NOT_IN[kind]})


def _flat_once(found: Iterable[Piece]) -> Iterator[Piece]:
    charged = False
    for piece in found:
        yield _without_flat(piece) if charged else piece
        charged = charged or Dimension.FLAT in piece.prices


def _without_flat(piece: Piece) -> Piece:
    return replace(piece, prices={what: one for what, one in piece.prices.items() if what is not Dimension.FLAT})


def periods(found: Iterable[Piece]) -> tuple[ChargingPeriod, ...]:
    """Neighbouring pieces of one kind with the same prices, joined."""
    joined: list[Piece] = []
    for piece in found:
        if joined and _alike(joined[-1], piece):
            joined[-1] = replace(joined[-1], end=piece.end, prices=joined[-1].prices | piece.prices)
        else:
            joined.append(piece)
    return tuple(_period(piece) for piece in joined)


def _alike(one: Piece, other: Piece) -> bool:
    return (one.kind, _components(_without_flat(one))) == (other.kind, _components(_without_flat(other)))


def _components(piece: Piece) -> tuple[object, ...]:
    return tuple(piece.prices[what].component for what in Dimension if what in piece.prices)


def _period(piece: Piece) -> ChargingPeriod:
    prices = tuple(piece.prices[what].component for what in Dimension if what in piece.prices)
    return ChargingPeriod(piece.begin.at, piece.end.at, piece.energy_wh, piece.kind, prices)
