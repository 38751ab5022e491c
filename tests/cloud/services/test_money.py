"""Tariffs, bills and reviews."""

from dataclasses import replace
from datetime import time
from decimal import Decimal

import pytest

from cloud.domain.errors import BadTariff, UnknownCurrency
from cloud.domain.tariffs import Dimension, Element, PriceComponent, Restrictions, Terms, simple_terms
from cloud.services import billing, organisations, overview, reviews, stations, tags, tariffs, verdicts
from cloud.services.errors import AlreadyThere, NotFound, NotNow
from cloud.services.organisations import Choices
from tests.cloud.conftest import NOON, TAG, Business, after
from tests.ours import OURS

DEAR = simple_terms("EUR", Decimal(1), Decimal(0), None)


async def test_a_session_keeps_the_prices_it_began_with(business: Business) -> None:
    before = await business.start(0)
    await business.do(tariffs.change, OURS, "standard", DEAR, after(1))
    later = await business.start(2, connector=2)
    bills = [(await business.stop(start.transaction_id, 60, 2000)).bill for start in (before, later)]
    assert [bill and (bill.document.tariff_version, bill.gross_minor) for bill in bills] == [(1, 108), (2, 100)]


async def test_an_offline_session_is_priced_as_of_its_beginning(business: Business) -> None:
    await business.do(tariffs.change, OURS, "standard", DEAR, after(30))
    start = await business.start(60, at=after(10))
    bill = (await business.stop(start.transaction_id, 61, 2000, at=after(20))).bill
    assert bill is not None and bill.document.tariff_version == 1


async def test_the_first_version_covers_a_session_that_began_before_it(business: Business) -> None:
    start = await business.start(60, at=after(-600))
    await business.stop(start.transaction_id, 61, 2000, at=after(-590))
    assert (await business.session(start.session_id)).cost_minor == 108


async def test_a_stations_own_tariff_goes_before_its_sites(business: Business) -> None:
    await business.do(tariffs.add, OURS, "dear", DEAR, after(-30))
    await business.do(tariffs.assign, OURS, "dear", after(-30), identity="lab-1")
    start = await business.start()
    bill = (await business.stop(start.transaction_id, 60, 2000)).bill
    assert bill is not None and bill.document.tariff == "dear"


async def test_a_tariff_of_another_site_does_not_apply(business: Business) -> None:
    station, _key = await business.do(stations.add, OURS, "lab-2", "", 1, NOON, site="Elsewhere")
    start = await Business(business.db, station).start()
    assert (await business.session(start.session_id)).cost_minor is None
    with pytest.raises(NotFound, match="no site 'Nowhere'"):
        await business.do(tariffs.assign, OURS, "standard", NOON, site="Nowhere")


async def test_tariffs_that_cannot_be(business: Business) -> None:
    with pytest.raises(AlreadyThere):
        await business.do(tariffs.add, OURS, "standard", DEAR, NOON)
    with pytest.raises(UnknownCurrency):
        await business.do(tariffs.add, OURS, "other", replace(DEAR, currency="Euro"), NOON)
    with pytest.raises(BadTariff):
        await business.do(tariffs.change, OURS, "standard", Terms("EUR", ()), NOON)
    with pytest.raises(NotFound):
        await business.do(tariffs.change, OURS, "other", DEAR, NOON)


async def test_a_bill_reads_back_as_it_was_issued(business: Business) -> None:
    start = await business.start()
    issued = (await business.stop(start.transaction_id, 60, 6512)).bill
    assert issued is not None
    assert await business.ask(overview.bill, issued.number) == issued
    assert issued.document.parties.seller.name == "Operator"
    assert [line.why for line in issued.document.price.lines] == ["5.512 kWh × 0.40 EUR", "1 session × 0.50 EUR"]
    assert await business.do(billing.issue, start.session_id, after(90)) == issued


async def test_numbers_begin_anew_each_year(business: Business) -> None:
    numbers = []
    for n, minute in enumerate([0, 10, 60 * 24 * 310]):
        start = await business.start(minute, wh=1000 + n)
        bill = (await business.stop(start.transaction_id, minute + 1, 1000 + n)).bill
        numbers.append(bill and bill.number)
    assert numbers == ["2026-0001", "2026-0002", "2027-0001"]


async def test_what_cannot_be_reviewed(business: Business) -> None:
    start = await business.start()
    with pytest.raises(NotNow, match="only a suspect session"):
        await business.do(reviews.review, start.session_id, bill=True, user_id=None, now=NOON)
    with pytest.raises(NotFound):
        await business.do(reviews.review, 99, bill=True, user_id=None, now=NOON)


async def test_a_session_without_price_can_only_be_written_off(business: Business) -> None:
    station, _key = await business.do(stations.add, OURS, "lab-2", "", 1, NOON, site="Elsewhere")
    bare = Business(business.db, station)
    start = await bare.start()
    await bare.stop(start.transaction_id, 60, 2000)
    with pytest.raises(NotNow, match="no tariff"):
        await business.do(reviews.review, start.session_id, bill=True, user_id=None, now=NOON)
    assert await business.do(reviews.review, start.session_id, bill=False, user_id=None, now=NOON) is None


@pytest.mark.parametrize("id_tag", ["", "x" * 21, "tab\t"])
async def test_a_tag_that_cannot_be_is_refused(business: Business, id_tag: str) -> None:
    with pytest.raises(NotNow, match="1 to 20"):
        await business.do(tags.add, OURS, id_tag, NOON)


async def test_a_tag_is_added_once_in_whatever_case(business: Business) -> None:
    with pytest.raises(AlreadyThere):
        await business.do(tags.add, OURS, TAG.lower(), NOON)
    assert (await business.ask(verdicts.authorize, business.station.id, TAG.lower(), NOON)).accepted


async def test_a_tariff_is_over_when_its_newest_version_is(business: Business) -> None:
    await business.do(tariffs.change, OURS, "standard", DEAR, after(0), tariffs.Validity(after(10), after(20)))
    numbers = []
    for minute in (5, 15, 25):
        start = await business.start(minute, wh=1000 * minute)
        bill = (await business.stop(start.transaction_id, minute + 1, 1000 * minute + 200)).bill
        numbers.append(bill and bill.document.tariff_version)
    assert numbers == [1, 2, None]


async def test_a_session_is_priced_by_the_clock_of_its_site(business: Business) -> None:
    night = Element((PriceComponent(Dimension.ENERGY, Decimal(1)),), Restrictions(start_time=time(22)))
    await business.do(tariffs.change, OURS, "standard", Terms("EUR", (night,)), after(0))
    await business.do(organisations.keep_time, "Asia/Tokyo")
    grosses = []
    for minute, zone in enumerate((None, "Europe/Berlin", None), 1):
        await business.do(organisations.set_site_time_zone, OURS, "Main site", zone, NOON)
        start = await business.start(60 + 10 * minute, wh=1000 * minute)
        bill = (await business.stop(start.transaction_id, 61 + 10 * minute, 1000 * minute + 200)).bill
        grosses.append(bill and bill.gross_minor)
    for minute, zone in enumerate(("Europe/Berlin", None), 4):
        await business.do(organisations.choose, 1, Choices(zone), NOON)
        await business.do(organisations.keep_time, "Asia/Tokyo")
        start = await business.start(60 + 10 * minute, wh=1000 * minute)
        bill = (await business.stop(start.transaction_id, 61 + 10 * minute, 1000 * minute + 200)).bill
        grosses.append(bill and bill.gross_minor)
    assert grosses == [20, 0, 20, 0, 20]  # 13 o'clock UTC is 22 in Tokyo
    with pytest.raises(NotFound, match="no site 'Nowhere'"):
        await business.do(organisations.set_site_time_zone, OURS, "Nowhere", "UTC", NOON)
    with pytest.raises(NotNow, match="is no time zone"):
        await business.do(organisations.choose, 1, Choices("Mars/Base"), NOON)
    with pytest.raises(NotNow, match="is no time zone"):
        await business.do(organisations.set_site_time_zone, OURS, "Main site", "Mars/Base", NOON)
