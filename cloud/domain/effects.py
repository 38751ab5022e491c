"""What a station's report says about a command that waits for its effect: pure functions of payload and report."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from cloud.domain.commands import CommandKind, Step, renews_key
from cloud.domain.tags import tag_key

Payload = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Report:
    """A station's message as far as a command may wait for it; `action` is its OCPP name."""

    action: str
    connector: int | None = None
    status: str | None = None
    id_tag: str | None = None
    transaction_id: str | None = None
    reservation_id: int | None = None

    @property
    def words(self) -> str:
        where = "" if self.connector is None else f"connector {self.connector}"
        return " ".join(part for part in (self.action, where, self.status) if part)


Effect = Callable[[Payload, Report], Step | None]

BOOT = "BootNotification"
DIAGNOSTICS = "DiagnosticsStatusNotification"
FIRMWARE = "FirmwareStatusNotification"
METER = "MeterValues"
SIGN_IN = "signed in with its new key"
START = "StartTransaction"
STATUS = "StatusNotification"
STOP = "StopTransaction"
TRIGGERED = frozenset({BOOT, DIAGNOSTICS, FIRMWARE, "Heartbeat", METER, STATUS})

_OUT_OF_SERVICE = "Unavailable"
_SAYS_NOTHING = frozenset({_OUT_OF_SERVICE, "Faulted", "Unknown"})
_TRANSFERS: Mapping[str, Step] = {
    "Idle": Step.PROGRESS,
    "Uploading": Step.PROGRESS,
    "Uploaded": Step.DONE,
    "UploadFailed": Step.FAILED,
    "Downloading": Step.PROGRESS,
    "Downloaded": Step.PROGRESS,
    "DownloadFailed": Step.FAILED,
    "Installing": Step.PROGRESS,
    "Installed": Step.DONE,
    "InstallationFailed": Step.FAILED,
}


def session_started(asked: Payload, report: Report) -> Step | None:
    same_tag = tag_key(str(asked.get("idTag"))) == tag_key(report.id_tag or "")
    same_place = asked.get("connectorId") in (None, report.connector)
    return Step.SESSION_STARTED if same_tag and same_place else None


def session_stopped(asked: Payload, report: Report) -> Step | None:
    return Step.SESSION_STOPPED if str(asked.get("transactionId")) == report.transaction_id else None


def signed_in(asked: Payload, report: Report) -> Step | None:
    """The connection itself tells it; there is no such message."""
    return Step.DONE if renews_key(CommandKind.CHANGE_CONFIGURATION, asked) else None


def booted(asked: Payload, report: Report) -> Step | None:
    return Step.DONE


def availability(asked: Payload, report: Report) -> Step | None:
    """Connector 0 is the whole station: some report it, some only its connectors."""
    wanted = asked.get("type") == "Inoperative"
    seen = report.status == _OUT_OF_SERVICE if wanted else report.status not in _SAYS_NOTHING
    return Step.DONE if seen and asked.get("connectorId") in (0, report.connector) else None


def reserved(asked: Payload, report: Report) -> Step | None:
    """The connector is shown as reserved, or the reservation is used already."""
    if report.action == START:
        return Step.DONE if report.reservation_id == asked.get("reservationId") else None
    shown = report.status == "Reserved" and asked.get("connectorId") in (0, report.connector)
    return Step.DONE if shown else None


def transferred(asked: Payload, report: Report) -> Step | None:
    return _TRANSFERS.get(str(report.status))


def triggered(asked: Payload, report: Report) -> Step | None:
    right_place = report.connector is None or asked.get("connectorId") in (None, report.connector)
    return Step.DONE if report.action == asked.get("requestedMessage") and right_place else None
