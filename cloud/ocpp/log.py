"""One readable line for each thing that happens; whatever strangers sent is made harmless, tags are masked."""

import logging

from cloud.domain.bills import Bill
from cloud.domain.money import format_minor

LONGEST_FOREIGN_TEXT = 80

logger = logging.getLogger("bollard.cloud")


def harmless(text: str) -> str:
    """Foreign text for a log line: one line, printable, no longer than 80 characters."""
    shown = text if text.isprintable() else text.encode("unicode_escape").decode()
    return shown if len(shown) <= LONGEST_FOREIGN_TEXT else shown[: LONGEST_FOREIGN_TEXT - 1] + "…"


def say(place: str, what: str, *details: str) -> None:
    """Log `place  what  detail  detail`; each part may come from a stranger."""
    logger.info("%s", "  ".join(harmless(part) for part in (place, what, *details) if part))


def bill_line(bill: Bill) -> tuple[str, str, str, str]:
    """The parts of `bill 2026-0001  lab-1/1  5.512 kWh  2.15 EUR`."""
    parties, energy_wh = bill.document.parties, bill.document.delivery.energy_wh
    price = format_minor(bill.gross_minor, bill.currency)
    return (
        f"bill {bill.number}",
        f"{parties.station}/{parties.connector}",
        f"{energy_wh / 1000:.3f} kWh",
        price,
    )
