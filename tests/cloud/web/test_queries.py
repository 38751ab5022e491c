"""However much there is to tell, a page asks the database eight things at most, signing in included."""

from collections.abc import Iterator
from datetime import time, timedelta
from decimal import Decimal
from itertools import product
from typing import Any

import pytest
from sqlalchemy import Connection, select

from bench.console import counted
from cloud.db.tables import metadata
from cloud.domain.commands import CommandKind
from cloud.domain.corrections import Correction
from cloud.domain.ledger import Payment
from cloud.domain.people import Role
from cloud.domain.reports import MeterReport, Sample, StartReport, StopReport
from cloud.domain.tariffs import Dimension, Element, PriceComponent, Restrictions, Terms
from cloud.services import accounts, commands, groups, reviews, sessions, tags, tariffs, users
from cloud.web import PAGES
from tests.cloud.web.conftest import NOW, Browser, Console
from tests.cloud.web.test_roles import signed_in
from tests.cloud.web.yard import HASH, TAGS, Yard
from tests.ours import OURS

MOST = 8
WHOLE = Terms(
    "EUR",
    (
        Element((PriceComponent(Dimension.ENERGY, Decimal("0.29")),), Restrictions(start_time=time(22))),
        Element(tuple(PriceComponent(each, Decimal("0.49")) for each in Dimension)),
    ),
)
EVERY_FILTER = {
    "/sessions": "state=suspect&site=1&station=gate&tag=04F&from=2026-01-01&to=2026-12-31",
    "/bills": "kind=invoice&number=2026-&station=h&driver=Fleet&from=2026-01-01&to=2026-12-31",
    "/ledger": "kind=bill&from=2026-01-01&to=2026-12-31",
    "/messages": "station=hall-1&action=Heartbeat&contains=x&errors=1&from=2026-01-01&to=2026-12-31",
    "/audit": "who=1&contains=tag&from=2026-01-01&to=2026-12-31",
    "/tags": "text=04&group=Staff&blocked=no",
    "/drivers": "text=Fleet&terms=prepaid",
    "/": "site=1&state=charging&find=hall",
}


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One kind is enough: what a page asks does not depend on it."""
    return sqlite_url


def enrich(conn: Connection, place: Yard) -> None:
    """A driver with a group, a tariff and money; one session signed, billed and corrected, one in doubt, one runs.

    What they cost depends on everything: the clock, the readings and how long the car stays.
    """
    tag, fleet = list(TAGS)[2], "Fleet Ltd"
    tariffs.change(conn, OURS, "Daytime", WHOLE, NOW - timedelta(days=1))
    groups.add(conn, OURS, "Staff", {"sites": ["Main site"], "tariff": "Daytime"}, NOW)
    tags.change(conn, OURS, tag, {"group": "Staff", "tariff": "Daytime"}, NOW)
    accounts.link(conn, OURS, tag, fleet, NOW)
    accounts.top_up(conn, OURS, fleet, Payment("bank 1", 9000), NOW)
    accounts.top_up(conn, OURS, fleet, Payment("bank 2", 50, currency="CHF"), NOW)
    begun = NOW - timedelta(hours=5)
    charged = sessions.started(conn, place.hall, StartReport(2, tag, 50_000, begun), begun)
    signed = ({"format": "SignedData", "value": "OCMF|{}|{}"},)
    sample = Sample(begun + timedelta(minutes=5), energy_wh=51_000, power_w=7000, signed=signed)
    sessions.metered(conn, place.hall, MeterReport(2, charged.transaction_id, (sample,)), begun)
    end = begun + timedelta(hours=1)
    sessions.stopped(conn, place.hall, StopReport(charged.transaction_id, 56_000, end), end)
    reviews.correct(conn, charged.session_id, Correction("the meter was misread", energy_wh=4000), None, NOW)
    for station, connector, since in ((place.gate, 1, timedelta(hours=1)), (place.hall, 2, timedelta(minutes=50))):
        begun = NOW - since
        runs = sessions.started(conn, station, StartReport(connector, tag, 60_000, begun), begun)
        sample = Sample(begun + timedelta(minutes=5), energy_wh=61_000, power_w=7000)
        sessions.metered(conn, station, MeterReport(connector, runs.transaction_id, (sample,)), sample.at)
        if station == place.gate:
            sessions.stopped(conn, station, StopReport(runs.transaction_id, 900_000, NOW), NOW)
    commands.put(conn, CommandKind.RESET, place.hall, {}, None, NOW)
    users.create(conn, OURS, "sue", HASH, NOW, role=Role.OPERATOR, sites=["Main site"])


def addresses(conn: Connection) -> Iterator[str]:
    """Every page of everything there is, and each list by all its filters at once."""
    known: dict[str, list[Any]] = {"connector": [1, 2], "kind": [*CommandKind]}
    for name, table in metadata.tables.items():
        if "id" in table.c:
            known[f"{name}_id"] = list(conn.execute(select(table.c.id)).scalars())
    known["number"] = list(conn.execute(select(metadata.tables["bill"].c.number)).scalars())
    for page in PAGES:
        names = [part.split("}")[0].split(":")[0] for part in page.path.split("{")[1:]]
        for values in product(*(known[name] for name in names)):
            yield page.path.replace(":int", "").format_map(dict(zip(names, values, strict=True)))
    for path, query in EVERY_FILTER.items():
        yield f"{path}?{query}"


async def most_asked(browser: Browser, paths: list[str]) -> dict[str, int]:
    """What asks more than it may."""
    found = {}
    for path in paths:
        with counted() as statements:
            answer = await browser.client.get(path)
        assert answer.status_code in (200, 303, 403, 404), path
        if len(statements) > MOST:
            found[path] = len(statements)
    return found


async def test_no_page_asks_more_than_eight_things(console: Console, browser: Browser, place: Yard) -> None:
    await console.db.write(lambda conn: enrich(conn, place))
    paths = list(dict.fromkeys(await console.db.read(lambda conn: list(addresses(conn)))))
    assert len(paths) > len(PAGES) + len(EVERY_FILTER)
    assert await most_asked(browser, paths) == {}
    async with signed_in(console, "sue") as other:
        assert await most_asked(other, paths) == {}
