"""People who sign in: their roles, what each role may do, and what they see."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Permission(StrEnum):
    """One kind of thing to see or to do; every page, action and resource names the one it needs."""

    LOOK = "look"  # stations, sessions, bills of the sites one sees
    COMMAND = "command"  # ask stations for something
    EQUIP = "equip"  # add stations, keys, configuration, firmware
    BILL = "bill"  # review sessions, correct bills
    OFFICE_LOOK = "office_look"  # tags, drivers, tariffs, ledger: what belongs to no site
    OFFICE = "office"  # change those
    ADMIN = "admin"  # users, settings, keys of programs, audit log


class Role(StrEnum):
    """What somebody is to the organisation.

    Drivers will sign in too: one more role here and in ROLES, with a permission of its own for what is the driver's own
    and none of the others, and a Scope that is narrowed to their account.
    """

    OWNER = "owner"
    OPERATOR = "operator"
    TECHNICIAN = "technician"
    VIEWER = "viewer"


ROLES: Mapping[Role, frozenset[Permission]] = {
    Role.OWNER: frozenset(Permission),
    Role.OPERATOR: frozenset(Permission) - {Permission.ADMIN},
    Role.TECHNICIAN: frozenset({Permission.LOOK, Permission.COMMAND, Permission.EQUIP}),
    Role.VIEWER: frozenset({Permission.LOOK, Permission.OFFICE_LOOK}),
}
OF_NO_SITE = frozenset({Permission.OFFICE_LOOK, Permission.OFFICE, Permission.ADMIN})


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose things one sees: an organisation's, or only those at some of its sites; None stands for all."""

    organisation_id: int | None = None
    site_ids: frozenset[int] | None = None


EVERYTHING = Scope()


@dataclass(frozen=True, slots=True)
class User:
    """Someone who may sign in. Without `site_ids` all sites of the organisation are theirs."""

    id: int
    name: str
    organisation_id: int
    role: Role
    site_ids: frozenset[int] | None = None
    email: str | None = None
    disabled: bool = False

    @property
    def scope(self) -> Scope:
        return Scope(self.organisation_id, self.site_ids)

    def may(self, permission: Permission) -> bool:
        """Whether the role allows it; what belongs to no site is not for those who have only some sites."""
        return permission in ROLES[self.role] and (self.site_ids is None or permission not in OF_NO_SITE)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A valid sign-in: who, and the CSRF token that forms of this sign-in must carry."""

    user: User
    csrf: str
    id: int = 0
    used_at: datetime | None = None
    currency: str | None = None
    """What their organisation chose for new prices; None leaves it to the server's settings."""
    time_zone: str | None = None
    """Their organisation's; None leaves it to the server's settings."""


@dataclass(frozen=True, slots=True)
class SignIn:
    """One sign-in of a user: since when, from where, and when it was last used."""

    id: int
    created_at: datetime
    expires_at: datetime
    used_at: datetime
    browser: str
    address: str
