"""Between the core's words and OCPP 1.6's payloads; no I/O."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from bollard.wire import times
from edge.core.configuration import Configuration, value
from edge.core.facts import Fact, MeterSampled, SessionStarted, SessionStopped
from edge.core.values import Moment, Reading, StatusReport, TagInfo, TagStatus

Payload = dict[str, Any]
Date = Callable[[Moment], datetime]

UNDELIVERED_START = -1
LONGEST_INFO = 50


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
    if fact.transaction_data:
        payload["transactionData"] = [meter_value(sample, date) for sample in fact.transaction_data]
    return payload


def meter_value(sample: MeterSampled, date: Date) -> Payload:
    """One MeterValue: every asked-for measurand that the meter gives, in all its phases; energy if none of them."""
    asked = sample.measurands or ("Energy.Active.Import.Register",)
    values = [one for name in asked if name in MEASURANDS for one in MEASURANDS[name](sample.reading)]
    values = values or [_energy(sample.reading)]
    return {
        "timestamp": times.render(date(sample.moment)),
        "sampledValue": [one | {"context": sample.context} for one in values],
    }


def _energy(reading: Reading) -> Payload:
    return {"value": str(reading.energy_wh), "measurand": "Energy.Active.Import.Register", "unit": "Wh"}


def _power(reading: Reading) -> list[Payload]:
    if reading.power_w is None:
        return []
    return [{"value": str(reading.power_w), "measurand": "Power.Active.Import", "unit": "W"}]


def _currents(reading: Reading) -> list[Payload]:
    return [
        {"value": _thousandths(ma), "measurand": "Current.Import", "unit": "A", "phase": f"L{phase}"}
        for phase, ma in enumerate(reading.current_ma, start=1)
    ]


def _voltages(reading: Reading) -> list[Payload]:
    return [
        {"value": _thousandths(mv), "measurand": "Voltage", "unit": "V", "phase": f"L{phase}-N"}
        for phase, mv in enumerate(reading.voltage_mv, start=1)
    ]


def _thousandths(number: int) -> str:
    return f"{number / 1000:.3f}".rstrip("0").rstrip(".")


MEASURANDS: Mapping[str, Callable[[Reading], list[Payload]]] = {
    "Energy.Active.Import.Register": lambda reading: [_energy(reading)],
    "Power.Active.Import": _power,
    "Current.Import": _currents,
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
