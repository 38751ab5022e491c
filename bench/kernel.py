"""What the kernel tells of a process: memory, processor time, how often it was woken."""

from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Memory:
    """Kilobytes: resident, resident with shared pages divided among their users, and private to the process."""

    rss_kb: int
    pss_kb: int
    uss_kb: int

    @classmethod
    def of(cls, pid: int) -> "Memory":
        """Now, from smaps_rollup."""
        lines = (PROC / str(pid) / "smaps_rollup").read_text().splitlines()[1:]
        kb = {name: int(value.split()[0]) for name, _, value in (line.partition(":") for line in lines)}
        return cls(kb["Rss"], kb["Pss"], kb["Private_Clean"] + kb["Private_Dirty"])


@dataclass(frozen=True, slots=True)
class Use:
    """Since the process began, all threads: nanoseconds on a processor, and how often one went to sleep."""

    cpu_ns: int
    sleeps: int

    @classmethod
    def of(cls, pid: int) -> "Use":
        """Now."""
        threads = list((PROC / str(pid) / "task").iterdir())
        cpu_ns = sum(int((thread / "schedstat").read_text().split()[0]) for thread in threads)
        return cls(cpu_ns, sum(_sleeps(thread) for thread in threads))


def _sleeps(thread: Path) -> int:
    lines = (thread / "status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("voluntary_ctxt_switches"))


def machine() -> str:
    """The processor, as the kernel names it."""
    lines = (PROC / "cpuinfo").read_text().splitlines()
    name = next((line.partition(": ")[2] for line in lines if line.startswith("model name")), "unknown processor")
    return f"{sum(line.startswith('processor') for line in lines)} x {name}"
