"""Bills as charge detail records in the shape of OCPI 2.2.1 (module CDRs).

Left out is what nobody told us: address and coordinates of the location, standard and format of the connector.
Energy is in kWh, times in hours, costs in whole currency units; those of a credit note are negative.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from cloud.domain.bills import Bill, BillKind, Document
from cloud.domain.money import from_minor
from cloud.domain.pricing import ChargingPeriod, LineKind, PeriodKind
from cloud.domain.signed import SignedValue

NOBODY = ("ZZ", "ZZZ")
"""country_code and party_id of an organisation that has none yet."""
_PARKED = frozenset({PeriodKind.GRACE, PeriodKind.PARKING})
_COSTS: Mapping[str, LineKind] = {
    "total_fixed_cost": LineKind.FLAT,
    "total_energy_cost": LineKind.ENERGY,
    "total_time_cost": LineKind.TIME,
    "total_parking_cost": LineKind.PARKING_TIME,
}


def cdr(bill: Bill, operator: tuple[str, str], signed: Sequence[SignedValue] = ()) -> dict[str, Any]:
    """The bill as a CDR object; `operator` is the organisation's country_code and party_id."""
    document, delivery = bill.document, bill.document.delivery
    country_code, party_id = (own or nobody for own, nobody in zip(operator, NOBODY, strict=True))
    owner = {"country_code": country_code, "party_id": party_id}
    return {
        **owner,
        "id": bill.number,
        "start_date_time": _time(delivery.started_at),
        "end_date_time": _time(delivery.ended_at),
        "session_id": str(bill.session_id),
        "cdr_token": {**owner, **_token(document)},
        "auth_method": "AUTH_REQUEST",
        "cdr_location": _location(document),
        "currency": bill.currency,
        "tariffs": [{**owner, **document.tariff_ocpi}] if document.tariff_ocpi else [],
        "charging_periods": _periods(document),
        **_signed_data(signed),
        **_totals(document),
        **_references(bill),
        "last_updated": _time(bill.issued_at),
    }


def _time(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def _token(document: Document) -> dict[str, str]:
    parties = document.parties
    contract = parties.id_tag if parties.buyer.account is None else f"account-{parties.buyer.account}"
    return {"uid": parties.id_tag, "type": "RFID", "contract_id": contract}


def _location(document: Document) -> dict[str, str]:
    parties = document.parties
    place = {"id": parties.site, "name": parties.site, "evse_uid": f"{parties.station}/{parties.connector}"}
    return {**place, "connector_id": str(parties.connector)}


def _periods(document: Document) -> list[dict[str, Any]]:
    """At least one: a bill from before periods were kept has its whole session as one."""
    delivery = document.delivery
    whole = ChargingPeriod(delivery.started_at, delivery.ended_at, delivery.energy_wh, PeriodKind.CHARGING, ())
    tariff = {"tariff_id": document.tariff_ocpi["id"]} if document.tariff_ocpi else {}
    return [{**_period(period), **tariff} for period in document.price.periods or (whole,)]


def _period(period: ChargingPeriod) -> dict[str, Any]:
    time = "PARKING_TIME" if period.kind in _PARKED else "TIME"
    volumes = {"ENERGY": _number(Decimal(period.energy_wh) / 1000), time: _hours(period.end - period.start)}
    dimensions = [{"type": type, "volume": volume} for type, volume in volumes.items()]
    return {"start_date_time": _time(period.start), "dimensions": dimensions}


def _totals(document: Document) -> dict[str, Any]:
    price, delivery = document.price, document.delivery
    ended_at = max((period.end for period in price.periods), default=delivery.ended_at)
    parked = (period.end - period.start for period in price.periods if period.kind in _PARKED)
    return {
        "total_cost": {
            "excl_vat": _number(from_minor(price.net_minor, price.currency)),
            "incl_vat": _number(from_minor(price.gross_minor, price.currency)),
        },
        "total_energy": _number(Decimal(delivery.energy_wh) / 1000),
        "total_time": _hours(ended_at - delivery.started_at),
        "total_parking_time": _hours(sum(parked, timedelta())),
        **dict(_costs(document)),
    }


def _costs(document: Document) -> Iterable[tuple[str, dict[str, float]]]:
    price = document.price
    for name, kind in _COSTS.items():
        lines = [line.net_minor for line in price.lines if line.dimension is kind]
        if lines:
            yield name, {"excl_vat": _number(from_minor(sum(lines), price.currency))}


def _references(bill: Bill) -> dict[str, Any]:
    corrects, remark = bill.document.corrects, bill.document.reason
    credit = bill.kind is BillKind.CREDIT_NOTE
    said: dict[str, Any] = {"invoice_reference_id": bill.number, "credit": credit}
    said |= {"credit_reference_id": corrects} if credit else {}
    return said | ({"remark": remark} if remark else {})


def _signed_data(signed: Sequence[SignedValue]) -> dict[str, Any]:
    """What the meter signed; how it must be checked is for whoever knows the meter."""
    if not signed:
        return {}
    values = [{"nature": each.nature, "plain_data": "", "signed_data": each.data} for each in signed]
    return {"signed_data": {"encoding_method": signed[0].encoding, "signed_values": values}}


def _hours(length: timedelta) -> float:
    return _number(Decimal(length // timedelta(microseconds=1)) / 3_600_000_000)


def _number(value: Decimal) -> float:
    """OCPI's number: at most four decimals."""
    return float(round(value, 4))
