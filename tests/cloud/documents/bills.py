"""Bills with everything that may stand on one: names in any script, many periods, several VAT rates."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from cloud.domain.bills import Bill, BillKind, Buyer, Delivery, Document, Parties, Seller, credited
from cloud.domain.pricing import price
from cloud.domain.tariffs import Dimension, Element, PriceComponent, Restrictions, Terms
from cloud.domain.usage import Usage

BEGAN = datetime(2026, 7, 13, 21, 50, tzinfo=UTC)
SELLER = Seller("Łódź Énergie שלום GmbH", "Hauptstraße 1\n12345 Ελλάδα", "DE123456789", "IBAN DE00 0000 0000")
MARYAM = Buyer("مريم", 7)
PERCENT_20, PERCENT_7 = Decimal(20), Decimal(7)


def terms(steps: int) -> Terms:
    """A price that rises with each kWh for so many of them, a fee with another VAT rate."""
    fee = PriceComponent(Dimension.FLAT, Decimal("0.50"), PERCENT_7)
    elements = [
        Element(
            (PriceComponent(Dimension.ENERGY, Decimal("0.30") + n * Decimal("0.01"), PERCENT_20), fee),
            Restrictions(max_kwh=Decimal(n + 1)) if n < steps - 1 else Restrictions(),
        )
        for n in range(steps)
    ]
    return Terms("EUR", tuple(elements))


def invoice(steps: int = 2, buyer: Buyer = MARYAM, station: str = "hall-1", tariff: str = "Daytime") -> Bill:
    """Priced by the pricing function itself, 1.5 kWh for each step."""
    energy_wh, ended = 1500 * steps, BEGAN + timedelta(minutes=12 * steps)
    parties = Parties(SELLER, "=04A1B2C3", "Main site", station, 1, buyer)
    delivery = Delivery(energy_wh, 39_500, 39_500 + energy_wh, BEGAN, ended)
    priced = price(terms(steps), Usage(energy_wh, BEGAN, ended), ZoneInfo("Europe/Berlin"))
    document = Document(parties, delivery, tariff, 3, priced, {"id": tariff}, "Europe/Berlin")
    return Bill(1, "2026-0001", 5, ended, document)


def credit_note(of: Bill) -> Bill:
    """What undoes it."""
    return Bill(2, "C2026-0001", of.session_id, of.issued_at, credited(of, "billed twice"), BillKind.CREDIT_NOTE)
