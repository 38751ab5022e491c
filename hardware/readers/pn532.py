"""NXP PN532 on a serial port ("HSU"): it tells cards apart by itself, so that only their numbers travel.

Source: PN532 user manual UM0701-02: frames (6.2.1), wake-up and HSU (6.3), commands (7.2.2, 7.2.10, 7.3.1, 7.3.5).
"""

import time
from collections.abc import Iterable

from msgspec import Struct
from serial import Serial

from hardware.errors import ReaderSilent
from hardware.readers.forms import Form
from hardware.readers.polled import PolledReader
from hardware.readers.serial_port import FAILURES, PortName, unheard

BAUD = 115_200
WAKE_UP = b"\x55\x55" + bytes(22)  # its oscillator needs 2 ms before it listens; a byte takes 87 us
START, TO_CHIP, FROM_CHIP = b"\x00\xff", 0xD4, 0xD5
FIRMWARE, SAM, RADIO, LIST = 0x02, 0x14, 0x32, 0x4A
NORMAL_MODE = (0x01, 0x00, 0x00)
TRY_ONCE = (0x05, 0xFF, 0x01, 0x00)
ONE_CARD_106_KBIT_A = (0x01, 0x00)
PN532 = 0x32
ACKNOWLEDGING, ACKNOWLEDGED = (0x00, 0xFF), b""
PATIENCE_S = 0.3
RENEW_EVERY = 480
LENGTHS = (4, 7, 10)


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """Its serial port, and the form of its idTags."""

    serial_port: PortName
    form: Form = "hex"


def framed(payload: bytes) -> bytes:
    """A payload (at most 255 bytes) as it goes over the line: its length and its sum are checked by the other side."""
    length = len(payload)
    return b"\x00" + START + bytes((length, -length & 0xFF)) + payload + bytes((-sum(payload) & 0xFF, 0))


def cut(heard: bytes) -> tuple[bytes | None, bytes]:
    """The payload of the first whole frame (empty: it acknowledges), None without one, and what follows it."""
    while (at := heard.find(START)) >= 0:
        if len(heard) < at + 4:
            return None, heard[at:]
        length, check = heard[at + 2 : at + 4]
        if (length, check) == ACKNOWLEDGING:
            return ACKNOWLEDGED, heard[at + 4 :]
        if length and (length + check) & 0xFF == 0:
            body = heard[at + 4 : at + 5 + length]
            if len(body) <= length:
                return None, heard[at:]
            if sum(body) & 0xFF == 0:
                return body[:length], heard[at + 5 + length :]
        heard = heard[at + 2 :]
    return None, heard[-1:]


def uids(answer: bytes) -> list[bytes]:
    """The cards that InListPassiveTarget tells of: how many, then Tg, SENS_RES (2), SEL_RES, a length and the UID."""
    uid = answer[6 : 6 + answer[5]] if len(answer) > 5 and answer[0] else b""
    return [uid] if len(uid) in LENGTHS else []


class Chip:
    """Conversations with it: a command, its acknowledgement, its answer. `ReaderSilent`, or one of `FAILURES`."""

    def __init__(self, port: Serial) -> None:
        self._port = port

    def wake(self) -> None:
        """Awake, in normal mode, and looking for a card once at each question instead of for ever."""
        self._port.write(WAKE_UP)
        self.ask(SAM, *NORMAL_MODE)
        if self.ask(FIRMWARE)[:1] != bytes((PN532,)):
            raise ReaderSilent("is another chip")
        self.ask(RADIO, *TRY_ONCE)

    def ask(self, command: int, *parameters: int) -> bytes:
        """What it answers to a command."""
        self._port.reset_input_buffer()
        self._port.write(framed(bytes((TO_CHIP, command, *parameters))))
        until_s = time.monotonic() + PATIENCE_S
        first, rest = self._heard(b"", until_s)
        answer, _ = self._heard(rest, until_s)
        if first != ACKNOWLEDGED or answer[:2] != bytes((FROM_CHIP, command + 1)):
            raise ReaderSilent("answers nonsense")
        return answer[2:]

    def close(self) -> None:
        """Give the port back."""
        self._port.close()

    def _heard(self, heard: bytes, until_s: float) -> tuple[bytes, bytes]:
        while True:
            payload, heard = cut(heard)
            if payload is not None:
                return payload, heard
            if time.monotonic() > until_s:
                raise ReaderSilent("does not answer")
            heard += self._port.read(max(1, self._port.in_waiting))


class Pn532:
    """The card in its field. It begins anew after every trouble, and once a minute without a card."""

    pause_s = 0.12
    misses = 3

    def __init__(self, port: str) -> None:
        self._name = port
        self._chip: Chip | None = None
        self._empty = 0

    def seen(self) -> Iterable[bytes]:
        """The UID of the card in the field; `ReaderSilent`."""
        try:
            found = uids(self._awake().ask(LIST, *ONE_CARD_106_KBIT_A))
        except FAILURES as error:
            self.close()
            raise unheard(self._name) from error
        except ReaderSilent as error:
            self.close()
            raise ReaderSilent(
                f"the PN532 at {self._name} {error}: check its supply, that its TX is on RX and its RX on TX,"
                " and that both its switches are off (HSU)"
            ) from error
        self._empty += not found
        return found

    def close(self) -> None:
        """Give the port back."""
        chip, self._chip = self._chip, None
        if chip is not None:
            chip.close()

    def _awake(self) -> Chip:
        if self._chip is None:
            self._chip, self._empty = Chip(Serial(self._name, BAUD, timeout=0.01, exclusive=True)), RENEW_EVERY
        if self._empty >= RENEW_EVERY:
            self._chip.wake()
            self._empty = 0
        return self._chip


def make(settings: Settings) -> PolledReader:
    """The reader; the port is opened when the first tap is awaited."""
    return PolledReader(Pn532(settings.serial_port), settings.form)
