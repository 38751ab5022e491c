"""One-time codes by the clock (RFC 6238 over RFC 4226): SHA-1, six digits, steps of 30 seconds."""

import base64
import hmac
from datetime import datetime
from urllib.parse import quote, urlencode

DIGITS = 6
STEP_S = 30
SECRET_BYTES = 20
ISSUER = "Bollard"


def step_at(at: datetime) -> int:
    """The number of the step that a moment is in."""
    return int(at.timestamp()) // STEP_S


def code(secret: bytes, step: int) -> str:
    """The six digits of a step."""
    digest = hmac.digest(secret, step.to_bytes(8, "big"), "sha1")
    place = digest[-1] & 0x0F
    number = int.from_bytes(digest[place : place + 4], "big") & 0x7FFFFFFF
    return f"{number % 10**DIGITS:0{DIGITS}}"


def fitting_step(secret: bytes, given: str, at: datetime, last_step: int) -> int | None:
    """The step whose code was given: this one, the one before or after, but none up to the last that was used."""
    now, digits = step_at(at), given.encode("ascii", "replace")
    fitting = [step for step in (now - 1, now, now + 1) if hmac.compare_digest(code(secret, step).encode(), digits)]
    return next((step for step in fitting if step > last_step), None)


def spelt(secret: bytes) -> str:
    """The secret as people type it: base32 without padding."""
    return base64.b32encode(secret).decode().rstrip("=")


def address(secret: bytes, name: str) -> str:
    """What the QR code says to an authenticator."""
    asked = urlencode({"secret": spelt(secret), "issuer": ISSUER})
    return f"otpauth://totp/{ISSUER}:{quote(name)}?{asked}"
