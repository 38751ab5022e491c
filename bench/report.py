"""The figures as tables that people read, in Markdown."""

from typing import Any

NAMES = {
    "bare": "bare `ocpp` + `websockets`",
    "agent": "agent, simulated meters",
    "agent_guardian": "its guardian",
    "agent_modbus": "agent, SDM630 meters",
    "agent_modbus_guardian": "its guardian",
}
STARTS = {
    "bare": "bare `ocpp` + `websockets`",
    "agent": "agent, its guardian already runs",
    "agent_bringing_its_guardian": "agent that brings its guardian",
}
TAPS = {"at_the_reader": "held to the reader (read every 30 ms)", "known_to_the_agent": "told to the agent"}


def show(figures: dict[str, Any]) -> str:
    """All tables."""
    return "\n".join([figures["conditions"], "", *_idle(figures), "", *_starts(figures), "", *_taps(figures)])


def _idle(figures: dict[str, Any]) -> list[str]:
    bare_kb = figures["idle"]["bare"]["rss_kb"]
    lines = ["| idle | RSS MB | of bare | PSS MB | private MB | CPU % | wakeups/s |", "|---|---|---|---|---|---|---|"]
    for kind, name in NAMES.items():
        use = figures["idle"][kind]
        lines.append(f"| {name} | {_memory(use, bare_kb)} | {use['cpu_percent']:.2f} | {use['wakeups_per_s']:.0f} |")
    after = figures["after_sessions"]
    for kind in ("agent", "guardian"):
        lines.append(f"| {kind} after {after['sessions']} sessions | {_memory(after[kind], bare_kb)} | | |")
    return lines


def _memory(use: dict[str, int], bare_kb: int) -> str:
    rss, pss, uss = (use[key] / 1024 for key in ("rss_kb", "pss_kb", "uss_kb"))
    return f"{rss:.1f} | {use['rss_kb'] / bare_kb:.2f} | {pss:.1f} | {uss:.1f}"


def _starts(figures: dict[str, Any]) -> list[str]:
    starts = figures["start_ms"]
    lines = ["| start to first BootNotification, median | ms | of bare |", "|---|---|---|"]
    return lines + [f"| {name} | {starts[k]:.0f} | {starts[k] / starts['bare']:.2f} |" for k, name in STARTS.items()]


def _taps(figures: dict[str, Any]) -> list[str]:
    lines = ["| card, cached | engaged p50 ms | p99 | released p50 ms | p99 | taps |", "|---|---|---|---|---|---|"]
    for kind, name in TAPS.items():
        engaged, released = figures["taps"][kind]["engaged_ms"], figures["taps"][kind]["released_ms"]
        lines.append(f"| {name} | {_pair(engaged)} | {_pair(released)} | {engaged['n']} |")
    commit = figures["commit_ms"]
    return [*lines, f"| of which one commit on this disk | {_pair(commit)} | | | {commit['n']} |"]


def _pair(delay: dict[str, float]) -> str:
    return f"{delay['p50']:.1f} | {delay['p99']:.1f}"
