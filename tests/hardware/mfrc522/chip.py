"""The MFRC522 at register level: FIFO, command, interrupt, timer and collision registers, and what can go wrong."""

from collections.abc import Callable
from random import Random

from tests.hardware.mfrc522.card import Bits, Card, bits_of, bytes_of

COMMAND, IRQ, ERROR, FIFO, LEVEL, CONTROL, FRAMING, COLL = 1, 4, 6, 9, 0xA, 0xC, 0xD, 0xE
TX_CONTROL, TX_ASK, VERSION, TIMER_MODE, PRESCALER, RELOAD_HIGH, RELOAD_LOW = 0x14, 0x15, 0x37, 0x2A, 0x2B, 0x2C, 0x2D
RESET = {COMMAND: 0x20, IRQ: 0x14, COLL: 0x80, TX_CONTROL: 0x80, VERSION: 0x92}
BIT_S = 1 / 106_000
ANSWERS_AFTER_S = 0.000_091
BYTE_ON_BUS_S = 0.000_008


class Clock:
    """Time that passes only in `sleep`."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def sleep(self, for_s: float) -> None:
        self.now_s += for_s


class Chip:
    """What stands behind the SPI. `clock` says the time; `spend` lets the time of a transfer pass."""

    def __init__(self, clock: Callable[[], float], spend: Callable[[float], None] = lambda for_s: None) -> None:
        self._clock = clock
        self._spend = spend
        self.field: list[Card] = []
        self.transfers = 0
        self.resets = 0
        self.noise = 0.0
        self.random = Random(1)
        self.floats: int | None = None
        """What MISO reads while the chip is not there."""
        self.deaf = False
        """It hears no card until it is reset, and no register shows it."""
        self.stuck = False
        """No command of it ends until it is reset."""
        self.brown_out()

    def brown_out(self) -> None:
        """As after a dip of its supply, or a reset by command."""
        self._registers = dict(RESET)
        self._fifo: list[int] = []
        self._pending: tuple[float, Bits | None] | None = None

    def xfer2(self, data: list[int]) -> list[int]:
        """One transfer: reads address after address, or writes all to one."""
        self.transfers += 1
        self._spend(len(data) * BYTE_ON_BUS_S)
        if self.floats is not None:
            return [self.floats] * len(data)
        assert not data[0] & 1 and len(data) > 1
        if data[0] & 0x80:
            assert data[-1] == 0
            return [0, *(self._read(address >> 1 & 0x3F) for address in data[:-1])]
        for value in data[1:]:
            self._write(data[0] >> 1, value)
        return [0] * len(data)

    def close(self) -> None:
        """The bus is given back; the chip stays as it is."""

    def dim(self) -> None:
        """The antenna goes off, as when the chip was too hot."""
        self._write(TX_CONTROL, 0x80)

    def _read(self, register: int) -> int:
        self._settle()
        if register == FIFO:
            return self._fifo.pop(0) if self._fifo else 0
        return len(self._fifo) if register == LEVEL else self._registers.get(register, 0)

    def _write(self, register: int, value: int) -> None:
        self._settle()
        if register == IRQ:
            marked = self._registers[IRQ] | value if value & 0x80 else self._registers[IRQ] & ~value
            self._registers[IRQ] = marked & 0x7F
        elif register == FIFO:
            assert len(self._fifo) < 64
            self._fifo.append(value)
        elif register == LEVEL:
            self._fifo = [] if value & 0x80 else self._fifo
        elif register == COMMAND and value == 0x0F:
            self.resets += 1
            self.deaf = self.stuck = False
            self.brown_out()
        elif register != VERSION:
            self._registers[register] = value
            self._act(register)

    def _act(self, register: int) -> None:
        if register == COMMAND and self._registers[COMMAND] == 0:
            self._pending = None
        sends = self._registers.get(FRAMING, 0) & 0x80 and self._registers[COMMAND] & 0xF == 0x0C
        if register in (COMMAND, FRAMING) and sends and self._pending is None and not self.stuck:
            self._transmit()

    def _transmit(self) -> None:
        last = self._registers[FRAMING] & 7
        frame = bits_of(bytes(self._fifo))
        frame = frame[: len(frame) - 8 + last] if last else frame
        self._fifo = []
        sent_s = self._clock() + len(frame) * BIT_S
        answer = self._on_air(frame)
        if answer is not None:
            self._pending = (sent_s + ANSWERS_AFTER_S + len(answer) * BIT_S, answer)
        elif self._registers.get(TIMER_MODE, 0) & 0x80:
            self._pending = (sent_s + self._timer_s(), None)

    def _timer_s(self) -> float:
        prescaler = (self._registers[TIMER_MODE] & 0xF) << 8 | self._registers[PRESCALER]
        reload = self._registers[RELOAD_HIGH] << 8 | self._registers[RELOAD_LOW]
        return (2 * prescaler + 1) * (reload + 1) / 13_560_000

    def _on_air(self, frame: Bits) -> Bits | None:
        """All answers laid over each other: 0 and 1 at once are a 2."""
        if self._registers[TX_CONTROL] & 3 != 3 or self._registers.get(TX_ASK) != 0x40 or self.deaf:
            return None
        answers = [answer for card in self.field if (answer := card.hear(frame)) is not None]
        if not answers:
            return [1, 0, 1] if self.random.random() < self.noise / 10 else None
        length = max(map(len, answers))
        together = [{answer[at] for answer in answers if at < len(answer)} for at in range(length)]
        return self._garbled([2 if len(bits) == 2 else bits.pop() for bits in together])

    def _garbled(self, bits: Bits) -> Bits:
        """Noise that the parity does not see: two bits of one byte, or everything from some bit on."""
        if self.random.random() >= self.noise:
            return bits
        start = self.random.randrange(0, len(bits), 8)
        if self.random.random() < 0.3:
            return bits[: start + 3]
        flipped = {start, start + 1 + self.random.randrange(7)}
        return [1 - bit if at in flipped and bit < 2 else bit for at, bit in enumerate(bits)]

    def _settle(self) -> None:
        """What has come to pass by now."""
        if self._pending is None or self._clock() < self._pending[0]:
            return
        answer = self._pending[1]
        self._pending = None
        if answer is None:
            self._registers[IRQ] |= 0x01
        else:
            self._receive(answer)

    def _receive(self, bits: Bits) -> None:
        align = self._registers[FRAMING] >> 4 & 7
        collision = bits.index(2) + 1 if 2 in bits else 0
        if collision and not self._registers[COLL] & 0x80:
            bits = [*bits[: collision - 1], *[0] * (len(bits) - collision + 1)]
        bits = [0] * align + [bit & 1 for bit in bits]
        self._fifo = list(bytes_of(bits))
        valid = 0 < collision <= 32
        self._registers[COLL] = self._registers[COLL] & 0x80 | (collision & 0x1F if valid else 0x20)
        self._registers[ERROR] = 0x08 if collision else 0
        self._registers[CONTROL] = len(bits) % 8
        self._registers[IRQ] |= 0x20
