"""ISO 14443-3 type A: waking, telling apart, selecting and halting the cards in a reader's field."""

from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

WUPA, WUPA_BITS = 0x52, 7
SELECT = (0x93, 0x95, 0x97)
SELECT_ALL = 0x70
CASCADE_TAG, UID_INCOMPLETE = 0x88, 0x04
HLTA = b"\x50\x00"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; `collision` is the first bit, counted from 1, in which cards differed. Bits after it are 0."""

    data: bytes
    collision: int | None = None


class Radio(Protocol):
    """A reader chip as this protocol needs it."""

    def exchange(self, frame: bytes, last_bits: int = 0, align: int = 0) -> Answer | None:
        """Send a frame, of whose last byte only `last_bits` (0: all 8); the answer's first bit goes to bit `align`.

        None without an answer, or with a garbled one.
        """


class Lost(Exception):
    """The card left in the middle, or noise got in; the next round will tell."""


def cards(radio: Radio) -> list[bytes]:
    """The UIDs (4, 7 or 10 bytes, in air order) of one card, or of two, in the field; of three not all are found.

    The field stays on, since a phone makes up a new number whenever it comes on; every card is left halted, or it
    would answer every other time only.
    """
    found: list[bytes] = []
    for wanted in (1, 0):
        selection = Selection(radio, wanted)
        with suppress(Lost):
            found += selection.uids()
        if not selection.collided:
            break
    return found


def crc_a(data: bytes) -> bytes:
    """CRC_A, low byte first (ISO 14443-3 annex B)."""
    crc = 0x6363
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x8408 if crc & 1 else 0)
    return crc.to_bytes(2, "little")


class Selection:
    """Wakes the cards and selects one: where two differ, the one whose bit is `wanted`."""

    def __init__(self, radio: Radio, wanted: int) -> None:
        self.collided = False
        self._radio = radio
        self._wanted = wanted

    def uids(self) -> list[bytes]:
        """None or one; `Lost`."""
        if self._radio.exchange(bytes((WUPA,)), WUPA_BITS) is None:
            return []
        uid = self._uid()
        self._radio.exchange(HLTA + crc_a(HLTA))
        return [uid]

    def _uid(self) -> bytes:
        uid = b""
        for command in SELECT:
            part = self._part(command)
            if not self._is_incomplete(command, part):
                return uid + part[:4]
            if part[0] != CASCADE_TAG:
                raise Lost
            uid += part[1:4]
        raise Lost

    def _is_incomplete(self, command: int, part: bytes) -> bool:
        """Select by this part of the UID; whether more follows."""
        frame = bytes((command, SELECT_ALL)) + part
        answer = self._radio.exchange(frame + crc_a(frame))
        if answer is None or len(answer.data) != 3 or crc_a(answer.data[:1]) != answer.data[1:]:
            raise Lost
        return bool(answer.data[0] & UID_INCOMPLETE)

    def _part(self, command: int) -> bytes:
        """Four bytes of one level and their check byte."""
        answer = self._heard(bytes((command, 0x20)))
        data = answer.data if answer.collision is None else self._told_apart(command, answer.data, answer.collision)
        if len(data) != 5 or data[0] ^ data[1] ^ data[2] ^ data[3] != data[4]:
            raise Lost
        return data

    def _told_apart(self, command: int, data: bytes, collision: int) -> bytes:
        """The part of the card that has the wanted bit where they differ. A second difference is a third card."""
        self.collided = True
        whole, bits = divmod(collision, 8)
        known = int.from_bytes(data, "little") & (1 << collision - 1) - 1 | self._wanted << collision - 1
        start = known.to_bytes(whole + bool(bits), "little")
        rest = self._heard(bytes((command, 0x20 + (whole << 4) + bits)) + start, bits, bits)
        if rest.collision is not None or not rest.data:
            raise Lost
        first = rest.data[0] & 0xFF << bits & 0xFF | (start[whole] if bits else 0)
        return start[:whole] + bytes((first,)) + rest.data[1:]

    def _heard(self, frame: bytes, last_bits: int = 0, align: int = 0) -> Answer:
        answer = self._radio.exchange(frame, last_bits, align)
        if answer is None:
            raise Lost
        return answer
