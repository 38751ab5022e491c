"""By whose clock: a site's own, or its organisation's, or the server's."""

from sqlalchemy import func

from cloud.db.tables import organisation, site

OF_ORGANISATION = func.coalesce(organisation.c.time_zone, organisation.c.default_time_zone)
OF_SITE = func.coalesce(site.c.time_zone, OF_ORGANISATION)
"""Of a query that joins both tables."""
