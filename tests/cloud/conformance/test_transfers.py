"""Cases about firmware, diagnostics and triggered messages: what is asked for shows in later messages."""

import pytest

from cloud.domain.commands import CommandKind, Step
from tests.cloud.conformance.bench import ACCEPTED, BOOT, Bench, stamp
from tests.cloud.conformance.tool import Payload

pytestmark = pytest.mark.asyncio(loop_scope="session")

FIRMWARE, DIAGNOSTICS = "FirmwareStatusNotification", "DiagnosticsStatusNotification"
WHERE = {"location": "ftp://files.example/here", "retries": 0}


async def tells(bench: Bench, action: str, *states: str) -> None:
    """How far the transfer has come."""
    for state in states:
        assert await bench.tool.says(action, status=state) == {}


async def show_all(bench: Bench, status: str) -> None:
    for connector in (1, 2):
        await bench.shows(status, connector)


async def test_044_1_firmware_update(bench: Bench) -> None:
    asked = await bench.asks(CommandKind.UPDATE_FIRMWARE, {}, **WHERE, retrieveDate=stamp())
    await tells(bench, FIRMWARE, "Downloading", "Downloaded")
    await show_all(bench, "Unavailable")
    await tells(bench, FIRMWARE, "Installing")
    await bench.comes_back()
    boot = {**BOOT, "firmwareVersion": "1.1"}
    assert (await bench.tool.says("BootNotification", **boot))["status"] == "Accepted"
    await show_all(bench, "Available")
    await tells(bench, FIRMWARE, "Installed")
    await bench.ends(asked, Step.ACCEPTED, *[Step.PROGRESS] * 3, Step.DONE)


async def test_044_2_download_failed(bench: Bench) -> None:
    asked = await bench.asks(CommandKind.UPDATE_FIRMWARE, {}, **WHERE, retrieveDate=stamp())
    await tells(bench, FIRMWARE, "Downloading", "DownloadFailed")
    await bench.ends(asked, Step.ACCEPTED, Step.PROGRESS, Step.FAILED)


async def test_044_3_installation_failed(bench: Bench) -> None:
    asked = await bench.asks(CommandKind.UPDATE_FIRMWARE, {}, **WHERE, retrieveDate=stamp())
    await tells(bench, FIRMWARE, "Downloading", "Downloaded")
    await show_all(bench, "Unavailable")
    await tells(bench, FIRMWARE, "Installing", "InstallationFailed")
    await show_all(bench, "Available")
    await bench.ends(asked, Step.ACCEPTED, *[Step.PROGRESS] * 3, Step.FAILED)


async def test_045_1_diagnostics(bench: Bench) -> None:
    asked = await bench.asks(CommandKind.GET_DIAGNOSTICS, {"fileName": "log.zip"}, **WHERE)
    await tells(bench, DIAGNOSTICS, "Uploading", "Uploaded")
    await bench.ends(asked, Step.ACCEPTED, Step.PROGRESS, Step.DONE)


async def test_045_2_upload_failed(bench: Bench) -> None:
    asked = await bench.asks(CommandKind.GET_DIAGNOSTICS, {"fileName": "log.zip"}, **WHERE)
    await tells(bench, DIAGNOSTICS, "Uploading", "UploadFailed")
    await bench.ends(asked, Step.ACCEPTED, Step.PROGRESS, Step.FAILED)


ON_CONNECTOR_1 = {"connectorId": 1}
SAMPLE = {"value": "1000", "context": "Trigger", "unit": "Wh"}
TRIGGERED: dict[str, tuple[Payload, Payload]] = {
    "MeterValues": (
        ON_CONNECTOR_1,
        {**ON_CONNECTOR_1, "meterValue": [{"timestamp": stamp(), "sampledValue": [SAMPLE]}]},
    ),
    "Heartbeat": ({}, {}),
    "StatusNotification": (ON_CONNECTOR_1, {**ON_CONNECTOR_1, "status": "Available", "errorCode": "NoError"}),
    DIAGNOSTICS: ({}, {"status": "Idle"}),
    FIRMWARE: ({}, {"status": "Idle"}),
}


@pytest.mark.parametrize("message", TRIGGERED)
async def test_054_trigger_message(bench: Bench, message: str) -> None:
    where, told = TRIGGERED[message]
    asked = await bench.asks(CommandKind.TRIGGER_MESSAGE, ACCEPTED, requestedMessage=message, **where)
    await bench.tool.says(message, **told)
    await bench.ends(asked, Step.ACCEPTED, Step.DONE)


async def test_055_trigger_rejected(bench: Bench) -> None:
    payload = {"requestedMessage": "MeterValues", "connectorId": 3}
    asked = await bench.asks(CommandKind.TRIGGER_MESSAGE, {"status": "Rejected"}, **payload)
    await bench.ends(asked, Step.REJECTED)
