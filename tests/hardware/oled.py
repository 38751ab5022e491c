"""An SSD1306 or SH1106 of which every point can be seen: its memory (GDDRAM), its commands, how it is led out."""

from dataclasses import dataclass, field
from random import Random

from hardware.indicators.letters import LETTERS

PARAMETERS = {0x20: 1, 0x81: 1, 0x8D: 1, 0xA8: 1, 0xD3: 1, 0xD5: 1, 0xD9: 1, 0xDA: 1, 0xDB: 1, 0x21: 2, 0x22: 2}
"""Of the commands that take some, how many."""
PAGES, COLUMNS = 8, 132
SMALL = {columns: letter for letter, columns in LETTERS.items()}


@dataclass
class Oled:
    """As after power-on: dark, its charge pump off, noise in its memory. `hidden` columns lie left of the glass."""

    height: int = 64
    hidden: int = 0
    memory: list[list[int]] = field(
        default_factory=lambda: [Random(p).choices(range(256), k=COLUMNS) for p in range(8)]
    )
    on: bool = False
    settings: dict[int, tuple[int, ...]] = field(default_factory=lambda: {0x8D: (0x10,), 0xDA: (0x12,), 0x20: (0x02,)})
    flags: set[int] = field(default_factory=lambda: {0xA0, 0xC0, 0xA4, 0xA6, 0x40})
    page: int = 0
    column: int = 0

    def take(self, message: bytes) -> None:
        """One message: a control byte, then commands or data."""
        assert message[0] in (0x00, 0x40), "a control byte with other bits says that another one follows"
        if message[0] == 0x40:
            for byte in message[1:]:
                self.memory[self.page][self.column] = byte
                self.column = (self.column + 1) % COLUMNS
        else:
            self._obey(list(message[1:]))

    @property
    def contrast(self) -> int:
        return self.settings[0x81][0]

    def points(self) -> list[list[bool]] | None:
        """What one sees, from the top left; None while nothing can be seen, or not as it should."""
        upright = {0xA1, 0xC8, 0x40, 0xA4, 0xA6} <= self.flags
        led_out = self.settings[0xDA] == ((0x12,) if self.height == 64 else (0x02,))
        whole = self.settings.get(0xA8) == (self.height - 1,) and self.settings.get(0xD3) == (0,)
        if not (self.on and self.settings[0x8D] == (0x14,) and upright and led_out and whole):
            return None
        glass = range(self.hidden, self.hidden + 128)
        return [[bool(self.memory[y // 8][x] >> y % 8 & 1) for x in glass] for y in range(self.height)]

    def text(self, scale: int) -> list[str]:
        """What one reads, of letters of that size; a letter that is none is a question mark upside down."""
        points = self.points()
        if points is None:
            return []
        lines = [self._line(points[top : top + 8 * scale], scale) for top in range(0, self.height, 8 * scale)]
        return "\n".join(lines).rstrip().split("\n")

    def picture(self) -> str:
        """For people."""
        return "\n".join("".join("█" if lit else " " for lit in row) for row in self.points() or [])

    def _line(self, points: list[list[bool]], scale: int) -> str:
        small = [row[::scale] for row in points[::scale]]
        if scale == 2 and any(row[x] != row[x + 1] for row in points for x in range(0, 128, 2)):
            return "¿"
        columns = bytes(sum(1 << y for y in range(8) if small[y][x]) for x in range(128 // scale))
        letters = (columns[x : x + 6] for x in range(0, len(columns) - 5, 6))
        return "".join(SMALL.get(letter, "¿") for letter in letters).rstrip()

    def _obey(self, commands: list[int]) -> None:
        while commands:
            command = commands.pop(0)
            if command in PARAMETERS:
                self.settings[command] = tuple(commands.pop(0) for _ in range(PARAMETERS[command]))
            elif command < 0x10:
                self.column = self.column & 0xF0 | command
            elif command < 0x20:
                self.column = self.column & 0x0F | command << 4 & 0xF0
            elif 0xB0 <= command < 0xB8:
                assert self.settings[0x20] == (0x02,), "only this mode knows B0 to B7"
                self.page = command & 0x07
            elif command in (0xAE, 0xAF):
                self.on = command == 0xAF
            else:
                self._choose(command)

    def _choose(self, command: int) -> None:
        """One of two."""
        known = {0xA0, 0xA1, 0xA4, 0xA5, 0xA6, 0xA7, 0xC0, 0xC8, 0x40}
        assert command in known, f"unknown command {command:#04x}"
        self.flags -= {{0xC0: 0xC8, 0xC8: 0xC0}.get(command, command ^ 1)}
        self.flags.add(command)
