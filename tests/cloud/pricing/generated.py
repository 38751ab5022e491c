"""Random tariffs and sessions in whole minutes, so that a minute never has two prices."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from cloud.domain.pricing import Usage
from cloud.domain.tariffs import Dimension, Element, PriceComponent, PriceLimit, Restrictions, Terms, Weekday

ZONES = st.sampled_from([ZoneInfo(name) for name in ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata")])
WH_A_MINUTE = 100
BEGINS = (
    datetime(2026, 3, 28, 20, tzinfo=UTC),
    datetime(2026, 10, 24, 20, tzinfo=UTC),
    datetime(2026, 3, 7, 22, tzinfo=UTC),
    datetime(2026, 12, 31, 12, tzinfo=UTC),
)
MINUTE = timedelta(minutes=1)

clocks = st.sampled_from([time(0), time(2), time(2, 30), time(3), time(6), time(22), time(23, 59)])
days = st.sampled_from([date(2026, 3, 29), date(2026, 10, 25), date(2027, 1, 1)])
prices = st.decimals(0, 10, places=3)
rates = st.sampled_from([None, Decimal(0), Decimal("5.5"), Decimal(19), Decimal(25)])
steps = st.sampled_from([1, 60, 250, 900, 1000])


def _pair(name: str, values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Either, both in order, or neither of min_ and max_."""
    one = st.sampled_from(["min", "max"]).flatmap(lambda side: st.fixed_dictionaries({f"{side}_{name}": values}))
    both = st.tuples(values, values).map(sorted).filter(lambda pair: pair[0] != pair[1])
    return st.just({}) | one | both.map(lambda pair: {f"min_{name}": pair[0], f"max_{name}": pair[1]})


@st.composite
def restrictions(draw: st.DrawFn, *, power: bool = True) -> Restrictions:
    """Some of everything that can restrict an element."""
    begin, end = draw(st.none() | clocks), draw(st.none() | clocks.filter(lambda clock: clock != time(0)))
    day = draw(st.none() | days)
    amounts = draw(_pair("kwh", st.integers(1, 60).map(lambda n: Decimal(n) / 2)))
    lasting = draw(_pair("duration", st.integers(1, 20).map(lambda n: n * 900)))
    powers = draw(_pair("power", st.sampled_from([Decimal(3), Decimal(6), Decimal(11)]))) if power else {}
    weekdays = draw(st.lists(st.sampled_from(Weekday), unique=True, max_size=3))
    return Restrictions(
        start_time=begin,
        end_time=None if begin == end else end,
        start_date=day if draw(st.booleans()) else None,
        end_date=None if day is None or draw(st.booleans()) else day + timedelta(days=1),
        day_of_week=tuple(weekdays),
        **amounts,
        **lasting,
        **powers,
    )


@st.composite
def elements(draw: st.DrawFn, *, power: bool = True) -> Element:
    """One to four prices, restricted or not."""
    kinds = draw(st.lists(st.sampled_from(Dimension), min_size=1, max_size=4, unique=True))
    asked = tuple(PriceComponent(kind, draw(prices), draw(rates), draw(steps)) for kind in kinds)
    return Element(asked, draw(st.just(Restrictions()) | restrictions(power=power)))


@st.composite
def terms(draw: st.DrawFn, *, power: bool = True, limits: bool = True) -> Terms:
    """A tariff of some elements, in a currency with 0, 2 or 3 decimals."""
    least = draw(st.none() | st.decimals(0, 5, places=2)) if limits else None
    most = draw(st.none() | st.decimals(5, 20, places=2)) if limits else None
    return Terms(
        currency=draw(st.sampled_from(["JPY", "EUR", "KWD"])),
        elements=tuple(draw(st.lists(elements(power=power), min_size=1, max_size=4))),
        min_price=None if least is None else PriceLimit(least, least + 1 if draw(st.booleans()) else None),
        max_price=None if most is None else PriceLimit(most, most + 1 if draw(st.booleans()) else None),
        parking_grace_s=draw(st.sampled_from([0, 300, 1800])),
    )


@st.composite
def usages(draw: st.DrawFn, most_minutes: int = 400) -> Usage:
    """Stretches of an even power or none, in whole minutes; some of them idle, perhaps plugged in afterwards."""
    begin = draw(st.sampled_from(BEGINS)) + draw(st.integers(0, 600)) * MINUTE
    at, energy_wh, readings, idle = begin, 0, list[tuple[datetime, int]](), list[tuple[datetime, datetime]]()
    for minutes, flows, pauses in draw(
        st.lists(st.tuples(st.integers(1, most_minutes // 4), st.booleans(), st.booleans()), max_size=4)
    ):
        left, at = at, at + minutes * MINUTE
        energy_wh += minutes * WH_A_MINUTE if flows else 0
        readings.append((at, energy_wh))
        idle += [(left, at)] if pauses and not flows else []
    unplugged = at + draw(st.integers(0, 120)) * MINUTE if draw(st.booleans()) else None
    return Usage(energy_wh, begin, at, tuple(readings), tuple(idle), unplugged)
