"""Our prices against those of the Rust tool `ocpi-tariffs`, which reads the same tariffs in OCPI's form.

Each difference that is known, and why:

| what | the tool | here |
|---|---|---|
| rounding | sums with four decimals | whole minor units, once a line: half a unit a line is allowed for |
| where a session is cut | takes the periods as told: here one a minute | cuts by itself |
| grace before parking | not known: such minutes are told as neither charging nor parking | part of the tariff |
| limits under several VAT rates | each limit by itself | shared as the lines are, so no example |
| least price of nothing | a session that used nothing with a price costs nothing | the least price (OCPI) |
"""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, assume, given, settings

from cloud.domain.money import from_minor
from cloud.domain.pricing import Price, Usage, price
from cloud.domain.tariffs import PriceLimit, Terms
from tests.cloud.pricing.differential import GROSS, NET, TOTALS, ask, build
from tests.cloud.pricing.generated import ZONES, terms, usages

pytestmark = [pytest.mark.soak, pytest.mark.timeout(3600)]
RATE = Decimal(25)
FOUR_DECIMALS = Decimal("0.0004")


@pytest.fixture(scope="session")
def tool() -> Path:
    """Built once a machine."""
    return build(Path.home() / ".cache" / "bollard-tests" / "ocpi-tariffs")


often = settings(
    max_examples=600,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@often
@given(terms(limits=False), usages(most_minutes=240), ZONES)
def test_the_tool_agrees(tool: Path, tmp_path: Path, asked: Terms, usage: Usage, zone: ZoneInfo) -> None:
    said, ours = ask(tool, tmp_path / "cdr.json", asked, usage, zone), price(asked, usage, zone)
    for kind in TOTALS:
        nets = [line.net_minor for line in ours.lines if line.dimension is kind]
        assert near(sum(nets), said[TOTALS[kind]], asked.currency, len(nets)), kind
    check_totals(said, ours)


@often
@given(terms(), usages(most_minutes=240), ZONES)
def test_the_tool_agrees_on_limits(tool: Path, tmp_path: Path, drawn: Terms, usage: Usage, zone: ZoneInfo) -> None:
    """With one VAT rate, where there is nothing to share."""
    asked = replace(
        drawn,
        elements=tuple(
            replace(each, price_components=tuple(replace(one, vat=RATE) for one in each.price_components))
            for each in drawn.elements
        ),
        min_price=drawn.min_price and with_vat(drawn.min_price),
        max_price=drawn.max_price and with_vat(drawn.max_price),
    )
    ours = price(asked, usage, zone)
    assume(any(line.quantity for line in ours.lines if line.dimension in TOTALS))
    check_totals(ask(tool, tmp_path / "cdr.json", asked, usage, zone), ours)


def with_vat(limit: PriceLimit) -> PriceLimit:
    return PriceLimit(limit.excl_vat, limit.excl_vat * (1 + RATE / 100))


def check_totals(said: Mapping[str, Decimal], ours: Price) -> None:
    rounded = len(ours.lines) + 1
    assert near(ours.net_minor, said[NET], ours.currency, rounded)
    assert near(ours.gross_minor, said[GROSS], ours.currency, 2 * rounded + len(ours.vat_groups))


def near(ours_minor: int, said: Decimal, currency: str, rounded: int) -> bool:
    """Half a minor unit for each time that we rounded, and the tool's four decimals."""
    return abs(from_minor(ours_minor, currency) - said) <= rounded * from_minor(1, currency) / 2 + FOUR_DECIMALS
