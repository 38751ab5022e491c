"""Passwords: forgotten, chosen with a link, changed. A link's token stands behind its `#`, which browsers keep."""

import logging
import time

from sqlalchemy import Connection
from starlette.background import BackgroundTask
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from cloud.domain.people import User
from cloud.domain.words import N_
from cloud.languages.words import LANGUAGES
from cloud.services import hashing, organisations, passwords
from cloud.services.errors import NotNow
from cloud.services.mail import Letter, NotDelivered
from cloud.web import guard
from cloud.web.console.me import ME, NEW_PASSWORD, WRONG_PASSWORD
from cloud.web.forms import Field, Form
from cloud.web.pages import shown_again
from cloud.web.refusals import Refusal, Refused
from cloud.web.sign_in import NAME, TOO_MANY, field, neighbourhood, public_page
from cloud.web.web import Web

TOO_OLD = N_("This link was used already or is too old. Ask for another.")
ON_ITS_WAY = N_("If there is such a user with an e-mail address, a link is on its way. It is good for 30 minutes.")
NO_MAIL = N_("This server sends no mail. Ask an owner of the organisation for a password link.")
FORGOT = Form("forgot", "/forgot", (NAME,), N_("Send a link"), "send")
CODE = Field("code", N_("Code, the part of the link behind #"), "once", "", True, 200)
CHOOSE = Form("choose", "/password", (CODE, *NEW_PASSWORD), N_("Set password"))

logger = logging.getLogger("bollard.cloud")


def password_routes(web: Web) -> list[Route]:
    """The forms and their answers."""

    async def forgot(request: Request) -> Response:
        return _page(web, request, "forgot.html", FORGOT, missing="" if web.post else NO_MAIL)

    async def ask(request: Request) -> Response:
        sent = await request.form()
        guard.check_token(sent, request.cookies.get(guard.FORM_COOKIE))
        if web.throttle.wait_s(("forgot", neighbourhood(request)), time.monotonic()):
            return _page(web, request, "forgot.html", FORGOT, Refusal(FORGOT.action, sent, {"": TOO_MANY}, 429))
        response = _page(web, request, "forgot.html", FORGOT, told=ON_ITS_WAY)
        response.background = BackgroundTask(_send, web, field(sent, "name"))
        return response

    async def choose(request: Request) -> Response:
        return _page(web, request, "password.html", CHOOSE)

    async def chosen(request: Request) -> Response:
        sent = await request.form()
        guard.check_token(sent, request.cookies.get(guard.FORM_COOKIE))
        done = await _choose(web, sent)
        if isinstance(done, User):
            return await guard.remembered(web.db, request, RedirectResponse("/sign-in?chosen=1", 303), done.id)
        return _page(web, request, "password.html", CHOOSE, Refusal(CHOOSE.action, sent, done))

    async def change(request: Request) -> Response:
        sent = await request.form()
        me = await web.db.read(lambda conn: guard.signed_in(conn, request, web.clock()))
        guard.check_token(sent, me.csrf)
        present, password, again = (field(sent, name) for name in ("present", "password", "again"))
        problems = complaint(password, again)
        if not problems:
            done = await passwords.change_own(web.db, me, present, password, web.clock(), guard.mark(request))
            problems = {} if done else {"present": WRONG_PASSWORD}
        if problems:
            return await shown_again(web, ME, request, Refused(problems), sent)
        return await guard.remembered(web.db, request, RedirectResponse("/me?told=chosen", 303), me.user.id)

    return [
        Route("/forgot", forgot),
        Route("/forgot", ask, methods=["POST"]),
        Route("/password", choose),
        Route("/password", chosen, methods=["POST"]),
        Route("/me/password", change, methods=["POST"]),
    ]


async def _choose(web: Web, sent: FormData) -> User | dict[str, str]:
    """Sets the password that was chosen with a link, or says what is wrong."""
    code, password, again = (field(sent, name) for name in ("code", "password", "again"))
    if problems := complaint(password, again):
        return problems
    try:
        return await passwords.choose(web.db, code.strip(), password, web.clock())
    except NotNow:
        return {"code": TOO_OLD}


def complaint(password: str, again: str) -> dict[str, str]:
    """What is wrong with a new password that was typed twice, by its field."""
    if password != again:
        return {"again": N_("The two passwords differ.")}
    short = len(password) < hashing.SHORTEST_PASSWORD
    return {"password": N_("A password has at least 10 characters.")} if short else {}


def _page(
    web: Web, request: Request, template: str, form: Form, refusal: Refusal | None = None, **told: str
) -> Response:
    return public_page(web, request, template, {"shown": form, "told": "", "missing": "", **told}, refusal)


async def _send(web: Web, name: str) -> None:
    """After the answer, which is the same whether there is such a user or not."""

    def unit(conn: Connection) -> tuple[User, str, str | None] | None:
        asked = passwords.forgotten(conn, name, web.clock())
        return (*asked, organisations.choices(conn, asked[0].organisation_id).language) if asked else None

    if web.post is None or (found := await web.db.write(unit)) is None:
        return
    user, token, language = found
    link = f"{web.settings.public_url}/password#{token}"
    template = web.templates[language or LANGUAGES[0]].get_template("password_letter.txt")
    written = template.render(name=user.name, link=link).strip()
    subject, _, text = written.partition("\n")
    try:
        await web.post(Letter(user.email or "", subject, text.lstrip()))
    except NotDelivered as error:
        logger.error("a letter with a password link could not be sent: %s", error)
