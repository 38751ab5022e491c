"""Webhooks: addresses of other programs that are told what happens, and how that goes."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Connection
from starlette.datastructures import FormData

from cloud.db.rows import Cut
from cloud.domain.people import Permission
from cloud.domain.webhooks import DISABLED_AFTER, DeliveryState, Event, Webhook
from cloud.domain.words import N_
from cloud.services import webhooks
from cloud.services.bell import Topic
from cloud.web.forms import Field, Form, filled
from cloud.web.listing import A_PAGE, number_after
from cloud.web.pages import Action, Done, Look, Page, Shown
from cloud.web.words import Sign

HOOKS = "/webhooks"
_HOOK = f"{HOOKS}/{{webhook_id:int}}"
_ADMIN = Permission.ADMIN
EVENTS: Mapping[Event, str] = {
    Event.SESSION_STARTED: N_("A session started"),
    Event.SESSION_STOPPED: N_("A session stopped"),
    Event.SESSION_BILLED: N_("A bill or a credit note was issued"),
    Event.STATION_ONLINE: N_("A station came online"),
    Event.STATION_OFFLINE: N_("A station went offline"),
    Event.FAULT: N_("A station reported a fault"),
    Event.TEST: N_("A test"),
}
STATES: Mapping[DeliveryState, Sign] = {
    DeliveryState.WAITING: Sign(N_("Waiting"), "hourglass", "wait"),
    DeliveryState.DELIVERED: Sign(N_("Arrived"), "check", "good"),
    DeliveryState.FAILED: Sign(N_("Did not arrive"), "cross", "bad"),
}
WORKS = Sign(N_("Works"), "check", "good")
UNTRIED = Sign(N_("Nothing was sent yet"), "question", "off")
FAILING = Sign(N_("Nothing arrives"), "alert", "bad")
PAUSED = Sign(N_("Paused"), "pause", "off")
FIELDS = (
    Field(
        "url",
        N_("Web address"),
        "code",
        hint=N_("such as https://example.com/bollard"),
        required=True,
        longest=webhooks.LONGEST_URL,
    ),
    Field("events", N_("What it hears of"), "some", required=True),
)
_OFFERED = {"events": {str(event): (words, str(event)) for event, words in EVENTS.items() if event is not Event.TEST}}


def listed(conn: Connection, look: Look) -> dict[str, Any]:
    hooks = webhooks.listed(conn, look.organisation_id)
    values = {"events": _OFFERED["events"]}
    form = Form("webhook", HOOKS, FIELDS, N_("Add the webhook"), "add", values, _OFFERED)
    return {"hooks": [(hook, host(hook), sign(hook)) for hook in hooks], "events": EVENTS, "shown": form}


def one(conn: Connection, look: Look) -> dict[str, Any]:
    hook, after = _own(conn, look), number_after(look.query.get("after"))
    calls = webhooks.deliveries(conn, hook.id, Cut(A_PAGE, after))
    path, values = f"{HOOKS}/{hook.id}", {"url": hook.url, "events": hook.events}
    return {
        "hook": hook,
        "host": host(hook),
        "sign": sign(hook),
        "calls": calls[:A_PAGE],
        "events": EVENTS,
        "states": STATES,
        "gives_up_days": DISABLED_AFTER.days,
        "beginning": path if after else None,
        "following": f"{path}?after={calls[A_PAGE - 1].id}" if len(calls) > A_PAGE else None,
        "shown": Form("webhook", f"{path}/change", FIELDS, N_("Save"), "check", values, _OFFERED),
    }


def add(conn: Connection, look: Look, form: FormData) -> Shown:
    """A new webhook; its secret is shown in the answer and never again."""
    url, events = _given(form)
    hook = webhooks.add(conn, look.organisation_id, url, events, look.me.user.id, look.now, look.trusted_hosts)
    return Shown("webhook_secret", {"hook": hook, "host": host(hook)})


def change(conn: Connection, look: Look, form: FormData) -> Done:
    """Another address, other events."""
    hook, (url, events) = _own(conn, look), _given(form)
    whose, trusted = (look.organisation_id, hook.id, look.me.user.id, look.now), look.trusted_hosts
    webhooks.change(conn, *whose, url=url, events=events, trusted=trusted)
    return _back(hook)


def admit(conn: Connection, look: Look, form: FormData) -> Done:
    """Pauses it, or lets it hear again of what happens from now on."""
    hook, enabled = _own(conn, look), form.get("to") == "resume"
    webhooks.change(conn, look.organisation_id, hook.id, look.me.user.id, look.now, enabled=enabled)
    return _back(hook)


def test(conn: Connection, look: Look, _form: FormData) -> Done:
    """Sends it something to try it with."""
    hook = _own(conn, look)
    webhooks.test(conn, look.organisation_id, hook.id, look.now)
    return _back(hook)


def again(conn: Connection, look: Look, _form: FormData) -> Done:
    """Sends a call once more."""
    hook, call_id = _own(conn, look), look.params["call_id"]
    webhooks.send_again(conn, look.organisation_id, hook.id, call_id, look.me.user.id, look.now)
    return _back(hook)


def remove(conn: Connection, look: Look, _form: FormData) -> Done:
    """Deletes it with its log."""
    webhooks.remove(conn, look.organisation_id, _own(conn, look).id, look.me.user.id, look.now)
    return Done(HOOKS)


def sign(hook: Webhook) -> Sign:
    """How it fares."""
    if hook.disabled_at is not None:
        return PAUSED
    if hook.failures:
        return FAILING
    return WORKS if hook.delivered_at else UNTRIED


def host(hook: Webhook) -> str:
    """As much of the address as tells it from others; what follows may be a secret."""
    return urlsplit(hook.url).netloc


def _given(form: FormData) -> tuple[str, set[Event]]:
    given = filled(form, FIELDS, choices=_OFFERED)
    return given["url"], set(map(Event, given["events"]))


def _own(conn: Connection, look: Look) -> Webhook:
    return webhooks.find(conn, look.organisation_id, look.params["webhook_id"])


def _back(hook: Webhook) -> Done:
    return Done(f"{HOOKS}/{hook.id}", (Topic.INCIDENTS,))


PAGES = (
    Page(HOOKS, "webhooks", listed, needs=_ADMIN),
    Page(_HOOK, "webhook", one, frozenset({Topic.INCIDENTS}), _ADMIN),
)
ACTIONS = (
    Action(HOOKS, add, _ADMIN),
    Action(f"{_HOOK}/change", change, _ADMIN, page=_HOOK),
    Action(f"{_HOOK}/admit", admit, _ADMIN, page=_HOOK),
    Action(f"{_HOOK}/test", test, _ADMIN, page=_HOOK),
    Action(f"{_HOOK}/remove", remove, _ADMIN, page=_HOOK),
    Action(f"{_HOOK}/calls/{{call_id:int}}/again", again, _ADMIN, page=_HOOK),
)
