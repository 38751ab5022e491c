"""What each call of a station does: one short function an action, given what was read from its payload."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from sqlalchemy import Connection

from bollard.wire.times import render
from cloud.domain import reasons
from cloud.domain.effects import BOOT, METER, STATUS, Report
from cloud.domain.incidents import IncidentKind
from cloud.domain.reports import MeterReport, StartReport, StopReport, salvaged
from cloud.domain.stations import HELD, BootInfo, StatusReport
from cloud.domain.tags import TagVerdict, masked
from cloud.domain.wallets import for_everyone
from cloud.ocpp.caller import Caller
from cloud.ocpp.log import bill_line, harmless, say
from cloud.ocpp.translation import Payload, id_tag_info
from cloud.services import connectors, incidents, registration, sessions, taps, verdicts
from cloud.services.bell import Topic

Answer = dict[str, Any]
T = TypeVar("T")

SALVAGED = {StartReport: "a start", StopReport: "a stop"}


async def authorize(caller: Caller, id_tag: str) -> Answer:
    verdict = await caller.read(verdicts.authorize, id_tag)
    if verdict.unknown:
        await caller.write(taps.note, id_tag, topics=(Topic.INCIDENTS,))
    _note_refusal(caller, id_tag, verdict)
    say(caller.identity, f"tag {masked(id_tag)}", str(verdict.status), verdict.why)
    return {"idTagInfo": id_tag_info(verdict)}


def _note_refusal(caller: Caller, id_tag: str, verdict: TagVerdict) -> None:
    """So that the station's page says why it does not charge; whose wallet holds what is for the office only."""
    if not verdict.accepted:
        why = for_everyone(verdict.why)
        summary = f"the tag {masked(id_tag)} was refused: {why}"
        caller.central.incident(caller.station, IncidentKind.REFUSED_TAG, summary, "")


async def boot_notification(caller: Caller, info: BootInfo) -> Answer:
    told = await caller.report(
        Report(BOOT),
        registration.booted,
        info,
        topics=(Topic.STATIONS, Topic.SESSIONS, Topic.COMMANDS),
        interval_s=caller.central.settings.heartbeat_interval_s,
        retry_s=caller.central.settings.boot_retry_s,
    )
    caller.connection.registration = told.status
    say(caller.identity, "booted", info.vendor, info.model, info.firmware or "", str(told.status))
    return {"status": str(told.status), "currentTime": render(caller.now()), "interval": told.interval_s}


async def heartbeat(caller: Caller, _payload: Payload) -> Answer:
    await caller.report(Report("Heartbeat"), _nothing)
    return {"currentTime": render(caller.now())}


async def status_notification(caller: Caller, report: StatusReport) -> Answer:
    shown = Report(STATUS, report.connector, str(report.status))
    await caller.report(shown, connectors.told, report, topics=(Topic.STATIONS,))
    error = "" if report.error_code == "NoError" else report.error_code
    say(f"{caller.identity}/{report.connector}", str(report.status), error, report.info or "")
    return {}


async def start_transaction(caller: Caller, report: StartReport) -> Answer:
    """A session that begins before the station is accepted is looked at before it is billed."""
    doubts = (reasons.NOT_ACCEPTED,) if caller.connection.registration in HELD else ()
    answer = await caller.write(
        _kept(caller, partial(sessions.started, doubts=doubts)),
        report,
        topics=tuple(Topic),
    )
    what = f"session {answer.session_id} {'told again' if answer.replayed else 'started'}"
    verdict = answer.verdict
    if not answer.replayed:
        _note_refusal(caller, report.id_tag, verdict)
    say(f"{caller.identity}/{report.connector}", what, f"tag {masked(report.id_tag)}", str(verdict.status), verdict.why)
    return {"transactionId": answer.transaction_id, "idTagInfo": id_tag_info(verdict)}


async def meter_values(caller: Caller, report: MeterReport) -> Answer:
    topics = (Topic.SESSIONS, Topic.INCIDENTS)
    session = await caller.report(Report(METER, report.connector), sessions.metered, report, topics=topics)
    if session is not None and session.account_id is not None:
        caller.central.bell.ring(Topic.COMMANDS)  # its wallet may have asked for a stop
    return {}


async def stop_transaction(caller: Caller, report: StopReport) -> Answer:
    answer = await caller.write(
        _kept(caller, sessions.stopped),
        report,
        topics=tuple(Topic),
    )
    known = f"session {answer.session_id} stopped" if answer.session_id else "stop of an unknown session"
    say(caller.identity, known, report.reason)
    if answer.bill is not None:
        say(*bill_line(answer.bill))
    return {} if answer.verdict is None else {"idTagInfo": id_tag_info(answer.verdict)}


def _nothing(*_: object) -> None:
    """The unit of work of a call that is no more than a sign of life."""


def _kept(caller: Caller, service: Callable[..., T]) -> Callable[..., T]:
    """The service, after an incident for whatever had to be salvaged, in the same unit of work."""

    def unit(conn: Connection, station_id: int, report: StartReport | StopReport, now: datetime) -> T:
        if odd := salvaged(report):
            summary = f"{SALVAGED[type(report)]} needed salvaging: {odd}"
            incidents.record(conn, station_id, caller.identity, IncidentKind.SALVAGED, summary, report.raw, now)
        return service(conn, station_id, report, now)

    return unit


async def data_transfer(caller: Caller, payload: Payload) -> Answer:
    """No vendor's extensions are known here, so none is ever accepted."""
    say(caller.identity, "vendor message not understood", payload["vendorId"], payload.get("messageId", ""))
    return {"status": "UnknownVendorId"}


def progress(action: str, of: str) -> Callable[[Caller, Payload], Awaitable[Answer]]:
    """The state of a transfer or installation that the station reports."""

    async def note_progress(caller: Caller, payload: Payload) -> Answer:
        await caller.report(Report(action, status=str(payload["status"])), _nothing)
        say(caller.identity, of, str(payload["status"]))
        return {}

    return note_progress


async def security_event(caller: Caller, payload: Payload) -> Answer:
    """Kept before it is acknowledged: the station forgets it then."""
    await caller.write(_keep_security_event, caller.identity, payload, topics=(Topic.INCIDENTS,))
    say(caller.identity, "security event", payload["type"])
    return {}


def _keep_security_event(conn: Connection, station_id: int, identity: str, payload: Payload, now: datetime) -> None:
    summary = f"security event {harmless(payload['type'])}"
    incidents.record(conn, station_id, identity, "security_event", summary, payload, now)


async def sign_certificate(caller: Caller, _payload: Payload) -> Answer:
    """There is no certificate authority to pass the request on to."""
    say(caller.identity, "asked for a certificate, which cannot be signed here")
    return {"status": "Rejected"}
