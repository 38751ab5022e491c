"""Payloads of OCPP 1.6 and the domain's reports: field by field, in our units, odd ones salvaged."""

from collections.abc import Mapping
from typing import Any

from ocpp.v16.enums import ChargePointErrorCode, ChargePointStatus, Reason

from bollard.wire.errors import CallError, ErrorCode
from bollard.wire.frames import AGAIN
from bollard.wire.times import render
from cloud.domain.reports import MeterReport, StartReport, StopReport
from cloud.domain.stations import BootInfo, ConnectorStatus, StatusReport
from cloud.domain.tags import TagVerdict
from cloud.ocpp.lenient import LARGEST_INT32, Lenient
from cloud.ocpp.samples import samples

Payload = Mapping[str, Any]

ID_TAG_CHARACTERS = 20
LONGEST_WORDS = 500
REASONS = frozenset(Reason)
STATUSES = frozenset(ChargePointStatus)
ERROR_CODES = frozenset(ChargePointErrorCode)
NO_ERROR, OTHER_ERROR = ChargePointErrorCode.no_error, ChargePointErrorCode.other_error


def start_report(payload: Payload, refused: CallError | None) -> StartReport:
    """StartTransaction.req; `refused` is what the schema said. Raises CallError without connector and tag."""
    fields = Lenient(payload)
    connector = fields.integer("connectorId", LARGEST_INT32)
    id_tag = fields.text("idTag", ID_TAG_CHARACTERS)
    if connector is None or id_tag is None:
        raise unusable(fields, refused)
    return StartReport(
        connector=connector,
        id_tag=id_tag,
        meter_start_wh=fields.energy_wh("meterStart"),
        at=fields.moment("timestamp"),
        reservation_id=fields.aside.integer("reservationId", LARGEST_INT32) if "reservationId" in payload else None,
        raw=payload,
        **odd(fields, refused),
    )


def stop_report(payload: Payload, refused: CallError | None) -> StopReport:
    """StopTransaction.req; `refused` is what the schema said. Raises CallError without a transaction id."""
    fields = Lenient(payload)
    transaction_id = fields.integer("transactionId")
    if transaction_id is None:
        raise unusable(fields, refused)
    return StopReport(
        transaction_id=transaction_id,
        meter_stop_wh=fields.energy_wh("meterStop"),
        at=fields.moment("timestamp"),
        id_tag=fields.aside.text("idTag", ID_TAG_CHARACTERS) if "idTag" in payload else None,
        reason=fields.choice("reason", REASONS, absent="Local", unknown="Other"),
        samples=samples(fields.objects("transactionData")),
        raw=payload,
        **odd(fields, refused),
    )


def meter_report(payload: Payload, refused: CallError | None) -> MeterReport:
    """MeterValues.req; `refused` is what the schema said. Raises CallError without a connector."""
    fields = Lenient(payload)
    connector = fields.integer("connectorId", LARGEST_INT32)
    if connector is None:
        raise unusable(fields, refused)
    return MeterReport(
        connector=connector,
        transaction_id=fields.integer("transactionId") if "transactionId" in payload else None,
        samples=samples(fields.objects("meterValue")),
        raw=payload,
        **odd(fields, refused),
    )


def boot_info(payload: Payload, refused: CallError | None) -> BootInfo:
    """BootNotification.req, with what can be read of it. Raises CallError when that is neither vendor nor model."""
    fields = Lenient(payload)
    told = {name: _words(fields, name) for name in payload}
    vendor, model = told.get("chargePointVendor"), told.get("chargePointModel")
    if refused is not None and vendor is None and model is None:
        raise refused
    return BootInfo(
        vendor=vendor or "",
        model=model or "",
        serial=told.get("chargePointSerialNumber") or told.get("chargeBoxSerialNumber"),
        firmware=told.get("firmwareVersion"),
        iccid=told.get("iccid"),
        imsi=told.get("imsi"),
        meter_type=told.get("meterType"),
        meter_serial=told.get("meterSerialNumber"),
    )


def status_report(payload: Payload, refused: CallError | None) -> StatusReport:
    """StatusNotification.req. Raises CallError without a connector and a status."""
    fields = Lenient(payload)
    connector = fields.integer("connectorId", LARGEST_INT32)
    status = fields.choice("status", STATUSES, absent="", unknown="")
    if connector is None or not status:
        raise unusable(fields, refused)
    return StatusReport(
        connector=connector,
        status=ConnectorStatus(status),
        error_code=fields.choice("errorCode", ERROR_CODES, absent=NO_ERROR, unknown=OTHER_ERROR),
        info=_words(fields, "info"),
        vendor_id=_words(fields, "vendorId"),
        vendor_error_code=_words(fields, "vendorErrorCode"),
        at=fields.moment("timestamp"),
        raw=payload,
    )


def asked_tag(payload: Payload, refused: CallError | None) -> str:
    """Authorize.req. Raises CallError without an idTag that a tag can have."""
    id_tag = payload.get("idTag")
    if isinstance(id_tag, str) and (refused is None or len(id_tag) <= ID_TAG_CHARACTERS):
        return id_tag
    raise unusable(Lenient(payload), refused)


def _words(fields: Lenient, name: str) -> str | None:
    words = fields.text(name, LONGEST_WORDS)
    return words and words[:LONGEST_WORDS]


def id_tag_info(verdict: TagVerdict) -> dict[str, str]:
    """idTagInfo as the station is told it."""
    info = {"status": str(verdict.status)}
    if verdict.expires_at is not None:
        info["expiryDate"] = render(verdict.expires_at)
    if verdict.parent is not None:
        info["parentIdTag"] = verdict.parent
    return info


def odd(fields: Lenient, refused: CallError | None) -> dict[str, tuple[str, ...]]:
    """What was odd; when only the schema minded something, its words."""
    if refused is not None and _told_twice(fields.payload):
        fields.doubt("the message says something twice")
    elif refused is not None and not fields.doubts and not fields.remarks:
        fields.remark(f"the message is not as OCPP wants it: {refused.text}")
    return {"doubts": tuple(fields.doubts), "remarks": tuple(fields.remarks)}


def _told_twice(value: object) -> bool:
    if isinstance(value, list):
        return any(map(_told_twice, value))
    return isinstance(value, Mapping) and any(key.endswith(AGAIN) or _told_twice(value[key]) for key in value)


def unusable(fields: Lenient, refused: CallError | None) -> CallError:
    return refused or CallError(ErrorCode.PROPERTY_CONSTRAINT_VIOLATION, "; ".join(fields.doubts))
