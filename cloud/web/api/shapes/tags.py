"""Tags, their groups, files of them, and tags that nobody knows."""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from cloud.web.api.endpoints import Struct, Text
from cloud.web.api.shapes.charging import Moment
from cloud.web.api.shapes.places import IdTag

Note = Annotated[str, Meta(max_length=200)]
Sessions = Annotated[int, Meta(ge=1, le=1000)]
LARGEST_FILE = 1024 * 1024


class Tag(msgspec.Struct):
    """A tag (idTag), whole."""

    id: int
    id_tag: str
    parent: str | None
    valid_from: datetime | None
    expires_at: datetime | None
    blocked: bool
    note: str
    account_id: int | None
    group_id: int | None
    tariff_id: int | None
    most_sessions: int


class TagQuery(Struct):
    """All tags, or the one of that idTag."""

    id_tag: IdTag | None = None


class NewTag(Struct):
    """A tag to be known: in a group, with a tariff, paid for by an account, each by its name."""

    id_tag: IdTag
    parent: IdTag | None = None
    note: Note = ""
    blocked: bool = False
    valid_from: Moment | None = None
    expires_at: Moment | None = None
    most_sessions: Sessions = 1
    group: Text | None = None
    tariff: Text | None = None
    account: Text | None = None


class TagChange(Struct):
    """What is given changes, what is left out stays; null takes a group, tariff or account away."""

    parent: IdTag | UnsetType | None = UNSET
    note: Note | UnsetType = UNSET
    blocked: bool | UnsetType = UNSET
    valid_from: Moment | UnsetType | None = UNSET
    expires_at: Moment | UnsetType | None = UNSET
    most_sessions: Sessions | UnsetType = UNSET
    group: Text | UnsetType | None = UNSET
    tariff: Text | UnsetType | None = UNSET
    account: Text | UnsetType | None = UNSET


class Group(msgspec.Struct):
    """Tags on the same terms. `most_sessions` run at once together, null: any number; no `sites` means all."""

    id: int
    name: str
    tariff_id: int | None
    valid_from: datetime | None
    expires_at: datetime | None
    most_sessions: int | None
    sites: list[int]


class NewGroup(Struct):
    """A group to be made; tariff and sites by their names."""

    name: Text
    tariff: Text | None = None
    valid_from: Moment | None = None
    expires_at: Moment | None = None
    most_sessions: Sessions | None = None
    sites: list[Text] = msgspec.field(default_factory=list)


class GroupChange(Struct):
    """What is given changes, what is left out stays."""

    tariff: Text | UnsetType | None = UNSET
    valid_from: Moment | UnsetType | None = UNSET
    expires_at: Moment | UnsetType | None = UNSET
    most_sessions: Sessions | UnsetType | None = UNSET
    sites: list[Text] | UnsetType = UNSET


class TagFile(Struct):
    """CSV as `bollard cloud import-tags` takes it. Nothing is written if a line is bad, unless `skip_bad`."""

    csv: Annotated[str, Meta(max_length=LARGEST_FILE)]
    dry_run: bool = False
    skip_bad: bool = False


class Counts(msgspec.Struct):
    """How many lines of which kind."""

    added: int
    changed: int
    unchanged: int
    refused: int


class RefusedLine(msgspec.Struct):
    """A line that cannot be taken in, and why."""

    line: int
    id_tag: str
    why: str


class TagsTaken(msgspec.Struct):
    """What became of a file, or would become; of the refused lines the first thousand are told."""

    written: bool
    counts: Counts
    refused: list[RefusedLine]


class Tap(msgspec.Struct):
    """An unknown tag, the station that it was held to, how often and when."""

    id: int
    id_tag: str
    station: str
    site: str
    first_at: datetime
    last_at: datetime
    count: int
