"""What stands on receipts: the figures of the bill, in the page's words and in the PDF alike."""

import io
import re
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from cloud.documents import receipt as receipts
from cloud.documents.pdf import receipt_pdf
from cloud.documents.receipt import receipt
from cloud.domain.bills import Bill, Buyer, Document, read_document, says_the_same
from cloud.domain.money import format_minor
from tests.cloud.documents.bills import credit_note, invoice

OLD = {
    "parties": {"seller": "Operator", "id_tag": "04A1", "site": "Main", "station": "lab-1", "connector": 1},
    "delivery": {
        "energy_wh": 5512,
        "meter_start_wh": 1000,
        "meter_stop_wh": 6512,
        "started_at": "2025-03-01T12:00:00Z",
        "ended_at": "2025-03-01T13:00:00Z",
    },
    "tariff": "standard",
    "tariff_version": 1,
    "price": {
        "currency": "EUR",
        "lines": [
            {
                "dimension": "ENERGY",
                "quantity": "5.512",
                "unit_price": "0.40",
                "net_minor": 220,
                "vat_percent": "20",
                "why": "5.512 kWh × 0.40 EUR",
            }
        ],
        "vat_groups": [{"percent": "20", "net_minor": 220, "vat_minor": 44}],
        "net_minor": 220,
        "vat_minor": 44,
        "gross_minor": 264,
    },
}


def pdf_text(bill: Bill, language: str = "en") -> str:
    """All that a reader can select in the PDF, in one line."""
    content = receipt_pdf(receipt(bill, "UTC", language), bill.issued_at)
    return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages).split())


def figures(bill: Bill) -> set[str]:
    """Every sum, quantity and time that the database holds of a bill."""
    price, delivery = bill.document.price, bill.document.delivery
    minors = [price.net_minor, price.gross_minor, *(line.net_minor for line in price.lines)]
    minors += [minor for group in price.vat_groups for minor in (group.net_minor, group.vat_minor)]
    energies = [delivery.energy_wh, delivery.meter_start_wh, delivery.meter_stop_wh]
    energies += [period.energy_wh for period in price.periods]
    return {
        bill.number,
        *(format_minor(minor, price.currency) for minor in minors),
        *(f"{(energy_wh or 0) / 1000:.3f} kWh" for energy_wh in energies),
        *(f"{line.quantity:f}" for line in price.lines),
        *(f"{line.unit_price:f} {price.currency}" for line in price.lines),
    }


@pytest.mark.parametrize("steps", [1, 40])
def test_the_pdf_holds_the_figures_of_the_database(steps: int) -> None:
    for bill in (invoice(steps), credit_note(invoice(steps))):
        seen = pdf_text(bill)
        assert {figure for figure in figures(bill) if figure not in seen} == set()


def test_the_pdf_is_the_same_each_time_and_says_who_wrote_it() -> None:
    bill = invoice()
    one, other = (receipt_pdf(receipt(bill, "UTC"), bill.issued_at) for _ in range(2))
    assert one == other
    told = PdfReader(io.BytesIO(one)).metadata
    assert told is not None and (told.title, told.author) == ("Invoice 2026-0001", "Łódź Énergie שלום GmbH")


@pytest.mark.parametrize("name", ["x" * 400, "名前 中文", "مريم Al-Example", "tab\tand\x07bell", "👩‍🚀", "a\u202eb"])
def test_no_name_breaks_a_receipt(name: str) -> None:
    bill = invoice(buyer=Buyer(name, 1), station=name, tariff=name)
    assert "Invoice 2026-0001" in pdf_text(bill)


@settings(max_examples=8, deadline=None)
@given(steps=st.integers(1, 6), credited=st.booleans())
def test_another_language_says_the_same_figures_in_other_words(steps: int, credited: bool) -> None:
    bill = credit_note(invoice(steps)) if credited else invoice(steps)
    english, german = (asdict(receipt(bill, "UTC", language)) for language in ("en", "de"))
    for name in ("title", "notes", "facts", "lines", "sums", "total", "zone"):
        assert numbers(english[name]) == numbers(german[name]), name
    assert (english["seller"][:-1], english["footer"]) == (german["seller"][:-1], german["footer"])
    said = " ".join(texts(german["facts"]) + texts(german["lines"]) + texts(german["sums"]))
    left = re.findall(r"\b(?:session|from|up|to|on|used|Energy|Began|VAT|Net|connector)\b|\d\.\d", said)
    assert left == [], said


def test_a_german_receipt_is_german() -> None:
    bill = invoice(1)
    seen = pdf_text(bill, "de")
    for text in ("Rechnung 2026-0001", "14. Juli 2026", "Gelieferte Energie 1,500 kWh", "1,500 kWh × 0,30 EUR"):
        assert text in seen, seen
    for text in ("1 Ladevorgang × 0,50 EUR", "0,50 EUR je Ladevorgang", "Zeiten gelten in Europe/Berlin.", "Seite 1"):
        assert text in seen, seen


def texts(told: Any) -> list[str]:
    if isinstance(told, dict):
        told = told.values()
    return [told] if isinstance(told, str) else [text for each in told for text in texts(each)]


def numbers(told: Any) -> list[str]:
    """Digits in their order, without what parts thousands, decimals and days."""
    return [re.sub(r"[.,]", "", number) for text in texts(told) for number in re.findall(r"-?\d[\d.,]*", text)]


def test_the_words_for_the_terminal_hold_the_figures_too() -> None:
    for bill in (invoice(3), credit_note(invoice(3))):
        seen = receipts.text(receipt(bill, "UTC"))
        assert {figure for figure in figures(bill) if figure not in seen} == set()


def test_times_are_those_of_the_bills_own_zone() -> None:
    told = dict(receipt(invoice(), "UTC").facts)
    assert (told["Began"], told["Ended"]) == ("13 Jul 2026, 23:50:00", "14 Jul 2026, 00:14:00")


def test_a_credit_note_names_what_it_undoes() -> None:
    shown = receipt(credit_note(invoice()), "UTC")
    assert (shown.title, shown.notes) == ("Credit note C2026-0001", ("Undoes invoice 2026-0001: billed twice",))
    assert shown.total.startswith("-")


@pytest.mark.parametrize(("language", "said"), [("en", "2.500 kWh, corrected"), ("de", "2,500 kWh, vom Betreiber")])
def test_a_corrected_energy_does_not_pose_as_the_meters(language: str, said: str) -> None:
    bill, label = invoice(), {"en": "Energy delivered", "de": "Gelieferte Energie"}[language]
    document = bill.document
    changed = replace(
        document, delivery=replace(document.delivery, energy_wh=2500), corrects="2026-0001", reason="lost"
    )
    told = [dict(receipt(replace(bill, document=each), "UTC", language).facts)[label] for each in (document, changed)]
    assert told[0].endswith("kWh") and told[1].startswith(said)


def test_other_words_for_the_same_sums_are_no_correction() -> None:
    document = invoice().document
    first, *rest = document.price.lines
    worded = replace(document, price=replace(document.price, lines=(replace(first, why="0:00:02 h × 1.20 EUR"), *rest)))
    dearer = replace(document, price=replace(document.price, lines=(replace(first, net_minor=1), *rest)))
    assert says_the_same(document, worded) and not says_the_same(document, dearer)


def test_a_bill_of_the_first_version_is_still_read_and_printed() -> None:
    document = read_document(OLD)
    bill = Bill(1, "2025-0001", 1, datetime(2025, 3, 1, 13, tzinfo=UTC), document)
    assert (document.parties.seller.name, document.schema, document.time_zone) == ("Operator", 1, None)
    assert {figure for figure in figures(bill) if figure not in pdf_text(bill)} == set()
    assert dict(receipt(bill, "Europe/Berlin").facts)["Began"] == "1 Mar 2025, 13:00:00"


def test_a_snapshot_reads_back_as_it_was_written() -> None:
    document = invoice(3).document
    assert read_document(msgspec.json.decode(msgspec.json.encode(msgspec.to_builtins(document)))) == document


@settings(max_examples=30, deadline=None)
@given(steps=st.integers(1, 6), reason=st.text(max_size=40))
def test_an_invoice_and_its_credit_note_come_to_nothing(steps: int, reason: str) -> None:
    bill = invoice(steps)
    note = replace(credit_note(bill), document=replace(credit_note(bill).document, reason=reason))
    for one, other in zip(minors(bill.document), minors(note.document), strict=True):
        assert one + other == 0
    assert note.document.delivery == bill.document.delivery
    assert note.document.corrects == bill.number


def minors(document: Document) -> list[Any]:
    """Every field of the price that is money."""
    told = msgspec.to_builtins(document.price)
    flat = re.findall(r'"\w+_minor":(-?\d+)', msgspec.json.encode(told).decode())
    return [int(minor) for minor in flat]
