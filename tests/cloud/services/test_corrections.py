"""Credit notes, corrections, write-offs, and bills that could not be issued at once, on both databases."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from cloud.db.database import Database
from cloud.db.queries import bills as rows
from cloud.db.tables import audit_log, session, tariff_version
from cloud.domain.bills import Bill, BillKind
from cloud.domain.corrections import Correction
from cloud.domain.errors import BadCorrection
from cloud.domain.sessions import SessionState
from cloud.domain.stations import BootInfo
from cloud.services import billing, ledger, organisations, overview, registration, reviews, sessions, stations
from cloud.services.errors import NotFound, NotNow
from tests.cloud.conftest import NOON, Business, after
from tests.ours import OURS

FUSE = Correction("the meter's fuse had blown", energy_wh=4000)
BROKEN = {
    "sqlite": ["CREATE TRIGGER broken BEFORE INSERT ON bill BEGIN SELECT RAISE(ABORT, 'no paper'); END"],
    "postgresql": [
        "CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'no paper' USING ERRCODE = 'integrity_constraint_violation'; END $$",
        "CREATE TRIGGER broken BEFORE INSERT ON bill FOR EACH ROW EXECUTE FUNCTION broken()",
    ],
}
MENDED = {"sqlite": ["DROP TRIGGER broken"], "postgresql": ["DROP TRIGGER broken ON bill", "DROP FUNCTION broken()"]}


def run(conn: Connection, statements: dict[str, list[str]]) -> None:
    for statement in statements[conn.dialect.name]:
        conn.execute(text(statement))


async def billed(business: Business, minute: float = 0, connector: int = 1) -> Bill:
    start = await business.start(minute, connector=connector)
    issued = (await business.stop(start.transaction_id, minute + 60, 6512)).bill
    assert issued is not None
    return issued


async def correct(business: Business, session_id: int, correction: Correction = FUSE) -> list[Bill]:
    return await business.do(reviews.correct, session_id, correction, None, after(600))


def sums(bill: Bill) -> list[int]:
    price = bill.document.price
    groups = [minor for group in price.vat_groups for minor in (group.net_minor, group.vat_minor)]
    return [price.net_minor, price.vat_minor, price.gross_minor, *groups, *(line.net_minor for line in price.lines)]


async def test_a_wrong_bill_is_credited_and_replaced(business: Business) -> None:
    wrong = await billed(business)
    note, right = await correct(business, wrong.session_id)
    assert [(bill.number, bill.kind, bill.document.corrects) for bill in (note, right)] == [
        ("C2026-0001", BillKind.CREDIT_NOTE, wrong.number),
        ("2026-0002", BillKind.INVOICE, wrong.number),
    ]
    assert [a + b for a, b in zip(sums(wrong), sums(note), strict=True)] == [0] * len(sums(wrong))
    assert (right.document.delivery.energy_wh, right.gross_minor) == (4000, 252)
    assert await business.ask(overview.bill, wrong.number) == wrong
    assert (await business.session(wrong.session_id)).bill == right.number
    assert await business.ask(ledger.check, OURS) == []


async def test_the_same_correction_again_changes_nothing(business: Business) -> None:
    wrong = await billed(business)
    assert len(await correct(business, wrong.session_id)) == 2
    assert await correct(business, wrong.session_id) == []
    assert len(await business.ask(overview.bills)) == 3


async def test_a_correction_is_audited_with_what_was_before(business: Business) -> None:
    wrong = await billed(business)
    await correct(business, wrong.session_id)
    noted = await business.ask(lambda conn: conn.execute(audit_log.select()).all())
    last = noted[-1]
    before, after_it = last.detail["before"], last.detail["after"]
    assert (last.action, after_it["why"]) == ("session corrected", FUSE.reason)
    assert (before["energy_wh"], after_it["energy_wh"]) == (5512, 4000)


@pytest.mark.parametrize(
    ("correction", "complaint"),
    [
        (Correction(" "), "give the reason"),
        (Correction("x", energy_wh=-1), "-1 Wh cannot be"),
        (Correction("x", ended_at=after(-1)), "cannot have begun"),
        (Correction("x", ended_at=after(601)), "cannot have begun"),
    ],
)
async def test_figures_that_cannot_be_are_refused(business: Business, correction: Correction, complaint: str) -> None:
    wrong = await billed(business)
    with pytest.raises(BadCorrection, match=complaint):
        await correct(business, wrong.session_id, correction)
    assert await business.ask(overview.bills) == [wrong]


async def test_what_cannot_be_corrected(business: Business) -> None:
    start = await business.start()
    with pytest.raises(NotNow, match="once it has ended"):
        await correct(business, start.session_id)
    with pytest.raises(NotFound):
        await correct(business, 99)


async def test_a_session_without_tariff_is_given_one(business: Business) -> None:
    station, _key = await business.do(stations.add, OURS, "lab-2", "", 1, NOON, site="Elsewhere")
    bare = Business(business.db, station)
    start = await bare.start()
    await bare.stop(start.transaction_id, 60, 2000)
    with pytest.raises(NotNow, match="no tariff"):
        await correct(bare, start.session_id, Correction("agreed by telephone"))
    (bill,) = await correct(bare, start.session_id, Correction("agreed by telephone", tariff="standard"))
    assert (bill.gross_minor, bill.document.reason, bill.document.corrects) == (108, "agreed by telephone", None)


async def test_a_late_stop_is_answered_by_credit_and_rebilling(business: Business) -> None:
    start = await business.start()
    await business.meter(start.transaction_id, 5, 1500)
    await business.do(registration.booted, business.station.id, BootInfo("Bollard", "sim"), after(10))
    await business.do(sessions.close_overdue, after(71))
    await business.stop(start.transaction_id, 72, 1800, at=after(8))
    row = await business.session(start.session_id)
    assert (row.state, row.bill, row.energy_wh) == (SessionState.SUSPECT, "2026-0001", 800)
    note, right = await correct(business, start.session_id, Correction("the stop came late"))
    assert (note.document.delivery.energy_wh, right.document.delivery.energy_wh) == (500, 800)
    assert (await business.session(start.session_id)).state is SessionState.FINISHED


async def test_corrections_at_once_come_one_after_the_other(business: Business) -> None:
    """Two operators, each with a connection: the same figures are billed once, others each in their turn."""
    session_id = (await billed(business)).session_id
    other = await Database.open(business.db.url)
    both = (business, Business(other, business.station))
    figures = [Correction("misread", energy_wh=energy_wh) for energy_wh in (3000, 3000, 4000, 4000)]
    said = await asyncio.gather(*(correct(both[n % 2], session_id, each) for n, each in enumerate(figures)))
    await other.close()
    notes = sorted(bill.number for bills in said for bill in bills if bill.kind is BillKind.CREDIT_NOTE)
    every = await business.ask(rows.related, session_id)
    assert notes == [f"C2026-{n:04}" for n in range(1, len(notes) + 1)] and 2 <= len(notes) <= 4
    assert sum(bill.gross_minor for bill in every) == (await business.session(session_id)).cost_minor
    assert await business.ask(ledger.check, OURS) == []


async def test_writing_off_a_billed_session_credits_its_bill(business: Business) -> None:
    start = await business.start()
    await business.meter(start.transaction_id, 5, 1500)
    await business.do(registration.booted, business.station.id, BootInfo("Bollard", "sim"), after(10))
    await business.do(sessions.close_overdue, after(71))
    await business.stop(start.transaction_id, 72, 1800, at=after(8))
    choice: dict[str, Any] = {"bill": False, "user_id": None, "now": after(80), "reason": "goodwill"}
    note = await business.do(reviews.review, start.session_id, **choice)
    assert note is not None and (note.number, note.document.reason) == ("C2026-0001", "goodwill")
    assert (await business.session(start.session_id)).bill is None
    assert await business.ask(ledger.check, OURS) == []


async def test_a_bill_that_fails_costs_the_stop_nothing_and_is_issued_later(business: Business) -> None:
    await business.do(run, BROKEN)
    start = await business.start()
    assert (await business.stop(start.transaction_id, 60, 6512)).bill is None
    (task,) = await business.ask(overview.bills_put_off)
    assert (task.session_id, task.attempts) == (start.session_id, 1) and "no paper" in task.error
    assert await business.ask(billing.due, after(60)) == []
    assert await business.do(billing.retry, start.session_id, after(61)) is None
    (task,) = await business.ask(overview.bills_put_off)
    assert (task.attempts, task.due_at - task.failed_at) == (2, 2 * billing.FIRST_WAIT)
    await business.do(run, MENDED)
    assert await business.ask(billing.due, after(62)) == [start.session_id]
    issued = await business.do(billing.retry, start.session_id, after(62))
    assert issued is not None and issued.number == "2026-0001"
    assert await business.ask(overview.bills_put_off) == []
    assert await business.do(billing.retry, start.session_id, after(63)) == issued
    assert await business.ask(ledger.check, OURS) == []


def spoil(conn: Connection) -> None:
    """As if a tariff without a possible currency had slipped through."""
    known = conn.execute(tariff_version.select().order_by(tariff_version.c.id.desc())).first()
    assert known is not None
    spoilt = {**known._asdict(), "id": 99, "number": 99, "currency": "zzz"}
    conn.execute(tariff_version.insert().values(**spoilt))
    conn.execute(session.update().values(tariff_version_id=99))


async def test_a_tariff_that_cannot_price_costs_the_stop_nothing(business: Business) -> None:
    start = await business.start()
    await business.do(spoil)
    assert await business.meter(start.transaction_id, 30, 3000) is not None
    assert (await business.stop(start.transaction_id, 60, 6512)).bill is None
    (task,) = await business.ask(overview.bills_put_off)
    assert "UnknownCurrency" in task.error
    await business.do(lambda conn: conn.execute(session.update().values(tariff_version_id=1)))
    issued = await business.do(billing.retry, start.session_id, after(90))
    assert issued is not None and issued.gross_minor == 324


@pytest.mark.parametrize("statement", ["UPDATE bill SET gross_minor = 0", "DELETE FROM bill"])
async def test_the_database_keeps_bills_unaltered(business: Business, statement: str) -> None:
    await billed(business)
    with pytest.raises(DBAPIError, match="a bill is never changed"):
        await business.do(lambda conn: conn.execute(text(statement)))


async def test_an_invoice_is_credited_once(business: Business) -> None:
    wrong = await billed(business)
    await business.do(billing.credit, business.station, wrong, "once", after(90))
    with pytest.raises(DBAPIError):
        await business.do(billing.credit, business.station, wrong, "twice", after(91))
    assert [bill.number for bill in await business.ask(rows.related, wrong.session_id)] == ["2026-0001", "C2026-0001"]


async def test_the_seller_is_the_one_of_the_day(business: Business) -> None:
    before = await billed(business)
    told = {"name": "New Ltd", "address": "Main Street 1\n12345 Town", "vat_id": "DE123456789", "country_code": "DE"}
    await business.do(organisations.describe, OURS, told, after(100))
    later = await billed(business, 120, connector=2)
    assert (before.document.parties.seller.name, later.document.parties.seller.vat_id) == ("Operator", "DE123456789")
    assert await business.ask(overview.bill, before.number) == before
    for wrong in ({"country_code": "Germany"}, {"party_id": "x"}, {"name": ""}, {"address": "x\n" * 9}):
        with pytest.raises(NotNow, match="cannot be"):
            await business.do(organisations.describe, OURS, wrong, after(101))
