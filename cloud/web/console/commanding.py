"""What can be asked of a station: every command as a form, and its configuration key by key."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException

from cloud.db.queries import commands as command_rows
from cloud.db.queries import overview as rows
from cloud.domain.asking import Field as Asked
from cloud.domain.asking import FieldKind, payload
from cloud.domain.commands import Command, CommandKind, Step
from cloud.domain.people import Permission, Scope
from cloud.domain.sessions import OPEN
from cloud.domain.tags import Tag, masked, named
from cloud.domain.views import ConnectorRow, StationRow
from cloud.domain.words import N_, Name
from cloud.services import asking, commands, configuration, local_lists, overview, remote, reservations, verdicts
from cloud.services.bell import Topic
from cloud.web.command_words import COMMAND, DISRUPTIVE, FIELD_HINT, choice_words, field_words, for_whole_station
from cloud.web.console.stations import STATION, around, head
from cloud.web.forms import Field, Form, Press, Words, text
from cloud.web.pages import Action, Done, Look, Page
from cloud.web.refusals import Refused

Option = tuple[str, str]
RECENT = 20
MOST_TAGS = 500
TAG = (Field("tag", N_("Charge on behalf of this tag"), "choice", required=True, also=("id_tag",)),)
KINDS: Mapping[FieldKind, str] = {
    FieldKind.WHOLE: "number",
    FieldKind.NUMBER: "number",
    FieldKind.MOMENT: "moment",
    FieldKind.LINES: "script",
    FieldKind.PERIODS: "script",
    FieldKind.JSON: "script",
}
LONGEST_LINE, LONGEST_SCRIPT = 500, 60_000
_PLACE = f"{STATION}/connectors/{{connector:int}}"
_KIND = f"{STATION}/commands/{{kind}}"


def start_form(conn: Connection, look: Look) -> dict[str, Any]:
    station, connector = place(conn, look)
    usable = verdicts.usable(conn, look.organisation_id, station.id, connector.number, look.now)
    tags = dict(_tag_options(look, usable[:MOST_TAGS]))
    action = f"/stations/{station.id}/connectors/{connector.number}/start"
    note = N_(
        "The session is billed to this tag. "
        "If no car is plugged in yet, the station waits for one as long as it is set to."
    )
    form = Form("start", action, TAG, N_("Start charging"), "start", None, {"tag": tags}, back="/", note=note)
    return {"station": station, "connector": connector, "shown": form, "tags": tags, "more": len(usable) > MOST_TAGS}


def start(conn: Connection, look: Look, form: FormData) -> Done:
    """Asks for a remote start with one of the tags offered."""
    station, connector = place(conn, look)
    usable = verdicts.usable(conn, look.organisation_id, station.id, connector.number, look.now)
    id_tag = _chosen(usable, text(form, "tag"), "tag")
    return _asked(remote.ask_start(conn, station.id, connector.number, id_tag, look.me.user.id, look.now))


def place(conn: Connection, look: Look) -> tuple[StationRow, ConnectorRow]:
    """The station and connector that the path names; HTTPException 404 when there is none."""
    station = overview.station(conn, look.params["station_id"], look.scope)
    for connector in station.connectors if station else ():
        if station and connector.number == look.params["connector"]:
            return station, connector
    raise HTTPException(404)


def forms(conn: Connection, look: Look) -> dict[str, Any]:
    """Every command, and the latest ones with their timelines."""
    facts = head(conn, look)
    latest = command_rows.latest(conn, RECENT, facts.row.id, scope=look.scope)
    timelines = command_rows.timelines(conn, [command.id for command in latest])
    return {**around(facts), "kinds": list(COMMAND), "commands": latest, "timelines": timelines}


def form(conn: Connection, look: Look) -> dict[str, Any]:
    """One command's form."""
    facts, kind = head(conn, look), _kind(look)
    given = {name: value for name, value in look.query.items() if len(value) < 200}
    options = _options(conn, look, kind, facts.row.id)
    fields = tuple(_field(field, field.name in options, facts.zone) for field in asking.form(kind))
    choices = {field.name: _choices(kind, field, options.get(field.name, ())) for field in asking.form(kind)}
    send = (Press(N_("Send"), "send", "danger" if kind in DISRUPTIVE else ""),)
    root = f"/stations/{facts.row.id}/commands"
    shown = Form("command", f"{root}/{kind}", fields, values=given, choices=choices, back=root, presses=send)
    return {**around(facts), "kind": kind, "shown": shown}


def ask(conn: Connection, look: Look, answers: FormData) -> Done:
    """Asks for what a form says."""
    facts, kind = head(conn, look), _kind(look)
    texts = {name: value for name, value in answers.items() if isinstance(value, str)}
    asked = payload(asking.form(kind), texts, facts.zone)
    if "idTag" in asked and (offered := _tags(conn, look, facts.row.id)):
        asked["idTag"] = _chosen(offered, asked["idTag"], "idTag")
    try:
        return _asked(asking.ask(conn, kind, facts.row.id, asked, look.me.user.id, look.now))
    except commands.Unfit as error:
        name = error.objection.partition(": ")[0]
        field = next((each.name for each in asking.form(kind) if name in (each.name, each.last)), None)
        if field is None:
            raise
        raise Refused({field: error.objection}) from error


def settings(conn: Connection, look: Look) -> dict[str, Any]:
    """The keys that the station has told, each with the latest attempt to change it."""
    facts = head(conn, look)
    changes = command_rows.latest(conn, 5 * RECENT, facts.row.id, [CommandKind.CHANGE_CONFIGURATION], scope=look.scope)
    reading = command_rows.latest(conn, 1, facts.row.id, [CommandKind.GET_CONFIGURATION], scope=look.scope)
    latest: dict[str, Command] = {str(each.parameters.get("key", "")).lower(): each for each in reversed(changes)}
    waits = {
        key
        for key, each in latest.items()
        if each.state is Step.DONE
        and (each.answer or {}).get("status") == "RebootRequired"
        and (facts.booted_at is None or each.asked_at > facts.booted_at)
    }
    return {
        **around(facts),
        "entries": configuration.known(conn, facts.row.id),
        "changes": latest,
        "waits": waits,
        "reading": reading[0] if reading else None,
    }


def read_settings(conn: Connection, look: Look, answers: FormData) -> Done:
    """Has the station tell all of its configuration."""
    station_id = head(conn, look).row.id
    commands.ask(conn, CommandKind.GET_CONFIGURATION, station_id, {}, look.me.user.id, look.now)
    return Done(f"/stations/{station_id}/configuration", (Topic.COMMANDS,))


def change_setting(conn: Connection, look: Look, answers: FormData) -> Done:
    """Has the station change one key."""
    station_id = head(conn, look).row.id
    key, value = (str(answers.get(name, "")).strip() for name in ("key", "value"))
    change = {"key": key, "value": value}
    commands.ask(conn, CommandKind.CHANGE_CONFIGURATION, station_id, change, look.me.user.id, look.now)
    return Done(f"/stations/{station_id}/configuration", (Topic.COMMANDS,))


def keep_list(conn: Connection, look: Look, answers: FormData) -> Done:
    """Keeps the station's local list in step with the tags, or no longer, or checks it anew."""
    station_id, wish = head(conn, look).row.id, answers.get("do")
    if wish not in {"on", "off", "sync"}:
        raise HTTPException(400, "Please choose one of the two buttons.")
    if wish == "sync":
        local_lists.again(conn, station_id)
    else:
        local_lists.keep(conn, station_id, wish == "on", look.me.user.id, look.now)
    return Done(f"/stations/{station_id}/kept", (Topic.COMMANDS,))


def _asked(command: Command) -> Done:
    return Done(f"/commands/{command.id}", (Topic.COMMANDS,))


def _kind(look: Look) -> CommandKind:
    try:
        return CommandKind(look.params["kind"])
    except ValueError as error:
        raise HTTPException(404) from error


def _options(conn: Connection, look: Look, kind: CommandKind, station_id: int) -> Mapping[str, list[Option]]:
    """What there is to choose from, by the field's name."""
    names = {field.name for field in asking.form(kind)}
    known = [connector.number for connector in rows.connectors(conn, (), [station_id]).get(station_id, ())]
    makers: Mapping[str, Callable[[], list[Option]]] = {
        "connectorId": lambda: [(str(number), str(number)) for number in known],
        "idTag": lambda: _tag_options(look, _tags(conn, look, station_id)),
        "transactionId": lambda: _transactions(conn, look.scope, station_id),
        "reservationId": lambda: _reservations(conn, look.scope, station_id),
    }
    made = {name: make() for name, make in makers.items() if name in names}
    return {name: options for name, options in made.items() if options or name != "idTag"}


def _tags(conn: Connection, look: Look, station_id: int) -> list[Tag]:
    """Tags that may charge there, judged at the first connector; none where they are too many to choose from."""
    usable = verdicts.usable(conn, look.organisation_id, station_id, 1, look.now)
    return usable if len(usable) <= MOST_TAGS else []


def _chosen(offered: list[Tag], wanted: str, field: str) -> str:
    """The idTag of the tag that was chosen. Raises Refused."""
    tag = next((tag for tag in offered if str(tag.id) == wanted), None)
    if tag is None:
        raise Refused({field: N_("This tag cannot charge here, or not any more. Please choose another.")}, 409)
    return tag.id_tag


def _field(field: Asked, offered: bool, zone: ZoneInfo) -> Field:
    """A field of the command's schema, as forms have them."""
    kind = "choice" if offered or field.choices else KINDS.get(field.kind, "code")
    help: Words = (N_("in the time of %(zone)s"), {"zone": zone.key}) if kind == "moment" else ""
    return Field(
        field.name,
        field_words(field.last),
        kind,
        "" if field.required else N_("may stay empty"),
        field.required,
        field.most_characters or (LONGEST_SCRIPT if kind == "script" else LONGEST_LINE),
        help=FIELD_HINT.get(field.kind, help),
    )


def _choices(kind: CommandKind, field: Asked, options: Iterable[Option]) -> dict[str, str]:
    station = field.name == "connectorId" and for_whole_station(kind)
    return {
        **({} if field.required else {"": ""}),
        **({"0": N_("0: the whole station, or any connector")} if station else {}),
        **{choice: choice_words(choice) for choice in field.choices},
        **dict(options),
    }


def _tag_options(look: Look, offered: list[Tag]) -> list[Option]:
    """Tags by their number, each with whose it is for those who may know."""
    may_know = look.me.user.may(Permission.OFFICE_LOOK)
    return [(str(tag.id), Name(named(tag.id_tag, (tag.note or tag.payer) if may_know else None))) for tag in offered]


def _transactions(conn: Connection, scope: Scope, station_id: int) -> list[Option]:
    running = rows.sessions(conn, sorted(OPEN), station_ids=[station_id], scope=scope)
    return [(row.transaction_id, f"{row.connector} · {masked(row.id_tag)}") for row in running]


def _reservations(conn: Connection, scope: Scope, station_id: int) -> list[Option]:
    known = reservations.listed(conn, station_id, scope=scope)
    return [(str(each.number), f"{each.number} · {masked(each.id_tag)}") for each in known]


_COMMANDS = frozenset({Topic.COMMANDS, Topic.SESSIONS})
PAGES = (
    Page(f"{_PLACE}/start", "start", start_form, needs=Permission.COMMAND),
    Page(f"{STATION}/commands", "station_commands", forms, _COMMANDS, Permission.COMMAND),
    Page(_KIND, "station_command", form, needs=Permission.COMMAND),
    Page(f"{STATION}/configuration", "station_configuration", settings, _COMMANDS, Permission.EQUIP),
)
ACTIONS = (
    Action(f"{_PLACE}/start", start, Permission.COMMAND),
    Action(_KIND, ask, Permission.COMMAND),
    Action(f"{STATION}/configuration", change_setting, Permission.EQUIP),
    Action(f"{STATION}/configuration/read", read_settings, Permission.EQUIP, page=f"{STATION}/configuration"),
    Action(f"{STATION}/local-list", keep_list, Permission.EQUIP, page=f"{STATION}/kept"),
)
