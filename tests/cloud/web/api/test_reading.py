"""What the API tells: every list and every thing of the yard, in pages, scoped, without secrets."""

import io
import re

import pypdf

from cloud.domain.stations import ConnectorStatus, StatusReport
from cloud.services import books, connectors, load
from cloud.web.api import ENDPOINTS
from tests.cloud.web.api.conftest import Program, account, address, once
from tests.cloud.web.conftest import Console
from tests.cloud.web.yard import TAGS, Yard


async def test_stations_are_told_with_their_connectors_and_sessions(api: Program, place: Yard) -> None:
    listed = (await api.get("/stations"))["items"]
    assert [each["identity"] for each in listed] == ["hall-1", "gate-7", "roof-2"]
    hall = await api.get(f"/stations/{place.hall}")
    assert hall == listed[0]
    assert (hall["online"], hall["vendor"], hall["site"]) == (True, "Bollard", "Main site")
    assert [each["session"] for each in hall["connectors"]] == [place.running, None]
    assert hall["connectors"][1]["error_code"] == "HighTemperature"
    assert (await api.get(f"/stations/{place.hall}/connectors"))["items"] == hall["connectors"]
    assert [each["identity"] for each in (await api.get("/stations", online=True))["items"]] == ["hall-1"]
    assert (await api.get("/stations", site="Harbour"))["items"] == []
    assert [each["identity"] for each in (await api.get("/stations/pending"))["items"]] == ["garage-9"]


async def test_lists_come_in_pages_that_miss_and_repeat_nothing(api: Program, place: Yard) -> None:
    found, path = [], "/stations?limit=1"
    while path:
        response = await api.client.get(path)
        page = response.json()
        found += [each["identity"] for each in page["items"]]
        path = response.links["next"]["url"].removeprefix("/api/v1") if "next" in response.links else ""
        assert bool(path) == (page["next"] is not None)
    assert found == ["hall-1", "gate-7", "roof-2"]
    newest = (await api.get("/sessions", limit=1))["items"]
    following = await api.get("/sessions", limit=200, cursor=(await api.get("/sessions", limit=1))["next"])
    assert [each["id"] for each in (*newest, *following["items"])] == sorted(
        (place.running, place.billed, place.suspect), reverse=True
    )


async def test_sessions_are_told_live_and_past_with_their_samples(console: Console, api: Program, place: Yard) -> None:
    running = (await api.get("/sessions", live=True))["items"]
    assert [each["id"] for each in running] == [place.running]
    assert running[0]["id_tag"] == "04A1****"
    suspects = (await api.get("/sessions", state="suspect", station_id=place.gate))["items"]
    assert [each["id"] for each in suspects] == [place.suspect]
    assert suspects[0]["reasons"]
    samples = await api.get(f"/sessions/{place.running}/samples", limit=20)
    assert len(samples["items"]) == 20
    assert samples["items"][0]["power_w"] > 0
    shown = StatusReport(1, ConnectorStatus.SUSPENDED_EV, "NoError", at=console.now)
    await console.db.write(lambda conn: connectors.told(conn, place.hall, shown, console.now))
    showed = (await api.get(f"/sessions/{place.running}/states"))["items"]
    assert showed[-1] == {"at": "2026-07-14T09:30:00Z", "status": "SuspendedEV"}
    price = await api.get(f"/sessions/{place.billed}/price")
    assert (price["gross_minor"], price["lines"][0]["dimension"]) == (315, "ENERGY")
    assert (await api.get(f"/sessions/{place.running}/price"))["gross_minor"] == running[0]["cost_minor"]
    billed = await api.get(f"/sessions/{place.billed}")
    assert (billed["bill"], billed["cost_minor"], billed["currency"]) == ("2026-0001", 315, "EUR")


async def test_bills_are_told_and_given_as_pdf(api: Program, place: Yard) -> None:
    assert [each["number"] for each in (await api.get("/bills", session_id=place.billed))["items"]] == ["2026-0001"]
    bill = await api.get("/bills/2026-0001")
    assert bill["document"]["price"]["gross_minor"] == bill["gross_minor"] == 315
    assert bill["document"]["parties"]["id_tag"] == "04FF****"
    pdf = await api.client.get("/bills/2026-0001/pdf")
    assert pdf.headers["content-type"] == "application/pdf"
    assert "2026-0001" in pypdf.PdfReader(io.BytesIO(pdf.content)).pages[0].extract_text()


async def test_bills_are_exported_and_what_a_meter_signed_is_given(api: Program, place: Yard) -> None:
    days = {"first": "2026-07-14", "last": "2026-07-14"}
    csv = await api.client.get("/exports/bills", params=days)
    assert csv.headers["content-type"] == "text/csv; charset=utf-8"
    assert [line.split(",")[0] for line in csv.text.splitlines()] == ["number", "2026-0001"]
    (cdr,) = await api.get("/exports/cdrs", **days)
    assert (cdr["id"], cdr["total_cost"]["incl_vat"]) == ("2026-0001", 3.15)
    assert await api.get("/exports/cdrs", first="2026-07-15", last="2026-07-15") == []
    assert await api.get("/bills/2026-0001/signed") == []
    for first, last in (("2026-07-15", "2026-07-14"), ("2024-01-01", "2026-07-14")):
        await api.get("/exports/bills", 422, first=first, last=last)
    await api.get("/exports/bills", 422, first="2026-07-14")


async def test_movements_are_found_by_kind_account_and_time(api: Program, place: Yard) -> None:
    ada = await account(api)
    for number in (1, 2):
        body = {"reference": f"cash {number}", "amount_minor": 500 * number}
        await api.send("POST", f"/accounts/{ada['id']}/top-ups", body, 201, **once(f"{number}"))
    newest, oldest, bill = (await api.get("/ledger/movements"))["items"]
    assert (bill["kind"], bill["key"], bill["session_id"]) == ("bill", "bill 2026-0001", place.billed)
    assert sum(each["amount_minor"] for each in bill["transfers"]) == 315
    (moved,) = newest["transfers"]
    assert (moved["debit"]["kind"], moved["credit"]["kind"], moved["credit"]["account_id"]) == (
        "cash", "wallet", ada["id"],
    )  # fmt: skip
    for query, found in (
        ({"kind": "bill"}, [bill]),
        ({"account_id": ada["id"]}, [newest, oldest]),
        ({"until": "2026-07-14T09:30:00Z"}, [bill]),
        ({"since": "2026-07-14T09:30:00Z", "limit": 1}, [newest]),
    ):
        assert (await api.get("/ledger/movements", **query))["items"] == found, query
    assert await api.get(f"/ledger/movements/{oldest['id']}") == oldest
    await api.get("/ledger/movements/99", 404)


async def test_what_goes_on_and_what_waits_is_told(console: Console, api: Program, place: Yard) -> None:
    (site,) = (await api.get("/load"))["items"]
    assert (site["stations"], site["online"], site["charging"], site["power_w"] > 0) == (3, 1, 1, True)
    await console.db.write(lambda conn: load.note(conn, console.now))
    drawn = [{"at": "2026-07-14T09:30:00Z", "power_w": site["power_w"]}]
    assert (await api.get("/load/power", site="Main site"))["items"] == drawn
    assert (await api.get("/load/power", since="2026-07-14T09:31:00Z"))["items"] == []
    await api.get("/load/power", 404, site="Harbour")
    assert (await api.get("/bills-put-off"))["items"] == []
    assert (await api.get(f"/stations/{place.hall}/diagnosis"))["items"] == []


async def test_what_belongs_to_the_office_is_told(console: Console, api: Program, place: Yard) -> None:
    tags = (await api.get("/tags"))["items"]
    assert {each["id_tag"] for each in tags} == {*TAGS, "0BAD0BAD"}
    assert (await api.get("/tags", id_tag="deadbeef"))["items"] == [
        each for each in tags if each["id_tag"] == "DEADBEEF"
    ]
    assert (await api.get(f"/tags/{tags[0]['id']}")) == tags[0]
    tariff = (await api.get("/tariffs"))["items"][0]
    assert (tariff["name"], tariff["version"], tariff["ocpi"]["currency"]) == ("Daytime", 1, "EUR")
    assert (await api.get(f"/tariffs/{tariff['id']}")) == tariff
    assert (await api.client.get("/ledger/check")).status_code == 404
    assert (await api.client.post("/ledger/check")).json()["whole"] is None
    await books.work(console.db, console.bell, lambda: console.now)
    check = await api.get("/ledger/check")
    assert (check["whole"], check["wrong"], check["percent"]) == (True, [], 100)
    assert {each["of"]["kind"] for each in (await api.get("/ledger/balances"))["items"]} == {
        "receivable",
        "revenue",
        "vat",
    }
    assert "salvaged" in {each["kind"] for each in (await api.get("/incidents"))["items"]}


async def test_an_idtag_is_told_whole_only_where_it_belongs(api: Program, place: Yard) -> None:
    whole = {
        "/tags",
        "/tags/{tag_id:int}",
        "/ledger/balances",
        "/accounts/{account_id:int}",
        "/audit",
        "/ledger/movements",
        "/ledger/movements/{movement_id:int}",
    }
    for endpoint in ENDPOINTS:
        if endpoint.method == "GET" and endpoint.path not in whole and endpoint.make is None:
            answer = await api.client.get(address(endpoint, place))
            assert not [tag for tag in TAGS if tag in answer.text], endpoint.path


async def test_the_document_is_served_to_everybody_and_rendered(console: Console) -> None:
    async with console.browser() as stranger:
        document = (await stranger.get("/api/v1/openapi.json")).json()
        page = await stranger.get("/api/v1/docs")
    assert document["openapi"] == "3.1.0"
    told = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
    assert len(told) == len(ENDPOINTS)
    assert page.status_code == 200
    assert all(f"<code>{method} {path}</code>" in page.text for method, path in told)
    assert "<script" not in page.text
    assert not re.findall(r"(?:\*\w|`).{20}", page.text), "Markdown is shown raw"
