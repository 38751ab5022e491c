"""Tariffs shown with example prices, and imported from files."""

import io
import json
from pathlib import Path

import pytest

from tests.cloud.cli.conftest import Refused, Type

DAY_AND_NIGHT = """
id = "Day and night"
currency = "EUR"
parking_grace_s = 600
max_price = { excl_vat = 20 }

[[elements]]
price_components = [{ type = "ENERGY", price = 0.20, vat = 20, step_size = 1 }]
restrictions = { start_time = 22:00:00, end_time = "06:00" }

[[elements]]
price_components = [
  { type = "ENERGY", price = 0.40, vat = 20, step_size = 1 },
  { type = "PARKING_TIME", price = 6.00, vat = 20, step_size = 60 },
]
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "tariff.toml"
    path.write_text(DAY_AND_NIGHT)
    return path


def test_import_shows_prices_and_changes_nothing_when_dry(type_: Type, file: Path) -> None:
    said = type_("tariff", "import", str(file), "--dry-run").splitlines()
    rows = [" ".join(line.split()) for line in said]
    assert "1 0.20 EUR a kWh 20 % 1 Wh 22:00–06:00" in rows
    assert "2 6.00 EUR an hour of parking 20 % 60 s always" in rows
    assert "A session costs at most 20.00 EUR without VAT." in said
    assert "Parking is free for 0:10:00 h each time." in said
    sums = [row.split()[-6::2] for row in rows if row.startswith(("5", "20 kWh", "50"))]
    assert ["8.00", "1.60", "9.60"] in sums  # 20 kWh by day
    assert ["4.00", "0.80", "4.80"] in sums  # 20 kWh by night
    assert ["19.00", "3.80", "22.80"] in sums  # 20 kWh by day and two hours parked, ten minutes of them free
    assert ["10.00", "2.00", "12.00"] in sums  # 50 kWh by night
    assert said[-1] == "tariff Day and night can be imported; nothing was changed"
    assert type_("tariffs") == "no tariffs yet\n"


def test_what_was_imported_is_shown_in_ocpi_s_form_and_can_be_imported_again(
    type_: Type, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "tariff Day and night is at version 1, for sessions" in type_("tariff", "import", str(file))
    assert "tariff Copy is at version 1" in type_("tariff", "import", str(file), "--name", "Copy")
    assert "no VAT" not in type_("tariff", "show", "Copy")
    file.write_text(DAY_AND_NIGHT.replace("price = 6.00, vat = 20", "price = 6.00"))
    assert "Some of these prices have no VAT although" in type_("tariff", "import", str(file), "--dry-run")
    assert "22:00–06:00" in type_("tariff", "show", "Day and night")
    shown = type_("tariff", "show", "Day and night", "--json")
    assert json.loads(shown)["elements"][0]["restrictions"] == {"start_time": "22:00", "end_time": "06:00"}
    monkeypatch.setattr("sys.stdin", io.StringIO(shown))
    assert "tariff Day and night is at version 2, for sessions" in type_("tariff", "import", "-")
    assert json.loads(type_("tariff", "show", "Day and night", "--json"))["elements"] == json.loads(shown)["elements"]
    assert [line.split()[-1] for line in type_("tariffs").splitlines()] == ["ELEMENTS", "2", "2"]


@pytest.mark.parametrize(
    ("before", "after", "complaint"),
    [
        ("step_size = 60", "step_size = 0", "element 2: PARKING_TIME step_size is 0"),
        ("id =", "id", "neither JSON (an object) nor TOML"),
        ("parking_grace_s = 600", "end_date_time = 2020-01-01T00:00:00Z", "it must be after the version's beginning"),
    ],
)
def test_a_bad_file_is_refused(type_: Type, file: Path, before: str, after: str, complaint: str) -> None:
    file.write_text(DAY_AND_NIGHT.replace(before, after))
    with pytest.raises(Refused) as refusal:
        type_("tariff", "import", str(file))
    assert complaint in str(refusal.value)


def test_a_file_or_tariff_that_is_not_there(type_: Type) -> None:
    with pytest.raises(Refused, match="cannot be read"):
        type_("tariff", "import", "/nowhere.toml")
    with pytest.raises(Refused, match="there is no tariff 'Nix'"):
        type_("tariff", "show", "Nix")


def test_a_site_has_a_clock_of_its_own(type_: Type) -> None:
    said = type_("set-site", "Main site", "--time-zone", "Europe/Berlin")
    assert said == "tariffs at Main site go by the clock of Europe/Berlin\n"
    with pytest.raises(Refused, match="'Mars/Base' is no time zone; give one such as Europe/Berlin"):
        type_("set-site", "Main site", "--time-zone", "Mars/Base")
