"""Bills, statements, exports and reviews as the operator types them."""

import csv
import io
import json
import re
from pathlib import Path

import pytest
from pypdf import PdfReader

from cloud.db.database import Database
from tests.cloud.cli.conftest import Refused, Type, run
from tests.cloud.conftest import NOON, TAG, Business, furnish

MARCH = ("--from", "2026-03-01", "--to", "2026-03-31")


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One kind is enough: the services have tests of their own on both."""
    return sqlite_url


@pytest.fixture
def charged(type_: Type, database_url: str) -> None:
    """Session 1 is billed to the account Ada, session 2 is in doubt."""

    async def play(db: Database) -> None:
        business = Business(db, await db.write(furnish))
        for minute, connector, doubts in ((0, 1, ()), (120, 2, ("doubtful",))):
            start = await business.start(minute, connector=connector, doubts=doubts)
            await business.meter(start.transaction_id, minute + 30, 3000, connector=connector)
            await business.stop(start.transaction_id, minute + 60, 6512)

    run(database_url, play)
    type_("set-organisation", "Example Ltd", "--address", "Main Street 1", "12345 Town", "--vat-id", "DE1")


@pytest.mark.usefixtures("charged")
def test_a_bill_is_shown_corrected_and_printed(type_: Type, tmp_path: Path) -> None:
    assert "Energy: 5.512 kWh × 0.40 EUR" in type_("bill", "2026-0001")
    assert "Energie: 5,512 kWh × 0,40 EUR" in type_("bill", "2026-0001", "--language", "de")
    said = type_("correct", "1", "--kwh", "4", "--ended", "2026-03-01 12:50", "--reason", "the fuse had blown")
    told = re.fullmatch(r"credit note C\d{4}-0001, -3\.24 EUR\ninvoice (\d{4}-\d{4}), 2\.52 EUR\n", said)
    assert told
    number = told[1]
    assert "Replaces invoice 2026-0001: the fuse had blown" in type_("bill", number)
    path = tmp_path / "bill.pdf"
    assert type_("bill", number, "--pdf", str(path)).startswith(f"{path}, ")
    assert "Example Ltd" in PdfReader(path).pages[0].extract_text()
    with pytest.raises(Refused, match="cannot be written: No such file"):
        type_("bill", number, "--pdf", str(tmp_path / "nowhere" / "bill.pdf"))
    for kwh in ("NaN", "Infinity", "1e99", "five"):
        with pytest.raises(SystemExit):
            type_("correct", "1", "--kwh", kwh, "--reason", "x")
    with pytest.raises(Refused, match="there is no bill 7"):
        type_("bill", "7")


@pytest.mark.usefixtures("charged")
def test_suspects_are_shown_and_decided(type_: Type) -> None:
    assert "doubtful" in type_("suspects")
    shown = type_("suspects", "2")
    assert "- doubtful" in shown and "3000" in shown and "not billed yet" in shown
    with pytest.raises(Refused, match="either --bill or --write-off"):
        type_("review", "2")
    assert type_("review", "2", "--write-off", "--reason", "a test drive") == "written off\n"
    assert type_("suspects") == "no session is in doubt\n"


@pytest.mark.usefixtures("charged")
def test_bills_are_exported(type_: Type, tmp_path: Path) -> None:
    (row,) = csv.DictReader(io.StringIO(type_("export", *MARCH)))
    assert (row["number"], row["id_tag"], row["total"]) == ("2026-0001", TAG, "3.24")
    path = tmp_path / "cdrs.json"
    type_("export", *MARCH, "--format", "ocpi", "--output", str(path))
    (told,) = json.loads(path.read_text())
    assert told["total_cost"] == {"excl_vat": 2.7, "incl_vat": 3.24}
    assert told["tariffs"][0]["elements"][0]["price_components"][0]["price"] == 0.4
    assert json.loads(type_("export", *MARCH, "--format", "ocpi", "--json")) == [told]
    assert type_("export", "--from", "2026-04-01", "--to", "2026-04-30").count("\n") == 1
    with pytest.raises(Refused, match="--to is before --from"):
        type_("export", "--from", "2026-04-30", "--to", "2026-04-01")


@pytest.mark.usefixtures("charged")
def test_a_month_is_stated(type_: Type, tmp_path: Path) -> None:
    type_("add-account", "Ada", "--postpaid")
    shown = type_("statement", "Ada", "--month", f"{NOON:%Y-%m}")
    assert "Statement March 2026" in shown and "For Ada" in shown and "Remains" in shown
    path = tmp_path / "march.pdf"
    type_("statement", "Ada", "--month", "2026-03", "--pdf", str(path))
    assert "Statement March 2026" in PdfReader(path).pages[0].extract_text()
    with pytest.raises(Refused, match="'March' is not a month"):
        type_("statement", "Ada", "--month", "March")
