"""The operator's commands, as typed."""

import io
import json
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cloud.cli import main
from cloud.db.database import Database
from cloud.domain.reports import StartReport, StopReport
from cloud.services import access, incidents, sessions, stations, users
from tests.cloud.cli.conftest import PRICES, Refused, Type, run

JUST_NOW = datetime.now(UTC) - timedelta(hours=1)


def charge(url: str, doubts: tuple[str, ...] = ()) -> None:
    """One session of 5 kWh at lab-1."""

    async def charged(db: Database) -> None:
        start = StartReport(1, "A1", 1000, JUST_NOW, doubts=doubts)
        answer = await db.write(lambda conn: sessions.started(conn, 1, start, datetime.now(UTC)))
        stop = StopReport(answer.transaction_id, 6000, JUST_NOW + timedelta(minutes=30))
        await db.write(lambda conn: sessions.stopped(conn, 1, stop, JUST_NOW + timedelta(minutes=30)))

    run(url, charged)


def test_migrate_makes_the_tables_that_others_miss(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    new = ("--database", f"sqlite:///{tmp_path}/new.db")
    assert main(["stations", *new]) == 2
    assert f"no database {tmp_path}/new.db; name another" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "new.db").touch()
    assert main(["stations", *new]) == 2
    assert "run `bollard cloud migrate` first" in capsys.readouterr().err
    assert main(["migrate", *new]) == 0
    assert main(["migrate", *new]) == 0
    assert main(["stations", *new]) == 0


def test_add_station_prints_settings_that_a_station_can_read(type_: Type, database_url: str) -> None:
    settings = tomllib.loads(type_("add-station", "lab-1", "--connectors", "2", "--url", "wss://csms/ocpp"))
    assert settings["identity"] == "lab-1"
    assert settings["csms"]["url"] == "wss://csms/ocpp"
    assert [connector["id"] for connector in settings["connectors"]] == [1, 2]
    key = bytes.fromhex(settings["csms"]["key"])
    found = run(database_url, lambda db: db.read(lambda conn: access.authenticate(conn, "lab-1", key)))
    assert found.identity == "lab-1"


def test_add_station_for_programs(type_: Type) -> None:
    added = json.loads(type_("add-station", "lab-1", "--json"))
    assert (added["identity"], added["connectors"], len(bytes.fromhex(added["key"]))) == ("lab-1", 1, 20)


@pytest.mark.usefixtures("furnished")
def test_from_a_session_to_its_bill(type_: Type, database_url: str) -> None:
    type_("set-organisation", "Stadtwerke Beispiel")
    type_("add-tag", "A1")
    charge(database_url)
    (row,) = json.loads(type_("sessions", "--json"))
    assert (row["energy_wh"], row["state"], row["cost_minor"]) == (5000, "finished", 240)
    assert row["bill"] in type_("bills")
    shown = type_("bill", row["bill"])
    assert "\nStadtwerke Beispiel\n" in shown
    assert "5.000 kWh × 0.40 EUR" in shown
    assert "VAT 20 % on 2.00 EUR" in shown
    lines = {" ".join(line.split()) for line in shown.splitlines()}
    assert "Total 2.40 EUR" in lines
    assert f"Began {JUST_NOW.astimezone(UTC):%-d %b %Y, %H:%M:%S}" in lines


@pytest.mark.usefixtures("furnished")
@pytest.mark.parametrize(("choice", "said"), [("--bill", "invoice 20"), ("--write-off", "written off")])
def test_review(type_: Type, database_url: str, choice: str, said: str) -> None:
    charge(database_url, doubts=("the reason was unreadable",))
    assert "the reason was unreadable" in type_("sessions", "--suspect")
    with pytest.raises(Refused, match="either --bill or --write-off"):
        type_("review", "1")
    assert type_("review", "1", choice).startswith(said)
    assert type_("sessions", "--suspect") == "no sessions yet\n"
    with pytest.raises(Refused, match="only a suspect session needs a review"):
        type_("review", "1", choice)


def test_a_tag_and_its_details(type_: Type) -> None:
    added = json.loads(type_("add-tag", "A1", "--name", "Ada", "--parent", "P", "--expires", "2099-12-31", "--json"))
    assert (added["id_tag"], added["parent"], added["expires_at"]) == ("A1", "P", "2099-12-31T00:00:00Z")
    with pytest.raises(Refused, match="a tag 'a1' already"):
        type_("add-tag", "a1")


@pytest.mark.usefixtures("furnished")
def test_tariffs(type_: Type) -> None:
    assert "version 2" in type_("set-tariff", "standard", "--per-kwh", "0.5", "--per-session", "1", "--currency", "EUR")
    assert "assign-tariff" in type_("add-tariff", "dear", *PRICES)
    type_("assign-tariff", "dear", "--station", "lab-1")
    with pytest.raises(Refused, match="no tariff 'cheap'"):
        type_("assign-tariff", "cheap")
    with pytest.raises(Refused, match="no station 'lab-9'"):
        type_("assign-tariff", "dear", "--station", "lab-9")
    with pytest.raises(Refused, match="0 or more"):
        type_("set-tariff", "dear", "--per-kwh=-1")


@pytest.mark.usefixtures("furnished")
def test_lists_for_people(type_: Type, database_url: str) -> None:
    async def odd(db: Database) -> None:
        await db.write(lambda conn: stations.note_pending(conn, "stranger", "10.0.0.9", JUST_NOW))
        await db.write(lambda conn: incidents.record(conn, 1, "lab-1", "odd", "it was odd", {}, JUST_NOW))

    run(database_url, odd)
    assert type_("stations").splitlines()[1].split() == ["lab-1", "no", "Main", "site", "key", "1:Unknown", "2:Unknown"]
    assert "stranger  10.0.0.9" in type_("pending")
    assert "it was odd" in type_("incidents")
    assert type_("bills") == "no bills yet\n"


def test_a_user_by_standard_input(type_: Type, database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def signs_in(password: str) -> bool:
        return run(database_url, lambda db: users.sign_in(db, "Ada", password, datetime.now(UTC))) is not None

    monkeypatch.setattr("sys.stdin", io.StringIO("a long password\n"))
    type_("create-user", "Ada", "--password-stdin")
    assert signs_in("a long password")
    generated = json.loads(type_("create-user", "Ada", "--generate", "--replace", "--json"))["password"]
    assert signs_in(generated)
    assert not signs_in("a long password")
    with pytest.raises(Refused, match="nobody is there to type"):
        type_("create-user", "Eve")


@pytest.mark.parametrize(
    "words",
    [["bill", "9"], ["review", "9", "--bill"], ["add-station", "a:b"], ["add-station", "x", "--tariff", "none"]],
)
def test_refusals_are_plain_and_have_status_2(type_: Type, words: list[str]) -> None:
    with pytest.raises(Refused) as refusal:
        type_(*words)
    assert "Traceback" not in str(refusal.value)
    assert len(str(refusal.value).strip().splitlines()) == 1


@pytest.mark.parametrize(
    "words",
    [
        ["add-tag", "A", "--expires", "soon"],
        ["add-tariff", "t", "--per-kwh", "x"],
        ["stations", "?"],
        ["add-station", "x", "--url", "http://x"],
    ],
)
def test_what_cannot_be_read_has_status_2(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(words)
    assert end.value.code == 2
    assert "usage: bollard cloud" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("typed", "hint"), [("hold-staton", "did you mean hold-station?"), ("xyzzy", "`bollard cloud --help` lists them")]
)
def test_a_mistyped_command_is_told_the_nearest(typed: str, hint: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([typed, "lab-1"]) == 2
    assert capsys.readouterr().err == f"there is no command {typed!r}; {hint}\n"


def test_a_database_that_is_none_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["stations", "--database", "nonsense"]) == 2
    assert "sqlite:///path" in capsys.readouterr().err


@pytest.mark.parametrize("flag", ["--port", "--time-zone", "--heartbeat-interval-s"])
def test_serve_refuses_a_wrong_setting_by_its_name(flag: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", flag, "?"]) == 2
    name = "BOLLARD_" + flag.removeprefix("--").replace("-", "_").upper()
    assert f"{name} is wrong: expected" in capsys.readouterr().err


def test_serve_does_not_start_without_tables(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", "--port", "0", "--database-url", f"sqlite:///{tmp_path}/new.db"]) != 0
    assert "run `bollard cloud migrate`" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
