"""What breaks in the laboratory, and is mended."""

from tests.edge.laboratory_parts import Disk, Outlet


class Breakable:
    """A laboratory's outlets, disk, clock and trip inputs."""

    outlets: dict[int, Outlet]
    disk: Disk
    tripped: set[str]
    wall_known: bool

    def clear(self, name: str) -> None:
        """A trip input clears."""
        raise NotImplementedError

    def bolt(self, connector: int, works: bool, ms: int = 250) -> None:
        self.outlets[connector].bolt_works, self.outlets[connector].bolt_ms = works, ms

    def meter(self, connector: int, works: bool) -> None:
        self.outlets[connector].meter_works = works

    def weld(self, connector: int, welded: bool) -> None:
        self.outlets[connector].welded = welded

    def draw(self, connector: int, current_ma: int) -> None:
        self.outlets[connector].draws_ma = current_ma

    def clock(self, known: bool) -> None:
        self.wall_known = known

    def clear_all(self) -> None:
        for name in sorted(self.tripped):
            self.clear(name)

    def crash_at_save(self, when: str) -> None:
        self.disk.crash = when
