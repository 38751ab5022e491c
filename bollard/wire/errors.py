"""What can go wrong on the wire, and the CALLERROR codes of OCPP 1.6 in their own spelling."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any


class ErrorCode(StrEnum):
    """CALLERROR codes (OCPP-J 1.6, 4.2.3); the odd spellings are the standard's."""

    NOT_IMPLEMENTED = "NotImplemented"
    NOT_SUPPORTED = "NotSupported"
    INTERNAL_ERROR = "InternalError"
    PROTOCOL_ERROR = "ProtocolError"
    SECURITY_ERROR = "SecurityError"
    FORMATION_VIOLATION = "FormationViolation"
    PROPERTY_CONSTRAINT_VIOLATION = "PropertyConstraintViolation"
    OCCURENCE_CONSTRAINT_VIOLATION = "OccurenceConstraintViolation"
    TYPE_CONSTRAINT_VIOLATION = "TypeConstraintViolation"
    GENERIC_ERROR = "GenericError"

    @classmethod
    def _missing_(cls, value: object) -> "ErrorCode":
        """Peers also send later spellings and codes of their own."""
        return _SPELT_OTHERWISE.get(str(value), cls.GENERIC_ERROR)


_SPELT_OTHERWISE = {
    "FormatViolation": ErrorCode.FORMATION_VIOLATION,
    "OccurrenceConstraintViolation": ErrorCode.OCCURENCE_CONSTRAINT_VIOLATION,
}


class WireError(Exception):
    """Something on the wire did not go as it should."""


class Malformed(WireError):
    """A frame that is none; `message_id` is set when its sender can still be told, with `code`."""

    def __init__(
        self, reason: str, message_id: str | int | None = None, code: ErrorCode = ErrorCode.FORMATION_VIOLATION
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.message_id = message_id
        self.code = code


class CallError(WireError):
    """A CALLERROR: raised by a handler it is sent, raised out of `Peer.call` the peer has sent it."""

    def __init__(self, code: ErrorCode, text: str = "", details: Mapping[str, Any] | None = None) -> None:
        super().__init__(f"{code}: {text}" if text else str(code))
        self.code = code
        self.text = text
        self.details = dict(details or {})


class BadAnswer(CallError):
    """The peer answered, but not in the shape of its schema; `payload` is what it said."""

    def __init__(self, reason: CallError, payload: dict[str, Any]) -> None:
        super().__init__(reason.code, reason.text)
        self.payload = payload


class NoAnswer(WireError):
    """Raised by a handler that must not answer, because it could not keep what it was told."""


class Timeout(WireError):
    """The peer did not answer in time."""


class Disconnected(WireError):
    """The connection ended before the answer came."""
