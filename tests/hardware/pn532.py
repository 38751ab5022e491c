"""A PN532 of which every byte is ours, on a pty: asleep until it is woken, and trying for ever until told otherwise."""

import os
import threading
import tty
from dataclasses import dataclass
from pathlib import Path
from select import select

WAKING_BYTES = 12
"""What goes by at 115,200 baud while the oscillator of a woken chip starts (1 ms)."""
ACK, ERROR = b"\x00\x00\xff\x00\xff\x00", b"\x00\x00\xff\x01\xff\x7f\x81\x00"
START = b"\x00\x00\xff"


@dataclass(frozen=True)
class Card:
    """SENS_RES, SEL_RES and, of an ISO 14443-4 card, its answer to select, which follows the UID."""

    uid: bytes
    sens_res: bytes = b"\x00\x04"
    sel_res: int = 0x08
    ats: bytes = b""

    @property
    def told(self) -> bytes:
        """As InListPassiveTarget tells of it."""
        ats = bytes((len(self.ats) + 1,)) + self.ats if self.ats else b""
        return b"\x01\x01" + self.sens_res + bytes((self.sel_res, len(self.uid))) + self.uid + ats


def framed(payload: bytes) -> bytes:
    """What the manual's figure shows."""
    return START + bytes([len(payload), 256 - len(payload)]) + payload + bytes([(256 - sum(payload) % 256) % 256, 0])


class Pn532:
    """The chip, and the thread in which it hears its line."""

    def __init__(self, port: Path) -> None:
        self.field: list[Card] = []
        self.firmware = b"\x32\x01\x06\x07"
        self.commands: list[int] = []
        self.spoils = lambda frame: frame
        self._path = port
        self._lock = threading.Lock()
        self.brown_out()
        self.plug()

    def brown_out(self) -> None:
        """As after power-on."""
        self.asleep, self._lost, self.normal, self.tries_for_ever, self.waiting = True, 0, False, True, False
        self._heard = b""

    def plug(self) -> None:
        """On the line."""
        self._master, self._slave = os.openpty()
        tty.setraw(self._master)
        self._path.unlink(missing_ok=True)
        self._path.symlink_to(os.ttyname(self._slave))
        self._plugged = threading.Event()
        self._thread = threading.Thread(target=self._listen, args=(self._plugged,), daemon=True)
        self._plugged.set()
        self._thread.start()

    def unplug(self) -> None:
        """The adapter is pulled out."""
        self._plugged.clear()
        self._thread.join()
        os.close(self._slave)
        os.close(self._master)
        self._path.unlink(missing_ok=True)

    def hold(self, *cards: Card) -> None:
        """These are in the field now; a command that waited for one is answered."""
        with self._lock:
            self.field = list(cards)
            if self.waiting and cards:
                self.waiting = False
                self._say(framed(b"\xd5\x4b" + cards[0].told))

    def _listen(self, plugged: threading.Event) -> None:
        while plugged.is_set():
            if select([self._master], [], [], 0.01)[0]:
                with self._lock:
                    self._hear(os.read(self._master, 1024))

    def _hear(self, data: bytes) -> None:
        for byte in data:
            if self.asleep:
                self.asleep, self._lost = byte != 0x55, WAKING_BYTES
            elif self._lost:
                self._lost -= 1
            else:
                self._heard += bytes((byte,))
                self._obey()

    def _obey(self) -> None:
        at = self._heard.find(START)
        if at < 0 or len(self._heard) < at + 4 or len(self._heard) < at + 7 + self._heard[at + 3]:
            return
        length = self._heard[at + 3]
        frame, self._heard = self._heard[at : at + 7 + length], self._heard[at + 7 + length :]
        payload = frame[5 : 5 + length]
        if frame == framed(payload) and payload[0] == 0xD4:
            self.waiting = False
            self.commands.append(payload[1])
            self._say(ACK)
            answer = self._answer(payload[1], payload[2:])
            if answer is not None:
                self._say(self.spoils(ERROR if not answer else framed(bytes((0xD5, payload[1] + 1)) + answer[1:])))

    def _answer(self, command: int, parameters: bytes) -> bytes | None:
        """What it says behind a leading byte; nothing for an error; None while it goes on trying."""
        match command, *parameters:
            case 0x14, 0x01, *_:
                self.normal = True
                return b"."
            case (0x02,):
                return b"." + self.firmware
            case 0x32, 0x05, _, _, tries:
                self.tries_for_ever = tries == 0xFF
                return b"."
            case 0x4A, 1 | 2, 0x00 if self.normal:
                self.waiting = self.tries_for_ever and not self.field
                return None if self.waiting else b"." + (self.field[0].told if self.field else b"\x00")
        return b""

    def _say(self, data: bytes) -> None:
        os.write(self._master, data)
