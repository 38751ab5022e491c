"""What a station reports about a session, in our units; a report is a fact and is never refused.

`raw` is the payload as received. `doubts` are plain words for whatever had to be salvaged
("timestamp was not a date"): a session with doubts is billed only after review.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cloud.domain.tags import TagVerdict


@dataclass(frozen=True, slots=True)
class Sample:
    """One MeterValue: everything measured at one instant, for one context.

    `energy_wh` is Energy.Active.Import.Register at the outlet, all phases together, never rebased;
    `current_ma` the highest phase; `raw` the sampledValue objects that no typed field holds.
    """

    at: datetime
    context: str = "Sample.Periodic"
    energy_wh: int | None = None
    power_w: int | None = None
    current_ma: int | None = None
    voltage_mv: int | None = None
    soc_percent: int | None = None
    raw: tuple[Mapping[str, Any], ...] = ()


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


@dataclass(frozen=True, slots=True)
class MeterReport:
    """MeterValues.req. `transaction_id` is None outside a session; -1 when the station has none to tell."""

    connector: int
    transaction_id: int | None
    samples: tuple[Sample, ...]
    raw: Mapping[str, Any] = field(default_factory=dict)
    doubts: tuple[str, ...] = ()


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


@dataclass(frozen=True, slots=True)
class StartAnswer:
    """StartTransaction.conf: `transaction_id` is a positive int32, the same for every retry."""

    transaction_id: int
    verdict: TagVerdict
    session_id: int
    replayed: bool = False
