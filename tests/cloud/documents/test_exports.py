"""Exports: CSV that no spreadsheet runs, CDRs in OCPI's shape, statements whose sums are those of their bills."""

import csv
import io
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader

from cloud.documents import statement
from cloud.documents.cdr import cdr
from cloud.documents.pdf import statement_pdf
from cloud.documents.table import HEADS, as_csv
from cloud.domain.accounts import PaymentTerms
from cloud.domain.bills import Buyer
from cloud.domain.errors import BadMonth
from cloud.domain.ledger import Payment
from cloud.domain.signed import SignedValue
from cloud.domain.statements import month
from cloud.services import accounts, statements
from tests.cloud.conftest import NOON, TAG, Business, after
from tests.cloud.documents.bills import BEGAN, credit_note, invoice
from tests.ours import OURS

SIGNED = SignedValue(BEGAN, "Transaction.End", {"value": "OCMF|{}|{}", "format": "SignedData"})


def test_csv_has_a_line_for_each_bill() -> None:
    bill = invoice()
    rows = list(csv.DictReader(io.StringIO(as_csv([bill, credit_note(bill)]))))
    assert [(row["number"], row["kind"], row["corrects"]) for row in rows] == [
        ("2026-0001", "invoice", ""),
        ("C2026-0001", "credit_note", "2026-0001"),
    ]
    assert Decimal(rows[0]["total"]) == -Decimal(rows[1]["total"]) == Decimal(bill.gross_minor) / 100
    assert (rows[0]["energy_kwh"], rows[0]["account"], rows[0]["currency"]) == ("3.000", "7", "EUR")


@given(st.text(max_size=12))
def test_no_text_is_a_formula_to_a_spreadsheet(name: str) -> None:
    bill = invoice(1, buyer=Buyer(name, 1), station=name, tariff=name)
    (row,) = csv.reader(io.StringIO(as_csv([bill]).split("\n", 1)[1], newline=""))
    texts = [
        cell for head, cell in zip(HEADS, row, strict=True) if head in {"account_name", "station", "tariff", "id_tag"}
    ]
    assert not [cell for cell in texts if cell.strip().startswith(("=", "+", "-", "@"))]
    assert texts[1] == "'=04A1B2C3"


def test_a_cdr_has_ocpis_fields_and_the_bills_figures() -> None:
    bill = invoice(2)
    told = cdr(bill, ("DE", "BOL"), [SIGNED])
    price = bill.document.price
    assert (told["id"], told["country_code"], told["party_id"], told["credit"]) == ("2026-0001", "DE", "BOL", False)
    assert told["total_cost"] == {"excl_vat": price.net_minor / 100, "incl_vat": price.gross_minor / 100}
    assert told["total_energy"] == 3.0 == sum(volume(period, "ENERGY") for period in told["charging_periods"])
    assert told["total_time"] == pytest.approx(0.4)
    assert sum(volume(period, "TIME") for period in told["charging_periods"]) == pytest.approx(0.4, abs=0.001)
    assert told["start_date_time"] == "2026-07-13T21:50:00Z"
    assert told["signed_data"]["encoding_method"] == "OCMF"
    assert told["signed_data"]["signed_values"] == [{"nature": "End", "plain_data": "", "signed_data": "OCMF|{}|{}"}]


def volume(period: dict[str, Any], kind: str) -> Any:
    return sum(each["volume"] for each in period["dimensions"] if each["type"] == kind)


def test_a_credit_cdr_refers_to_what_it_credits() -> None:
    told = cdr(credit_note(invoice()), ("", ""))
    assert (told["credit"], told["credit_reference_id"], told["remark"]) == (True, "2026-0001", "billed twice")
    assert told["total_cost"]["incl_vat"] < 0 < told["total_energy"]
    assert (told["country_code"], told["party_id"]) == ("ZZ", "ZZZ")


def test_months_that_are_none_are_refused() -> None:
    zone = BEGAN.tzinfo
    assert zone is not None
    with pytest.raises(BadMonth):
        month("November", zone)  # type: ignore[arg-type]  # what an operator may type


async def test_a_statement_sums_its_bills_and_its_money(business: Business) -> None:
    await business.do(accounts.add, OURS, "Ada", NOON, terms=PaymentTerms.POSTPAID, currency="EUR")
    await business.do(accounts.link, OURS, TAG, "Ada", NOON)
    start = await business.start()
    bill = (await business.stop(start.transaction_id, 60, 6512)).bill
    await business.do(accounts.top_up, OURS, "Ada", Payment("bank-1", 200), after(90))
    told = await business.ask(statements.monthly, await business.ask(accounts.find, OURS, "Ada"), "2026-03")
    assert bill is not None and told.bills == (bill,)
    assert bill.document.parties.buyer.name == "Ada"
    shown = statement.statement_page(told)
    assert shown.balance == ("To be paid", "1.24 EUR")
    figures = ["0.00 EUR", "-3.24 EUR", "2.00 EUR"]
    words = ["Balance brought forward", f"Invoice {bill.number}", "Paid in, bank-1"]
    assert [(entry.what, entry.amount) for entry in shown.entries] == list(zip(words, figures, strict=True))
    assert dict(shown.sums) == {
        "Net of all bills": "2.70 EUR",
        "VAT 20 %": "0.54 EUR",
        "Total of all bills": "3.24 EUR",
    }
    german = statement.statement_page(told, "de")
    assert (german.title, german.balance) == ("Abrechnung März 2026", ("Zu zahlen", "1,24 EUR"))
    assert [entry.what for entry in german.entries] == ["Übertrag", f"Rechnung {bill.number}", "Eingezahlt, bank-1"]
    assert [figure.replace(",", ".") for _, figure in german.sums] == [figure for _, figure in shown.sums]
    content = statement_pdf(shown, told.end)
    seen = " ".join(PdfReader(io.BytesIO(content)).pages[0].extract_text().split())
    assert [figure for _, figure in (shown.balance, *shown.sums) if figure not in seen] == []
    assert "Statement March 2026" in seen and bill.number in seen and "Paid in" in seen
    assert all(figure in statement.text(shown) for _, figure in (shown.balance, *shown.sums))
    empty = await business.ask(statements.monthly, await business.ask(accounts.find, OURS, "Ada"), "2026-02")
    assert (empty.bills, empty.money.closing_minor) == ((), 0)
    assert statement_pdf(statement.statement_page(replace(empty, end=datetime(2026, 3, 1, tzinfo=UTC))), empty.end)


async def test_bills_are_handed_on_in_pages(business: Business) -> None:
    for minute in (0, 60, 120):
        start = await business.start(minute, wh=1000 + 100 * minute)
        await business.stop(start.transaction_id, minute + 10, 1500 + 100 * minute)
    pages = statements.between(business.db, OURS, after(60), after(131), at_once=1)
    assert [[each.bill.number for each in page] async for page in pages] == [["2026-0002"], ["2026-0003"]]
    assert [page async for page in statements.between(business.db, OURS, after(61), after(70))] == []
