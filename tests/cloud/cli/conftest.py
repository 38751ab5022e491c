"""Typing commands of the operator, and a station to type about."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from cloud.cli import main
from cloud.db.database import Database

Type = Callable[..., str]
PRICES = ("--per-kwh", "0.40", "--vat", "20", "--currency", "EUR")


class Refused(Exception):
    """A command ended with status 2; the message is what it said."""


@pytest.fixture
def type_(database_url: str, capsys: pytest.CaptureFixture[str]) -> Type:
    """Types a command; returns what it prints."""

    def typed(*words: str) -> str:
        status = main([*words, "--database", database_url])
        printed = capsys.readouterr()
        if status == 2:
            raise Refused(printed.err)
        assert (status, printed.err) == (0, "")
        return printed.out

    return typed


def run(url: str, doing: Callable[[Database], Awaitable[Any]]) -> Any:
    async def opened() -> Any:
        db = await Database.open(url)
        try:
            return await doing(db)
        finally:
            await db.close()

    return asyncio.run(opened())


@pytest.fixture
def furnished(type_: Type, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOLLARD_TIME_ZONE", "Asia/Tokyo")
    type_("add-tariff", "standard", *PRICES)
    type_("add-station", "lab-1", "--connectors", "2")
