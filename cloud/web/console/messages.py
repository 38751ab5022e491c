"""The log of messages: what stations and the central system said to each other."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection

from cloud.db.queries import messages as rows
from cloud.db.queries import places
from cloud.db.rows import Cut
from cloud.domain.messages import Direction, Kind, Message, Search
from cloud.domain.people import Permission
from cloud.domain.words import N_
from cloud.web.listing import Chosen, Column, Filter, Listing, listed, number_after
from cloud.web.pages import Action, Look, Page
from cloud.web.words import Sign

MESSAGES = Listing(
    path="/messages",
    title=N_("Messages"),
    columns=(
        Column(N_("When"), "clock", lambda each: each.at, note=Column("", "day", lambda each: each.at)),
        Column(
            N_("Station"),
            "text",
            lambda each: each.identity,
            link=lambda each: f"/messages?station={quote(each.identity)}",
        ),
        Column(N_("Message"), "pill", lambda each: sign(each), note=Column("", "text", lambda each: each.action)),
        Column(N_("Outcome"), "said", lambda each: each.outcome, note=Column("", "took", lambda each: each.latency_ms)),
        Column(N_("Text"), "payload", lambda each: each),
    ),
    filters=(
        Filter("station", N_("Station")),
        Filter("action", N_("Action")),
        Filter("contains", N_("Contains")),
        Filter("errors", N_("Outcome"), "choice", {"1": N_("Only what went wrong")}),
        Filter("from", N_("From"), "day"),
        Filter("to", N_("Until"), "last_day"),
    ),
    empty=(N_("No messages"), N_("The log keeps those of the last days.")),
)


_KINDS: Mapping[Kind, tuple[str, str]] = {
    Kind.CALL: (N_("Call"), "busy"),
    Kind.RESULT: (N_("Answer"), "good"),
    Kind.ERROR: (N_("Error"), "bad"),
    Kind.UNREADABLE: (N_("Unreadable"), "bad"),
    Kind.SILENCE: (N_("No answer"), "bad"),
    Kind.OPENED: (N_("Connected"), "good"),
    Kind.CLOSED: (N_("Disconnected"), "off"),
}


def sign(message: Message) -> Sign:
    """What kind of message; the arrow tells the way, to us or to the station."""
    words, tone = _KINDS[message.kind]
    return Sign(words, "next" if message.direction is Direction.IN else "back", tone)


def log(conn: Connection, look: Look) -> dict[str, Any]:
    def find(chosen: Chosen, after: str | None, limit: int) -> list[Message]:
        wanted = Search(
            action=chosen.get("action"),
            since=chosen.get("from"),
            until=chosen.get("to"),
            errors="errors" in chosen,
            contains=chosen.get("contains"),
            identity=chosen.get("station"),
        )
        return rows.listed(conn, look.scope, wanted, Cut(limit - 1, number_after(after)))

    return listed(MESSAGES, look, places.default_time_zone(conn, look.organisation_id), find)


PAGES = (Page("/messages", "listing", log, needs=Permission.EQUIP),)
ACTIONS: tuple[Action, ...] = ()
