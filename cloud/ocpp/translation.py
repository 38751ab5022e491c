"""Payloads of OCPP 1.6 and the domain's reports: field by field, in our units, odd ones salvaged."""

from collections.abc import Mapping
from typing import Any

from ocpp.v16.enums import Reason

from bollard.wire.errors import CallError, ErrorCode
from bollard.wire.times import render
from cloud.domain.reports import MeterReport, StartReport, StopReport
from cloud.domain.stations import BootInfo, ConnectorStatus, StatusReport
from cloud.domain.tags import TagVerdict
from cloud.ocpp.lenient import LARGEST_INT32, Lenient
from cloud.ocpp.samples import samples

Payload = Mapping[str, Any]

ID_TAG_CHARACTERS = 20
REASONS = frozenset(Reason)


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
        reservation_id=fields.integer("reservationId", LARGEST_INT32) if "reservationId" in payload else None,
        raw=payload,
        doubts=doubts(fields, refused),
    )


def stop_report(payload: Payload, refused: CallError | None) -> StopReport:
    """StopTransaction.req; `refused` is what the schema said. Raises CallError without a transaction id."""
    fields = Lenient(payload)
    transaction_id = fields.integer("transactionId", LARGEST_INT32)
    if transaction_id is None:
        raise unusable(fields, refused)
    return StopReport(
        transaction_id=transaction_id,
        meter_stop_wh=fields.energy_wh("meterStop"),
        at=fields.moment("timestamp"),
        id_tag=fields.text("idTag", ID_TAG_CHARACTERS) if "idTag" in payload else None,
        reason=fields.choice("reason", REASONS, absent="Local", unknown="Other"),
        samples=samples(fields.objects("transactionData")),
        raw=payload,
        doubts=doubts(fields, refused),
    )


def meter_report(payload: Payload, refused: CallError | None) -> MeterReport:
    """MeterValues.req; `refused` is what the schema said. Raises CallError without a connector."""
    fields = Lenient(payload)
    connector = fields.integer("connectorId", LARGEST_INT32)
    if connector is None:
        raise unusable(fields, refused)
    return MeterReport(
        connector=connector,
        transaction_id=fields.integer("transactionId", LARGEST_INT32) if "transactionId" in payload else None,
        samples=samples(fields.objects("meterValue")),
        raw=payload,
        doubts=doubts(fields, refused),
    )


def boot_info(payload: Payload) -> BootInfo:
    """BootNotification.req, checked by its schema."""
    return BootInfo(
        vendor=payload["chargePointVendor"],
        model=payload["chargePointModel"],
        serial=payload.get("chargePointSerialNumber", payload.get("chargeBoxSerialNumber")),
        firmware=payload.get("firmwareVersion"),
        iccid=payload.get("iccid"),
        imsi=payload.get("imsi"),
        meter_type=payload.get("meterType"),
        meter_serial=payload.get("meterSerialNumber"),
    )


def status_report(payload: Payload) -> StatusReport:
    """StatusNotification.req, checked by its schema."""
    return StatusReport(
        connector=payload["connectorId"],
        status=ConnectorStatus(payload["status"]),
        error_code=payload["errorCode"],
        info=payload.get("info"),
        vendor_id=payload.get("vendorId"),
        vendor_error_code=payload.get("vendorErrorCode"),
        at=Lenient(payload).moment("timestamp"),
        raw=payload,
    )


def id_tag_info(verdict: TagVerdict) -> dict[str, str]:
    """idTagInfo as the station is told it."""
    info = {"status": str(verdict.status)}
    if verdict.expires_at is not None:
        info["expiryDate"] = render(verdict.expires_at)
    if verdict.parent is not None:
        info["parentIdTag"] = verdict.parent
    return info


def doubts(fields: Lenient, refused: CallError | None) -> tuple[str, ...]:
    """What was odd; when only the schema minded something, its words."""
    if refused is not None and not fields.doubts:
        fields.doubt(f"the message is not as OCPP wants it: {refused.text}")
    return tuple(fields.doubts)


def unusable(fields: Lenient, refused: CallError | None) -> CallError:
    return refused or CallError(ErrorCode.PROPERTY_CONSTRAINT_VIOLATION, "; ".join(fields.doubts))
