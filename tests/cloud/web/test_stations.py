"""The pages of one station: what they tell, what is asked there, and what the operator decides."""

import re
from datetime import timedelta
from html import unescape

import pytest
from sqlalchemy import Connection, Engine, event, select

from cloud.db.tables import audit_log
from cloud.domain.asking import Field
from cloud.domain.commands import CommandKind, Step
from cloud.domain.messages import Direction, Kind, Message
from cloud.domain.stations import RegistrationStatus
from cloud.services import access, answers, asking, commands, overview, reservations, stations, traces
from cloud.web.console import commanding
from tests.cloud.web.conftest import NOW, Browser, Console
from tests.cloud.web.test_pages import words
from tests.cloud.web.yard import Yard
from tests.ours import OURS

TABS = ("", "/commands", "/configuration", "/kept", "/trace", "/settings")


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One kind is enough: the queries have tests on both."""
    return sqlite_url


async def shown(browser: Browser, path: str) -> str:
    return unescape(words(await browser.page(path)))


async def answered(console: Console, id: int, answer: dict[str, object], step: Step = Step.DONE) -> None:
    """As the station's door notes it."""

    def note(conn: Connection) -> None:
        commands.note(conn, id, Step.SENT, "", NOW)
        answers.answered(conn, commands.by_id(conn, id), step, "", answer, NOW)

    await console.db.write(note)


async def latest(console: Console, station_id: int) -> tuple[int, CommandKind, dict[str, object]]:
    command, _ = (await console.db.read(lambda conn: overview.commands(conn, station_id)))[0]
    return command.id, command.kind, dict(command.parameters)


async def test_a_station_tells_what_it_does_and_is(browser: Browser, place: Yard) -> None:
    seen = await shown(browser, f"/stations/{place.hall}")
    assert "North hall hall-1 · Main site" in seen
    assert "Connector 1 Charging since 08:30" in seen
    assert "Energy 8.49 kWh Power 11.0 kW Time 52 min Cost so far 4.53 EUR" in seen
    assert "Too hot : 78 °C at the contactor" in seen
    assert "Model Bollard Double 22 Firmware 0.1.0" in seen
    assert "Tariff Daytime (of the site) Time zone Europe/Berlin" in seen
    html = await browser.page(f"/stations/{place.hall}")
    assert html.count('aria-label="Power over time: at most 11.0 kW, Energy 8.49 kWh"') == 2


async def test_every_page_of_a_station_costs_few_queries(console: Console, browser: Browser, place: Yard) -> None:
    counted = list[str]()

    def count(*arguments: object) -> None:
        if (statement := str(arguments[2])) != "BEGIN":
            counted.append(statement)

    costs = dict[str, int]()
    forms = [f"/commands/{kind}" for kind in CommandKind]
    event.listen(Engine, "before_cursor_execute", count)
    try:
        for tab in (*TABS, *forms):
            counted.clear()
            await browser.page(f"/stations/{place.hall}{tab}")
            costs[tab] = len(counted)
    finally:
        event.remove(Engine, "before_cursor_execute", count)
    assert {tab: cost for tab, cost in costs.items() if cost > 8} == {}


async def test_every_command_has_a_form_that_its_service_takes(console: Console, browser: Browser, place: Yard) -> None:
    until = NOW + timedelta(hours=1)
    await console.db.write(lambda conn: reservations.reserve(conn, place.gate, 1, "DEADBEEF", until, None, NOW))
    for kind in CommandKind:
        path = f"/stations/{place.hall if kind is CommandKind.REMOTE_STOP else place.gate}/commands/{kind}"
        html = await browser.page(path)
        assert all(f'name="{field.name}"' in html for field in asking.form(kind))
        form = {field.name: sample(field, html) for field in asking.form(kind)}
        done = await browser.post(path, **form)
        assert done.status_code == 303, (kind, unescape(words(done.text)))
        assert done.headers["location"].startswith("/commands/")


def sample(field: Field, html: str) -> str:
    """Something that fits."""
    if field.name in ("idTag", "transactionId", "reservationId"):
        return first_option(html, field.name)
    otherwise = (field.choices or ("1",))[0] if field.required else ""
    return SAMPLES.get(field.name, otherwise)


SAMPLES = {
    "expiryDate": "2026-07-14T12:00",
    "retrieveDate": "2026-07-14T12:00:00",
    "location": "https://files.example/x.bin",
    "csChargingProfiles.chargingSchedule.chargingSchedulePeriod": "0 16 3\n3600 10,5",
    "localAuthorizationList": '[{"idTag": "A", "idTagInfo": {"status": "Accepted"}}]',
    "csChargingProfiles.chargingProfilePurpose": "TxDefaultProfile",
    "csChargingProfiles.chargingProfileKind": "Relative",
    "connectorId": "1",
}


def first_option(html: str, name: str) -> str:
    """The first entry of a choice of what there is: tags, sessions, reservations."""
    found = re.search(rf'<select[^>]*name="{name}"[^>]*>\s*<option value="(\d+)"', html)
    assert found, name
    return found[1]


async def test_a_form_becomes_the_payload(console: Console, browser: Browser, place: Yard) -> None:
    path = f"/stations/{place.gate}/commands/SetChargingProfile"
    root, schedule = "csChargingProfiles", "csChargingProfiles.chargingSchedule"
    await browser.post(
        path,
        **{
            "connectorId": "0",
            f"{root}.stackLevel": "2",
            f"{root}.chargingProfilePurpose": "TxDefaultProfile",
            f"{root}.chargingProfileKind": "Absolute",
            f"{root}.validTo": "2026-07-15T00:00",
            f"{schedule}.chargingRateUnit": "A",
            f"{schedule}.startSchedule": "2026-07-14T12:00",
            f"{schedule}.chargingSchedulePeriod": "0 16 3\r\n3600 10,5\r\n",
        },
    )
    _, kind, asked = await latest(console, place.gate)
    assert kind is CommandKind.SET_CHARGING_PROFILE
    assert asked["csChargingProfiles"] == {
        "chargingProfileId": 1,
        "stackLevel": 2,
        "chargingProfilePurpose": "TxDefaultProfile",
        "chargingProfileKind": "Absolute",
        "validTo": "2026-07-14T22:00:00.000Z",
        "chargingSchedule": {
            "chargingRateUnit": "A",
            "startSchedule": "2026-07-14T10:00:00.000Z",
            "chargingSchedulePeriod": [
                {"startPeriod": 0, "limit": 16.0, "numberPhases": 3},
                {"startPeriod": 3600, "limit": 10.5},
            ],
        },
    }


REFUSED: tuple[tuple[str, dict[str, str], str], ...] = (
    ("Reset", {}, "please say what it is to be"),
    ("GetCompositeSchedule", {"connectorId": "one", "duration": "60"}, "give a whole number"),
    ("GetDiagnostics", {"location": "gopher://x"}, "sftp): an address that begins with one of"),
    ("ReserveNow", {"connectorId": "1", "expiryDate": "soon", "idTag": "1"}, "give the time with its day"),
    ("ReserveNow", {"connectorId": "1", "expiryDate": "2020-01-01", "idTag": "2"}, "Until: it has passed already"),
    (
        "SendLocalList",
        {"listVersion": "1", "updateType": "Full", "localAuthorizationList": "["},
        "this is not JSON",
    ),
    ("ChangeConfiguration", {"key": "AuthorizationKey", "value": "x"}, "it would be locked out"),
    ("RemoteStartTransaction", {"idTag": "4"}, "This tag cannot charge here"),
)


async def test_what_cannot_be_sent_is_told_in_words(console: Console, browser: Browser, place: Yard) -> None:
    for kind, form, told in REFUSED:
        refused = await browser.post(f"/stations/{place.gate}/commands/{kind}", **form)
        assert refused.status_code in {409, 422}, kind
        assert told in unescape(words(refused.text))
    assert await console.db.read(lambda conn: overview.commands(conn, place.gate)) == []


async def test_configuration_is_read_changed_and_told_to_wait_for_a_restart(
    console: Console, browser: Browser, place: Yard
) -> None:
    path = f"/stations/{place.hall}/configuration"
    assert "Nothing is known of it yet" in await shown(browser, path)
    await browser.post(f"{path}/read")
    reading, kind, _ = await latest(console, place.hall)
    assert kind is CommandKind.GET_CONFIGURATION
    told = [
        {"key": "HeartbeatInterval", "readonly": False, "value": "300"},
        {"key": "NumberOfConnectors", "readonly": True, "value": "2"},
    ]
    await answered(console, reading, {"configurationKey": told})
    assert "NumberOfConnectors 2 read only" in await shown(browser, path)
    await browser.post(path, key="HeartbeatInterval", value="60")
    change, _, asked = await latest(console, place.hall)
    assert asked == {"key": "HeartbeatInterval", "value": "60"}
    assert "Waiting" in await shown(browser, f"/commands/{change}")
    await answered(console, change, {"status": "RebootRequired"})
    seen = await shown(browser, path)
    assert "Some changes take effect only after a restart" in seen and "After a restart" in seen
    assert 'value="60"' in await browser.page(path)


async def test_the_trace_says_what_is_wrong_and_hides_tags(console: Console, browser: Browser, place: Yard) -> None:
    def say(conn: Connection) -> None:
        entry = Message(place.hall, NOW, Direction.IN, Kind.OPENED, text="from 192.0.2.9")
        call = Message(place.hall, NOW, Direction.IN, Kind.CALL, "Authorize", "m1", '{"idTag":"04A1B2C3D4"}')
        refusal = '{"idTagInfo":{"status":"Invalid"}}'
        end = Message(place.hall, NOW, Direction.OUT, Kind.RESULT, "Authorize", "m1", refusal, "answered", 12.0)
        traces.keep(conn, [entry, call, end])

    await console.db.write(say)
    html = await browser.page(f"/stations/{place.hall}/trace")
    seen = unescape(words(html))
    assert "04A1B2C3D4" not in html and "04A1****" in html
    assert "from the station Authorize call" in seen
    assert "Nothing stands out" not in seen
    assert "Connected from 192.0.2.9" in await shown(browser, f"/stations/{place.hall}")


async def test_a_station_that_knocked_is_added_and_its_key_shown_once(
    console: Console, browser: Browser, place: Yard
) -> None:
    assert 'href="/stations/new?identity=garage-9"' in await browser.page("/attention")
    html = await browser.page("/stations/new?identity=garage-9")
    assert "garage-9 asked to connect from 192.0.2.17" in unescape(words(html))
    done = await browser.post(
        "/stations/new", identity="garage-9", name="Garage", connectors="2", max_kw="11", site="1"
    )
    assert done.status_code == 200 and done.headers["cache-control"] == "no-store"
    key = re.search(r'<code id="key">([0-9a-f]{40})</code>', done.text)
    assert key
    assert 'url = "ws://console.test/ocpp"' in unescape(done.text)
    station = await console.db.read(lambda conn: access.authenticate(conn, "garage-9", bytes.fromhex(key[1])))
    assert station is not None and station.name == "Garage"
    assert "garage-9" not in await browser.page("/attention")
    again = await browser.post("/stations/new", identity="garage-9", connectors="2", site="1")
    assert again.status_code == 409
    for bad in ({"connectors": "65"}, {"identity": "a:b"}, {"site": "99"}, {"max_kw": "much"}, {"connectors": "x"}):
        form = {"identity": "new-1", "connectors": "1", "site": "1", **bad}
        assert (await browser.post("/stations/new", **form)).status_code in (409, 422), bad
    assert await console.db.read(lambda conn: places_of(conn, "new-1")) is False


def places_of(conn: Connection, identity: str) -> bool:
    return any(row.identity == identity for row in overview.stations(conn))


async def test_the_operator_decides_and_it_is_written_down(console: Console, browser: Browser, place: Yard) -> None:
    path = f"/stations/{place.gate}"
    assert (await browser.post(f"{path}/settings", name="Gate house", site="1")).headers[
        "location"
    ] == f"{path}/settings"
    assert (await browser.post(f"{path}/tariff", tariff="1")).status_code == 303
    for wish in ("hold", "disable"):
        assert (await browser.post(f"{path}/decide", do=wish)).status_code == 303
    assert "Gate house" in await shown(browser, path)
    assert "Disabled" in await shown(browser, f"{path}/settings")
    station = await console.db.read(lambda conn: stations.find(conn, OURS, "gate-7"))
    assert (station.name, station.admission) == ("Gate house", RegistrationStatus.PENDING)
    key = await browser.post(f"{path}/decide", do="new-key")
    assert re.search(r'<code id="key">[0-9a-f]{40}</code>', key.text)
    noted = await console.db.read(
        lambda conn: conn.execute(
            select(audit_log.c.action, audit_log.c.detail).where(audit_log.c.subject == "gate-7")
        ).all()
    )
    told = {row.action: row.detail for row in noted}
    assert told["station changed"] == {"before": {"name": "Gate"}, "after": {"name": "Gate house"}}
    assert told["station's tariff set"] == {"before": {"tariff": None}, "after": {"tariff": "Daytime"}}
    assert {"station pending", "station disabled", "station key renewed"} <= set(told)
    assert (await browser.post(f"{path}/decide", do="explode")).status_code == 422
    assert (await browser.post(f"{path}/tariff", tariff="99")).status_code == 422
    assert (await browser.post(f"{path}/settings", name="", site="1")).status_code == 422


async def test_a_local_list_is_kept_or_not(console: Console, browser: Browser, place: Yard) -> None:
    path = f"/stations/{place.hall}"
    for wish, told in (("on", "It is kept in step"), ("sync", "not yet in step"), ("off", "It is not kept from here")):
        assert (await browser.post(f"{path}/local-list", do=wish)).status_code == 303
        assert told in await shown(browser, f"{path}/kept")


async def test_where_tags_are_too_many_to_choose_from_one_is_typed_in(
    console: Console, browser: Browser, place: Yard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commanding, "MOST_TAGS", 2)
    assert "There are more tags than can be listed." in await shown(
        browser, f"/stations/{place.gate}/connectors/1/start"
    )
    path = f"/stations/{place.gate}/commands/RemoteStartTransaction"
    assert '<input id="command-idTag"' in await browser.page(path)
    assert (await browser.post(path, idTag="DEADBEEF", connectorId="1")).status_code == 303
    assert (await latest(console, place.gate))[2] == {"idTag": "DEADBEEF", "connectorId": 1}
    for refused in ("0BAD0BAD", "nobody's"):
        assert (await browser.post(path, idTag=refused)).status_code == 409
