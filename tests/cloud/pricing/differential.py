"""Somebody else's pricing: the Rust tool `ocpi-tariffs`, built when needed, asked with a period for each minute."""

import json
import re
import shutil
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from cloud.domain import ocpi_tariffs
from cloud.domain.pricing import LineKind, Usage
from cloud.domain.tariffs import Dimension, TariffVersion, Terms
from tests.cloud.pricing.minutes import minutes

VERSION = "0.48.0"
TOTALS: Mapping[LineKind, str] = {
    LineKind.ENERGY: "Total Energy Cost (Excl.)",
    LineKind.TIME: "Total Time Cost (Excl.)",
    LineKind.PARKING_TIME: "Total Idle Cost (Excl.)",
    LineKind.FLAT: "Total Fixed Cost (Excl.)",
}
NET, GROSS = "Total Cost (Excl.)", "Total Cost (Incl.)"


def build(root: Path) -> Path:
    """The tool, built below `root` unless it is there; needs cargo of Rust 1.85 or newer and a few minutes."""
    tool = root / "bin" / "ocpi-tariffs"
    if not tool.exists():
        assert shutil.which("cargo"), "install Rust 1.85 or newer (cargo) to compare prices with somebody else's"
        what = ["ocpi-tariffs-cli", "--version", VERSION, "--locked"]
        subprocess.run(["cargo", "install", *what, "--root", str(root)], check=True)  # wherever cargo is
    return tool


def ask(tool: Path, at: Path, terms: Terms, usage: Usage, zone: ZoneInfo) -> dict[str, Decimal]:
    """What the tool makes of it: each row of its report that has an amount."""
    at.write_text(json.dumps(_cdr(terms, usage)))
    command = [tool, "price", "--cdr", at, "--timezone", str(zone), "--ocpi-version", "v221"]
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    rows = re.findall(r"^\| (Total [^|]+?) +\| [^0-9|]*([0-9.]+) +\|", said.stdout, re.MULTILINE)
    assert rows, said.stderr
    return {name: Decimal(amount) for name, amount in rows}


def _cdr(terms: Terms, usage: Usage) -> dict[str, Any]:
    tariff = TariffVersion(1, 1, "1", 1, terms, datetime(2020, 1, 1, tzinfo=UTC))
    owner = {"country_code": "NL", "party_id": "ABC", "id": "1", "last_updated": "2026-01-01T00:00:00Z"}
    told = ocpi_tariffs.write(tariff)
    told.pop("parking_grace_s", None)
    found = minutes(terms, usage)
    return {
        **owner,
        "start_date_time": _utc(usage.started_at),
        "end_date_time": _utc(max(usage.ended_at, usage.unplugged_at or usage.ended_at)),
        "currency": terms.currency,
        "cdr_location": {"country": "NLD"},
        "tariffs": [{**told, **owner}],
        "charging_periods": [
            {"start_date_time": _utc(at), "dimensions": _dimensions(taken_wh, kind)}
            for at, _before, taken_wh, kind in found
        ],
        "total_cost": {"excl_vat": 0, "incl_vat": 0},
        "total_energy": usage.energy_wh / 1000,
        "total_time": len(found) / 60,
    }


def _dimensions(taken_wh: int, kind: Dimension | None) -> list[dict[str, Any]]:
    power = {"volume": taken_wh * 60 / 1000}
    told = [{"type": "MIN_POWER", **power}, {"type": "MAX_POWER", **power}]
    told += [{"type": "ENERGY", "volume": taken_wh / 1000}] if taken_wh else []
    return told + ([{"type": kind.value, "volume": round(1 / 60, 10)}] if kind else [])


def _utc(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
