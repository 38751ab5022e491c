"""`bollard cloud`: finds the command, opens the database, prints the answer or says plainly what is wrong."""

import asyncio
import difflib
import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec
from sqlalchemy import Connection

from cloud.cli import (
    accounting,
    accounts,
    asking,
    commanding,
    office,
    people,
    places,
    programs,
    reviewing,
    serving,
    tags,
    tariffs,
    tracing,
    watching,
)
from cloud.cli.verbs import Answer, Argument, Context, Verb, argument, printable
from cloud.db.database import Database
from cloud.db.errors import DatabaseError
from cloud.db.migrations import is_current
from cloud.db.queries.places import first_organisation
from cloud.domain.errors import DomainError
from cloud.services import organisations
from cloud.services.errors import NotNow, ServiceError
from cloud.settings import Settings, SettingsError, from_environment

VERBS = (
    *people.VERBS,
    *programs.VERBS,
    *office.VERBS,
    *tags.VERBS,
    *tariffs.VERBS,
    *places.VERBS,
    *watching.VERBS,
    *reviewing.VERBS,
    *accounting.VERBS,
    *accounts.VERBS,
    *asking.VERBS,
    *commanding.VERBS,
    *tracing.VERBS,
    *serving.VERBS,
)
_DATABASE = argument("--database-url", "--database", metavar="URL", help="sqlite:///path or postgresql://host/name")
_JSON = argument("--json", action="store_true", help="print JSON for programs")
_REFUSED = 2


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command; 0 if it was done, 2 if it was refused, with the reason on standard error."""
    words = sys.argv[1:] if argv is None else argv
    if amiss := _mistyped(words):
        print(amiss, file=sys.stderr)
        return _REFUSED
    asked = parser().parse_args(words)
    try:
        if asked.verb == "serve":
            return serving.serve(asked)
        answer = asyncio.run(_run(next(verb for verb in VERBS if verb.name == asked.verb), asked))
    except (ServiceError, DomainError, DatabaseError, SettingsError) as refusal:
        print(refusal, file=sys.stderr)
        return _REFUSED
    _print(_json(answer) if asked.json else "\n".join(map(printable, answer.text.split("\n"))))
    return 0


def _print(text: str) -> None:
    """Whoever reads may have read enough: `… | head`."""
    try:
        print(text, flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _mistyped(words: Sequence[str]) -> str:
    """What is said of a first word that is no command, before argparse lists all of them; else nothing."""
    names = [*(verb.name for verb in VERBS), "serve"]
    if not words or words[0].startswith("-") or words[0] in names:
        return ""
    near = difflib.get_close_matches(words[0], names, n=1)
    hint = f"did you mean {near[0]}?" if near else "`bollard cloud --help` lists them"
    return f"there is no command {words[0]!r}; {hint}"


def parser() -> ArgumentParser:
    """The command line."""
    top = ArgumentParser(prog="bollard cloud", description="The central system that charge points report to.")
    verbs = top.add_subparsers(dest="verb", required=True, metavar="COMMAND")
    for verb in VERBS:
        arguments = (*verb.arguments, _DATABASE, _JSON)
        _add(verbs.add_parser(verb.name, help=verb.help, description=verb.help), arguments)
    serve = verbs.add_parser("serve", help=serving.HELP, description=serving.HELP)
    _add(serve, serving.arguments())
    return top


def _add(parser: ArgumentParser, arguments: Sequence[Argument]) -> None:
    for each in arguments:
        parser.add_argument(*each.names, **each.options)


async def _run(verb: Verb, asked: Namespace) -> Answer:
    settings = from_environment(database_url=asked.database_url)
    db = await Database.open(settings.database_url, existing=verb.needs_tables)
    try:
        if not verb.needs_tables:
            return await verb.run(Context(db, settings, datetime.now(UTC), 0), asked)
        organisation_id, settings = await db.read(lambda conn: _chosen(conn, settings))
        return await verb.run(Context(db, settings, datetime.now(UTC), organisation_id), asked)
    finally:
        await db.close()


def _chosen(conn: Connection, settings: Settings) -> tuple[int, Settings]:
    """The organisation, and the settings with what it chose instead. Raises NotNow without our tables."""
    if not is_current(conn):
        raise NotNow("the database is not at this version's tables; run `bollard cloud migrate` first")
    organisation_id = first_organisation(conn)
    own = organisations.choices(conn, organisation_id)
    zone, currency = own.time_zone or settings.time_zone, own.currency or settings.currency
    return organisation_id, msgspec.structs.replace(settings, time_zone=zone, currency=currency)


def _json(answer: Answer) -> str:
    return msgspec.json.format(msgspec.json.encode(answer.data), indent=2).decode()
