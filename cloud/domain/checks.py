"""What is wrong with a command though its schema allows it, in words; None when nothing is."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from cloud.domain.commands import AUTHORIZATION_KEY
from cloud.domain.effects import TRIGGERED

Payload = Mapping[str, Any]
Check = Callable[[Payload, datetime], str | None]

FIRMWARE_AHEAD = timedelta(days=6)
_SCHEMES = ("ftp://", "ftps://", "http://", "https://", "sftp://")


def anything(asked: Payload, now: datetime) -> str | None:
    return None


def remote_start(asked: Payload, now: datetime) -> str | None:
    profile = asked.get("chargingProfile")
    if asked.get("connectorId") == 0:
        return "connectorId: connectors are numbered from 1; leave it out to let the station choose"
    if profile is None:
        return None
    if profile["chargingProfilePurpose"] != "TxProfile" or "transactionId" in profile:
        return "chargingProfile: a remote start takes a TxProfile without a transactionId"
    return _schedule(profile)


def setting(asked: Payload, now: datetime) -> str | None:
    if asked["key"].lower() == AUTHORIZATION_KEY:
        return "key: it would be locked out; `bollard cloud renew-key` changes a station's own key"
    return None


def reservation(asked: Payload, now: datetime) -> str | None:
    return "expiryDate: it has passed already" if moment(asked["expiryDate"]) <= now else None


def trigger(asked: Payload, now: datetime) -> str | None:
    if asked["requestedMessage"] not in TRIGGERED:
        return f"requestedMessage: it is one of {', '.join(sorted(TRIGGERED))}"
    return "connectorId: connectors are numbered from 1" if asked.get("connectorId") == 0 else None


def local_list(asked: Payload, now: datetime) -> str | None:
    """Versions 0 and -1 are a station's words for "empty" and "none" (OCPP 1.6 errata)."""
    entries = asked.get("localAuthorizationList", [])
    if asked["listVersion"] < 1:
        return "listVersion: it is 1 or more"
    if asked["updateType"] == "Full" and any("idTagInfo" not in entry for entry in entries):
        return "localAuthorizationList: in a full list every tag has its idTagInfo"
    return None


def firmware(asked: Payload, now: datetime) -> str | None:
    if moment(asked["retrieveDate"]) > now + FIRMWARE_AHEAD:
        return f"retrieveDate: at most {FIRMWARE_AHEAD.days} days ahead, as long as what comes of it is waited for"
    return location(asked, now)


def location(asked: Payload, now: datetime) -> str | None:
    known = str(asked["location"]).lower().startswith(_SCHEMES)
    return None if known else f"location: an address that begins with one of {', '.join(_SCHEMES)}"


def profile(asked: Payload, now: datetime) -> str | None:
    connector, given = asked["connectorId"], asked["csChargingProfiles"]
    purpose = given["chargingProfilePurpose"]
    if purpose == "ChargePointMaxProfile" and connector != 0:
        return "connectorId: a ChargePointMaxProfile is for connector 0, the whole station"
    if purpose == "TxProfile" and (connector == 0 or "transactionId" not in given):
        return "csChargingProfiles: a TxProfile names a connector from 1 and its transactionId"
    return _schedule(given)


def moment(text: str) -> datetime:
    """A date-time that its schema has accepted; without a zone it is UTC."""
    parsed = datetime.fromisoformat(text.replace(",", ".").upper())
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def _schedule(given: Payload) -> str | None:
    starts = [period["startPeriod"] for period in given["chargingSchedule"]["chargingSchedulePeriod"]]
    if not starts or starts[0] != 0:
        return "chargingSchedulePeriod: the first period starts at 0"
    if any(later <= earlier for earlier, later in pairwise(starts)):
        return "chargingSchedulePeriod: each period starts after the one before"
    recurring = given["chargingProfileKind"] == "Recurring"
    if recurring != ("recurrencyKind" in given):
        return "recurrencyKind: it belongs to Recurring profiles, and only to them"
    return None
