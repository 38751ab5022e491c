"""Our prices against those of the Rust tool `ocpi-tariffs`, which reads the same tariffs in OCPI's form.

Each difference that is known, and why:

| what | the tool | here |
|---|---|---|
| rounding | sums with four decimals | whole minor units, once a line: half a unit a line is allowed for |
| where a session is cut | takes the periods as told: here one a minute | cuts by itself |
| grace before parking | not known: such minutes are told as neither charging nor parking | part of the tariff |
| limits under several VAT rates | each limit by itself | shared among the rates as the lines are |
| FLAT under a limit of power | also at minutes with the power | the same, with the power between readings |
"""

from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings

from cloud.domain.money import from_minor, minor_digits
from cloud.domain.pricing import LineKind, Usage, price
from cloud.domain.tariffs import Terms
from tests.cloud.pricing.differential import GROSS, NET, TOTALS, ask, build
from tests.cloud.pricing.generated import ZONES, terms, usages

pytestmark = [pytest.mark.soak, pytest.mark.timeout(3600)]
HALF = Decimal("0.5")
FOUR_DECIMALS = Decimal("0.0001")


@pytest.fixture(scope="session")
def tool() -> Path:
    """Built once a machine."""
    return build(Path.home() / ".cache" / "bollard-tests" / "ocpi-tariffs")


@settings(
    max_examples=600, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(terms(limits=False), usages(most_minutes=240), ZONES)
def test_the_tool_agrees(tool: Path, tmp_path: Path, asked: Terms, usage: Usage, zone: ZoneInfo) -> None:
    compare(tool, tmp_path / "cdr.json", asked, usage, zone)


def compare(tool: Path, at: Path, asked: Terms, usage: Usage, zone: ZoneInfo) -> None:
    said, ours = ask(tool, at, asked, usage, zone), price(asked, usage, zone)
    unit = Decimal(1).scaleb(-minor_digits(asked.currency))
    for kind in (LineKind.ENERGY, LineKind.TIME, LineKind.PARKING_TIME, LineKind.FLAT):
        nets = [from_minor(line.net_minor, asked.currency) for line in ours.lines if line.dimension is kind]
        assert abs(sum(nets) - said[TOTALS[kind]]) <= HALF * unit * len(nets) + FOUR_DECIMALS, kind
    told = HALF * unit * len(ours.lines) + 4 * FOUR_DECIMALS
    assert abs(from_minor(ours.net_minor, asked.currency) - said[NET]) <= told
    with_vat = 2 * told + HALF * unit * len(ours.vat_groups)
    assert abs(from_minor(ours.gross_minor, asked.currency) - said[GROSS]) <= with_vat
