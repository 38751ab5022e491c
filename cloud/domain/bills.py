"""Bills: numbered without gaps, never edited, each a snapshot that explains itself."""

from dataclasses import dataclass
from datetime import datetime

from cloud.domain.pricing import Price
from cloud.domain.tags import TagVerdict


@dataclass(frozen=True, slots=True)
class Parties:
    """Who sold, to which tag, and where."""

    seller: str
    id_tag: str
    site: str
    station: str
    connector: int


@dataclass(frozen=True, slots=True)
class Delivery:
    """What was delivered: register at begin and end, in Wh, and the session's times."""

    energy_wh: int
    meter_start_wh: int | None
    meter_stop_wh: int | None
    started_at: datetime
    ended_at: datetime


@dataclass(frozen=True, slots=True)
class Document:
    """The snapshot a bill keeps."""

    parties: Parties
    delivery: Delivery
    tariff: str
    tariff_version: int
    price: Price


@dataclass(frozen=True, slots=True)
class Bill:
    """One bill; `number` is unique in its organisation, like `2026-0001`."""

    id: int
    number: str
    session_id: int
    issued_at: datetime
    document: Document

    @property
    def gross_minor(self) -> int:
        return self.document.price.gross_minor

    @property
    def currency(self) -> str:
        return self.document.price.currency


@dataclass(frozen=True, slots=True)
class StopAnswer:
    """What came of a StopTransaction: the verdict for its idTag if it had one, and the bill if one was issued."""

    verdict: TagVerdict | None = None
    session_id: int | None = None
    bill: Bill | None = None
