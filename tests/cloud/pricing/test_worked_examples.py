"""Prices are those worked out by hand in `examples`."""

from decimal import Decimal
from typing import Any

import pytest

from cloud.domain.money import to_minor
from cloud.domain.pricing import Line, price
from tests.cloud.pricing.worked import Worked, every

EXAMPLES = list(every())


@pytest.mark.parametrize("worked", EXAMPLES, ids=[worked.name for worked in EXAMPLES])
def test_a_worked_example(worked: Worked) -> None:
    priced = price(worked.terms, worked.usage, worked.zone)
    assert [_told(line) for line in priced.lines] == [
        _expected(line, worked.terms.currency) for line in worked.expected["lines"]
    ]
    assert (priced.net_minor, priced.vat_minor, priced.gross_minor) == tuple(
        worked.minor(field) for field in ("net", "vat", "total")
    )


def _told(line: Line) -> tuple[str, Decimal, Decimal, int, Decimal | None]:
    return line.dimension, line.quantity, line.unit_price, line.net_minor, line.vat_percent


def _expected(line: dict[str, Any], currency: str) -> tuple[str, Decimal, Decimal, int, Decimal | None]:
    vat = Decimal(line["vat"]) if "vat" in line else None
    return line["kind"], Decimal(line["amount"]), Decimal(line["price"]), to_minor(Decimal(line["net"]), currency), vat


def test_there_are_enough_and_they_show_every_restriction() -> None:
    given = {field for worked in EXAMPLES for element in worked.terms.elements for field in element.restrictions.given}
    assert len(EXAMPLES) >= 40
    assert given == set(type(EXAMPLES[0].terms.elements[0].restrictions)().__dataclass_fields__)
