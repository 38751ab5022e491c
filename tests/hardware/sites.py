"""A charge point whose contactor hangs on a GPIO pin: the unmodified guardian and agents, begun and ended at will."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

from hardware.gpio import Level
from tests.hardware.chip import Chip, chip
from tests.hardware.posts import SLACK_MS, Systemd, now_ms
from tests.hardware.running import Running

LEASE_MS = 300
STOP_PIN = 22
PIN = {Level.HIGH: 17, Level.LOW: 5}
SETTINGS = """
identity = "site"
data_dir = "."
[csms]
url = "ws://127.0.0.1:1/"
[guardian]
socket = "guardian.sock"
lease_s = {lease_s}
[guardian.inputs.emergency_stop]
driver = "gpio"
pin = {stop}
[[connectors]]
id = 1
[connectors.meter]
driver = "simulated"
[connectors.contactor]
driver = "gpio"
pin = {pin}
active = "{active}"
"""


class Site:
    """Who lives when is noted, so that it can be judged against what the pin did."""

    def __init__(self, folder: Path, chip: Chip, active: Level) -> None:
        self.chip, self.active, self.pin = chip, active, PIN[active]
        self.socket, self._config = folder / "guardian.sock", folder / "edge.toml"
        text = SETTINGS.format(pin=self.pin, active=active, stop=STOP_PIN, lease_s=LEASE_MS / 1000)
        self._config.write_text(text)
        self._systemd = Systemd(folder / "notify.sock")
        self._environment = {**chip.environment, "NOTIFY_SOCKET": str(self._systemd.path)}
        self.log: list[tuple[int, str, bool]] = []
        self.guardian: Running | None = None
        self.agent: Running | None = None
        chip.hold(STOP_PIN, Level.LOW)

    def begin_guardian(self) -> None:
        """As its unit begins it."""
        arguments = ("-m", "bollard", "edge", "guardian", "--config", str(self._config))
        self.guardian = Running(*arguments, environment=self._environment)
        while self._systemd.hears() != "READY=1":
            pass
        self.note("guardian", True)

    def begin_agent(self) -> None:
        """An agent that engages connector 1 and renews its lease."""
        self.note("agent", True)
        self.agent = Running("-m", "tests.hardware.agent_program", str(self.socket))
        self.agent.line_with("Engaged(connector=1)")

    def end_agent(self, how: signal.Signals) -> None:
        """SIGKILL or SIGSTOP."""
        assert self.agent
        self.agent.signal(how)
        self.note("agent", False)

    def end_guardian(self, how: signal.Signals) -> None:
        """It ends or stands still; then systemd does what its unit says."""
        assert self.guardian
        self.note("guardian", False)
        self.guardian.signal(how)
        if how is signal.SIGSTOP:
            time.sleep(LEASE_MS / 1000)
            self.guardian.signal(signal.SIGKILL)
        self.guardian.ended()
        self.release()

    def release(self, status: int = 0) -> str:
        """ExecStopPost, which must end with that status; what it says of its failures."""
        words = (sys.executable, "-m", "bollard", "edge", "release", "--config", str(self._config))
        done = subprocess.run(words, env=self._environment, stderr=subprocess.PIPE, text=True, timeout=20)
        assert done.returncode == status, done.stderr
        return done.stderr

    def add_connector(self, pin: int) -> None:
        """A second connector, named before the first one; before the guardian begins."""
        parts = f'meter = {{ driver = "simulated" }}\ncontactor = {{ driver = "gpio", pin = {pin} }}'
        head, mark, first = self._config.read_text().partition("[[connectors]]")
        self._config.write_text(f"{head}{mark}\nid = 2\n{parts}\n{mark}{first}")

    @property
    def engaged(self) -> bool:
        """Whether the pin drives the contactor now."""
        return self.chip.level(self.pin) is self.active

    def released_within(self, patience_ms: int) -> bool:
        """Whether it is released before that much time has passed."""
        until_ms = now_ms() + patience_ms
        while self.engaged and now_ms() < until_ms:
            time.sleep(0.005)
        return not self.engaged

    def note(self, who: str, lives: bool) -> None:
        """Write into the log."""
        self.log.append((now_ms(), who, lives))

    def longest_alone_ms(self) -> int:
        """The longest time for which the pin was engaged without a living agent while the guardian lived."""
        marks = [*self.log, *((at, "pin", level is self.active) for at, level in self.chip.history(self.pin))]
        now, alone_since, longest = {"agent": False, "guardian": False, "pin": False}, None, 0
        for at_ms, what, is_so in [*sorted(marks), (now_ms(), "end", True)]:
            if alone_since is not None:
                longest = max(longest, at_ms - alone_since)
            now[what] = is_so
            alone = now["pin"] and now["guardian"] and not now["agent"]
            alone_since = (alone_since or at_ms) if alone else None
        return longest

    def end(self) -> None:
        """End everybody."""
        for process in filter(None, (self.agent, self.guardian)):
            process.end()
        self._systemd.close()


def random_life(site: Site, random: Random, agent_ends: bool) -> None:
    """Guardian and agent begin, one of them ends or stops at a random instant, and the other follows."""
    site.begin_guardian()
    assert not site.engaged, "a pulse at the guardian's start"
    site.begin_agent()
    time.sleep(random.uniform(0, 0.1))
    if agent_ends:
        site.end_agent(random.choice((signal.SIGKILL, signal.SIGSTOP)))
        assert site.released_within(LEASE_MS + SLACK_MS)
    site.end_guardian(random.choice((signal.SIGKILL, signal.SIGSTOP)))
    assert not site.engaged, "ExecStopPost left it engaged"
    assert site.agent
    site.agent.end()
    site.note("agent", False)


@contextmanager
def site(folder: Path, active: Level, *, kept: bool) -> Iterator[Site]:
    """A charge point with its relay on a pin that floats to released."""
    with chip(folder, kept=kept) as pins:
        one = Site(folder, pins, active)
        try:
            yield one
        finally:
            one.end()
