"""What a station reports about a session, in our units; a report is a fact and is never refused.

`raw` is the payload as received. `doubts` are plain words for whatever had to be salvaged
("timestamp was not a date"): a session with doubts is billed only after review. `remarks` are for what was written
against the rules but can mean one thing only, or touches no bill.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from cloud.domain import reasons
from cloud.domain.clocks import in_utc
from cloud.domain.tags import TagVerdict

LARGEST_REGISTER_WH = 10**12
LARGEST_READING = 2**31 - 1
LONGEST_ID_TAG = 64


@dataclass(frozen=True, slots=True)
class Sample:
    """One MeterValue: everything measured at one instant, for one context.

    `energy_wh` is Energy.Active.Import.Register at the outlet, all phases together, never rebased; `interval_wh`
    the energy since the value before, for meters that tell only that; `current_ma` the highest phase; `raw` the
    sampledValue objects that no typed field holds, `signed` those that the meter signed.
    """

    at: datetime
    context: str = "Sample.Periodic"
    energy_wh: int | None = None
    power_w: int | None = None
    current_ma: int | None = None
    voltage_mv: int | None = None
    soc_percent: int | None = None
    interval_wh: int | None = None
    raw: tuple[Mapping[str, Any], ...] = ()
    signed: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class StartReport:
    """StartTransaction.req. `at` or `meter_start_wh` is None when unreadable."""

    connector: int
    id_tag: str
    meter_start_wh: int | None
    at: datetime | None
    reservation_id: int | None = None
    raw: Mapping[str, Any] = field(default_factory=dict)
    doubts: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MeterReport:
    """MeterValues.req. `transaction_id` is None outside a session; -1 when the station has none to tell."""

    connector: int
    transaction_id: int | None
    samples: tuple[Sample, ...]
    raw: Mapping[str, Any] = field(default_factory=dict)
    doubts: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StopReport:
    """StopTransaction.req. `at` or `meter_stop_wh` is None when unreadable; `samples` is transactionData."""

    transaction_id: int | None
    meter_stop_wh: int | None
    at: datetime | None
    id_tag: str | None = None
    reason: str = "Local"
    samples: tuple[Sample, ...] = ()
    raw: Mapping[str, Any] = field(default_factory=dict)
    doubts: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StartAnswer:
    """StartTransaction.conf: `transaction_id` is a positive int32, the same for every retry."""

    transaction_id: int
    verdict: TagVerdict
    session_id: int
    replayed: bool = False


def salvaged(report: StartReport | MeterReport | StopReport) -> str:
    """Everything that was odd about a report, in one sentence; empty if nothing was."""
    return "; ".join((*report.doubts, *report.remarks))


def start_key(report: StartReport) -> str:
    """What a retry of a storable report repeats, beside connector and tag: time (as sent, if unreadable) and meter."""
    at = report.at.isoformat() if report.at else str(report.raw.get("timestamp"))[:64]
    return f"{at} {report.meter_start_wh}"


def storable_start(report: StartReport) -> StartReport:
    """The report in UTC, and with values that no clock, meter or card can have taken for unreadable."""
    doubts = report.doubts
    if not _readable(report.meter_start_wh):
        report, doubts = replace(report, meter_start_wh=None), (*doubts, reasons.IMPOSSIBLE_READING)
    if len(report.id_tag) > LONGEST_ID_TAG:
        report, doubts = replace(report, id_tag=report.id_tag[:LONGEST_ID_TAG]), (*doubts, reasons.LONG_ID_TAG)
    return replace(report, at=in_utc(report.at), doubts=doubts)


def storable_stop(report: StopReport) -> StopReport:
    """As `storable_start`."""
    report = replace(report, at=in_utc(report.at))
    if _readable(report.meter_stop_wh):
        return report
    return replace(report, meter_stop_wh=None, doubts=(*report.doubts, reasons.IMPOSSIBLE_READING))


def storable_sample(sample: Sample, received: datetime) -> Sample:
    """As `storable_start`."""
    return replace(
        sample,
        at=in_utc(sample.at) or received,
        energy_wh=sample.energy_wh if _possible(sample.energy_wh) else None,
        power_w=_small(sample.power_w),
        current_ma=_small(sample.current_ma),
        voltage_mv=_small(sample.voltage_mv),
        soc_percent=_small(sample.soc_percent),
        interval_wh=_small(sample.interval_wh),
    )


def _readable(energy_wh: int | None) -> bool:
    return energy_wh is None or 0 <= energy_wh <= LARGEST_REGISTER_WH


def _possible(energy_wh: int | None) -> bool:
    return energy_wh is None or abs(energy_wh) <= LARGEST_REGISTER_WH


def _small(value: int | None) -> int | None:
    return value if value is None or abs(value) <= LARGEST_READING else None
