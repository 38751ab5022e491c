"""Who did what, when, and what it was before."""

from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from cloud.db.queries import places
from cloud.db.queries.holders import holders
from cloud.domain.audit import AuditSearch, Entry
from cloud.domain.people import Permission
from cloud.domain.tags import named, tag_key
from cloud.domain.words import N_
from cloud.services import audit, users
from cloud.web.listing import Chosen, Column, Filter, Listing, listed, number_after
from cloud.web.pages import Action, Look, Page

NOBODY = "0"
FIELDS = (
    *(
        N_("account"),
        N_("added"),
        N_("address"),
        N_("admission"),
        N_("amount"),
        N_("blocked"),
        N_("call"),
        N_("changed"),
        N_("command"),
    ),
    *(N_("command days"), N_("cost"), N_("country code"), N_("currency"), N_("disabled"), N_("email")),
    *(N_("ended at"), N_("energy"), N_("events"), N_("expires at"), N_("firmware"), N_("footer")),
    *(N_("group"), N_("put aside at a start"), N_("kept"), N_("key"), N_("language"), N_("left")),
    *(N_("message days"), N_("most sessions"), N_("name"), N_("note"), N_("parent"), N_("party id")),
    *(N_("password"), N_("permissions"), N_("provider"), N_("reasons"), N_("reference"), N_("role")),
    *(N_("second factor"), N_("sites"), N_("started at"), N_("state"), N_("tariff"), N_("tariff id")),
    *(N_("terms"), N_("time zone"), N_("url"), N_("valid from"), N_("vat id"), N_("version")),
    *(N_("why"), N_("max power"), N_("kwh"), N_("written")),
    *(N_("connectors"), N_("enabled"), N_("webhook"), N_("owner"), N_("operator"), N_("technician"), N_("viewer")),
    *(N_("prepaid"), N_("postpaid")),
)
"""What services call the things that change, spelled with blanks, and the codes that they may change to."""
AUDIT = Listing(
    path="/audit",
    title=N_("Audit log"),
    columns=(
        Column(N_("When"), "near", lambda entry: entry.at),
        Column(N_("Who"), "who", lambda entry: entry.user or ""),
        Column(N_("What"), "said", lambda entry: entry.action),
        Column(N_("Of what"), "text", lambda entry: entry.subject),
        Column(N_("Before and after"), "changes", lambda entry: entry),
    ),
    filters=(
        Filter("who", N_("Who"), "choice", {NOBODY: N_("Command line")}),
        Filter("contains", N_("Contains")),
        Filter("from", N_("From"), "day"),
        Filter("to", N_("Until"), "last_day"),
    ),
    empty=(N_("Nothing was done yet"), N_("Whatever somebody changes here is written down, and stays.")),
)


def log(conn: Connection, look: Look) -> dict[str, Any]:
    own = look.organisation_id

    def find(chosen: Chosen, after: str | None, limit: int) -> list[Entry]:
        who = chosen.get("who")
        wanted = AuditSearch(
            user_id=None if who is None else int(who),
            contains=chosen.get("contains"),
            since=chosen.get("from"),
            until=chosen.get("to"),
        )
        return _named(conn, own, audit.listed(conn, own, wanted, limit, number_after(after)))

    people = {str(user.id): user.name for user in users.listed(conn, own)}
    return listed(AUDIT, look, places.default_time_zone(conn, own), find, {"who": people})


def _named(conn: Connection, organisation_id: int, entries: list[Entry]) -> list[Entry]:
    """Numbers of tags are not for screens, their names are; what else somebody changed is told whole."""
    of_tags = {entry.subject for entry in entries if entry.action.startswith("tag ")}
    names = holders(conn, organisation_id, of_tags) if of_tags else {}
    return [
        replace(entry, subject=named(entry.subject, names.get(tag_key(entry.subject))))
        if entry.action.startswith("tag ")
        else entry
        for entry in entries
    ]


PAGES = (Page("/audit", "administration_list", log, needs=Permission.ADMIN),)
ACTIONS: tuple[Action, ...] = ()
