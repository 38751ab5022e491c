"""An openWB EVSE board of which every byte is ours, on a serial line (a pty), in front of a simulated outlet."""

import asyncio
import os
import struct
import time
import tty
from collections.abc import Callable
from dataclasses import dataclass, field

from hardware.ports import Vehicle
from tests.hardware.raw_meters import framed

STATES = {Vehicle.ABSENT: 1, Vehicle.CONNECTED: 2, Vehicle.ASKING: 3, Vehicle.FAULTY: 5}
DEFAULT_A = 16
HUNDREDTHS = 0x80
ILLEGAL_ADDRESS = 2


@dataclass
class RawEvse:
    """The board: `pilot` says what hangs on it, `told` hears what it offers in mA."""

    pilot: Callable[[], Vehicle]
    told: Callable[[int], None]
    options: int | None = 0
    silent: bool = False
    late_s: float = 0.0
    state: int | None = None
    current: int = DEFAULT_A
    writes: list[int] = field(default_factory=list)
    heard_at_s: list[float] = field(default_factory=list)

    def reboot(self) -> None:
        """It begins with the current that it has kept."""
        self.current = DEFAULT_A * (100 if self.precise else 1)
        self.told(DEFAULT_A * 1000)

    @property
    def precise(self) -> bool:
        """Whether its currents are hundredths of an ampere."""
        return bool((self.options or 0) & HUNDREDTHS)

    def answer(self, pdu: bytes) -> bytes:
        """The answer to a request."""
        self.heard_at_s.append(time.monotonic())
        function, address, count = struct.unpack(">BHH", pdu[:5])
        if function == 16:
            assert (address, count) == (1000, 1)
            self._set(struct.unpack(">H", pdu[6:8])[0])
            return pdu[:5]
        registers = {1000: self.current, 1001: 0, 1002: self.state or STATES[self.pilot()]}
        registers |= {} if self.options is None else {2005: self.options}
        if any(at not in registers for at in range(address, address + count)):
            return bytes((function | 0x80, ILLEGAL_ADDRESS))
        return struct.pack(f">BB{count}H", function, 2 * count, *(registers[address + at] for at in range(count)))

    def _set(self, current: int) -> None:
        self.writes.append(current)
        self.current = current
        self.told(current * (10 if self.precise else 1000))


class EvseLine:
    """The board under id 1 of a pty."""

    def __init__(self, evse: RawEvse) -> None:
        self.evse = evse
        self._master, self._slave = os.openpty()
        tty.setraw(self._master)
        self.settings: dict[str, object] = {"serial_port": os.ttyname(self._slave), "device_id": 1, "timeout_s": 0.06}
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._master, self._hear)
        self._heard = b""

    def close(self) -> None:
        """The line is cut."""
        self._loop.remove_reader(self._master)
        os.close(self._master)
        os.close(self._slave)

    def _hear(self) -> None:
        self._heard += os.read(self._master, 1024)
        while len(self._heard) >= 8 and len(self._heard) >= (length := self._length()):
            request, self._heard = self._heard[:length], self._heard[length:]
            assert framed(request[:-2]) == request
            if request[0] == 1 and not self.evse.silent:
                reply = framed(request[:1] + self.evse.answer(request[1:-2]))
                self._loop.call_later(self.evse.late_s, os.write, self._master, reply)
            elif reply := self.others(request):
                os.write(self._master, reply)

    def others(self, request: bytes) -> bytes:
        """What another device on the line answers; nobody is there."""
        return b""

    def _length(self) -> int:
        return 9 + self._heard[6] if self._heard[1] == 16 else 8
