"""What can go wrong with the database as such."""


class DatabaseError(Exception):
    """Base of what the database part raises."""


class Unavailable(DatabaseError):
    """The database cannot commit now: disk full, stopped, unreachable. Nothing was acknowledged; try later."""


class BadUrl(DatabaseError):
    """A database URL that names no database we know."""
