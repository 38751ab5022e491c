"""Bills: issued inside the unit of work that closes the session, numbered without gaps."""

from datetime import datetime

from sqlalchemy import Connection

from cloud.domain.bills import Bill


def issue(conn: Connection, session_id: int, now: datetime) -> Bill | None:
    """The session's bill, issued now unless it has one; None when it has no tariff or is not finished."""
    raise NotImplementedError


def review(conn: Connection, session_id: int, *, bill: bool, user_id: int | None, now: datetime) -> Bill | None:
    """Ends a suspect session's review: billed as it is, or written off. Raises NotFound, NotNow."""
    raise NotImplementedError
