"""What an operator can do; each a unit of work of the services, asked for by a form."""

from sqlalchemy import Connection
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException

from cloud.services import commands, reviews
from cloud.services.bell import Topic
from cloud.web.pages import Done, Look, whole
from cloud.web.views import own_session, place, usable_tags


def start(conn: Connection, look: Look, form: FormData) -> Done:
    """Asks for a remote start with one of the tags offered."""
    station, connector = place(conn, look)
    wanted = whole(form, "tag")
    tag = next((tag for tag in usable_tags(conn, look) if tag.id == wanted), None)
    if tag is None:
        raise HTTPException(409, "This tag cannot charge any more. Go back and choose another.")
    asked = commands.ask_start(conn, station.id, connector.number, tag.id_tag, look.me.user.id, look.now)
    return Done(f"/commands/{asked.id}", (Topic.COMMANDS,))


def stop(conn: Connection, look: Look, form: FormData) -> Done:
    """Asks for a remote stop."""
    asked = commands.ask_stop(conn, own_session(conn, look), look.me.user.id, look.now)
    return Done(f"/commands/{asked.id}", (Topic.COMMANDS,))


def review(conn: Connection, look: Look, form: FormData) -> Done:
    """Ends a review: the session is billed as it is, or written off."""
    decision = form.get("decision")
    if decision not in {"bill", "write_off"}:
        raise HTTPException(400, "Please choose one of the two buttons.")
    session_id = own_session(conn, look)
    reviews.review(conn, session_id, bill=decision == "bill", user_id=look.me.user.id, now=look.now)
    return Done(f"/sessions/{session_id}", (Topic.SESSIONS,))
