"""What nobody means but somebody sends: on no page and in no form does it break anything."""

import httpx
import pytest

from cloud.domain.decimals import typed
from tests.cloud.web.conftest import Browser, Console
from tests.cloud.web.test_guard import address, routes
from tests.cloud.web.yard import Yard

ODD = ("\0", "0001-01-01", "9999-12-31", "1e999999999")
TEXTS = ("action", "after", "contains", "identity", "station", "tag", "text")
QUERIES = (
    {**dict.fromkeys(TEXTS, "\0"), "from": "0001-01-01", "month": "0001-01"},
    {**dict.fromkeys(TEXTS, "9" * 30), "from": "9999-12-31", "to": "9999-12-31", "month": "9999-12"},
)
FORMS = {
    "/sessions/{}/correct": ("kwh", "began", "ended"),
    "/stations/1/commands/UpdateFirmware": ("location", "retrieveDate"),
    "/stations/1/commands/SetChargingProfile": ("connectorId", "chargingSchedulePeriod", "minChargingRate"),
    "/drivers/1/top-up": ("amount", "reference"),
    "/tariffs/preview": ("elements.0.ENERGY.price", "elements.0.min_duration", "min_price.excl_vat"),
    "/tags/new": ("id_tag", "valid_from", "most_sessions"),
}


async def test_no_page_breaks_over_an_odd_query(console: Console, browser: Browser, place: Yard) -> None:
    paths = {address(route) for route in routes(console) if "POST" not in (route.methods or ())}
    for path in sorted(path for path in paths if not path.endswith("/live")):
        for query in QUERIES:
            answer = await browser.client.get(path, params=query)
            assert answer.status_code < 500, (path, query)


async def test_no_form_breaks_over_odd_answers(console: Console, browser: Browser, place: Yard) -> None:
    for path, names in FORMS.items():
        form = path.format(place.billed)
        for odd in ODD:
            answer: httpx.Response = await browser.post(form, **dict.fromkeys(names, odd))
            assert answer.status_code < 500, (form, odd)


@pytest.mark.parametrize(
    ("text", "number"), [("12,50", "12.50"), (" 1", None), ("1e9", None), (".5", "0.5"), ("", None)]
)
def test_a_number_is_typed_without_an_exponent(text: str, number: str | None) -> None:
    found = typed(text)
    assert (found is None) == (number is None) and (found is None or str(found) == number)
