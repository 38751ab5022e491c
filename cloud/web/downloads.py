"""Files to take away: a bill as PDF, and what the meter signed."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import msgspec
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from cloud.db.database import Database
from cloud.db.queries import signed
from cloud.documents.cdr import cdr
from cloud.documents.receipt import Receipt
from cloud.documents.statement import StatementPage
from cloud.documents.table import as_csv
from cloud.domain import ocpi_tariffs
from cloud.domain.accounts import Account
from cloud.domain.bills import Bill
from cloud.domain.people import Permission
from cloud.domain.signed import SignedValue
from cloud.domain.tariffs import TariffVersion
from cloud.services import statements, tag_import
from cloud.services.statements import Told
from cloud.web.console.bills import Export, export, receipt
from cloud.web.console.drivers import monthly
from cloud.web.console.office import zone
from cloud.web.console.tariffs import own_versions
from cloud.web.pages import Look, looking
from cloud.web.refusals import Refused
from cloud.web.web import Web


@dataclass(frozen=True)
class File:
    """What a browser saves, and as what."""

    name: str
    media_type: str
    content: bytes | Callable[[Database], AsyncIterator[bytes]]
    """At once, or piece by piece from the database: a file of any length takes little memory."""


@dataclass(frozen=True)
class Download:
    """A file: `read` finds in the database what `make` then writes, off the event loop."""

    path: str
    read: Callable[[Connection, Look], Any]
    make: Callable[[Any], File]
    needs: Permission = Permission.LOOK
    form: str = ""
    """The page that asks for it, shown again when `read` raises Refused."""


def download_route(web: Web, download: Download) -> Route:
    """The file, for those who may look."""

    async def give(request: Request) -> Response:
        try:
            found = await web.db.read(looking(web, request, download.needs, download.read))
        except Refused:
            if not download.form:
                raise
            return RedirectResponse(f"{download.form}?{request.url.query}", 303)
        return as_answer(web.db, await asyncio.to_thread(download.make, found))

    return Route(download.path, give)


def as_answer(db: Database, file: File) -> Response:
    """The file as an answer."""
    headers = {"Content-Disposition": f'attachment; filename="{file.name}"'}
    if isinstance(file.content, bytes):
        return Response(file.content, media_type=file.media_type, headers=headers)
    return StreamingResponse(file.content(db), media_type=file.media_type, headers=headers)


def pdf(found: tuple[Bill, Receipt]) -> File:
    """The bill's receipt, its library loaded when first asked for."""
    from cloud.documents.pdf import receipt_pdf

    bill, shown = found
    return File(f"{shown.title.lower().replace(' ', '-')}.pdf", "application/pdf", receipt_pdf(shown, bill.issued_at))


def signed_values(conn: Connection, look: Look) -> tuple[Bill, list[SignedValue]]:
    """What the meter signed of the bill's session."""
    bill, _shown = receipt(conn, look)
    return bill, signed.of_session(conn, bill.session_id)


def verbatim(found: tuple[Bill, list[SignedValue]]) -> File:
    """The signed values as they came."""
    bill, values = found
    content = msgspec.json.format(msgspec.json.encode([each.value for each in values]), indent=2)
    return File(f"signed-meter-values-{bill.number}.json", "application/json", content)


def statement_file(found: tuple[Account, StatementPage, datetime]) -> File:
    """An account's month as PDF."""
    from cloud.documents.pdf import statement_pdf

    account, shown, end = found
    name = f"{shown.title.lower().replace(' ', '-')}-account-{account.id}.pdf"
    return File(name, "application/pdf", statement_pdf(shown, end))


def exported(found: Export) -> File:
    """Bills for other programs: CSV, or CDRs in the shape of OCPI 2.2.1."""
    kind, media_type = ("json", "application/json") if found.ocpi else ("csv", "text/csv; charset=utf-8")
    return File(f"{found.name}.{kind}", media_type, partial(_pieces, found))


async def _pieces(of: Export, db: Database) -> AsyncIterator[bytes]:
    begin, piece, end = (b"[", _records, b"]\n") if of.ocpi else (as_csv([]).encode(), _lines, b"")
    yield begin
    first = True
    async for told in statements.between(db, of.organisation_id, of.begin, of.end):
        yield await asyncio.to_thread(piece, told, first)
        first = False
    yield end


def _lines(told: Sequence[Told], _first: bool) -> bytes:
    return as_csv((each.bill for each in told), heads=False).encode()


def _records(told: Sequence[Told], first: bool) -> bytes:
    records = b",\n".join(msgspec.json.encode(cdr(each.bill, each.operator, each.signed)) for each in told)
    return records if first else b",\n" + records


def tags_file(conn: Connection, look: Look) -> str:
    """All tags, as the file that an import takes."""
    return tag_import.exported(conn, look.organisation_id, zone(conn, look))


def as_file(text: str) -> File:
    """With the mark by which spreadsheets know UTF-8."""
    return File("tags.csv", "text/csv; charset=utf-8", f"\ufeff{text}".encode())


def tariff_file(conn: Connection, look: Look) -> TariffVersion:
    """A tariff's newest version."""
    return own_versions(conn, look)[0]


def as_ocpi(version: TariffVersion) -> File:
    """The version in OCPI's form, as an import takes it."""
    content = msgspec.json.format(msgspec.json.encode(ocpi_tariffs.write(version)), indent=2)
    return File(f"tariff-{version.tariff_id}-version-{version.number}.json", "application/json", content)


DOWNLOADS = (
    Download("/tariffs/{tariff_id:int}/file", tariff_file, as_ocpi, Permission.OFFICE_LOOK),
    Download("/tags/file", tags_file, as_file, Permission.OFFICE),
    Download("/exports/bills", export, exported, Permission.OFFICE_LOOK, "/exports"),
    Download("/bills/{number}/pdf", receipt, pdf),
    Download("/bills/{number}/signed", signed_values, verbatim),
    Download("/drivers/{account_id:int}/statement/pdf", monthly, statement_file, Permission.OFFICE_LOOK),
)
