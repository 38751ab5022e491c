"""`migrate` and `serve`."""

from argparse import Namespace

from cloud.cli.verbs import Answer, Argument, Context, Verb, argument
from cloud.db.migrations import upgrade
from cloud.settings import expectations, from_environment

HELP = "answer charge points and browsers until stopped"


def arguments() -> list[Argument]:
    """One flag for each setting."""
    return [
        argument(f"--{name.replace('_', '-')}", metavar="VALUE", help=expected.replace("%", "%%"))
        for name, expected in expectations().items()
    ]


def serve(asked: Namespace) -> int:
    """Serves; flags win over the environment. Raises SettingsError."""
    from cloud import app  # all of the central system, which no other command needs

    return app.serve(from_environment(**{name: getattr(asked, name) for name in expectations()}))


async def _migrate(context: Context, asked: Namespace) -> Answer:
    await context.db.write(upgrade)
    return Answer({"migrated": True}, "the database has this version's tables")


VERBS = (Verb("migrate", "bring the database to this version's tables", _migrate, needs_tables=False),)
