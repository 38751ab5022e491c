"""Tariffs on the pages: shown with examples, edited with every complaint at its field, applied somewhere."""

import json
import re
from decimal import Decimal
from typing import Any

import pytest
from starlette.datastructures import FormData

from cloud.domain.tariffs import Dimension, Element, PriceComponent, PriceLimit, Restrictions, Terms, Weekday
from cloud.services import tariffs
from cloud.web.tariff_form import draft_of, drafted
from tests.cloud.web.conftest import Browser, Console
from tests.cloud.web.test_pages import words
from tests.cloud.web.yard import Yard
from tests.ours import OURS

PLAIN = {"currency": "EUR", "elements": "1", "elements.0.ENERGY.price": "0,39", "elements.0.ENERGY.vat": "19"}

UNTAXED = PLAIN | {"elements.0.ENERGY.vat": ""}
MIXED = {"elements.0.FLAT.price": "1", "elements.0.FLAT.vat": ""}


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One kind is enough for forms; what they change has tests on both."""
    return sqlite_url


async def test_a_tariff_shows_what_everyday_sessions_cost(browser: Browser, place: Yard) -> None:
    assert "Daytime 1 14 Jun, 11:30" in words(await browser.page("/tariffs")).replace("2026, ", "")
    seen = words(await browser.page("/tariffs/1"))
    assert "Energy, a kWh: 0.39 EUR 19 % always" in seen
    assert "20 kWh from 10:00 , 2 h 0 min 8.30 EUR 1.58 EUR 9.88 EUR" in seen
    assert "Main site The site" in seen


async def test_a_draft_is_priced_and_nothing_is_kept(console: Console, browser: Browser, place: Yard) -> None:
    shown = await browser.post("/tariffs/preview", **PLAIN)
    assert shown.status_code == 200 and "<html" not in shown.text
    assert "20 kWh from 10:00 , 2 h 0 min 7.80 EUR 1.48 EUR 9.28 EUR" in words(shown.text)
    dearer = await browser.post("/tariffs/preview", **PLAIN | {"elements.0.ENERGY.price": "0.49"})
    assert "11.66 EUR" in dearer.text
    assert "7.80 EUR 0.00 EUR 7.80 EUR" in words((await browser.post("/tariffs/preview", **UNTAXED)).text)
    assert [each.number for each in await console.db.read(lambda conn: tariffs.newest(conn, OURS))] == [1]


@pytest.mark.parametrize(
    ("field", "given", "told"),
    [
        ("elements.0.ENERGY.price", "cheap", "Give a number"),
        ("elements.0.ENERGY.price", "-1", "it must be 0 or more"),
        ("elements.0.ENERGY.vat", "190", "between 0 and 100"),
        ("elements.0.start_time", "noon", "Give a time"),
        ("elements.0.end_date", "never", "Give a day"),
        ("elements.0.max_kwh", "-3", "it must be 0 or more"),
        ("min_price.excl_vat", "x", "Give a number"),
        ("max_price.incl_vat", "50", "without VAT too"),
        ("currency", "Euro", "Give a currency"),
        ("parking_grace_s", "99999", "between 0 and 86400"),
    ],
)
async def test_what_is_wrong_is_told_at_its_field(
    browser: Browser, place: Yard, field: str, given: str, told: str
) -> None:
    refused = await browser.post("/tariffs/1/edit", **PLAIN | {field: given, "do": "save"})
    assert refused.status_code == 422
    asked = "max_price.excl_vat" if field == "max_price.incl_vat" else field
    slot = re.search(rf'id="{re.escape(asked)}-problem"[^>]*>([^<]*)<', refused.text)
    assert slot and told in slot[1]
    assert f'id="{field}" name="{field}" value="{given}"' in refused.text
    assert told in (await browser.post("/tariffs/preview", **PLAIN | {field: given})).text


async def test_complaints_that_stand_together_name_their_fields(browser: Browser, place: Yard) -> None:
    wrong = PLAIN | {"elements": "2", "elements.0.ENERGY.price": "cheap", "elements.1.FLAT.vat": "x", "currency": "E"}
    for path in ("/tariffs/1/edit", "/tariffs/preview"):
        told = words((await browser.post(path, **wrong | {"do": "save"})).text)
        assert re.search(r"Prices 1: Energy, a kWh *: Give a number", told), told
        assert re.search(r"Prices 2: A session: VAT in % *: Give a number", told) and "Currency: Give a" in told
    german = await browser.client.post(
        "/tariffs/preview", data={"csrf": browser.csrf, **wrong}, headers={"accept-language": "de"}
    )
    assert "Preise 1: Energie, je kWh: " in words(german.text) and "Preise 2: Ein Ladevorgang: USt" in words(
        german.text
    )


async def test_a_price_without_vat_beside_others_with_it_is_asked_about(browser: Browser, place: Yard) -> None:
    refused = await browser.post("/tariffs/1/edit", **PLAIN | MIXED | {"do": "save"})
    assert (
        refused.status_code == 422 and "Other prices have VAT" in refused.text.split("elements.0.FLAT.vat-problem")[2]
    )
    for fine in ({"elements.0.FLAT.vat": "0"}, {"elements.0.FLAT.price": "0"}, {"elements.0.ENERGY.vat": ""}):
        assert "Total" in words((await browser.post("/tariffs/preview", **PLAIN | MIXED | fine)).text)
    prices = [{"type": "ENERGY", "price": 0.4, "vat": 19, "step_size": 1}, {"type": "FLAT", "price": 1, "step_size": 1}]
    file = json.dumps({"id": "Mixed", "currency": "EUR", "elements": [{"price_components": prices}]})
    looked = await browser.post("/tariffs/import/check", lines=file, name="")
    assert "no VAT although others have" in looked.text


async def test_an_edited_tariff_is_a_new_version(console: Console, browser: Browser, place: Yard) -> None:
    form = await browser.page("/tariffs/1/edit")
    assert 'name="elements.0.ENERGY.price" value="0.39"' in form
    more = await browser.post("/tariffs/1/edit", **PLAIN | {"do": "more"})
    assert 'id="element-1"' in more.text and 'id="elements.1.ENERGY.price"' in more.text
    night = {"elements": "3", "elements.2.ENERGY.price": "0.29", "elements.2.ENERGY.vat": "19"}
    night |= {"elements.2.start_time": "22:00", "elements.2.end_time": "06:00", "do": "save"}
    done = await browser.post("/tariffs/1/edit", **PLAIN | night)
    assert (done.status_code, done.headers["location"]) == (303, "/tariffs/1")
    (version,) = await console.db.read(lambda conn: tariffs.newest(conn, OURS))
    assert version.number == 2 and len(version.terms.elements) == 2
    assert "22:00–06:00" in await browser.page("/tariffs/1")


async def test_a_tariff_is_added_and_applied(browser: Browser, place: Yard) -> None:
    nameless = await browser.post("/tariffs/new", **PLAIN | {"name": " ", "do": "save"})
    assert nameless.status_code == 422 and "Give the tariff a name." in nameless.text
    path = (await browser.post("/tariffs/new", **PLAIN | {"name": "Fleet", "do": "save"})).headers["location"]
    await browser.post(f"{path}/assign", kind="station", name="gate-7", connector="1")
    await browser.post(f"{path}/assign", kind="tag", name="DEADBEEF")
    seen = words(await browser.page(path))
    german = {"accept-language": "de"}
    edited = (await browser.client.get(f"{path}/edit", headers=german)).text
    assert 'name="elements.0.ENERGY.price" value="0,39"' in edited
    assert "0,39 EUR / kWh" in words((await browser.client.get("/tariffs", headers=german)).text)
    assert "gate-7/1 The connector" in seen and "DEADBEEF The tag" in seen
    assert (await browser.post(f"{path}/assign", kind="site", name="Nowhere")).status_code == 422
    assert (await browser.post(f"{path}/assign", kind="moon", name="x")).status_code == 422


def test_every_tariff_survives_its_form() -> None:
    limits: dict[str, Any] = {
        "min_duration": 600,
        "max_duration": 5400,
        "day_of_week": (Weekday.MONDAY, Weekday.SUNDAY),
    }
    limits |= {"min_kwh": Decimal("1.5"), "max_power": Decimal(11)}
    prices = tuple(PriceComponent(each, Decimal("0.45"), Decimal("7.5"), 1) for each in Dimension)
    terms = Terms(
        "EUR",
        (
            Element(prices, Restrictions(**limits)),
            Element((PriceComponent(Dimension.ENERGY, Decimal(1), Decimal(0), 100),)),
        ),
        PriceLimit(Decimal(1), Decimal("1.19")),
        PriceLimit(Decimal(90)),
        1800,
    )
    draft = draft_of(terms)
    days = [(f"elements.{n}.day_of_week", day) for n, day in draft.days]
    again = drafted(FormData([*draft.values.items(), *days, ("elements", str(draft.elements))]))
    assert again.problems == {} and again.terms == terms
