"""The database itself keeps tariff versions as they are, and reads back all their terms."""

from datetime import date, time
from decimal import Decimal

import pytest
from sqlalchemy.exc import IntegrityError

from cloud.db.queries import tariffs as rows
from cloud.db.tables import tariff_version
from cloud.domain.tariffs import Dimension, Element, PriceComponent, PriceLimit, Restrictions, Terms, Weekday
from cloud.services import tariffs
from tests.cloud.conftest import NOON, Business
from tests.ours import OURS

NIGHT = Restrictions(time(22), time(6), date(2026, 1, 1), date(2027, 1, 1), day_of_week=(Weekday.SUNDAY,))
LARGE = Restrictions(None, None, None, None, Decimal("0.5"), Decimal(20), Decimal(1), Decimal(11), 60, 3600)
ASKED = (PriceComponent(Dimension.ENERGY, Decimal("0.39"), Decimal("8.1"), 100),)
TERMS = Terms(
    "CHF",
    (Element(ASKED, NIGHT), Element(ASKED, LARGE), Element(ASKED)),
    PriceLimit(Decimal("0.5")),
    PriceLimit(Decimal(50), Decimal("54.05")),
    600,
)


@pytest.mark.parametrize(
    "change", [tariff_version.update().values(number=9), tariff_version.delete()], ids=["altered", "deleted"]
)
async def test_a_version_is_final(business: Business, change: object) -> None:
    with pytest.raises(IntegrityError, match="a tariff version is never changed"):
        await business.do(lambda conn: conn.execute(change))


async def test_all_terms_read_back(business: Business) -> None:
    added = await business.do(tariffs.change, OURS, "standard", TERMS, NOON)
    read = await business.ask(rows.version, added.id)
    assert read == added and read.terms == TERMS
