"""What goes on, and what waits."""

from datetime import datetime

import msgspec

from cloud.web.api.endpoints import Id, Struct, Text
from cloud.web.api.shapes.charging import Moment


class SiteLoad(msgspec.Struct):
    """A site in figures; `delivered_wh` since midnight of the organisation's clock."""

    id: int
    name: str
    stations: int
    online: int
    faulted: int
    charging: int
    power_w: int
    delivered_wh: int


class PowerQuery(Struct):
    """Of a site, or of all together; since a time, at most eight days ago."""

    site: Text | None = None
    since: Moment | None = None


class Power(msgspec.Struct):
    """What was drawn at a moment."""

    at: datetime
    power_w: int


class BillPutOff(msgspec.Struct):
    """A session whose bill could not be issued: why, since when, and when it is tried again; its tag is masked."""

    session_id: int
    identity: str
    id_tag: str
    attempts: int
    error: str
    failed_at: datetime
    due_at: datetime


class Stop(msgspec.Struct):
    """A StopTransaction of no known session, as the station told it; its tag is masked."""

    id: int
    station_id: int
    identity: str
    transaction_id: str
    id_tag: str | None
    at: datetime | None
    received_at: datetime
    meter_stop_wh: int | None
    energy_wh: int | None
    reason: str


class StopOf(Struct):
    """The open session of the same station that a stop ends."""

    session_id: Id
