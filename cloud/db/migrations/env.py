"""Run by Alembic for each command; the connection is given by `cloud.db.migrations`."""

from alembic import context

from cloud.db.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
