"""The demo's data folder: recognised by its marker, used by one demo at a time, deleted only when it is ours."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bollard.demo.errors import DemoError

MARKER = ".bollard-demo"


@contextmanager
def claimed(folder: Path, *, fresh: bool) -> Iterator[Path]:
    """The folder, made if need be, emptied if `fresh`, and ours alone until the end of the block."""
    _check_ours(folder)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (folder / MARKER).open("a") as marker:
        try:
            fcntl.flock(marker, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DemoError(f"A demo already runs on {folder}: stop that one, or use another --data.") from None
        if fresh:
            _empty(folder)
        yield folder


def write_secret(path: Path, text: str) -> None:
    """Write a file that only its owner may read; it is whole or absent, whenever we are interrupted."""
    part = path.with_name(path.name + ".part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    part.replace(path)


def _check_ours(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise DemoError(f"{folder} is a file: choose another --data.")
    if folder.exists() and any(folder.iterdir()) and not (folder / MARKER).is_file():
        raise DemoError(f"{folder} holds files that no demo made: choose another --data, so that they stay safe.")


def _empty(folder: Path) -> None:
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        elif path.name != MARKER:
            path.unlink()
