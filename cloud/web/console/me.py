"""The own account: its password and its sign-ins."""

from collections.abc import Mapping
from textwrap import wrap
from typing import Any

import segno
from sqlalchemy import Connection
from starlette.datastructures import FormData

from cloud.db.queries import second_factors
from cloud.domain import totp
from cloud.domain.people import Permission
from cloud.domain.words import N_
from cloud.services import second_factor, users
from cloud.web.pages import Action, Done, Look, Page, Shown, text, whole

TOLD: Mapping[str, tuple[str, str]] = {
    "chosen": ("good", N_("Your new password is set. All other sign-ins have ended.")),
    "wrong": ("bad", N_("The present password is wrong. After several wrong tries even the right one has to wait.")),
    "code": ("bad", N_("This code is wrong or was used already. Wait for the next one, or use a recovery code.")),
    "different": ("bad", N_("The two passwords differ.")),
    "short": ("bad", N_("A password has at least 10 characters.")),
}


def shown(conn: Connection, look: Look) -> dict[str, Any]:
    factor = second_factors.confirmed(conn, look.me.user.id)
    left = second_factors.recovery_left(conn, look.me.user.id)
    ours, told = users.ours(conn, look.me.user.id, look.now), TOLD.get(look.query.get("told", ""))
    return {"sign_ins": ours, "told": told, "factor": factor, "left": left}


def begin(conn: Connection, look: Look, form: FormData) -> Shown:
    """A secret for the authenticator, as a picture and in letters."""
    return _enrolling(second_factor.begin(conn, look.me.user, look.now), look)


def confirm(conn: Connection, look: Look, form: FormData) -> Shown:
    """The first code is right: recovery codes are shown this once."""
    secret = second_factor.pending(conn, look.me.user)
    codes = second_factor.confirm(conn, look.me.user, text(form, "code"), look.now)
    if codes is None and secret is not None:
        return _enrolling(secret, look, wrong=True)
    return Shown("recovery_codes", {"codes": codes})


def remove(conn: Connection, look: Look, form: FormData) -> Done:
    """From now on the password is enough."""
    done = second_factor.remove_own(conn, look.me.user, text(form, "code"), look.now)
    return Done("/me" if done else "/me?told=code")


def _enrolling(secret: bytes, look: Look, *, wrong: bool = False) -> Shown:
    matrix = segno.make(totp.address(secret, look.me.user.name), error="m").matrix
    squares = "".join(f"M{x} {y}h1v1h-1z" for y, row in enumerate(matrix) for x, dark in enumerate(row) if dark)
    letters = " ".join(wrap(totp.spelt(secret), 4))
    return Shown("second_factor", {"squares": squares, "side": len(matrix), "letters": letters, "wrong": wrong})


def end(conn: Connection, look: Look, form: FormData) -> Done:
    """Ends one of the own sign-ins, or all but this one."""
    users.end(conn, look.me, whole(form, "sign_in") if form.get("sign_in") else None, look.now)
    return Done("/me")


PAGES = (Page("/me", "me", shown),)
ACTIONS = (
    Action("/me/sign-ins", end, Permission.LOOK),
    Action("/me/second-factor/begin", begin, Permission.LOOK),
    Action("/me/second-factor/confirm", confirm, Permission.LOOK),
    Action("/me/second-factor/remove", remove, Permission.LOOK),
)
