"""Accounts and the books, as typed."""

import json

import pytest

from cloud.db.database import Database
from tests.cloud.cli.conftest import Refused, Type, run
from tests.cloud.cli.test_commands import charge


@pytest.mark.usefixtures("furnished")
def test_from_a_top_up_to_the_books(type_: Type, database_url: str) -> None:
    type_("add-tag", "A1")
    assert "needs 5.00 EUR in its wallet" in type_("add-account", "Ada", "--email", "ada@example.org", "--tag", "A1")
    told = "; Ada has 20.00 EUR in the wallet now and owes 0.00 EUR\n"
    assert type_("top-up", "Ada", "20", "--reference", "receipt 7") == f"noted as receipt 7{told}"
    again = type_("top-up", "Ada", "20", "--reference", "receipt 7")
    assert again == f"noted before as receipt 7, nothing moved{told}"
    charge(database_url)
    assert type_("accounts").split()[-9:] == ["Ada", "prepaid", "17.60", "EUR", "0.00", "EUR", "0.00", "EUR", "A1"]
    told = type_("account", "Ada")
    assert "tags: A1" in told and "-2.40 EUR" in told and "Paid in, receipt 7" in told
    assert "Ada has 0.00 EUR in the wallet now and owes 0.00 EUR" in type_("refund", "Ada", "17.60")
    books = type_("ledger").splitlines()
    assert [line.split() for line in books if line.startswith(("revenue", "vat"))] == [
        ["revenue", "20", "%", "2.00", "EUR"],
        ["vat", "20", "%", "0.40", "EUR"],
    ]
    assert "the books balance" in type_("ledger", "check")
    view = json.loads(type_("account", "Ada", "--json"))["account"]
    assert view["funds"] == {"free_minor": 0, "held_minor": 0, "owed_minor": 0}


@pytest.mark.usefixtures("furnished")
def test_what_is_refused_is_said_plainly(type_: Type) -> None:
    assert "it pays later" in type_("add-account", "Fleet", "--postpaid", "--currency", "JPY", "--language", "de")
    assert type_("ledger") == "nothing has moved yet\n"
    for words, said in (
        (("top-up", "Fleet", "0.5"), "no such small unit"),
        (("top-up", "Fleet", "-5"), "more than 0"),
        (("refund", "Fleet", "5"), "only 0 JPY in the wallet of Fleet are free"),
        (("top-up", "Bob", "5"), "no account 'Bob'"),
        (("add-account", "Fleet"), "an account 'Fleet' already"),
        (("add-account", "Bob", "--tag", "NONE"), "no tag 'NONE'"),
        (("link-tag", "A1"), "--nobody"),
        (("link-tag", "A1", "--nobody"), "no tag 'A1'"),
    ):
        with pytest.raises(Refused, match=said):
            type_(*words)
    assert "Bob" not in type_("accounts")


@pytest.mark.usefixtures("furnished")
def test_books_that_are_not_whole_are_named(type_: Type, database_url: str) -> None:
    type_("add-tag", "A1")
    charge(database_url)

    async def lose(db: Database) -> None:
        guard = {
            "sqlite": "DROP TRIGGER transfer_is_final_DELETE",
            "postgresql": "ALTER TABLE transfer DISABLE TRIGGER USER",
        }
        for statement in (guard[database_url.split(":")[0]], "DELETE FROM transfer WHERE line = 1"):
            await db.write(lambda conn, statement=statement: conn.exec_driver_sql(statement))

    run(database_url, lose)
    with pytest.raises(
        Refused, match=r"not whole:\nmovement 'bill \d+-0001' has 1 of 2 transfers\nbill \d+-0001 says 240"
    ):
        type_("ledger", "check")
