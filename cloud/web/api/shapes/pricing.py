"""Tariffs, where they apply, and what a session would cost."""

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from cloud.web.api.endpoints import Id, Struct, Text
from cloud.web.api.shapes.charging import EnergyWh, Moment
from cloud.web.api.shapes.places import ConnectorNumber, IdTag


class Tariff(msgspec.Struct):
    """A version of a tariff, the newest unless all are listed; `ocpi` is its Tariff object (OCPI 2.2.1)."""

    id: int
    name: str
    version: int
    currency: str
    valid_from: datetime
    valid_until: datetime | None
    ocpi: dict[str, Any]


class TariffImport(Struct):
    """A Tariff object of OCPI 2.2.1 or 2.3.0; its `id` is the tariff's name, and known ones get a new version."""

    tariff: msgspec.Raw


class Assignment(Struct):
    """Where the tariff applies from now on: a site, a station or a `connector` of it, a group of tags, or a tag."""

    site: Text | None = None
    station_id: Id | None = None
    connector: ConnectorNumber | None = None
    group: Text | None = None
    tag: IdTag | None = None


class Applied(msgspec.Struct):
    """Where a tariff applies; `name` is the site's or group's, the station's identity, that with a connector, or the
    tag."""

    kind: Literal["site", "station", "connector", "group", "tag"]
    name: str


class Reading(Struct):
    """So much energy had been delivered by then."""

    at: Moment
    energy_wh: EnergyWh


class Idle(Struct):
    """A time in which the car asked for no energy (SuspendedEV)."""

    begin: Moment
    end: Moment


class PriceWish(Struct):
    """A tariff as OCPI writes it, and a session of at most 31 days that it is to price; the clock is the
    organisation's, unless `time_zone` names another."""

    tariff: msgspec.Raw
    energy_wh: EnergyWh
    started_at: Moment
    ended_at: Moment
    unplugged_at: Moment | None = None
    readings: Annotated[list[Reading], Meta(max_length=500)] = msgspec.field(default_factory=list)
    idle: Annotated[list[Idle], Meta(max_length=100)] = msgspec.field(default_factory=list)
    time_zone: Text | None = None
