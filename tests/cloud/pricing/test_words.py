"""What a line says to the driver, and restrictions in words."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest

from cloud.domain.pricing import Usage, price
from cloud.domain.tariff_words import describe
from cloud.domain.tariffs import (
    Dimension,
    Element,
    PriceComponent,
    PriceLimit,
    Restrictions,
    Terms,
    Weekday,
    simple_terms,
)

BEGIN = datetime(2026, 3, 10, 21, tzinfo=UTC)


def test_simple_lines_explain_themselves() -> None:
    lines = price(
        simple_terms("EUR", Decimal("0.39"), Decimal("0.35"), Decimal(19)), Usage(5512, BEGIN, BEGIN), UTC
    ).lines
    assert [line.why for line in lines] == ["5.512 kWh × 0.39 EUR", "1 session × 0.35 EUR"]


def test_lines_say_when_a_price_applied_and_what_steps_added() -> None:
    night = Element((PriceComponent(Dimension.ENERGY, Decimal("0.20"), None, 500),), Restrictions(time(22), time(6)))
    parking = PriceComponent(Dimension.PARKING_TIME, Decimal("6.00"), None, 900)
    rest = Element((PriceComponent(Dimension.ENERGY, Decimal("0.40")), parking))
    end = BEGIN + timedelta(hours=2)
    used = Usage(2_100, BEGIN, end, ((BEGIN + timedelta(hours=1), 1_000),), (), end + timedelta(minutes=20))
    limited = Terms("EUR", (night, rest), max_price=PriceLimit(Decimal(3)))
    assert [line.why for line in price(limited, used, UTC).lines] == [
        "1.000 kWh × 0.40 EUR",
        "1.500 kWh × 0.20 EUR; 22:00–06:00; 1.100 kWh used, billed in steps of 0.500 kWh",
        "0:30:00 × 6.00 EUR; 0:20:00 used, billed in steps of 0:15:00",
        "a session costs at most 3.00 EUR without VAT: -0.70 EUR",
    ]


@pytest.mark.parametrize(
    ("restrictions", "words"),
    [
        (Restrictions(), ""),
        (Restrictions(start_time=time(18)), "18:00–24:00"),
        (Restrictions(end_time=time(6, 30)), "00:00–06:30"),
        (Restrictions(time(22), time(6), day_of_week=(Weekday.SUNDAY, Weekday.SATURDAY)), "Sat, Sun 22:00–06:00"),
        (Restrictions(start_date=date(2026, 12, 24)), "from 2026-12-24"),
        (Restrictions(max_kwh=Decimal(20), min_power=Decimal("11.5")), "up to 20 kWh, from 11.5 kW"),
        (Restrictions(min_duration=5430, max_duration=7200), "after 1 h 30 min 30 s in the first 2 h"),
    ],
)
def test_restrictions_in_words(restrictions: Restrictions, words: str) -> None:
    assert describe(restrictions) == words
