"""The pages that the bar of the console leads to."""

from dataclasses import dataclass

from cloud.domain.people import Permission
from cloud.domain.words import N_


@dataclass(frozen=True)
class Entry:
    """A link in the bar, for those who may follow it."""

    path: str
    icon: str
    words: str
    needs: Permission = Permission.LOOK
    also: tuple[str, ...] = ()
    """Other pages that it stands for."""

    def leads_to(self, path: str) -> bool:
        """Whether a page is this one or lies below it."""
        return any(path == own or (own != "/" and path.startswith(f"{own}/")) for own in (self.path, *self.also))


NAVIGATION = (
    Entry("/", "plug", N_("Stations"), also=("/stations", "/commands")),
    Entry("/sessions", "bolt", N_("Sessions")),
    Entry("/attention", "alert", N_("Attention"), also=("/stops",)),
    Entry("/tags", "tag", N_("Tags"), Permission.OFFICE_LOOK),
    Entry("/drivers", "wallet", N_("Drivers"), Permission.OFFICE_LOOK),
    Entry("/tariffs", "price", N_("Tariffs"), Permission.OFFICE_LOOK),
    Entry("/bills", "receipt", N_("Bills"), also=("/ledger", "/exports")),
    Entry("/messages", "send", N_("Messages"), Permission.EQUIP),
    Entry(
        "/users",
        "gear",
        N_("Administration"),
        Permission.ADMIN,
        ("/settings", "/sites", "/audit", "/api-keys", "/webhooks"),
    ),
)
TABS = (
    Entry("/users", "user", N_("Users"), Permission.ADMIN),
    Entry("/sites", "flag", N_("Sites"), Permission.ADMIN),
    Entry("/api-keys", "send", N_("Programs"), Permission.ADMIN),
    Entry("/webhooks", "bell", N_("Webhooks"), Permission.ADMIN),
    Entry("/settings", "gear", N_("Settings"), Permission.ADMIN),
    Entry("/audit", "clock", N_("Audit log"), Permission.ADMIN),
)
"""What the administration consists of."""
