"""A throw-away PostgreSQL cluster for the tests: made, started and removed by the session that needs it."""

import os
import pwd
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

REMEMBER = """
CREATE SCHEMA {schema};
DO $$ DECLARE t text; BEGIN
  FOR t IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
    EXECUTE format('CREATE TABLE {schema}.%I AS TABLE public.%I', t, t);
  END LOOP;
END $$;
"""
RESTORE = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid();
SET session_replication_role = replica;
DO $$ DECLARE t text; BEGIN
  FOR t IN SELECT tablename FROM pg_tables WHERE schemaname = '{schema}' LOOP
    EXECUTE format('ALTER TABLE public.%I ENABLE TRIGGER USER', t);
    EXECUTE format('DELETE FROM public.%I', t);
    EXECUTE format('INSERT INTO public.%I SELECT * FROM {schema}.%I', t, t);
  END LOOP;
  FOR t IN SELECT replace(sequencename, '_id_seq', '') FROM pg_sequences WHERE schemaname = 'public' LOOP
    EXECUTE format('SELECT setval(%L, (SELECT coalesce(max(id), 0) + 1 FROM %I), false)', t || '_id_seq', t);
  END LOOP;
END $$;
"""


class PostgresMissing(Exception):
    """PostgreSQL's server programs are not installed."""


@dataclass(frozen=True)
class Cluster:
    """A running cluster on a Unix socket of its own."""

    home: Path
    programs: Path
    user: str

    def url(self, name: str) -> str:
        return f"postgresql://{self.user}@/{name}?host={self.home}"

    def create(self) -> str:
        """A new, empty database; returns its name."""
        name = f"test_{uuid.uuid4().hex[:12]}"
        self.sql(f'CREATE DATABASE "{name}"')
        return name

    def remember(self, name: str, schema: str = "pristine") -> None:
        """Keeps the present rows of a database aside in a schema, so that `restore` can bring them back."""
        self.sql(REMEMBER.format(schema=schema), name)

    def restore(self, name: str, schema: str = "pristine") -> None:
        """Ends whoever is still connected, and makes all rows what they were: ten times quicker than a new database."""
        self.sql(RESTORE.format(schema=schema), name)

    def sql(self, statement: str, name: str = "postgres") -> None:
        where = ["-U", self.user, "-h", str(self.home), "-d", name]
        _run(None, [self.programs / "psql", "-qX", "-v", "ON_ERROR_STOP=1", *where, "-c", statement])

    @contextmanager
    def closed(self, name: str) -> Iterator[None]:
        """Everybody's connection to this database is ended, and nobody is let in."""
        self.sql(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        self.sql(f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{name}'")
        try:
            yield
        finally:
            self.sql(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')

    def start(self) -> None:
        log = self.home / "server.log"
        _run(self.user, [self._ctl, "-D", self.home / "data", "-l", log, "-w", "-s", "start"])

    def stop(self, mode: str = "immediate") -> None:
        _run(self.user, [self._ctl, "-D", self.home / "data", "-m", mode, "-w", "-s", "stop"])

    @property
    def server_pid(self) -> int:
        return int((self.home / "data" / "postmaster.pid").read_text().split()[0])

    @property
    def _ctl(self) -> Path:
        return self.programs / "pg_ctl"


@contextmanager
def cluster(*, durable: bool = False) -> Iterator[Cluster]:
    """A running cluster; without `durable` it skips fsync, for speed."""
    user = "postgres" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
    home = Path(tempfile.mkdtemp(prefix="bollard-pg-"))
    made = Cluster(home, _programs(), user)
    try:
        _initialise(made, durable)
        made.start()
        try:
            yield made
        finally:
            made.stop()
    finally:
        shutil.rmtree(home)


def _initialise(made: Cluster, durable: bool) -> None:
    if os.geteuid() == 0:
        shutil.chown(made.home, made.user)
    data = made.home / "data"
    _run(made.user, [made.programs / "initdb", "-D", data, "-A", "trust", "-N", "--no-locale", "-E", "UTF8"])
    settings = [f"unix_socket_directories = '{made.home}'", "listen_addresses = ''", "max_connections = 60"]
    settings += [] if durable else ["fsync = off", "full_page_writes = off", "synchronous_commit = off"]
    with (data / "postgresql.conf").open("a") as file:
        file.write("\n".join(settings) + "\n")


def _programs() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: path.parts[-3].zfill(4))
    on_path = shutil.which("initdb")
    if not found and not on_path:
        raise PostgresMissing("PostgreSQL is not installed; on Debian: apt install postgresql")
    return found[-1].parent if found else Path(str(on_path)).parent


def _run(user: str | None, command: list[str | Path]) -> None:
    as_user = ["runuser", "-u", user, "--"] if user and os.geteuid() == 0 else []
    done = subprocess.run([*as_user, *map(str, command)], capture_output=True, text=True, cwd="/")
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed: {done.stdout}{done.stderr}")
