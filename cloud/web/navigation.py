"""The pages that the bar of the console leads to."""

from dataclasses import dataclass

from cloud.domain.people import Permission
from cloud.web.languages import N_


@dataclass(frozen=True)
class Entry:
    """A link in the bar, for those who may follow it."""

    path: str
    icon: str
    words: str
    needs: Permission = Permission.LOOK

    def leads_to(self, path: str) -> bool:
        """Whether a page is this one or lies below it."""
        return path == self.path or (self.path != "/" and path.startswith(f"{self.path}/"))


NAVIGATION = (
    Entry("/", "plug", N_("Stations")),
    Entry("/sessions", "bolt", N_("Sessions")),
    Entry("/attention", "alert", N_("Attention")),
)
