"""Letters: written here, handed to a mail server by SMTP (RFC 5321)."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

import aiosmtplib

TIMEOUT_S = 20.0


@dataclass(frozen=True, slots=True)
class Letter:
    """One letter in plain text."""

    to: str
    subject: str
    text: str


Post = Callable[[Letter], Awaitable[None]]
"""Delivers a letter. Raises NotDelivered."""


class NotDelivered(Exception):
    """The mail server was not reached or refused; the message holds nothing of the letter."""


def by_smtp(url: str, sender: str) -> Post:
    """Through the server at smtp://[user:password@]host[:port] (STARTTLS if it offers it) or smtps://…

    A password is only told over TLS.
    """
    parts = urlsplit(url)
    user = unquote(parts.username) if parts.username else None
    secure = parts.scheme == "smtps"

    async def post(letter: Letter) -> None:
        try:
            await aiosmtplib.send(
                _message(letter, sender),
                hostname=parts.hostname,
                port=parts.port or (465 if secure else 587 if user else 25),
                username=user,
                password=unquote(parts.password) if parts.password else None,
                use_tls=secure,
                start_tls=False if secure else True if user else None,
                timeout=TIMEOUT_S,
            )
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            raise NotDelivered(type(error).__name__) from None

    return post


def _message(letter: Letter, sender: str) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, letter.to, letter.subject
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.text)
    return message
