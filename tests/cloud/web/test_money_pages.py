"""Sessions looked for, bills, credit notes, the ledger and exports on the pages."""

import csv
import io
import json

import pytest

from cloud.db.queries import narrowing
from cloud.services import books, overview
from tests.cloud.web.conftest import Browser, Console
from tests.cloud.web.test_pages import words
from tests.cloud.web.yard import Yard


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One kind is enough for pages; what they change has tests on both."""
    return sqlite_url


SESSIONS_BY = {
    "": {1, 2, 3},
    "state=running": {3},
    "state=suspect": {2},
    "state=nonsense": {1, 2, 3},
    "tag=04a1": {3},
    "station=HALL": {1, 3},
    "station=north": {1, 3},
    "station=%25": set(),
    "site=1": {1, 2, 3},
    "site=99": {1, 2, 3},
    "from=2026-07-14": {1, 2, 3},
    "to=2026-07-13": set(),
    "from=yesterday": {1, 2, 3},
    "after=3": {1, 2},
    "after=x": {1, 2, 3},
}


@pytest.fixture(params=[0, 1000])
def few(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """So many rows that fit are found by their numbers; of more the list is walked."""
    monkeypatch.setattr(narrowing, "FEW", request.param)
    return int(request.param)


async def test_sessions_are_found_by_what_one_knows(
    browser: Browser, place: Yard, few: int, subtests: pytest.Subtests
) -> None:
    for query, found in SESSIONS_BY.items():
        with subtests.test(query, few=few):
            seen = await browser.page(f"/sessions?{query}")
            assert {id for id in range(1, 9) if f'id="row-{id}"' in seen} == found


async def test_a_session_tells_what_was_measured_and_what_it_costs(browser: Browser, place: Yard) -> None:
    running = words(await browser.page(f"/sessions/{place.running}"))
    assert f"Session {place.running} hall-1, connector 1" in running
    assert "Price so far Tariff Daytime, version 1" in running
    assert "kWh × 0.39 EUR" in running and "Total with VAT 4.53 EUR" in running
    assert "The latest 51 meter values" in running and "128.4" in running
    html = await browser.page(f"/sessions/{place.running}")
    assert '<figure class="chart" id="curve">' in html and "Sample.Periodic" in html
    billed = words(await browser.page(f"/sessions/{place.billed}"))
    assert "Invoice 2026-0001" in billed and "Fee per session" in billed


async def test_a_bill_is_undone_by_a_credit_note_once(console: Console, browser: Browser, place: Yard) -> None:
    path = f"/sessions/{place.billed}"
    assert (await browser.post(f"{path}/credit", reason="")).status_code == 422
    done = await browser.post(f"{path}/credit", reason="the meter was wrong")
    assert done.headers["location"] == "/bills/C2026-0001"
    assert "Undoes invoice 2026-0001: the meter was wrong" in words(await browser.page("/bills/C2026-0001"))
    session = await console.db.read(lambda conn: overview.session(conn, place.billed))
    assert session is not None and (session.state, session.bill) == ("written_off", None)
    assert (await browser.post(f"{path}/credit", reason="again")).status_code == 409
    assert (await browser.post(f"/sessions/{place.running}/credit", reason="x")).status_code == 409
    listed = words(await browser.page("/bills"))
    assert "C2026-0001 Credit note" in listed and "-3.15 EUR 2026-0001" in listed
    assert "2026-0001 Invoice" not in words(await browser.page("/bills?kind=credit_note"))
    assert "not checked yet" in await browser.page("/ledger/check")
    assert (await browser.post("/ledger/check/again")).headers["location"] == "/ledger/check"
    assert "0 %" in words(await browser.page("/ledger/check"))
    await books.work(console.db, console.bell, lambda: console.now)
    assert "The books are whole" in await browser.page("/ledger/check")


BILLS_BY = {
    "number=2026-00": True,
    "number=2026": True,
    "number=2026-0001": True,
    "number=2026-2": False,
    "number=C": False,
    "number=%25": False,
    "station=hall": True,
    "station=gate": False,
    "driver=x": False,
    "from=2026-07-14&to=2026-07-14": True,
    "to=2026-07-13": False,
    "from=2026-07-15": False,
}


async def test_bills_are_found_be_they_few_or_many(
    browser: Browser, place: Yard, few: int, subtests: pytest.Subtests
) -> None:
    for query, there in BILLS_BY.items():
        with subtests.test(query, few=few):
            assert ("/bills/2026-0001" in await browser.page(f"/bills?{query}")) is there


async def test_the_ledger_shows_what_moved(browser: Browser, place: Yard) -> None:
    await browser.post("/drivers/1/top-up", amount="20", reference="bank 7")
    seen = words(await browser.page("/ledger"))
    assert "Money received 20.00 EUR" in seen and "Owed to us 3.15 EUR" in seen
    assert "Paid in bank 7" in seen and "20.00 EUR In wallets → Money received" in seen
    assert "Invoice 2026-0001" not in seen and "Bill 2026-0001" in seen
    assert "2026-0001" not in words(await browser.page("/ledger?kind=top_up"))
    assert "Paid in bank 7" in words(await browser.page("/drivers/1"))


async def test_bills_are_exported(browser: Browser, place: Yard) -> None:
    days = "from=2026-07-14&to=2026-07-14"
    answer = await browser.client.get(f"/exports/bills?{days}&format=csv")
    (line,) = csv.DictReader(io.StringIO(answer.text))
    assert (line["number"], line["total"]) == ("2026-0001", "3.15")
    (record,) = json.loads((await browser.client.get(f"/exports/bills?{days}&format=ocpi")).text)
    assert record["id"] == "2026-0001"
    for days, place, told in (
        ("from=2026-07-14&to=soon&format=ocpi", "to", "Give a day such as 2026-11-21."),
        ("from=2026-07-14&to=2026-07-13&format=ocpi", "to", "The last day is before the first."),
        ("to=2026-07-13&format=ocpi", "from", "Give a day such as 2026-11-21."),
    ):
        again = await browser.client.get(f"/exports/bills?{days}", follow_redirects=True)
        assert f'id="{place}-problem">{told}<' in again.text and f'href="#{place}"' in again.text
        assert 'value="ocpi" selected' in again.text and ('value="2026-07-14"' in again.text) is ("from=" in days)


async def test_what_cannot_be_read_of_a_filter_is_said(browser: Browser, place: Yard) -> None:
    for path in (
        "/sessions?from=garbage&state=open",
        "/bills?to=<b>",
        "/ledger?from=9999-12-31",
        "/sessions?state=odd",
    ):
        assert "cannot be read, so the list goes without it" in words(await browser.page(path)), path
    assert "cannot be read" not in await browser.page("/sessions?from=2026-07-14&state=")
    assert "“&lt;b&gt;” cannot be read" in await browser.page("/bills?to=<b>")
