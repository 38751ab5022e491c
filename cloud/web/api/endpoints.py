"""What an endpoint of the API is: one row of a table that routes, documentation and tests are made from."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Annotated, Any, Generic, TypeVar

import msgspec
from msgspec import Meta
from sqlalchemy import Connection

from cloud.domain.api_keys import ApiKey
from cloud.domain.people import Permission, Scope
from cloud.web.downloads import File

T = TypeVar("T")

USUAL_LIMIT = 50
LARGEST_LIMIT = 200
LARGEST_ID = 2**53 - 1  # what every JSON parser keeps exactly

Id = Annotated[int, Meta(ge=1, le=LARGEST_ID)]
Text = Annotated[str, Meta(min_length=1, max_length=200)]
Json = dict[str, Any]


class Struct(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, omit_defaults=False):
    """A body or a query: a field that is unknown is a mistake, not a wish."""


class Nothing(Struct):
    """No parameters."""


class Kind(Enum):
    """One thing; all of a few things; or a page of many."""

    ONE = "one"
    ALL = "all"
    PAGE = "page"


class All(msgspec.Struct, Generic[T]):
    """All of them."""

    items: list[T]


class Page(msgspec.Struct, Generic[T]):
    """A page; `next` is the cursor of the one after it, null on the last. The header `Link` has its address."""

    items: list[T]
    next: str | None = None


@dataclass(frozen=True)
class Call:
    """One request: which key asks, for what, when. A page begins after the row with the number `after`."""

    key: ApiKey
    params: Mapping[str, Any]
    query: Any
    body: Any
    now: datetime
    limit: int = LARGEST_LIMIT
    after: int | None = None
    trusted_hosts: frozenset[str] = frozenset()
    """Those that webhooks may call wherever they are."""

    @property
    def scope(self) -> Scope:
        return self.key.scope

    @property
    def organisation_id(self) -> int:
        return self.key.maker.organisation_id

    @property
    def user_id(self) -> int:
        return self.key.maker.id


Handle = Callable[[Connection, Call], Any]


@dataclass(frozen=True)
class Endpoint:
    """`handle` is one unit of work; what it returns is shaped as `gives`, whose fields it has as attributes.

    For a page it returns one row more than `limit` if there are more; see `row_number`. With `once` an
    Idempotency-Key is needed. `prepare` turns the body, before the unit, into what is slow to make; `make` turns what
    was found into a file. Both run beside the event loop. `topics` are rung after the commit. What `only_reads` changes
    nothing, whatever its method. A body has `largest` bytes at most.
    """

    method: str
    path: str
    summary: str
    needs: Permission
    handle: Handle
    gives: Any = None
    kind: Kind = Kind.ONE
    query: type[Struct] = Nothing
    takes: type[Struct] | None = None
    status: int = 200
    once: bool = False
    topics: tuple[str, ...] = ()
    prepare: Callable[[Any], Any] | None = None
    make: Callable[[Any], File] | None = None
    media: str = "application/json"
    only_reads: bool = False
    largest: int = 64 * 1024

    @property
    def changes(self) -> bool:
        return self.method != "GET" and not self.only_reads

    @property
    def shape(self) -> Any:
        """The type of the whole answer."""
        around: Any = {Kind.ALL: All, Kind.PAGE: Page}.get(self.kind)
        return self.gives if around is None else around[self.gives]


def row_number(row: Any) -> int:
    """The number by which a row of a page is ordered: its `row`, or else its `id`."""
    return int(row["row" if "row" in row else "id"] if isinstance(row, dict) else row.id)


def given(body: Struct) -> dict[str, Any]:
    """The fields of a change that were sent."""
    values = {name: getattr(body, name) for name in body.__struct_fields__}
    return {name: value for name, value in values.items() if value is not msgspec.UNSET}
