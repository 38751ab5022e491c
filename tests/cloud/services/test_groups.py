"""Who may charge where, at which tariff: tags, groups, connectors, stations and sites."""

from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Connection

from cloud.db.queries import local_lists
from cloud.domain.tags import TagStatus
from cloud.domain.tariffs import simple_terms
from cloud.services import groups, remote, stations, tags, tariffs, verdicts
from cloud.services.errors import NotFound, NotNow
from tests.cloud.conftest import NOON, TAG, Business, after
from tests.ours import OURS

PLACES: tuple[dict[str, Any], ...] = (
    {},
    {"identity": "lab-1"},
    {"identity": "lab-1", "connector": 1},
    {"group": "fleet"},
    {"tag": TAG},
)


async def fleet(business: Business, **terms: Any) -> None:
    await business.do(groups.add, OURS, "fleet", terms, NOON)
    await business.do(tags.change, OURS, TAG, {"group": "fleet"}, NOON)


async def asked(business: Business, minute: float = 0) -> tuple[TagStatus, str]:
    said = await business.ask(verdicts.authorize, business.station.id, TAG, after(minute))
    return said.status, said.why


async def test_the_nearest_tariff_applies_and_the_drivers_before_the_places(business: Business) -> None:
    await fleet(business)
    for n, place in enumerate(PLACES):
        await business.do(tariffs.add, OURS, f"t{n}", simple_terms("EUR", Decimal(n), Decimal(0), None), after(-30))
        await business.do(tariffs.assign, OURS, f"t{n}", after(-30), **place)
        start = await business.start(10 * n)
        bill = (await business.stop(start.transaction_id, 10 * n + 5, 1000)).bill
        assert bill is not None and bill.document.tariff == f"t{n}"


async def test_without_a_tariff_nobody_is_let_in_unless_one_of_its_own_applies(business: Business) -> None:
    elsewhere, _key = await business.do(stations.add, OURS, "lab-2", "", 2, NOON, site="Elsewhere")
    bare = Business(business.db, elsewhere)
    status, why = await asked(bare)
    assert status is TagStatus.BLOCKED and "no tariff applies" in why
    with pytest.raises(NotNow, match="no tariff applies"):
        await bare.do(remote.ask_start, elsewhere.id, 1, TAG, None, NOON)
    await bare.do(tariffs.add, OURS, "free", simple_terms("EUR", Decimal(0), Decimal(0), None), after(-5))
    await bare.do(tariffs.assign, OURS, "free", NOON, identity="lab-2", connector=2)
    assert (await asked(bare))[0] is TagStatus.ACCEPTED
    with pytest.raises(NotNow, match="no tariff applies"):
        await bare.do(remote.ask_start, elsewhere.id, 1, TAG, None, NOON)
    await bare.do(remote.ask_start, elsewhere.id, 2, TAG, None, NOON)


async def test_a_group_has_its_time_and_its_sites(business: Business) -> None:
    await fleet(business, valid_from=after(10), expires_at=after(20))
    assert await asked(business) == (TagStatus.BLOCKED, "the tag is not valid yet")
    assert (await asked(business, 10))[0] is TagStatus.ACCEPTED
    assert (await asked(business, 20))[0] is TagStatus.EXPIRED
    await business.do(stations.add, OURS, "lab-2", "", 1, NOON, site="Depot")
    await business.do(groups.change, OURS, "fleet", {"sites": ["Depot"]}, NOON)
    assert await asked(business, 15) == (TagStatus.BLOCKED, "its group fleet may not charge at this site")
    start = await business.start(15)
    await business.stop(start.transaction_id, 16, 1100)
    assert "its group fleet may not charge at this site" in (await business.session(start.session_id)).reasons[0]
    with pytest.raises(NotFound, match="no site 'Nowhere'"):
        await business.do(groups.change, OURS, "fleet", {"sites": ["Nowhere"]}, NOON)


async def test_a_tag_and_a_group_have_their_number_of_sessions(business: Business) -> None:
    await fleet(business, most_sessions=2)
    await business.do(tags.change, OURS, TAG, {"most_sessions": 2}, NOON)
    await business.do(tags.add, OURS, "OTHER", NOON, group="fleet")
    told = [(await business.start(n, connector=n)).verdict for n in (1, 2)]
    beside = await business.beside("lab-2")
    told += [(await beside.start(3, id_tag="OTHER")).verdict, (await beside.start(4, connector=2)).verdict]
    assert [said.status for said in told] == [TagStatus.ACCEPTED] * 2 + [TagStatus.CONCURRENT_TX] * 2
    assert [said.why for said in told[2:]] == [
        "2 sessions of its group fleet run already, the most at once",
        "2 sessions of its own run already, the most at once",
    ]


async def test_a_change_of_terms_reaches_the_local_lists(business: Business) -> None:
    await business.do(groups.add, OURS, "fleet", {}, NOON)
    before = await business.ask(revision)
    await business.do(groups.change, OURS, "fleet", {"most_sessions": 3}, NOON)
    await business.do(tariffs.assign, OURS, "standard", NOON, tag=TAG)
    assert await business.ask(revision) == before + 2


def revision(conn: Connection) -> int:
    return local_lists.revision(conn, OURS)
