"""Text that comes as a file or typed: looked at first, then taken as it was looked at."""

import hashlib
from typing import Any

from starlette.datastructures import FormData, UploadFile

from cloud.domain.words import N_
from cloud.web.refusals import Refused

LARGEST_FILE = 1_000_000
"""In bytes."""
LARGEST_POST = 16 * LARGEST_FILE
"""So much is read, to say in words that it is too much."""
NO_TEXT = N_("This file is not text in UTF-8. Where a spreadsheet saves it, choose “CSV UTF-8”.")
TOO_LARGE = N_("That is more than 1 MB. Split it into several files.")
NOTHING = N_("Choose a file, or type what would stand in it.")


def given(form: FormData) -> str:
    """What stands in the chosen file, else what was typed. Raises Refused."""
    file, text = form.get("file"), typed(form)
    if isinstance(file, UploadFile) and file.filename:
        file.file.seek(0)
        return _decoded(file.file.read(LARGEST_FILE + 1))
    if not text.strip():
        raise Refused({"file": NOTHING})
    if len(text.encode()) > LARGEST_FILE:
        raise Refused({"lines": TOO_LARGE})
    return text


def typed(form: FormData) -> str:
    """What was typed, its lines ended as everywhere else."""
    text = form.get("lines", "")
    return _lines(text) if isinstance(text, str) else ""


def looked_at(form: FormData, text: str) -> bool:
    """Whether it is what the page showed."""
    return form.get("seen") == _digest(text)


def shown(text: str) -> dict[str, Any]:
    """The text and its mark, as `upload.html` shows them."""
    return {"text": text, "seen": _digest(text)}


def _decoded(content: bytes) -> str:
    if len(content) > LARGEST_FILE:
        raise Refused({"file": TOO_LARGE})
    try:
        return _lines(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise Refused({"file": NO_TEXT}) from error


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
