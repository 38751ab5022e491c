"""Accounts: who they are, what they pay in and get back."""

from datetime import datetime

import pytest
from sqlalchemy import Connection

from cloud.domain.accounts import Funds, PaymentTerms
from cloud.domain.errors import UnknownCurrency
from cloud.domain.ledger import LedgerKind, Payment, Statement
from cloud.services import accounts, ledger, tags
from cloud.services.errors import AlreadyThere, Malformed, NotFound, NotNow
from tests.cloud.conftest import NOON, TAG, Business, after
from tests.ours import OURS

PREPAID = {"terms": PaymentTerms.PREPAID, "currency": "EUR"}


@pytest.fixture
async def ada(business: Business) -> Business:
    """The business with a prepaid account `Ada` that pays for the tag."""
    await business.do(accounts.add, OURS, "Ada", NOON, **PREPAID, email="ada@example.org", language="de")
    await business.do(accounts.link, OURS, TAG, "Ada", NOON)
    return business


async def funds(business: Business, name: str = "Ada") -> Funds:
    return (await business.ask(accounts.view, OURS, name)).funds


async def pay(business: Business, minor: int, reference: str, name: str = "Ada") -> None:
    await business.do(accounts.top_up, OURS, name, Payment(reference, minor), NOON)


async def test_an_account_and_its_tags(ada: Business) -> None:
    await ada.do(tags.add, OURS, "SECOND", NOON)
    await ada.do(accounts.link, OURS, "second", "Ada", NOON)
    view = await ada.ask(accounts.view, OURS, "Ada")
    assert (view.tags, view.account.language, view.account.hold_minor) == ((TAG, "SECOND"), "de", 500)
    await ada.do(accounts.link, OURS, "SECOND", None, NOON)
    assert [view.tags for view in await ada.ask(accounts.views, OURS)] == [(TAG,)]


async def test_what_is_paid_twice_under_one_reference_counts_once(ada: Business) -> None:
    await pay(ada, 2000, "receipt 7")
    await pay(ada, 2000, "receipt 7")
    assert await funds(ada) == Funds(2000)
    with pytest.raises(NotNow, match="names another payment"):
        await pay(ada, 2001, "receipt 7")
    await ada.do(accounts.add, OURS, "Bob", NOON, **PREPAID)
    with pytest.raises(NotNow, match="names another payment"):
        await pay(ada, 2000, "receipt 7", "Bob")
    await ada.do(accounts.refund, OURS, "Ada", Payment("receipt 7", 2000), NOON)
    await ada.do(accounts.refund, OURS, "Ada", Payment("receipt 7", 2000), NOON)
    assert (await funds(ada), await funds(ada, "Bob")) == (Funds(), Funds())
    assert await ada.ask(ledger.check, OURS) == []


async def test_no_more_is_given_back_than_there_is(ada: Business) -> None:
    await pay(ada, 700, "1")
    with pytest.raises(NotNow, match=r"only 7\.00 EUR in the wallet of Ada are free"):
        await ada.do(accounts.refund, OURS, "Ada", Payment("2", 701), NOON)
    await ada.start()
    with pytest.raises(NotNow, match=r"only 2\.00 EUR"):
        await ada.do(accounts.refund, OURS, "Ada", Payment("2", 300), NOON)
    await ada.do(accounts.refund, OURS, "Ada", Payment("2", 200), NOON)
    assert await funds(ada) == Funds(0, 500)


@pytest.mark.parametrize("minor", [0, -1, 10**13])
async def test_amounts_that_cannot_be(ada: Business, minor: int) -> None:
    for pay_in_or_out in (accounts.top_up, accounts.refund):
        with pytest.raises((Malformed, NotNow)):
            await ada.do(pay_in_or_out, OURS, "Ada", Payment("1", minor), NOON)
    assert await ada.ask(ledger.balances, OURS) == []


async def test_accounts_that_cannot_be(ada: Business) -> None:
    with pytest.raises(AlreadyThere):
        await ada.do(accounts.add, OURS, "Ada", NOON, **PREPAID)
    with pytest.raises(UnknownCurrency):
        await ada.do(accounts.add, OURS, "Bob", NOON, terms=PaymentTerms.PREPAID, currency="Euro")
    for wrong in ({"name": " "}, {"name": "a\nb"}, {"email": "at"}, {"language": "german, please"}, {"hold_minor": 0}):
        with pytest.raises(Malformed):
            await ada.do(accounts.add, OURS, now=NOON, **{"name": "Bob", **PREPAID, **wrong})
        with pytest.raises(Malformed):
            await ada.do(accounts.change, await ada.ask(accounts.find, OURS, "Ada"), wrong, NOON)
    await ada.do(accounts.add, OURS, "Bob", NOON, **PREPAID)
    with pytest.raises(AlreadyThere):
        await ada.do(accounts.change, await ada.ask(accounts.find, OURS, "Bob"), {"name": "Ada"}, NOON)
    for nobody in ((accounts.link, OURS, "NONE", "Ada"), (accounts.link, OURS, TAG, "Eve")):
        with pytest.raises(NotFound):
            await ada.do(*nobody, NOON)
    with pytest.raises(NotFound, match="no account 'Eve'"):
        await pay(ada, 1, "1", "Eve")
    with pytest.raises(Malformed, match="reference"):
        await pay(ada, 1, "")


def statement(conn: Connection, begin: datetime, end: datetime) -> Statement:
    return accounts.statement(conn, accounts.find(conn, OURS, "Fleet"), begin, end)


async def test_a_postpaid_account_owes_until_it_pays(business: Business) -> None:
    await business.do(accounts.add, OURS, "Fleet", NOON, terms=PaymentTerms.POSTPAID, currency="EUR")
    await business.do(accounts.link, OURS, TAG, "Fleet", NOON)
    start = await business.start()
    assert start.verdict.accepted
    await business.stop(start.transaction_id, 60, 6000)
    assert await funds(business, "Fleet") == Funds(0, 0, 300)
    await business.do(accounts.top_up, OURS, "Fleet", Payment("transfer 1", 500), after(100))
    assert await funds(business, "Fleet") == Funds(200, 0, 0)
    late = await business.start(200, wh=6000)
    await business.stop(late.transaction_id, 260, 7000)
    assert await funds(business, "Fleet") == Funds(92, 0, 0)
    said = await business.ask(statement, after(0), after(150))
    assert [(entry.what, entry.amount_minor) for entry in said.entries] == [
        ("bill 2026-0001", -300),
        ("top_up operator transfer 1", 500),
    ]
    assert (said.opening_minor, said.closing_minor) == (0, 200)
    rest = await business.ask(statement, after(150), after(300))
    assert (rest.opening_minor, [entry.amount_minor for entry in rest.entries], rest.closing_minor) == (200, [-108], 92)


async def test_a_tag_without_an_account_owes_by_itself(business: Business) -> None:
    start = await business.start()
    await business.stop(start.transaction_id, 60, 6000)
    found = {
        (each.of.kind, each.of.detail): each.amount_minor
        for each in await business.ask(ledger.balances, OURS)
        if each.of.account_id is None
    }
    assert found == {
        (LedgerKind.RECEIVABLE, TAG): 300,
        (LedgerKind.REVENUE, "20"): 250,
        (LedgerKind.VAT, "20"): 50,
    }
    assert await business.ask(ledger.check, OURS) == []
