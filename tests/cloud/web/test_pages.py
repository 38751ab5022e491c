"""What the pages say about a furnished charging site."""

import re
from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy import Connection, Engine, event

from cloud.db.queries import webhooks as webhook_rows
from cloud.domain.reports import StartReport, StopReport
from cloud.domain.stations import ConnectorStatus, StatusReport
from cloud.domain.tariffs import simple_terms
from cloud.services import sessions, stations, tags, tariffs
from tests.cloud.web.conftest import NOW, Browser, Console
from tests.cloud.web.yard import TAGS, Yard
from tests.ours import OURS


def words(html: str) -> str:
    """What a reader sees, in one line."""
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


async def test_home_shows_every_connector_in_words(browser: Browser, place: Yard) -> None:
    seen = words(await browser.page("/"))
    assert "Stations online 1 of 3 Charging 1 Power now 11.0 kW Energy today 14.0 kWh" in seen
    assert "North hall Main site · hall-1 · Bollard Double 22 · 0.1.0 Online since 08:30" in seen
    assert "Fault since 08:30 Too hot : 78 °C at the contactor" in seen
    assert "Offline since 10:49" in seen
    assert "Never connected" in seen
    assert (
        "1 station with a fault · 1 unknown station asked to connect · 1 session needs review · 2 oddities within a day"
        in seen
    )


async def test_home_shows_the_running_session_with_its_price_so_far(browser: Browser, place: Yard) -> None:
    html = await browser.page("/")
    assert "Energy 8.49 kWh Power 11.0 kW Time 52 min Cost so far 4.53 EUR" in words(html)
    assert 'aria-label="Power over time: now 11.0 kW, at most 11.0 kW"' in html


async def test_without_stations_home_says_how_to_begin(browser: Browser) -> None:
    assert "No stations yet" in await browser.page("/")
    assert "No sessions yet" in await browser.page("/sessions")
    assert "All is well" in await browser.page("/attention")


async def test_a_session_whose_end_is_missing_is_shown_too(console: Console, browser: Browser, place: Yard) -> None:
    start = StartReport(1, "DEADBEEF", 129_000, NOW)
    await console.db.write(lambda conn: sessions.started(conn, place.hall, start, NOW))
    seen = words(await browser.page("/"))
    assert "Waiting for their end" in seen
    assert "hall-1, connector 1 since 10:38 · 8.49 kWh" in seen


async def test_finished_sessions_tell_their_state_and_reason(browser: Browser, place: Yard) -> None:
    seen = words(await browser.page("/sessions"))
    assert "5.512 kWh 3.15 EUR 2026-0001 Billed" in seen
    assert "Needs review the meter rose by 860500 Wh within 2880 s" in seen


async def test_finished_sessions_are_paged(console: Console, browser: Browser, place: Yard) -> None:
    for n in range(60):
        await console.db.write(lambda conn, n=n: another(conn, place, NOW + timedelta(minutes=n)))
    first = await browser.page("/sessions")
    assert first.count('id="row-') == 50
    older = re.search(r'href="(/sessions\?after=\d+)"', first)
    assert older
    second = await browser.page(older[1])
    assert second.count('id="row-') == 13
    assert not set(re.findall(r'id="row-(\d+)"', first)) & set(re.findall(r'id="row-(\d+)"', second))


def another(conn: Connection, place: Yard, at: datetime) -> None:
    began = sessions.started(conn, place.gate, StartReport(1, "DEADBEEF", 10, at), at)
    sessions.stopped(conn, place.gate, StopReport(began.transaction_id, 11, at + timedelta(seconds=30)), at)


async def test_the_bill_shows_all_that_makes_its_total(browser: Browser, place: Yard) -> None:
    seen = words(await browser.page("/bills/2026-0001"))
    assert "All bills" in seen
    assert "Operator 14 Jul 2026 Invoice 2026-0001" in seen
    assert "Station hall-1, connector 2" in seen
    assert "Tag 04FF****" in seen
    assert "Meter at begin 39.500 kWh Meter at end 45.012 kWh Energy delivered 5.512 kWh" in seen
    assert "Energy 5.512 kWh × 0.39 EUR 19 % 2.15 EUR" in seen
    assert "Fee per session 1 session × 0.50 EUR 19 % 0.50 EUR" in seen
    assert "Net 2.65 EUR VAT 19 % on 2.65 EUR 0.50 EUR Total 3.15 EUR" in seen


async def test_money_has_the_decimals_of_its_currency(console: Console, browser: Browser) -> None:
    def furnish(conn: Connection) -> None:
        tariffs.add(conn, OURS, "Tokyo", simple_terms("JPY", Decimal(45), Decimal(0), Decimal(10)), NOW)
        tariffs.assign(conn, OURS, "Tokyo", NOW)
        tags.add(conn, OURS, "AA", NOW)
        station = stations.add(conn, OURS, "t-1", "Tokyo", 1, NOW)[0].id
        began = sessions.started(conn, station, StartReport(1, "AA", 0, NOW), NOW)
        sessions.stopped(conn, station, StopReport(began.transaction_id, 7_000, NOW + timedelta(hours=1)), NOW)

    await console.db.write(furnish)
    assert "Total 347 JPY" in words(await browser.page("/bills/2026-0001"))


async def test_attention_lists_what_waits(browser: Browser, place: Yard) -> None:
    seen = words(await browser.page("/attention"))
    assert "gate-7, connector 1" in seen
    assert "garage-9 from 192.0.2.17 · 3 times since 11:26" in seen
    assert "Faulty message, still used hall-1 the timestamp was not a date" in seen
    assert "hall-1, connector 2 Too hot: 78 °C at the contactor since 08:30" in seen


async def test_what_is_broken_is_never_called_well(console: Console, browser: Browser, place: Yard) -> None:
    stop = StatusReport(0, ConnectorStatus.FAULTED, "OtherError", "emergency stop", at=NOW)
    hook = {"failing_since": NOW - timedelta(minutes=59), "failures": 10}
    await console.db.write(lambda conn: stations.status_changed(conn, place.gate, stop, NOW))
    await console.db.write(lambda conn: webhook_rows.update(conn, 1, hook))
    assert "2 stations with a fault · 1 unknown" in words(await browser.page("/"))
    assert "gate-7 Other error: emergency stop since 11:30" in words(await browser.page("/attention"))
    for station, number in ((place.gate, 1), (place.hall, 2)):
        path = f"/stations/{station}/connectors/{number}/start"
        assert path not in await browser.page("/") + await browser.page(f"/stations/{station}")
    assert "so it will hardly start: Other error: emergency stop" in words(
        await browser.page(f"/stations/{place.gate}/connectors/1/start")
    )
    assert "Webhooks at which" not in await browser.page("/attention")
    console.later(minutes=1)
    assert "1 webhook fails" in words(await browser.page("/"))
    assert "hooks.example.org 10 tries in vain" in words(await browser.page("/attention"))
    await browser.post("/webhooks/1/admit", to="pause")
    assert "Webhooks at which" not in await browser.page("/attention")


async def test_only_tags_that_may_charge_are_offered(console: Console, browser: Browser, place: Yard) -> None:
    gone = NOW - timedelta(days=1)
    await console.db.write(lambda conn: tags.add(conn, OURS, "01D01D", gone, note="Last year's", expires_at=gone))
    html = await browser.page(f"/stations/{place.gate}/connectors/1/start")
    offered = re.findall(r"<option[^>]*>([^<]*)</option>", html)
    assert offered == ["Ada&#39;s van (04A1****)", "Visitors (04FF****)", "DEAD****"]
    assert "The station is offline." in html


async def test_tags_are_never_shown_whole(browser: Browser, place: Yard) -> None:
    for path in ("/", "/sessions", f"/sessions/{place.running}", "/bills/2026-0001", "/attention"):
        html = await browser.page(path)
        assert not [tag for tag in TAGS if tag in html]


async def test_a_page_costs_few_queries_whatever_it_shows(console: Console, browser: Browser, place: Yard) -> None:
    def more(conn: Connection) -> None:
        for number in range(20):
            stations.add(conn, OURS, f"more-{number}", f"More {number}", 2, NOW)

    async def queries(path: str) -> int:
        counted.clear()
        await browser.page(path)
        return len(counted)

    counted = list[str]()

    def count(*arguments: object) -> None:
        counted.append(str(arguments[2]))

    event.listen(Engine, "before_cursor_execute", count)
    try:
        before = [await queries(path) for path in ("/", "/sessions", "/attention")]
        await console.db.write(more)
        assert [await queries(path) for path in ("/", "/sessions", "/attention")] == before
    finally:
        event.remove(Engine, "before_cursor_execute", count)
    assert max(before) <= 9


async def test_an_address_no_database_can_hold_leads_nowhere(browser: Browser, place: Yard) -> None:
    for number in (2**31, 2**63, 10**40):
        paths = (f"/sessions/{number}", f"/commands/{number}", f"/stations/{number}/connectors/1/start")
        for path in (*paths, f"/stations/{place.gate}/connectors/{number}/start"):
            assert (await browser.client.get(path)).status_code == 404, path
        assert (await browser.post(f"/stations/{place.gate}/connectors/{number}/start", tag=1)).status_code == 404
        assert (await browser.post(f"/sessions/{number}/stop")).status_code == 404
        assert (await browser.client.get(f"/sessions?after={number}")).status_code == 200
    assert (await browser.client.get("/bills/%00")).status_code == 404
