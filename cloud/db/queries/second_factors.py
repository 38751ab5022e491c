"""Second factors: a user's secret, the last step used, and recovery codes of which only the hash is kept."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from cloud.db.rows import number, one
from cloud.db.tables import recovery_code, second_factor

_c = second_factor.c


@dataclass(frozen=True, slots=True)
class SecondFactor:
    """`confirmed_at` is None until the first code was given; before that it asks nothing of anybody."""

    secret: bytes
    confirmed_at: datetime | None
    last_step: int


def find(conn: Connection, user_id: int, *, lock: bool = False) -> SecondFactor | None:
    """The user's; with `lock`, of two who give the same code one comes second."""
    query = select(_c.secret, _c.confirmed_at, _c.last_step).where(_c.user_id == user_id)
    return one(conn, query.with_for_update() if lock else query, lambda row: SecondFactor(**row._mapping))


def confirmed(conn: Connection, user_id: int) -> bool:
    """Whether signing in asks the user for a code."""
    found = find(conn, user_id)
    return found is not None and found.confirmed_at is not None


def begin(conn: Connection, user_id: int, secret: bytes, now: datetime) -> None:
    """A secret that is still to be confirmed, instead of any other."""
    remove(conn, user_id)
    conn.execute(second_factor.insert().values(user_id=user_id, secret=secret, created_at=now))


def confirm(conn: Connection, user_id: int, now: datetime, code_hashes: Collection[bytes]) -> None:
    """From now on codes are asked for."""
    conn.execute(second_factor.update().where(_c.user_id == user_id).values(confirmed_at=now))
    conn.execute(recovery_code.insert(), [{"user_id": user_id, "code_hash": each} for each in code_hashes])


def use_step(conn: Connection, user_id: int, step: int) -> None:
    """Its code is good no more, nor is any earlier one."""
    conn.execute(second_factor.update().where(_c.user_id == user_id).values(last_step=step))


def use_recovery(conn: Connection, user_id: int, code_hash: bytes) -> bool:
    """Whether the user had this recovery code; now it is gone."""
    mine = (recovery_code.c.user_id == user_id) & (recovery_code.c.code_hash == code_hash)
    return conn.execute(recovery_code.delete().where(mine)).rowcount == 1


def recovery_left(conn: Connection, user_id: int) -> int:
    """How many recovery codes the user has left."""
    return number(conn, select(func.count()).select_from(recovery_code).where(recovery_code.c.user_id == user_id))


def remove(conn: Connection, user_id: int) -> None:
    conn.execute(recovery_code.delete().where(recovery_code.c.user_id == user_id))
    conn.execute(second_factor.delete().where(_c.user_id == user_id))
