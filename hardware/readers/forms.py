"""The forms in which the number of a card becomes an idTag, and back."""

from typing import Literal

Form = Literal["hex", "hex-reversed", "decimal", "decimal-reversed"]
LENGTHS = (4, 5, 7, 10)
"""Bytes of a card's number: ISO 14443 knows 4, 7 and 10, EM4100 5."""
DIGITS = 10


def written(uid: bytes, form: Form) -> str:
    """The idTag: upper-case hex or at least ten decimal digits, of the bytes as they came over the air or reversed."""
    ordered = uid[::-1] if form.endswith("reversed") else uid
    return ordered.hex().upper() if form.startswith("hex") else f"{int.from_bytes(ordered, 'big'):0{DIGITS}}"


def number(text: str, form: Form) -> bytes | None:
    """The card's bytes in air order from what a reader wrote in this form; None where it cannot be one."""
    try:
        ordered = bytes.fromhex(text) if form.startswith("hex") else _bytes(int(text))
    except (ValueError, OverflowError):
        return None
    if not text.isalnum() or not text.isascii() or len(ordered) not in LENGTHS:
        return None
    return ordered[::-1] if form.endswith("reversed") else ordered


def _bytes(value: int) -> bytes:
    """The shortest length that a card may have and that holds the value."""
    return value.to_bytes(next((length for length in LENGTHS if value < 1 << 8 * length), LENGTHS[-1]), "big")
