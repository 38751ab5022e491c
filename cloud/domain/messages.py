"""Messages between station and central system as the log keeps them: complete enough to search, without secrets."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from cloud.domain.commands import CommandKind
from cloud.domain.secrets import HIDDEN, without_credentials, without_keys
from cloud.domain.tags import masked
from cloud.domain.words import N_

LONGEST_TEXT = 4096
CUT = "… (cut)"


class Direction(StrEnum):
    """As the central system sees it."""

    IN = "in"
    OUT = "out"


class Kind(StrEnum):
    """The three frames of OCPP-J, what is none, and what happened between them.

    `silence`: an answer that never came (in: the station's; out: ours); `opened` and `closed`: the connection.
    """

    CALL = "call"
    RESULT = "result"
    ERROR = "error"
    UNREADABLE = "unreadable"
    SILENCE = "silence"
    OPENED = "opened"
    CLOSED = "closed"


ANSWERED = N_("answered")
UNASKED = "unasked"
FINE = ("", ANSWERED)


_TOLD = (
    *("Authorize", "BootNotification", "DataTransfer", "DiagnosticsStatusNotification", "FirmwareStatusNotification"),
    *("Heartbeat", "MeterValues", "StartTransaction", "StatusNotification", "StopTransaction"),
)
_ACTIONS: Mapping[str, str] = {name.lower(): str(name) for name in (*CommandKind, *_TOLD)}


def spelt(action: str) -> str:
    """An action of OCPP 1.6 as it is written there, whatever the case it was typed in; another one as it is."""
    return _ACTIONS.get(action.lower(), action)


@dataclass(frozen=True, slots=True)
class Message:
    """One entry of the log. An answer has its call's action, and `latency_ms` since it.

    `outcome`: of an answer `answered`, the CALLERROR's code or `unasked`; of a silence its reason; else empty.
    """

    station_id: int
    at: datetime
    direction: Direction
    kind: Kind
    action: str = ""
    message_id: str = ""
    text: str = ""
    outcome: str = ""
    latency_ms: float | None = None
    identity: str = ""
    id: int = 0


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for; `contains` is compared without case, `errors` are outcomes that are not fine.

    `identity` names a station as it calls itself.
    """

    station_id: int | None = None
    action: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    errors: bool = False
    contains: str | None = None
    identity: str | None = None


_SECRETS = ("authorizationkey", "passw", "passphrase", "secret")
_NAME = re.compile(r"[\w.-]{1,50}")
_TAG = re.compile(r'(idTag\\*"\s*:\s*\\*")([^"\\]*)', re.IGNORECASE)


def kept(payload: Mapping[str, Any], encoded: str) -> str:
    """A payload, already encoded as JSON, as the log may keep it: without keys and passwords, not too long."""
    if _is_secret(encoded):
        encoded = json.dumps(_without_secrets(payload), separators=(",", ":"), ensure_ascii=False)
    return _short(encoded)


def kept_raw(text: str) -> str:
    """As `kept`, for what is no payload: where a secret may be, nothing is kept."""
    return f"({HIDDEN}: it may hold a key)" if _is_secret(text) else without_keys(_short(text))


def with_masked_tags(text: str) -> str:
    """The text of a message as a screen may show it."""
    return _TAG.sub(lambda found: found[1] + masked(found[2]), text)


def _short(text: str) -> str:
    text = without_credentials(text[: 2 * LONGEST_TEXT])
    return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - len(CUT)] + CUT


def _is_secret(text: str) -> bool:
    lowered = text.lower()
    return any(word in lowered for word in _SECRETS)


def _without_secrets(value: Any) -> Any:
    """Values beside or under a name that says secret are hidden, and text that is more than such a name."""
    if isinstance(value, str):
        return HIDDEN if _is_secret(value) and not _NAME.fullmatch(value) else value
    if isinstance(value, list):
        return [_without_secrets(each) for each in value]
    if not isinstance(value, Mapping):
        return value
    beside = _is_secret(str(value.get("key", "")))
    return {
        name: HIDDEN if _is_secret(name) or (beside and name == "value") else _without_secrets(inner)
        for name, inner in value.items()
    }
