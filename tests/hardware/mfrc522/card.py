"""A card of ISO 14443-3 type A: its states, its cascade levels, and what it says to each frame."""

from collections.abc import Sequence

Bits = list[int]
REQA, WUPA = [0, 1, 1, 0, 0, 1, 0], [0, 1, 0, 0, 1, 0, 1]
SELECTS = (0x93, 0x95, 0x97)


def bits_of(data: bytes) -> Bits:
    return [byte >> at & 1 for byte in data for at in range(8)]


def bytes_of(bits: Sequence[int]) -> bytes:
    """Bits, least significant first; the last byte may be a part of one."""
    return bytes(sum(bit << at for at, bit in enumerate(bits[i : i + 8])) for i in range(0, len(bits), 8))


def crc_a(data: bytes) -> bytes:
    """CRC_A as the standard's annex computes it, in a way of its own."""
    crc = 0x6363
    for byte in data:
        byte ^= crc & 0xFF
        byte = (byte ^ byte << 4) & 0xFF
        crc = (crc >> 8) ^ (byte << 8) ^ (byte << 3) ^ (byte >> 4)
    return (crc & 0xFFFF).to_bytes(2, "little")


class Card:
    """A card as it comes into a field; `patience` is how many frames it hears before it is out of reach."""

    def __init__(self, uid: bytes, patience: int = 1_000_000) -> None:
        self.uid = uid
        self.patience = patience
        self._state = self._rest = "idle"
        self._level = 0

    @property
    def parts(self) -> list[bytes]:
        """What each cascade level says: four bytes and their check byte."""
        whole = {4: [self.uid], 7: [b"\x88" + self.uid[:3], self.uid[3:]]}
        whole[10] = [b"\x88" + self.uid[:3], b"\x88" + self.uid[3:6], self.uid[6:]]
        return [part + bytes((part[0] ^ part[1] ^ part[2] ^ part[3],)) for part in whole[len(self.uid)]]

    def hear(self, frame: Bits) -> Bits | None:
        """The answer to a frame, or silence."""
        self.patience -= 1
        if self.patience < 0:
            return None
        if self._state in ("idle", "halt"):
            return self._woken(frame)
        answer = self._ready(frame) if self._state == "ready" else self._active(frame)
        if answer is None:
            self._state = self._rest
        return answer

    def _woken(self, frame: Bits) -> Bits | None:
        if frame != WUPA and not (frame == REQA and self._state == "idle"):
            return None
        self._state, self._rest, self._level = "ready", self._state, 0
        return bits_of(bytes((0x44 if len(self.uid) > 4 else 0x04, 0x00)))

    def _ready(self, frame: Bits) -> Bits | None:
        data, part = bytes_of(frame), bits_of(self.parts[self._level])
        if len(frame) < 16 or data[0] != SELECTS[self._level]:
            return None
        if data[1] == 0x70:
            return self._selected(data)
        known = (data[1] >> 4) * 8 + (data[1] & 7) - 16
        return part[known:] if frame[16:] == part[:known] else None

    def _selected(self, data: bytes) -> Bits | None:
        if data[2:7] != self.parts[self._level] or data[7:] != crc_a(data[:7]):
            return None
        self._level += 1
        complete = self._level == len(self.parts)
        self._state = "active" if complete else "ready"
        sak = bytes((0x20 if complete else 0x04,))
        return bits_of(sak + crc_a(sak))

    def _active(self, frame: Bits) -> Bits | None:
        if bytes_of(frame) == b"\x50\x00" + crc_a(b"\x50\x00"):
            self._rest = "halt"
        return None
