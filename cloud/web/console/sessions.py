"""Sessions, live and past, as one looks for them."""

from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection

from cloud.db.queries import places, session_lists
from cloud.db.queries.session_lists import SessionSearch
from cloud.domain.views import SessionRow
from cloud.domain.words import N_
from cloud.services.bell import Topic
from cloud.web.listing import Chosen, Column, Filter, Listing, Tool, listed, number_after
from cloud.web.pages import Action, Look, Page
from cloud.web.words import SESSION, session_sign

SESSIONS = Listing(
    path="/sessions",
    title=N_("Sessions"),
    columns=(
        Column(
            N_("Began"),
            "near",
            lambda row: row.started_at,
            link=lambda row: f"/sessions/{row.id}",
            note=Column("", "duration", lambda row: row.ended_at and row.ended_at - row.started_at),
        ),
        Column(
            N_("Station"),
            "text",
            lambda row: row.identity,
            note=Column("", "phrase", lambda row: (N_("connector %(connector)s"), {"connector": row.connector})),
        ),
        Column(N_("Tag"), "tag", lambda row: (row.id_tag, row.holder)),
        Column(N_("Energy"), "kwh", lambda row: row.energy_wh),
        Column(N_("Price"), "money", lambda row: (row.cost_minor, row.currency)),
        Column(N_("Bill"), "text", lambda row: row.bill, link=lambda row: bill_path(row.bill)),
        Column(
            N_("State"),
            "pill",
            lambda row: session_sign(row.state, row.bill),
            note=Column("", "reasons", lambda row: row.reasons),
        ),
    ),
    filters=(
        Filter("state", N_("State"), "choice", {str(state): sign.words for state, sign in SESSION.items()}),
        Filter("site", N_("Site"), "choice"),
        Filter("station", N_("Station")),
        Filter("tag", N_("Tag")),
        Filter("from", N_("From"), "day"),
        Filter("to", N_("Until"), "last_day"),
    ),
    tools=(Tool("/sessions?state=suspect", N_("To review"), "alert"),),
    empty=(N_("No sessions yet"), N_("Once a car charges, its session appears here, and afterwards its bill.")),
)


def listing(conn: Connection, look: Look) -> dict[str, Any]:
    def find(chosen: Chosen, after: str | None, limit: int) -> list[SessionRow]:
        site = chosen.get("site")
        wanted = SessionSearch(
            state=chosen.get("state"),
            station=chosen.get("station"),
            site_id=None if site is None else int(site),
            tag=chosen.get("tag"),
            begin=chosen.get("from"),
            end=chosen.get("to"),
        )
        return session_lists.search(conn, wanted, look.scope, limit=limit, before_id=number_after(after))

    zone = places.default_time_zone(conn, look.organisation_id)
    return listed(SESSIONS, look, zone, find, {"site": session_lists.site_names(conn, look.scope)})


def bill_path(number: str | None) -> str | None:
    return f"/bills/{quote(number)}" if number else None


PAGES = (Page("/sessions", "listing", listing, frozenset({Topic.SESSIONS})),)
ACTIONS: tuple[Action, ...] = ()
