"""Who sees what, as a condition for queries that join the station."""

from sqlalchemy import ColumnElement, and_, exists, true

from cloud.db.tables import station
from cloud.domain.people import Scope


def seen(scope: Scope) -> ColumnElement[bool]:
    """Whether a station is in the scope."""
    organisation = true() if scope.organisation_id is None else station.c.organisation_id == scope.organisation_id
    sites = true() if scope.site_ids is None else station.c.site_id.in_(scope.site_ids)
    return and_(organisation, sites)


def of_organisation(station_id: ColumnElement[int], organisation_id: int) -> ColumnElement[bool]:
    """Whether a row's station is one of the organisation, looked up row by row, so that an order can be followed."""
    return exists().where(station.c.id == station_id, station.c.organisation_id == organisation_id)
