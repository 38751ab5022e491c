"""An HD44780 of 80 letters behind a PCF8574, fed with what was written to the backpack; deaf only to how fast."""

from dataclasses import dataclass, field

RS, ENABLE, LIGHT = 0x01, 0x04, 0x08
STARTS = {16: (0x00, 0x40), 20: (0x00, 0x40, 0x14, 0x54)}


@dataclass
class Lcd:
    """Begins with eight lines, as after power-on, or wherever a former program left it."""

    four_lines: bool = False
    half: int | None = None
    place: int = 0
    lit: bool = False
    on: bool = False
    letters: dict[int, str] = field(default_factory=dict)
    _port: int = 0

    def take(self, message: bytes) -> None:
        """The backpack's port takes each byte in turn; the display looks when E falls."""
        for port in message:
            if self._port & ENABLE and not port & ENABLE:
                self._latch(port >> 4, bool(port & RS))
            self._port, self.lit = port, bool(port & LIGHT)

    def rows(self, columns: int) -> list[str]:
        """What one reads."""
        starts = STARTS[columns]
        return ["".join(self.letters.get(start + i, " ") for i in range(columns)).rstrip() for start in starts]

    def _latch(self, lines: int, is_letter: bool) -> None:
        if not self.four_lines:
            self._obey(lines << 4)
        elif self.half is None:
            self.half = lines
        else:
            code, self.half = self.half << 4 | lines, None
            self._write(code) if is_letter else self._obey(code)

    def _write(self, code: int) -> None:
        self.letters[self.place] = chr(code)
        self.place += 1

    def _obey(self, command: int) -> None:
        if command & 0x80:
            self.place = command & 0x7F
        elif command & 0x20:
            self.four_lines, self.half = not command & 0x10, None
        elif command & 0x08:
            self.on = bool(command & 0x04)
        elif command == 0x01:
            self.letters, self.place = {}, 0
