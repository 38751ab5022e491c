"""An HD44780 of 80 letters behind a PCF8574, fed with what was written to the backpack.

Source: HD44780U data sheet, table 6 (37 us and 1.52 ms at 270 kHz) and figure 24 (4.1 ms and 100 us after power-on).
"""

from dataclasses import dataclass, field

RS, ENABLE, LIGHT = 0x01, 0x04, 0x08
SLOWEST = 270 / 190
"""How much longer it takes where its oscillator is at its slowest."""
STARTS = {16: (0x00, 0x40), 20: (0x00, 0x40, 0x14, 0x54)}


@dataclass
class Lcd:
    """Begins with eight lines, as after power-on, or wherever a former program left it. What comes while it is busy is
    lost; without times it never is."""

    four_lines: bool = False
    half: int | None = None
    place: int = 0
    lit: bool = False
    on: bool = False
    letters: dict[int, str] = field(default_factory=dict)
    resets: int = 0
    lost: int = 0
    busy_until_us: float = 0.0
    _now_us: float = 0.0
    _port: int = 0

    def take(self, message: bytes, at_us: float = 0.0, byte_us: float = 1e6) -> None:
        """The backpack's port takes each byte in turn; the display looks when E falls."""
        self._now_us = max(at_us, self._now_us)
        for port in message:
            self._now_us += byte_us
            if self._port & ENABLE and not port & ENABLE:
                self._latch(port >> 4, bool(port & RS))
            self._port, self.lit = port, bool(port & LIGHT)

    def rows(self, columns: int) -> list[str]:
        """What one reads."""
        starts = STARTS[columns]
        return ["".join(self.letters.get(start + i, " ") for i in range(columns)).rstrip() for start in starts]

    def _latch(self, lines: int, is_letter: bool) -> None:
        if self._now_us < self.busy_until_us:
            self.lost += 1
        elif not self.four_lines:
            self._obey(lines << 4)
        elif self.half is None:
            self.half = lines
        else:
            code, self.half = self.half << 4 | lines, None
            self._write(code) if is_letter else self._obey(code)

    def _write(self, code: int) -> None:
        self._rest(37 * SLOWEST)
        self.letters[self.place] = chr(code)
        self.place += 1

    def _obey(self, command: int) -> None:
        self._rest((1_520 if command in (0x01, 0x02) else 37) * SLOWEST)
        if command & 0x80:
            self.place = command & 0x7F
        elif command & 0x20:
            if not self.four_lines and command & 0x10:
                self._rest({0: 4_100, 1: 100}.get(self.resets, 37 * SLOWEST))
                self.resets += 1
            self.four_lines, self.half = not command & 0x10, None
        elif command & 0x08:
            self.on = bool(command & 0x04)
        elif command == 0x01:
            self.letters, self.place = {}, 0

    def _rest(self, us: float) -> None:
        self.busy_until_us = self._now_us + us
