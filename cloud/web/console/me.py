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
from cloud.services import hashing, second_factor, users
from cloud.web.forms import Field, Form, Press, text, whole
from cloud.web.pages import Action, Done, Look, Page, Shown
from cloud.web.refusals import Refused

WRONG_PASSWORD = N_("The present password is wrong. After several wrong tries even the right one has to wait.")
WRONG_CODE = N_("This code is wrong or was used already. Wait for the next one, or use a recovery code.")
NEW_PASSWORD = (
    Field(
        "password",
        N_("New password"),
        "secret",
        N_("at least 10 characters"),
        True,
        1000,
        "new-password",
        shortest=hashing.SHORTEST_PASSWORD,
    ),
    Field("again", N_("Once more"), "secret", "", True, 1000, "new-password", shortest=hashing.SHORTEST_PASSWORD),
)
PASSWORD = (Field("present", N_("Present password"), "secret", "", True, 1000, "current-password"), *NEW_PASSWORD)
CODE = (Field("code", N_("Code"), "once", "", True, 30, "one-time-code"),)


def shown(conn: Connection, look: Look) -> dict[str, Any]:
    me = look.me.user
    factor, left = second_factors.confirmed(conn, me.id), second_factors.recovery_left(conn, me.id)
    name, remove = {"username": me.name}, (Press(N_("Remove the second factor"), "ban", "quiet", id="remove-factor"),)
    return {
        "sign_ins": users.ours(conn, me.id, look.now),
        "chosen": look.query.get("told") == "chosen",
        "factor": factor,
        "left": left,
        "password": Form("password", "/me/password", PASSWORD, N_("Set password"), hidden=name),
        "without": Form("without", "/me/second-factor/remove", CODE, presses=remove),
    }


def begin(conn: Connection, look: Look, form: FormData) -> Shown:
    """A secret for the authenticator, as a picture and in letters."""
    return _enrolling(second_factor.begin(conn, look.me.user, look.now), look)


def confirm(conn: Connection, look: Look, form: FormData) -> Shown:
    """The first code is right: recovery codes are shown this once."""
    secret = second_factor.pending(conn, look.me.user)
    codes = second_factor.confirm(conn, look.me.user, text(form, "code"), look.now)
    if codes is None and secret is not None:
        return _enrolling(secret, look, {"code": N_("This code is wrong. Is the clock of your phone right?")})
    return Shown("recovery_codes", {"codes": codes})


def remove(conn: Connection, look: Look, form: FormData) -> Done | Refused:
    """From now on the password is enough. A wrong code is counted, so it is returned and not raised."""
    done = second_factor.remove_own(conn, look.me.user, text(form, "code"), look.now)
    return Done(ME.path) if done else Refused({"code": WRONG_CODE})


def _enrolling(secret: bytes, look: Look, problems: Mapping[str, str] | None = None) -> Shown:
    matrix = segno.make(totp.address(secret, look.me.user.name), error="m").matrix
    squares = "".join(f"M{x} {y}h1v1h-1z" for y, row in enumerate(matrix) for x, dark in enumerate(row) if dark)
    letters = " ".join(wrap(totp.spelt(secret), 4))
    form = Form("confirm", _CONFIRM, CODE, N_("Confirm"), back=ME.path, focus="code")
    told = {"squares": squares, "side": len(matrix), "letters": letters, "shown": form}
    return Shown("second_factor", told, problems=problems or {})


def end(conn: Connection, look: Look, form: FormData) -> Done:
    """Ends one of the own sign-ins, or all but this one."""
    users.end(conn, look.me, whole(form, "sign_in") if form.get("sign_in") else None, look.now)
    return Done("/me")


ME = Page("/me", "me", shown)
_CONFIRM = "/me/second-factor/confirm"
PAGES = (ME,)
ACTIONS = (
    Action("/me/sign-ins", end, Permission.LOOK, page=ME.path),
    Action("/me/second-factor/begin", begin, Permission.LOOK, page=ME.path),
    Action(_CONFIRM, confirm, Permission.LOOK, page=ME.path),
    Action("/me/second-factor/remove", remove, Permission.LOOK, page=ME.path),
)
