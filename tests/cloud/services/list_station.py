"""A station with a local list, by the book (OCPP 1.6 section 5.15 and the errata)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Payload = Mapping[str, Any]

KEY = {"readonly": True}


@dataclass
class ListStation:
    """What it holds, and how much it can take."""

    per_message: int = 3
    most: int = 50
    version: int = 0
    held: dict[str, Any] = field(default_factory=dict)
    profiles: str = "Core,LocalAuthListManagement"
    enabled: str = "true"
    stubborn: bool = False  # compares versions of full lists too, against the book
    received: list[Payload] = field(default_factory=list)

    def answer(self, action: str, payload: Payload) -> dict[str, Any]:
        """What it says to a call, having done what it asks."""
        match action:
            case "GetConfiguration":
                return {"configurationKey": [self._key(name) for name in payload["key"] if self._key(name)["value"]]}
            case "GetLocalListVersion":
                return {"listVersion": self.version}
            case _:
                self.received.append(payload)
                return {"status": self._send(payload)}

    def _key(self, name: str) -> dict[str, Any]:
        values = {
            "SupportedFeatureProfiles": self.profiles,
            "LocalAuthListEnabled": self.enabled,
            "SendLocalListMaxLength": str(self.per_message) if self.per_message else "",
            "LocalAuthListMaxLength": str(self.most),
        }
        return {"key": name, "value": values[name], **KEY}

    def _send(self, payload: Payload) -> str:
        entries = {entry["idTag"]: entry.get("idTagInfo") for entry in payload["localAuthorizationList"]}
        whole = payload["updateType"] == "Full"
        if (self.stubborn or not whole) and payload["listVersion"] <= self.version:
            return "VersionMismatch"
        before = {} if whole else self.held
        after = {tag: info for tag, info in (before | entries).items() if info is not None}
        if len(entries) > max(self.per_message, 1) or len(after) > self.most:
            return "Failed"
        self.held = after
        self.version = payload["listVersion"] if after else 0
        return "Accepted"
