"""Tags and groups, as typed and from files."""

from pathlib import Path

import pytest

from tests.cloud.cli.conftest import Refused, Type

GOOD = "Tag,Name,group,expires,blocked,sessions\nA1,Ada,fleet,2099-12-31,no,2\nB2,Bob,,,yes,\n"
BAD = "tag,group,expires,blocked\nA1,crew,,\nA2,,soon,\nA3,,,perhaps\nC3,,,\nc3,,,\nTWENTY-ONE-CHARACTERS,,,\nA4,,\n"
NEVER = "tag,valid_from,expires\nA1,2027-01-01,2026-01-01\n"

one_kind = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""Where only words are read and written: what is done with them is tested on both kinds of database."""


@pytest.mark.usefixtures("furnished")
def test_a_file_of_tags_is_tried_and_imported(type_: Type, tmp_path: Path) -> None:
    type_("add-group", "fleet", "--sessions", "3", "--expires", "2099-01-01")
    file = tmp_path / "tags.csv"
    file.write_text("\ufeff" + GOOD, encoding="utf-8")
    fresh = "added: 2, changed: 0, unchanged: 0, refused: 0"
    assert f"{fresh}; nothing was written" in type_("import-tags", str(file), "--dry-run")
    assert f"{fresh}; done" in type_("import-tags", str(file))
    file.write_text(GOOD.replace("Bob", "Bert"), encoding="utf-8")
    assert "added: 0, changed: 1, unchanged: 1, refused: 0; done" in type_("import-tags", str(file))
    exported = type_("export-tags")
    assert "A1,Ada,,fleet,,,2099-12-31,no,2\nB2,Bert,,,,,,yes,1" in exported
    file.write_text(exported, encoding="utf-8")
    assert "added: 0, changed: 0, unchanged: 2, refused: 0; done" in type_("import-tags", str(file))
    type_("remote-start", "lab-1", "1", "A1")
    with pytest.raises(Refused, match="the tag is blocked"):
        type_("remote-start", "lab-1", "1", "B2")


@one_kind
@pytest.mark.usefixtures("furnished")
def test_every_bad_line_is_named_and_stops_everything_unless_skipped(type_: Type, tmp_path: Path) -> None:
    file = tmp_path / "tags.csv"
    file.write_text(BAD)
    with pytest.raises(Refused) as refused:
        type_("import-tags", str(file))
    told = str(refused.value)
    for line in (
        "line 2: there is no group 'crew'",
        "line 3: 'soon' in column expires is not a day such as 2027-12-31",
        "line 4: 'perhaps' in column blocked is neither yes nor no",
        "line 6: the tag stands in line 5 already",
        "line 7: 'TWENTY-ONE-CHARACTERS' is no tag",
        "line 8: it has more or fewer fields than the first line",
        "added: 1, changed: 0, unchanged: 0, refused: 6; nothing was written",
    ):
        assert line in told
    assert "added: 1, changed: 0, unchanged: 0, refused: 6; done" in type_("import-tags", str(file), "--skip-bad")
    assert "added: 0, changed: 0, unchanged: 1, refused: 6; done" in type_("import-tags", str(file), "--skip-bad")


@one_kind
@pytest.mark.usefixtures("furnished")
def test_a_validity_without_a_day_is_refused_in_a_file(type_: Type, tmp_path: Path) -> None:
    file = tmp_path / "tags.csv"
    file.write_text(NEVER)
    with pytest.raises(Refused, match="line 2: the day from which it is not valid any more must come after"):
        type_("import-tags", str(file))
    file.write_text(NEVER.replace(",2026", ",2028"))
    type_("import-tags", str(file))
    file.write_text("tag,expires\nA1,2026-01-01\n")
    with pytest.raises(Refused, match="line 2: the day from which it is not valid any more must come after"):
        type_("import-tags", str(file))


@one_kind
@pytest.mark.parametrize("text", ["", "name\nAda\n", "tag,colour\nA1,red\n", "tag,tag\nA,B\n"])
@pytest.mark.usefixtures("furnished")
def test_a_file_without_the_right_columns(type_: Type, tmp_path: Path, text: str) -> None:
    file = tmp_path / "tags.csv"
    file.write_text(text)
    with pytest.raises(Refused, match="line 1: the first line must name the columns"):
        type_("import-tags", str(file))


@one_kind
@pytest.mark.usefixtures("furnished")
def test_terms_as_typed(type_: Type) -> None:
    type_("add-group", "fleet", "--sites", "Main site", "--tariff", "standard")
    type_("add-tag", "A1", "--group", "fleet", "--name", "Ada", "--from", "2026-01-01", "--sessions", "2")
    with pytest.raises(Refused, match="there are tags in the group 'fleet', 1 in all; give"):
        type_("remove-group", "fleet")
    type_("set-tag", "A1", "--group", "", "--tariff", "standard")
    type_("add-group", "gone", "--sites", "Main site")
    assert "group gone removed" in type_("remove-group", "gone")
    type_("set-group", "fleet", "--sites", "--tariff", "")
    for place in (["--tag", "a1"], ["--group", "fleet"], ["--station", "lab-1", "--connector", "2"]):
        assert "tariff standard applies" in type_("assign-tariff", "standard", *place)
    assert "fleet" in type_("groups")
    assert "A1 may charge 2026-01-01 00:00 Ada" in " ".join(type_("tags").split())
    type_("set-tag", "A1", "--from", "2099-01-01")
    assert "A1 not valid yet 2099-01-01" in " ".join(type_("tags").split())
    for words, told in (
        (["set-tag", "A1", "--group", "crew"], "there is no group 'crew'"),
        (["assign-tariff", "standard", "--connector", "1"], "say --station too"),
        (["assign-tariff", "standard", "--station", "lab-1", "--connector", "9"], "no connector 9"),
        (["assign-tariff", "standard", "--tag", "GHOST"], "there is no tag 'GHOST'"),
        (["set-group", "crew"], "there is no group 'crew'"),
        (["remove-group", "gone"], "there is no group 'gone'"),
        (["set-tag", "A1", "--expires", "2099-01-01"], "must come after the first day of its validity"),
        (["add-tag", "B1", "--from", "2027-01-01", "--expires", "2026-01-01"], "must come after the first day"),
        (["set-group", "fleet", "--from", "2027-01-01", "--expires", "2026-01-01"], "must come after the first day"),
    ):
        with pytest.raises(Refused, match=told):
            type_(*words)
