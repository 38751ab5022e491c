"""Two organisations on one server: each has its own, under the same names, and neither reaches into the other's."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Connection

from cloud.db.queries import messages
from cloud.domain.accounts import PaymentTerms
from cloud.domain.commands import CommandKind
from cloud.domain.ledger import Payment
from cloud.domain.messages import Direction, Kind, Message, Search
from cloud.domain.people import Role, Scope
from cloud.domain.stations import RegistrationStatus
from cloud.domain.tags import TagStatus
from cloud.domain.tariffs import simple_terms
from cloud.services import (
    access,
    accounts,
    commands,
    groups,
    ledger,
    organisations,
    orphans,
    overview,
    registration,
    reservations,
    statements,
    stations,
    tags,
    tariffs,
    traces,
    users,
    verdicts,
)
from cloud.services.errors import AlreadyThere, NotFound
from tests.cloud.conftest import NOON, TAG, Business, after
from tests.ours import OURS, another

THEIRS = OURS + 1
DEAR = simple_terms("EUR", Decimal("0.80"), Decimal(0), Decimal(20))
FLEET: dict[str, Any] = {"terms": PaymentTerms.POSTPAID, "currency": "EUR"}


def add_theirs(conn: Connection) -> None:
    """What `furnish` made, and its fleet, once more under the same names; only prices and the station's name differ."""
    before = after(-60)
    assert another(conn) == THEIRS
    users.create(conn, OURS, "Ada", "hash", before)
    stations.add(conn, THEIRS, "pier-1", "Pier", 2, before, max_power_w=22_000)
    tariffs.add(conn, THEIRS, "standard", DEAR, before)
    tariffs.assign(conn, THEIRS, "standard", before)
    for whose in (OURS, THEIRS):
        groups.add(conn, whose, "fleet", {}, before)
        accounts.add(conn, whose, "Fleet Ltd", before, **FLEET)
    tags.add(conn, THEIRS, TAG, before, group="fleet")
    accounts.link(conn, THEIRS, TAG, "Fleet Ltd", before)
    stations.came_online(conn, stations.find(conn, THEIRS, "pier-1").id, "first", before)


@pytest.fixture
async def theirs(business: Business) -> Business:
    await business.do(add_theirs)
    return Business(business.db, await business.ask(stations.find, THEIRS, "pier-1"))


async def test_the_tag_that_counts_is_of_the_stations_organisation(business: Business, theirs: Business) -> None:
    await business.do(tags.block, OURS, TAG, NOON)
    said = [await each.ask(verdicts.authorize, each.station.id, TAG, NOON) for each in (business, theirs)]
    assert [each.status for each in said] == [TagStatus.BLOCKED, TagStatus.ACCEPTED]
    start = await theirs.start()
    bill = (await theirs.stop(start.transaction_id, 30, 2000)).bill
    assert bill is not None and bill.gross_minor == 96
    assert bill.number == "2026-0001" and bill.document.parties.seller.name == "Others"
    owed = [(await business.ask(accounts.view, whose, "Fleet Ltd")).funds.owed_minor for whose in (OURS, THEIRS)]
    assert owed == [0, 96]
    assert await business.ask(ledger.balances, OURS) == [] == await business.ask(ledger.check, THEIRS)
    told = [statements.between(business.db, whose, NOON, after(60)) for whose in (OURS, THEIRS)]
    assert [[each.bill async for page in pages for each in page] for pages in told] == [[], [bill]]


async def test_lists_hold_what_is_in_their_scope(business: Business, theirs: Business) -> None:
    """What the command line lists: bills, sessions, commands, stops, reservations, messages, incidents."""
    start = await theirs.start()
    await theirs.stop(start.transaction_id, 30, 2000)
    await theirs.stop(999, 40, 2000)
    await theirs.do(commands.ask, CommandKind.CLEAR_CACHE, theirs.station.id, {}, None, NOON)
    await theirs.do(reservations.reserve, theirs.station.id, 1, TAG, after(600), None, NOON)
    said = Message(theirs.station.id, NOON, Direction.IN, Kind.OPENED)
    await theirs.do(traces.keep, [said])
    lists: tuple[Callable[..., list[Any]], ...] = (
        overview.bills,
        overview.ended_sessions,
        overview.commands,
        overview.incidents,
        orphans.listed,
        reservations.listed,
        partial(traces.search, wanted=Search(), limit=9),
    )
    for listed in lists:
        counts = [len(await business.ask(listed, scope=Scope(whose))) for whose in (OURS, THEIRS)]
        assert counts[0] == 0 < counts[1], listed
    bills = [await business.ask(overview.bill, "2026-0001", Scope(whose)) for whose in (OURS, THEIRS)]
    assert bills[0] is None and bills[1] is not None


async def test_whose_a_foreign_session_is_is_told_within_an_organisation_only(
    business: Business, theirs: Business
) -> None:
    start = await business.start()
    for each in (await business.beside("lab-2"), theirs):
        await each.stop(start.transaction_id, 10, 2000)
        await each.meter(start.transaction_id, 5, 1200)
    ours, other = [await business.ask(overview.incidents, scope=Scope(whose)) for whose in (OURS, THEIRS)]
    assert {"which belongs to lab-1" in each.summary for each in ours} == {True} and len(ours) == 2
    assert {"lab-1" in each.summary for each in other} == {False} and len(other) == 2
    number = str(start.transaction_id)
    for station_id, known in ((business.station.id, {number: "lab-1"}), (theirs.station.id, {})):
        assert await business.ask(messages.owners, station_id, [number]) == known


NOT_OURS: tuple[Callable[[Connection], object], ...] = (
    lambda conn: stations.find(conn, OURS, "pier-1"),
    lambda conn: access.new_key(conn, OURS, "pier-1", None, NOON),
    lambda conn: registration.decide(conn, OURS, "pier-1", RegistrationStatus.REJECTED, None, NOON),
    lambda conn: traces.trace(conn, OURS, "pier-1", None, 9),
    lambda conn: tariffs.assign(conn, OURS, "standard", NOON, identity="pier-1"),
    lambda conn: tariffs.assign(conn, THEIRS, "standard", NOON, identity="lab-1", connector=1),
    lambda conn: stations.change(conn, 1, "Lab", 2, None, NOON),
    lambda conn: stations.price(conn, 1, 2, None, NOON),
    lambda conn: users.find(conn, THEIRS, "Ada"),
    lambda conn: accounts.top_up(conn, OURS, "Pier Ltd", Payment("1", 1), NOON),
    lambda conn: tags.change(conn, OURS, "CAFE01", {}, NOON),
    lambda conn: tags.change(conn, OURS, TAG, {"group": "pier"}, NOON),
    lambda conn: groups.change(conn, OURS, "pier", {}, NOON),
    lambda conn: groups.change(conn, OURS, "fleet", {"sites": ["Pier"]}, NOON),
    lambda conn: tariffs.change(conn, OURS, "pier", DEAR, NOON),
    lambda conn: stations.add(conn, OURS, "new-1", "", 1, NOON, tariff="pier"),
    lambda conn: organisations.set_site_time_zone(conn, OURS, "Pier", "UTC", NOON),
    lambda conn: users.create(conn, OURS, "Eve", "hash", NOON, sites=["Pier"], role=Role.VIEWER),
)


def add_more_of_theirs(conn: Connection) -> None:
    stations.add(conn, THEIRS, "pier-2", "", 1, NOON, site="Pier")
    groups.add(conn, THEIRS, "pier", {}, NOON)
    tags.add(conn, THEIRS, "CAFE01", NOON)
    tariffs.add(conn, THEIRS, "pier", DEAR, NOON)
    accounts.add(conn, THEIRS, "Pier Ltd", NOON, **FLEET)


async def test_what_is_another_organisations_is_not_found(business: Business, theirs: Business) -> None:
    await business.do(add_more_of_theirs)
    for number, reach in enumerate(NOT_OURS):
        with pytest.raises(NotFound):
            await business.do(reach)
            pytest.fail(f"number {number} was found")
    for taken in (
        lambda conn: stations.add(conn, OURS, "pier-1", "", 1, NOON),
        lambda conn: users.create(conn, THEIRS, "ada", "hash", NOON),
    ):
        with pytest.raises(AlreadyThere):
            await business.do(taken)
    seen = await business.ask(overview.stations, Scope(OURS))
    assert [row.identity for row in seen] == ["lab-1"]


async def test_each_keeps_its_commands_as_long_as_it_chose(business: Business, theirs: Business) -> None:
    for each in (business, theirs):
        await each.do(commands.ask, CommandKind.CLEAR_CACHE, each.station.id, {}, None, NOON)
    later = NOON + timedelta(days=40)
    await business.do(commands.expire, later)
    assert await business.do(commands.shorten, THEIRS, 30, later)
    ((left, _steps),) = await business.ask(overview.commands)
    assert left.identity == "lab-1" and not await business.do(commands.shorten, OURS, 90, later)
