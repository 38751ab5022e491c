"""Every command that OCPP 1.6 has for a station, and what one with the profiles Core and RemoteTrigger answers."""

from typing import Any

Payload = dict[str, Any]
Command = tuple[str, Payload, Payload | str]  # the answer, or the code of the CALLERROR that the specification wants

ACCEPTED: Payload = {"status": "Accepted"}
REJECTED: Payload = {"status": "Rejected"}
UNSUPPORTED = "NotSupported"
NEXT_YEAR = "2027-11-21T12:00:00Z"
SCHEDULE: Payload = {"chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 8.1}]}
PROFILE: Payload = {
    "chargingProfileId": 1,
    "stackLevel": 0,
    "chargingProfilePurpose": "TxDefaultProfile",
    "chargingProfileKind": "Relative",
    "chargingSchedule": SCHEDULE,
}

AVAILABILITY: list[Command] = [
    ("ChangeAvailability", {"connectorId": connector, "type": kind}, ACCEPTED)
    for connector in (1, 0)
    for kind in ("Inoperative", "Inoperative", "Operative", "Operative")
]

CONFIGURATION: list[Command] = [
    ("ChangeConfiguration", {"key": "MeterValueSampleInterval", "value": "1"}, ACCEPTED),
    ("ChangeConfiguration", {"key": "metervaluesampleinterval", "value": "1"}, ACCEPTED),
    ("ChangeConfiguration", {"key": "ClockAlignedDataInterval", "value": "1"}, ACCEPTED),
    ("ChangeConfiguration", {"key": "StopTxnSampledData", "value": "Energy.Active.Import.Register"}, ACCEPTED),
    ("ChangeConfiguration", {"key": "MeterValueSampleInterval", "value": "often"}, REJECTED),
    ("ChangeConfiguration", {"key": "MeterValueSampleInterval", "value": "-1"}, REJECTED),
    ("ChangeConfiguration", {"key": "NumberOfConnectors", "value": "7"}, REJECTED),
    ("ChangeConfiguration", {"key": "Colour", "value": "red"}, {"status": "NotSupported"}),
    (
        "GetConfiguration",
        {"key": ["NumberOfConnectors", "Colour"]},
        {
            "configurationKey": [{"key": "NumberOfConnectors", "readonly": True, "value": "2"}],
            "unknownKey": ["Colour"],
        },
    ),
]

IDLE: list[Command] = [
    ("ClearCache", {}, ACCEPTED),
    ("DataTransfer", {"vendorId": "org.example"}, {"status": "UnknownVendorId"}),
    ("DataTransfer", {"vendorId": "org.example", "messageId": "m", "data": "d"}, {"status": "UnknownVendorId"}),
    ("RemoteStartTransaction", {"idTag": "REMOTE", "connectorId": 9}, REJECTED),
    ("RemoteStartTransaction", {"idTag": "REMOTE", "connectorId": 1, "chargingProfile": PROFILE}, REJECTED),
    ("RemoteStopTransaction", {"transactionId": 999_999}, REJECTED),
    ("UnlockConnector", {"connectorId": 1}, {"status": "Unlocked"}),
    ("UnlockConnector", {"connectorId": 9}, {"status": "NotSupported"}),
]

TRIGGERS: list[Command] = [
    *(
        ("TriggerMessage", {"requestedMessage": message} | one, ACCEPTED)
        for message in ("StatusNotification", "MeterValues", "Heartbeat")
        for one in ({}, {"connectorId": 1})
    ),
    ("TriggerMessage", {"requestedMessage": "StatusNotification", "connectorId": 9}, REJECTED),
    ("TriggerMessage", {"requestedMessage": "MeterValues", "connectorId": 9}, REJECTED),
    ("TriggerMessage", {"requestedMessage": "BootNotification"}, REJECTED),
    ("TriggerMessage", {"requestedMessage": "FirmwareStatusNotification"}, {"status": "NotImplemented"}),
    ("TriggerMessage", {"requestedMessage": "DiagnosticsStatusNotification"}, {"status": "NotImplemented"}),
]

ABSENT: list[Command] = [
    (
        "ReserveNow",
        {"connectorId": 1, "expiryDate": NEXT_YEAR, "idTag": "REMOTE", "reservationId": 1},
        REJECTED,
    ),
    ("CancelReservation", {"reservationId": 1}, REJECTED),
    ("GetLocalListVersion", {}, {"listVersion": -1}),
    ("SendLocalList", {"listVersion": 1, "updateType": "Full"}, {"status": "NotSupported"}),
    ("SetChargingProfile", {"connectorId": 1, "csChargingProfiles": PROFILE}, UNSUPPORTED),
    ("ClearChargingProfile", {"id": 1}, UNSUPPORTED),
    ("GetCompositeSchedule", {"connectorId": 1, "duration": 60}, UNSUPPORTED),
    ("GetDiagnostics", {"location": "https://example.org/up"}, UNSUPPORTED),
    ("UpdateFirmware", {"location": "https://example.org/new", "retrieveDate": NEXT_YEAR}, UNSUPPORTED),
]

EVERYTHING = [*AVAILABILITY, *CONFIGURATION, *IDLE, *TRIGGERS, *ABSENT]

CHARGING: list[Command] = [
    ("ChangeAvailability", {"connectorId": 1, "type": "Inoperative"}, {"status": "Scheduled"}),
    ("ChangeAvailability", {"connectorId": 1, "type": "Operative"}, ACCEPTED),
    ("RemoteStartTransaction", {"idTag": "REMOTE", "connectorId": 1}, REJECTED),
    ("TriggerMessage", {"requestedMessage": "MeterValues", "connectorId": 1}, ACCEPTED),
    ("TriggerMessage", {"requestedMessage": "StatusNotification"}, ACCEPTED),
]
