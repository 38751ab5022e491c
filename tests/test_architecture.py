"""Who may import whom, how long a file may grow, and the few habits that are forbidden everywhere."""

import ast
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
OURS = ("bollard", "cloud", "edge", "hardware")
LONGEST_FILE_LINES = 300

# For each part: the parts of our own that it may import (a longer name is its own part; each may import itself).
MAY_IMPORT = {
    "bollard": {"cloud", "edge", "hardware"},
    "bollard.demo": {"bollard"},
    "bollard.wire": set[str](),
    "hardware": set[str](),
    "edge": {"edge.core", "edge.link", "edge.cli", "hardware", "bollard.wire"},
    "edge.core": set[str](),
    "edge.link": {"edge.core", "edge", "hardware", "bollard.wire"},
    "edge.cli": {"edge.core", "edge.link", "edge", "hardware", "bollard.wire"},
    "cloud": {"cloud.domain", "cloud.db", "cloud.services", "cloud.hooks", "cloud.ocpp", "cloud.web", "cloud.settings"},
    "cloud.domain": set[str](),
    "cloud.languages": {"cloud.domain"},
    "cloud.documents": {"cloud.domain", "cloud.languages"},
    "cloud.db": {"cloud.domain"},
    "cloud.services": {"cloud.domain", "cloud.db", "bollard.wire"},
    "cloud.settings": set[str](),
    "cloud.hooks": {"cloud.domain", "cloud.db", "cloud.services", "cloud.settings"},
    "cloud.ocpp": {"cloud.domain", "cloud.db", "cloud.services", "cloud.settings", "bollard.wire"},
    "cloud.web": {"cloud.domain", "cloud.db", "cloud.services", "cloud.settings", "cloud.documents", "cloud.languages"},
    "cloud.cli": {
        *(
            "cloud.domain",
            "cloud.db",
            "cloud.services",
            "cloud.settings",
            "cloud.documents",
            "cloud.languages",
            "cloud",
        ),
    },
}
MAY_SEE_OCPP = ("bollard.wire", "edge.link", "cloud.ocpp")
MAY_READ_ENVIRONMENT = {"cloud/settings.py"}
HANDS_ERRORS_ON = {
    "cloud/db/sqlite.py",  # from the writer's thread to whoever awaits the unit of work
    "cloud/services/billing.py",  # from a bill that cannot be issued to the row of its next attempt
}
MAY_ASK_SYSTEMD = {"hardware/notify.py"}  # systemd names its notification socket in the environment


def modules() -> dict[str, Path]:
    """Every module of the product by its dotted name."""
    paths = (path for part in OURS for path in (ROOT / part).rglob("*.py"))
    return {dotted(path): path for path in paths}


def dotted(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), str(path))


def absolute(module: str, path: Path, node: ast.ImportFrom) -> str:
    """The dotted name that `from … import` starts from, also for a relative one."""
    if not node.level:
        return node.module or ""
    package = module.split(".") if path.name == "__init__.py" else module.split(".")[:-1]
    return ".".join([*package[: len(package) - node.level + 1], *filter(None, [node.module])])


def imports(module: str, path: Path, known: set[str]) -> Iterator[str]:
    """Dotted names that a module imports, also inside functions and under TYPE_CHECKING."""
    for node in ast.walk(parse(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = absolute(module, path, node)
            yield from (full if (full := f"{base}.{alias.name}") in known else base for alias in node.names)


def part_of(module: str) -> str:
    """The longest part of MAY_IMPORT that a module belongs to."""
    return max((part for part in MAY_IMPORT if within(module, part)), key=len)


def within(module: str, part: str) -> bool:
    return module == part or module.startswith(f"{part}.")


def wrong_imports(found: dict[str, Path]) -> list[str]:
    known = set(found)
    return [
        f"{module} imports {target}"
        for module, path in found.items()
        for target in imports(module, path, known)
        if target.split(".")[0] in OURS and not allowed(part_of(module), part_of(target), target)
    ]


def allowed(part: str, target_part: str, target: str) -> bool:
    return target_part == part or target_part in MAY_IMPORT[part] or target in OURS


def calls_and_names(path: Path) -> Iterator[str]:
    yield from (ast.unparse(node) for node in ast.walk(parse(path)) if isinstance(node, ast.Attribute | ast.Name))


def catches_everything(path: Path) -> list[int]:
    """Lines that swallow whatever comes; tidying up and raising the same again is no swallowing."""
    handlers = (node for node in ast.walk(parse(path)) if isinstance(node, ast.ExceptHandler))
    everything = {"", "Exception", "BaseException"}
    return [h.lineno for h in handlers if names_caught(h) & everything and ast.unparse(h.body[-1]) != "raise"]


def names_caught(handler: ast.ExceptHandler) -> set[str]:
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return {ast.unparse(kind) if kind else "" for kind in kinds}


def test_imports_go_one_way() -> None:
    assert wrong_imports(modules()) == []


def test_modules_import_without_cycles() -> None:
    found = modules()
    known = set(found)
    graph = {module: known & set(imports(module, path, known)) - {module} for module, path in found.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as cycle:
        pytest.fail(" <- ".join(cycle.args[1]))


def test_core_uses_only_the_standard_library() -> None:
    found = modules()
    core = {module: path for module, path in found.items() if within(module, "edge.core")}
    strangers = [
        f"{module} imports {target}"
        for module, path in core.items()
        for target in imports(module, path, set(found))
        if target.split(".")[0] not in sys.stdlib_module_names and not within(target, "edge.core")
    ]
    assert strangers == []


def test_core_has_no_clock_no_loop_and_no_database() -> None:
    found = modules()
    core = {module: path for module, path in found.items() if within(module, "edge.core")}
    forbidden = {"asyncio", "time", "sqlite3", "socket", "random", "threading", "os", "subprocess"}
    shell = [f"{m} imports {t}" for m, p in core.items() for t in imports(m, p, set(found)) if t in forbidden]
    assert shell == []


def test_only_the_wire_sees_the_ocpp_package() -> None:
    found = modules()
    curious = [
        module
        for module, path in found.items()
        if any(within(target, "ocpp") for target in imports(module, path, set(found)))
        and not any(within(module, part) for part in MAY_SEE_OCPP)
    ]
    assert curious == []


def test_the_environment_is_read_in_one_place() -> None:
    readers = {
        str(path.relative_to(ROOT))
        for path in modules().values()
        if any(name in {"os.environ", "os.getenv", "environ", "getenv"} for name in calls_and_names(path))
    }
    assert readers <= MAY_READ_ENVIRONMENT | MAY_ASK_SYSTEMD


def every_python_file() -> list[Path]:
    return [path for part in (*OURS, "tests") for path in (ROOT / part).rglob("*.py")]


def test_no_file_outgrows_its_reader() -> None:
    lengths = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in every_python_file()}
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_FILE_LINES} == {}


def test_nothing_catches_everything() -> None:
    found = {str(path.relative_to(ROOT)): catches_everything(path) for path in modules().values()}
    assert {name: lines for name, lines in found.items() if lines and name not in HANDS_ERRORS_ON} == {}


def test_no_test_can_be_skipped() -> None:
    forbidden = {"pytest.mark.skip", "pytest.mark.skipif", "pytest.mark.xfail", "pytest.skip", "pytest.xfail"}
    forbidden |= {"pytest.importorskip", "unittest.skip"}
    skipping = [path for path in (ROOT / "tests").rglob("*.py") if forbidden & set(calls_and_names(path))]
    assert skipping == []


@pytest.mark.parametrize(
    ("module", "source", "complaint"),
    [
        ("edge.core.step", "def f():\n    from edge import link", "edge.core.step imports edge.link"),
        ("cloud.ocpp.inbound", "import cloud.web.routes", "cloud.ocpp.inbound imports cloud.web.routes"),
        ("cloud.services.tags", "from ..ocpp import inbound", "cloud.services.tags imports cloud.ocpp"),
        ("hardware.guardian", "import bollard.wire.frames", "hardware.guardian imports bollard.wire.frames"),
        ("bollard.demo.people", "from edge import app", "bollard.demo.people imports edge.app"),
    ],
)
def test_a_wrong_import_is_found(tmp_path: Path, module: str, source: str, complaint: str) -> None:
    path = tmp_path / "written.py"
    path.write_text(source)
    known = dict.fromkeys(("edge.link", "edge.app", "cloud.ocpp", "cloud.web.routes"), tmp_path / "empty.py")
    (tmp_path / "empty.py").write_text("")
    assert wrong_imports({module: path, **known}) == [complaint]
