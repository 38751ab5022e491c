"""Keys of programs: each acts for the user who made it, with no more than that user may."""

from dataclasses import dataclass
from datetime import datetime

from cloud.domain.people import OF_NO_SITE, Permission, Scope, User


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key without its secret. Without `site_ids` it sees the sites of its maker; without `expires_at` it lasts.

    `last_used_at` is right to the minute.
    """

    id: int
    public_id: str
    name: str
    maker: User
    permissions: frozenset[Permission]
    site_ids: frozenset[int] | None
    created_at: datetime
    expires_at: datetime | None = None
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None

    def good(self, now: datetime) -> bool:
        """Whether it opens anything at all."""
        return (
            not self.maker.disabled and self.revoked_at is None and (self.expires_at is None or now < self.expires_at)
        )

    def may(self, permission: Permission) -> bool:
        """Whether it was given the permission and its maker still has it."""
        placeless = self.site_ids is None or permission not in OF_NO_SITE
        return permission in self.permissions and self.maker.may(permission) and placeless

    @property
    def scope(self) -> Scope:
        """What it sees: its own sites as far as they are still its maker's."""
        own, makers = self.site_ids, self.maker.site_ids
        both = own & makers if own is not None and makers is not None else own if makers is None else makers
        return Scope(self.maker.organisation_id, both)
