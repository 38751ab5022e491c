"""Whose an incident is that is of no station."""

from alembic import op
from sqlalchemy import ForeignKey, column, func, select, table

from cloud.db.types import BigId, opt

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    owner = opt("organisation_id", BigId, ForeignKey("organisation.id"))
    op.add_column("incident", owner, inline_references=True)
    incident = table("incident", column("organisation_id"), column("station_id"))
    first = select(func.min(table("organisation", column("id")).c.id)).scalar_subquery()
    op.execute(incident.update().where(incident.c.station_id.is_(None)).values(organisation_id=first))


def downgrade() -> None:
    with op.batch_alter_table("incident") as incident:
        incident.drop_column("organisation_id")
