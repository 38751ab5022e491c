"""Whether a tag may charge at a place: one verdict for Authorize, starts, remote starts, local lists and screens."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from cloud.db.queries import assignments, places, tags, tariffs
from cloud.db.queries import sessions as rows
from cloud.domain.sessions import Session
from cloud.domain.stations import Station
from cloud.domain.tags import Here, Tag, TagStatus, TagVerdict, refused, tariff_version, too_many, verdict
from cloud.services import wallets


@dataclass(frozen=True, slots=True)
class Admission:
    """What a start comes to: its answer, the tariff version that prices the session, and the account that pays."""

    verdict: TagVerdict
    tariff_version_id: int | None
    account_id: int | None


def authorize(conn: Connection, station_id: int, id_tag: str, now: datetime, place: int | None = None) -> TagVerdict:
    """Authorize's answer, at one connector or, as Authorize names none, at any; never ConcurrentTx.

    Refused where no tariff applies. Changes nothing, so `Database.read` will do.
    """
    tag = tags.find(conn, places.organisation_of(conn, station_id), id_tag)
    here = assignments.here(conn, station_id, now, now, place)
    return _with_money(conn, tag, here, verdict(tag, now, here), starting=False)


def start(
    conn: Connection,
    station: Station,
    place: int,
    id_tag: str,
    started_at: datetime,
    now: datetime,
    known: Session | None,
) -> Admission:
    """StartTransaction's answer; a retry, whose session is `known`, is never refused for what the first one did."""
    tag = tags.find(conn, station.organisation_id, id_tag, lock=True)
    here = assignments.here(conn, station.id, started_at, now, place)
    said = verdict(tag, now, here)
    if tag is not None and known is None:
        said = refused(said, _busy(conn, station.organisation_id, tag), TagStatus.CONCURRENT_TX)
    if known is None or known.start_status is not TagStatus.ACCEPTED:
        said = _with_money(conn, tag, here, said, starting=True)
    return Admission(said, tariff_version(tag, here), tag.account_id if tag else None)


def usable(conn: Connection, organisation_id: int, station_id: int, place: int, now: datetime) -> list[Tag]:
    """The organisation's tags that its station's connector would accept now, the named ones first."""
    here = assignments.here(conn, station_id, now, now, place)
    known = tags.every_tag(conn, organisation_id)
    accepted = [tag for tag in known if verdict(tag, now, here).accepted]
    return sorted(accepted, key=lambda tag: (tag.note == "", tag.note, tag.id))


def _with_money(conn: Connection, tag: Tag | None, here: Here, said: TagVerdict, *, starting: bool) -> TagVerdict:
    """The verdict, unless the tag's account lacks the money to begin."""
    if tag is None or tag.account_id is None or not said.accepted:
        return said
    version_id = tariff_version(tag, here)
    terms = tariffs.version(conn, version_id).terms if version_id is not None else None
    return refused(said, wallets.may_start(conn, tag, terms, starting=starting))


def _busy(conn: Connection, organisation_id: int, tag: Tag) -> str | None:
    """Why the tag may begin no further session beside those it or its group runs."""
    own = too_many(rows.count_running(conn, organisation_id, tag.id_tag), tag.most_sessions, "its own")
    if own or tag.group is None or tag.group.most_sessions is None:
        return own
    together = rows.count_running(conn, organisation_id, group_id=tag.group.id)
    return too_many(together, tag.group.most_sessions, f"its group {tag.group.name}")
