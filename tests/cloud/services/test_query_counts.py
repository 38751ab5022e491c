"""How many statements a session costs: what a crowd of stations asks of one database."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Connection, event

from cloud.domain.reports import MeterReport, Sample, StartReport, StopReport
from cloud.services import sessions
from tests.cloud.conftest import TAG, Business, after

TOLD = {
    "start": (sessions.started, lambda _id, at: StartReport(1, TAG, 1000 + at * 100, after(at)), 18),
    "meter value": (
        sessions.metered,
        lambda id, at: MeterReport(1, id, (Sample(after(at), energy_wh=1000 + at * 100),)),
        6,
    ),
    "stop": (sessions.stopped, lambda id, at: StopReport(id, 1000 + at * 100, after(at)), 31),
}


async def cost(business: Business, service: Callable[..., Any], report: Any, minutes: float) -> tuple[Any, int]:
    statements: list[str] = []

    def unit(conn: Connection) -> Any:
        def note(_conn: object, _cursor: object, statement: str, *_: object) -> None:
            statements.append(statement)

        event.listen(conn, "before_cursor_execute", note)
        try:
            return service(conn, business.station.id, report, after(minutes))
        finally:
            event.remove(conn, "before_cursor_execute", note)

    return await business.db.write(unit), len(statements)


async def test_no_message_of_a_session_costs_more_statements_than_it_needs(
    business: Business, subtests: pytest.Subtests
) -> None:
    """Of the second session: the first one opens the accounts of the ledger."""
    for first_minute in (0, 60):
        transaction_id, told = 0, dict[str, int]()
        for number, (what, (service, report, _most)) in enumerate(TOLD.items()):
            at = first_minute + 20 * number
            answer, told[what] = await cost(business, service, report(transaction_id, at), at)
            transaction_id = getattr(answer, "transaction_id", transaction_id)
    for what, (_service, _report, most) in TOLD.items():
        with subtests.test(what):
            assert told[what] <= most
