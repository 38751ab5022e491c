"""The demo's folder: recognised, exclusive, and never somebody else's."""

from pathlib import Path

import pytest

from bollard.demo.certificates import certificates
from bollard.demo.errors import DemoError
from bollard.demo.folder import claimed, write_secret


def test_it_stays_between_starts_and_goes_when_asked(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    with claimed(folder, fresh=False):
        (folder / "lab-1").mkdir()
        (folder / "lab-1" / "edge.toml").write_text("kept")
    with claimed(folder, fresh=False):
        assert (folder / "lab-1" / "edge.toml").read_text() == "kept"
    with claimed(folder, fresh=True):
        assert not (folder / "lab-1").exists()


@pytest.mark.parametrize("fresh", [False, True])
def test_a_strange_folder_is_left_alone(tmp_path: Path, fresh: bool) -> None:
    (tmp_path / "thesis.odt").write_text("years of work")
    with pytest.raises(DemoError, match="no demo made"), claimed(tmp_path, fresh=fresh):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.odt"]


def test_two_demos_do_not_share_it(tmp_path: Path) -> None:
    with claimed(tmp_path, fresh=False):
        (tmp_path / "cloud.db").touch()
        with pytest.raises(DemoError, match="already runs"), claimed(tmp_path, fresh=True):
            pass
        assert (tmp_path / "cloud.db").exists()


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "demo").touch()
    with pytest.raises(DemoError, match="is a file"), claimed(tmp_path / "demo", fresh=False):
        pass


def test_secrets_are_for_their_owner_only(tmp_path: Path) -> None:
    write_secret(tmp_path / "secret", "1")
    write_secret(tmp_path / "secret", "2")
    assert (tmp_path / "secret").read_text() == "2"
    assert (tmp_path / "secret").stat().st_mode & 0o777 == 0o600


def test_certificates_are_made_once(tmp_path: Path) -> None:
    made = certificates(tmp_path)
    before = made.authority.read_bytes()
    assert made.key.stat().st_mode & 0o777 == 0o600
    assert certificates(tmp_path) == made
    assert made.authority.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ca.pem", "server-key.pem", "server.pem"]
