"""What the office's pages read, on both databases: strangers' taps, sessions, tags, drivers, bills and movements."""

from cloud.db.queries import accounts as account_rows
from cloud.db.queries import assignments, ledger, money_lists, office_lists, session_lists, tariffs
from cloud.db.queries import taps as tap_rows
from cloud.db.queries.money_lists import BillSearch, MovementSearch
from cloud.db.queries.session_lists import SessionSearch
from cloud.domain.accounts import PaymentTerms
from cloud.domain.people import EVERYTHING, Scope
from cloud.services import accounts, reviews, taps
from tests.cloud.conftest import NOON, TAG, Business, after
from tests.ours import OURS

NOWHERE = Scope(1, frozenset({99}))


async def test_a_stranger_is_counted_per_station_and_enrolled_once(business: Business) -> None:
    for _ in range(2):
        await business.do(taps.note, business.station.id, "stranger", NOON)
    (tap,) = await business.ask(tap_rows.listed, EVERYTHING, limit=9)
    assert (tap.id_tag, tap.station, tap.count) == ("stranger", "lab-1", 2)
    assert await business.ask(tap_rows.listed, NOWHERE, limit=9) == []
    await business.do(taps.enrol, OURS, tap.id, EVERYTHING, NOON, None)
    assert await business.ask(tap_rows.listed, EVERYTHING, limit=9) == []


async def test_the_oldest_strangers_of_a_station_make_room(business: Business) -> None:
    for number in range(taps.MOST_OF_ONE_STATION + 2):
        await business.do(taps.note, business.station.id, f"A{number}", after(number))
    kept = {tap.id_tag for tap in await business.ask(tap_rows.listed, EVERYTHING, limit=99)}
    assert len(kept) == taps.MOST_OF_ONE_STATION and not {"A0", "A1"} & kept


async def test_everything_is_found_by_what_one_knows(business: Business) -> None:
    await business.do(accounts.add, OURS, "Fleet Ltd", NOON, terms=PaymentTerms.POSTPAID, currency="EUR")
    await business.do(accounts.link, OURS, TAG, "Fleet Ltd", NOON)
    began = await business.start()
    await business.stop(began.transaction_id, 30, 11_000)

    async def sessions(**wanted: object) -> int:
        return len(await business.ask(session_lists.search, SessionSearch(**wanted), EVERYTHING, limit=9))  # type: ignore[arg-type]

    for wanted, found in (
        ({"tag": TAG.lower()}, 1),
        ({"tag": TAG[:4]}, 1),
        ({"tag": "%"}, 0),
        ({"station": "LAB"}, 1),
        ({"state": "running"}, 0),
        ({"begin": NOON, "end": after(1)}, 1),
        ({"end": NOON}, 0),
        ({"site_id": 1, "station": "_"}, 0),
    ):
        assert await sessions(**wanted) == found, wanted
    (row,) = await business.ask(office_lists.tags, 1, text="fleet", limit=9)
    assert (row.id_tag, row.account) == (TAG, "Fleet Ltd")
    assert await business.ask(office_lists.counts_of_tags, [1]) == {1: 1}
    assert [each.name for each in await business.ask(account_rows.search, 1, text="LTD", limit=9)] == ["Fleet Ltd"]
    (bill,) = await business.ask(money_lists.bills, BillSearch(driver="fleet", number="2026"), EVERYTHING, limit=9)
    (moved,) = await business.ask(money_lists.movements, 1, MovementSearch(account_id=1), limit=9)
    assert sum(each.amount_minor for each in moved.transfers) == bill.gross_minor
    assert await business.ask(money_lists.movement_by_id, 1, moved.id) == moved
    assert await business.ask(money_lists.movement_by_id, 2, moved.id) is None
    for wanted in ({"account_id": 2}, {"kind": "hold"}, {"begin": after(99)}, {"end": NOON}):
        assert await business.ask(money_lists.movements, 1, MovementSearch(**wanted), limit=9) == []
    assert (await business.ask(ledger.balances_of, [1]))[1][0].amount_minor == bill.gross_minor
    assert await business.ask(assignments.used_at, 1) == [("site", "Main site")]
    assert [each.number for each in await business.ask(tariffs.versions, 1, 1)] == [1]


async def test_a_credit_note_alone_writes_the_session_off(business: Business) -> None:
    began = await business.start()
    await business.stop(began.transaction_id, 30, 11_000)
    note = await business.do(reviews.credit, began.session_id, "wrong", None, after(40))
    session = await business.session(began.session_id)
    assert (note.document.corrects, session.state, session.bill) == ("2026-0001", "written_off", None)
