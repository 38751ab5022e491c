"""The worked examples: read from their files into terms, usage and what is expected."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from cloud.domain import ocpi_tariffs
from cloud.domain.money import to_minor
from cloud.domain.pricing import Usage
from cloud.domain.tariffs import Terms

HERE = Path(__file__).parent / "examples"
KNOWN = {"title", "begin", "end", "unplugged", "kwh", "readings", "idle", "working", "lines", "net", "vat", "total"}
LINE = {"kind", "amount", "price", "net", "vat"}


@dataclass(frozen=True)
class Worked:
    """One session of one file."""

    name: str
    terms: Terms
    zone: ZoneInfo
    usage: Usage
    expected: dict[str, Any]

    def minor(self, field: str) -> int:
        return to_minor(Decimal(self.expected[field]), self.terms.currency)


def every() -> Iterator[Worked]:
    """All sessions of all files; a field that nobody reads is a mistake."""
    for path in sorted(HERE.glob("*.toml")):
        given = tomllib.loads(path.read_text(), parse_float=Decimal)
        assert given.keys() == {"about", "zone", "tariff", "session"}, path.name
        terms, zone = ocpi_tariffs.read({"id": path.stem, **given["tariff"]}).terms, ZoneInfo(given["zone"])
        for session in given["session"]:
            assert session.keys() <= KNOWN and all(line.keys() <= LINE for line in session["lines"]), path.name
            yield Worked(f"{path.stem}: {session['title']}", terms, zone, _usage(session, zone), session)


def _usage(session: dict[str, Any], zone: ZoneInfo) -> Usage:
    def instant(at: datetime) -> datetime:
        return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)

    return Usage(
        energy_wh=_wh(session["kwh"]),
        started_at=instant(session["begin"]),
        ended_at=instant(session["end"]),
        readings=tuple((instant(each["at"]), _wh(each["kwh"])) for each in session.get("readings", [])),
        idle=tuple((instant(left), instant(right)) for left, right in session.get("idle", [])),
        unplugged_at=instant(session["unplugged"]) if "unplugged" in session else None,
    )


def _wh(kwh: int | Decimal) -> int:
    return int(Decimal(kwh) * 1000)
