"""Moments as OCPP writes them: ISO 8601 in UTC, milliseconds and a Z; read with what tolerance the field needs."""

import re
from datetime import UTC, datetime

_EXTENDED = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d([.,]\d+)?([Zz]|[+-]\d\d:?\d\d)?", re.ASCII)


def parse(text: str) -> datetime:
    """An aware moment in UTC; one without a zone is taken as UTC. Raises ValueError for anything else."""
    if not _EXTENDED.fullmatch(text):
        raise ValueError(f"{text[:40]!r} is no ISO 8601 date-time")
    moment = datetime.fromisoformat(text.upper())
    try:
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except OverflowError as error:
        raise ValueError(f"{text[:40]!r} lies outside the calendar") from error


def render(moment: datetime) -> str:
    """`2026-11-21T10:30:19.000Z`, from any aware moment."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def is_moment(text: str) -> bool:
    """Whether `parse` reads it."""
    try:
        parse(text)
    except ValueError:
        return False
    return True
