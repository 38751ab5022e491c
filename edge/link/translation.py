"""Between the core's words and OCPP 1.6's payloads; no I/O."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from bollard.wire import times
from edge.core.configuration import ENERGY, Configuration, measurand, value
from edge.core.facts import Fact, MeterSampled, SessionStarted, SessionStopped
from edge.core.kept import thinned
from edge.core.values import Moment, StatusReport, TagInfo, TagStatus

Payload = dict[str, Any]
Date = Callable[[Moment], datetime]

UNDELIVERED_START = -1
LONGEST_INFO = 50
LONGEST_DATA = 60_000


def payload(fact: Fact, transaction_id: int | None, date: Date) -> Payload:
    """The request that tells the central system of a fact. Facts go in order, so a session without a transaction id is
    one whose start could not be delivered: -1 (errata 4.0)."""
    number = UNDELIVERED_START if transaction_id is None else transaction_id
    match fact:
        case SessionStarted():
            return start_transaction(fact, date)
        case SessionStopped():
            return stop_transaction(fact, number, date)
        case MeterSampled():
            return meter_values(fact, number, date)


def meter_values(fact: MeterSampled, transaction_id: int, date: Date) -> Payload:
    """MeterValues.req; outside a session without a transaction id."""
    session: Payload = {} if fact.session_id is None else {"transactionId": transaction_id}
    return {"connectorId": fact.connector} | session | {"meterValue": [meter_value(fact, date)]}


def start_transaction(fact: SessionStarted, date: Date) -> Payload:
    """StartTransaction.req."""
    payload: Payload = {
        "connectorId": fact.connector,
        "idTag": fact.id_tag,
        "meterStart": fact.meter_start_wh,
        "timestamp": times.render(date(fact.moment)),
    }
    return payload if fact.reservation_id is None else payload | {"reservationId": fact.reservation_id}


def stop_transaction(fact: SessionStopped, transaction_id: int, date: Date) -> Payload:
    """StopTransaction.req."""
    payload: Payload = {
        "transactionId": transaction_id,
        "meterStop": fact.meter_stop_wh,
        "timestamp": times.render(date(fact.moment)),
        "reason": str(fact.reason),
    }
    if fact.id_tag is not None:
        payload["idTag"] = fact.id_tag
    data = _transaction_data(fact.transaction_data, date)
    return payload | {"transactionData": data} if data else payload


def _transaction_data(samples: Sequence[MeterSampled], date: Date) -> list[Payload]:
    """Every value, or evenly fewer of them where a frame of 64 KiB would not hold them all."""
    values = [meter_value(sample, date) for sample in samples]
    fits = len(msgspec.json.encode(values)) <= LONGEST_DATA
    return values if fits else _transaction_data(thinned(samples), date)


def meter_value(sample: MeterSampled, date: Date) -> Payload:
    """One MeterValue: every asked-for measurand that the meter gives, in all its phases; energy if none of them."""
    values = [value for item in sample.measurands for value in _asked(sample, item)] or _energy(sample)
    each = {(value["measurand"], value.get("phase")): value | {"context": sample.context} for value in values}
    return {"timestamp": times.render(date(sample.moment)), "sampledValue": list(each.values())}


def _asked(sample: MeterSampled, item: str) -> list[Payload]:
    """The values of one item of a list of measurands; `Voltage.L1` is what `Voltage` says of that phase."""
    known = measurand(item)
    if known is None:
        return []
    name, phase = known
    values = MEASURANDS[name](sample)
    return values if phase is None else [value for value in values if value["phase"][:2] == phase[:2]]


def _energy(sample: MeterSampled) -> list[Payload]:
    return [{"value": str(sample.reading.energy_wh), "measurand": ENERGY, "unit": "Wh"}]


def _power(sample: MeterSampled) -> list[Payload]:
    power_w = sample.reading.power_w
    return [] if power_w is None else [{"value": str(power_w), "measurand": "Power.Active.Import", "unit": "W"}]


def _currents(sample: MeterSampled) -> list[Payload]:
    return [
        {"value": _thousandths(ma), "measurand": "Current.Import", "unit": "A", "phase": f"L{phase}"}
        for phase, ma in enumerate(sample.reading.current_ma, start=1)
    ]


def _offered(sample: MeterSampled) -> list[Payload]:
    return [{"value": _thousandths(sample.offer_ma), "measurand": "Current.Offered", "unit": "A"}]


def _voltages(sample: MeterSampled) -> list[Payload]:
    return [
        {"value": _thousandths(mv), "measurand": "Voltage", "unit": "V", "phase": f"L{phase}-N"}
        for phase, mv in enumerate(sample.reading.voltage_mv, start=1)
    ]


def _thousandths(number: int) -> str:
    return f"{number / 1000:.3f}".rstrip("0").rstrip(".")


MEASURANDS: Mapping[str, Callable[[MeterSampled], list[Payload]]] = {
    ENERGY: _energy,
    "Power.Active.Import": _power,
    "Current.Import": _currents,
    "Current.Offered": _offered,
    "Voltage": _voltages,
}


def status_notification(connector: int, report: StatusReport, at: datetime | None) -> Payload:
    """StatusNotification.req; without a timestamp while the time is not known."""
    payload: Payload = {"connectorId": connector, "status": str(report.status), "errorCode": report.error_code}
    if report.info:
        payload["info"] = report.info[:LONGEST_INFO]
    return payload if at is None else payload | {"timestamp": times.render(at)}


def tag_info(payload: object) -> TagInfo:
    """An idTagInfo; a verdict that cannot be read is Invalid, a date that cannot be read is none."""
    said = payload if isinstance(payload, dict) else {}
    status, expires, parent = said.get("status"), said.get("expiryDate"), said.get("parentIdTag")
    return TagInfo(
        TagStatus(status) if status in list(TagStatus) else TagStatus.INVALID,
        moment(expires),
        parent if isinstance(parent, str) and parent else None,
    )


def moment(said: object) -> datetime | None:
    """A date-time of the central system, None when there is none to be read."""
    return times.parse(said) if isinstance(said, str) and times.is_moment(said) else None


def configuration(settings: Configuration, asked: Sequence[str]) -> Payload:
    """GetConfiguration.conf: the keys asked for, all if none are; names compare without case."""
    names = {key: settings.named(key) for key in asked or settings.keys}
    known = [
        {"key": name, "readonly": settings.keys[name].kind is None, "value": value(settings, name)}
        for name in dict.fromkeys(names.values())
        if name is not None
    ]
    unknown = [key for key, name in names.items() if name is None]
    return {"configurationKey": known} | ({"unknownKey": unknown} if unknown else {})
