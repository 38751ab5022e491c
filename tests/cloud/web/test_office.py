"""Tags and drivers on the pages: found, added, changed, blocked, enrolled, topped up."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import Connection

from cloud.db.queries import audit as audit_rows
from cloud.db.queries import taps as tap_rows
from cloud.domain.audit import AuditSearch
from cloud.domain.people import EVERYTHING
from cloud.domain.reports import StartReport
from cloud.services import accounts, groups, organisations, sessions, tags, taps
from cloud.services.organisations import Choices
from tests.cloud.web.conftest import NOW, Browser, Console
from tests.cloud.web.test_pages import words
from tests.cloud.web.yard import STRANGER, Yard
from tests.ours import OURS


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One kind is enough for forms; what they change has tests on both."""
    return sqlite_url


async def test_tags_are_found_by_number_name_and_driver(console: Console, browser: Browser, place: Yard) -> None:
    await console.db.write(lambda conn: accounts.link(conn, OURS, "DEADBEEF", "Fleet Ltd", NOW))
    everything = words(await browser.page("/tags"))
    assert "04A1B2C3D4 Ada's van" in everything.replace("&#39;", "'") and "0BAD0BAD Lost card" in everything
    for query, found in (
        ("text=04ff", {"04FFEE0011"}),
        ("text=van", {"04A1B2C3D4"}),
        ("text=fleet", {"DEADBEEF"}),
        ("blocked=yes", {"0BAD0BAD"}),
        ("text=nobody", set()),
    ):
        seen = await browser.page(f"/tags?{query}")
        assert {tag for tag in ("04A1B2C3D4", "04FFEE0011", "DEADBEEF", "0BAD0BAD") if f">{tag}</a>" in seen} == found


async def test_a_tag_is_added_changed_and_blocked(console: Console, browser: Browser, place: Yard) -> None:
    terms = {"note": "Guest", "account": "Fleet Ltd", "expires_at": "2027-01-01", "most_sessions": "2"}
    added = await browser.post("/tags/new", id_tag="CAFE01", **terms)
    path = added.headers["location"]
    assert "CAFE01" in await browser.page(path)
    await browser.post(f"{path}/change", note="Guests", account="", most_sessions="1")
    await browser.post(f"{path}/block", blocked="yes")
    tag = await console.db.read(lambda conn: tags.find(conn, OURS, "CAFE01"))
    assert (tag.note, tag.blocked, tag.account_id, tag.expires_at) == ("Guests", True, None, None)
    told = await console.db.read(lambda conn: audit_rows.latest(conn, 1, AuditSearch(), 10, None))
    assert [entry.action for entry in told][:2] == ["tag blocked", "tag linked"]
    again = await browser.post("/tags/new", id_tag="cafe01")
    assert again.status_code == 409 and "there is a tag" in again.text
    assert (await browser.post("/tags/new", id_tag="X" * 21)).status_code == 422
    assert (await browser.post("/tags/new", id_tag="AA", expires_at="soon")).status_code == 422


async def test_a_tag_that_cannot_charge_says_so(console: Console, browser: Browser, place: Yard) -> None:
    for id_tag, term, day, shown in (
        ("CAFE01", "valid_from", "2026-07-15", "Not yet valid"),
        ("CAFE02", "expires_at", "2026-07-14", "Expired"),
        ("CAFE03", "expires_at", "2026-07-15", "May charge"),
    ):
        path = (await browser.post("/tags/new", id_tag=id_tag, note="Guest", **{term: day})).headers["location"]
        assert shown in words(await browser.page(path))
        assert words(await browser.page(f"/tags?text={id_tag}")).endswith(shown)
    refused = await browser.post("/tags/new", id_tag="CAFE04", valid_from="2027-01-01", expires_at="2027-01-01")
    assert refused.status_code == 422 and "must come after the first day" in refused.text
    assert 'aria-invalid="true"' in refused.text.split('name="expires_at"')[1][:300]
    ending = {"valid_from": NOW - timedelta(days=9), "expires_at": NOW}
    await console.db.write(lambda conn: groups.change(conn, OURS, "Wagon", ending, NOW))
    await console.db.write(lambda conn: tags.change(conn, OURS, "CAFE03", {"group": "Wagon"}, NOW))
    assert "Expired" in words(await browser.page("/tags?text=CAFE03"))


async def test_an_unknown_tag_is_enrolled_once(console: Console, browser: Browser, place: Yard) -> None:
    listed = await browser.page("/tags/unknown")
    assert f"{STRANGER} hall-1 Main site" in words(listed)
    enrol = re.search(r'action="(/tags/unknown/\d+/enrol)"', listed)
    assert enrol
    done = await browser.post(enrol[1])
    assert STRANGER in await browser.page(done.headers["location"])
    assert "No unknown tag was seen" in await browser.page("/tags/unknown")
    assert (await browser.post(enrol[1])).status_code == 404


async def test_taps_of_strangers_are_counted_and_bounded(console: Console, place: Yard) -> None:
    def many(conn: Connection) -> None:
        for number in range(taps.MOST_OF_ONE_STATION + 5):
            taps.note(conn, place.gate, f"A{number}", NOW)
        taps.note(conn, place.gate, "a54", NOW)
        taps.note(conn, place.gate, "X" * 21, NOW)

    await console.db.write(many)
    kept = await console.db.read(lambda conn: tap_rows.listed(conn, EVERYTHING, limit=100))
    of_gate = {tap.id_tag: tap.count for tap in kept if tap.station == "gate-7"}
    assert len(of_gate) == taps.MOST_OF_ONE_STATION
    assert of_gate["a54"] == 2 and "A0" not in of_gate and "X" * 21 not in of_gate


async def test_a_start_with_an_unknown_tag_is_listed(console: Console, browser: Browser, place: Yard) -> None:
    start = StartReport(1, "77777777", 10, NOW)
    for _ in range(2):
        await console.db.write(lambda conn: sessions.started(conn, place.gate, start, NOW))
    assert "77777777 gate-7 Main site 11:30 1" in words(await browser.page("/tags/unknown"))


async def test_money_comes_in_once_and_goes_back_if_it_is_free(browser: Browser, place: Yard) -> None:
    path = "/drivers/1"
    for _ in range(2):
        await browser.post(f"{path}/top-up", amount="20,50", reference="bank 7")
    assert "Free 20.50 EUR" in words(await browser.page(path))
    assert "Fleet Ltd fleet@example.org In advance, from the wallet 0 20.50 EUR" in words(
        await browser.page("/drivers")
    )
    too_much = await browser.post(f"{path}/refund", amount="21", reference="back 1")
    assert too_much.status_code == 409 and "are free" in too_much.text
    await browser.post(f"{path}/refund", amount="0.50", reference="back 1")
    assert "Free 20.00 EUR" in words(await browser.page(path))
    for amount in ("much", "", "NaN", "1.234"):
        assert (await browser.post(f"{path}/top-up", amount=amount, reference="x")).status_code == 422, amount


async def test_a_driver_is_changed(console: Console, browser: Browser, place: Yard) -> None:
    page = await browser.page("/drivers/1")
    assert 'value="fleet@example.org"' in page and 'value="5.00"' in page
    values = {"name": "Fleet GmbH", "email": "", "terms": "postpaid", "language": "de"}
    done = await browser.post("/drivers/1/change", **values, hold="7,50")
    assert "Fleet GmbH Afterwards, by statement" in words(await browser.page(done.headers["location"]))
    (entry,) = await console.db.read(
        lambda conn: audit_rows.latest(conn, 1, AuditSearch(contains="account ch"), 9, None)
    )
    assert (entry.before["put_aside_at_a_start"], entry.after["put_aside_at_a_start"]) == ("5.00 EUR", "7.50 EUR")
    assert entry.after["terms"] == "postpaid"
    for field, wrong in (("name", ""), ("hold", "0.001"), ("terms", "never"), ("email", "at")):
        again = await browser.post("/drivers/1/change", **{**values, "hold": "5", field: wrong})
        assert again.status_code == 422 and f'id="change-{field}-problem"' in again.text, field


async def test_a_driver_is_added_and_has_statements(console: Console, browser: Browser, place: Yard) -> None:
    values = {"name": "Grace", "terms": "postpaid", "currency": "eur", "language": "de", "hold": ""}
    path = (await browser.post("/drivers/new", **values)).headers["location"]
    assert "Grace Afterwards, by statement" in words(await browser.page(path))
    await browser.post(f"{path}/top-up", amount="5", reference="cash")
    seen = words(await browser.page(f"{path}/statement?month=2026-07"))
    assert "Abrechnung Juli 2026" in seen and "Eingezahlt" in seen and "5,00 EUR" in seen
    other = await browser.post("/drivers/new", **{**values, "name": "Bo", "language": ""})
    assert "Statement July 2026" in words(await browser.page(f"{other.headers['location']}/statement?month=2026-07"))
    await console.db.write(lambda conn: organisations.choose(conn, 1, Choices(language="de"), NOW))
    assert "Abrechnung Juli 2026" in words(await browser.page(f"{other.headers['location']}/statement?month=2026-07"))
    assert 'lang="de"' in await browser.page("/bills/2026-0001")
    pdf = await browser.client.get(f"{path}/statement/pdf?month=2026-07")
    assert pdf.headers["content-type"] == "application/pdf" and pdf.content.startswith(b"%PDF")
    assert (await browser.client.get(f"{path}/statement?month=never")).status_code == 409
