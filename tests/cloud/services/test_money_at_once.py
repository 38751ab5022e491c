"""Money that several people move at the same moment moves once, and never more than there is."""

import asyncio
from collections.abc import Awaitable
from typing import Any

from cloud.domain.accounts import PaymentTerms
from cloud.domain.bills import BillKind
from cloud.domain.corrections import Correction
from cloud.domain.ledger import Payment
from cloud.services import accounts, ledger, reviews
from cloud.services.errors import NotNow
from tests.cloud.conftest import NOON, TAG, Business, after
from tests.ours import OURS


async def outcomes(*doing: Awaitable[Any]) -> list[Any]:
    """What came of each, begun at once; whatever is refused must be so in plain words."""
    found = await asyncio.gather(*doing, return_exceptions=True)
    assert all(isinstance(each, NotNow) for each in found if isinstance(each, BaseException)), found
    return list(found)


async def account(business: Business) -> None:
    terms = {"terms": PaymentTerms.PREPAID, "currency": "EUR"}
    await business.do(accounts.add, OURS, "Ada", NOON, **terms)
    await business.do(accounts.link, OURS, TAG, "Ada", NOON)


async def test_one_payment_told_often_counts_once_and_no_more_goes_back_than_is_there(business: Business) -> None:
    await account(business)
    same = Payment("receipt 1", 1_000)
    await outcomes(*(business.do(accounts.top_up, OURS, "Ada", same, NOON) for _ in range(6)))
    back = [Payment(f"back {n}", 400) for n in range(6)]
    said = await outcomes(*(business.do(accounts.refund, OURS, "Ada", each, NOON) for each in back))
    assert sum(isinstance(each, NotNow) for each in said) == 4
    again = await outcomes(*(business.do(accounts.top_up, OURS, "Ada", Payment("2", n), NOON) for n in (100, 200)))
    assert sum(isinstance(each, NotNow) for each in again) == 1
    assert (await business.ask(accounts.view, OURS, "Ada")).funds.free_minor in (300, 400)
    assert await business.ask(ledger.check, OURS) == []


async def test_a_bill_is_undone_once_whoever_undoes_it(business: Business) -> None:
    """Credited by several while others correct it: every invoice but the one in force has its credit note."""
    await account(business)
    await business.do(accounts.top_up, OURS, "Ada", Payment("1", 5_000), NOON)
    began = await business.start()
    await business.stop(began.transaction_id, 60, 11_000)
    id = began.session_id
    credited = [business.do(reviews.credit, id, "wrong", None, after(70)) for _ in range(3)]
    corrected = [
        business.do(reviews.correct, id, Correction("other", energy_wh=wh), None, after(70))
        for wh in (1_000, 2_000, 3_000)
    ]
    await outcomes(*credited, *corrected)
    bills = (await business.ask(reviews.case, id)).bills
    invoices = [each for each in bills if each.kind is BillKind.INVOICE]
    undone = [each.revision for each in bills if each.kind is BillKind.CREDIT_NOTE]
    assert len(set(undone)) == len(undone) and 0 <= len(invoices) - len(undone) <= 1
    funds = (await business.ask(accounts.view, OURS, "Ada")).funds
    assert funds.free_minor == 5_000 - sum(each.gross_minor for each in bills) and funds.held_minor == 0
    assert await business.ask(ledger.check, OURS) == []
