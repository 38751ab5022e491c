"""Pages, the API and the command line say whose things they look at: a query that can be scoped is never left open."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ASKED = ("cloud/services", "cloud/db/queries")
ASKING = ("cloud/web", "cloud/cli")


def scoped() -> dict[str, int]:
    """The dotted names of functions whose `scope` has a default, and where it stands among the positional ones."""
    found = {}
    for path in (path for part in ASKED for path in (ROOT / part).glob("*.py")):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.FunctionDef):
                names = [each.arg for each in node.args.args]
                optional = names[len(names) - len(node.args.defaults) :] + [each.arg for each in node.args.kwonlyargs]
                if "scope" in optional:
                    dotted = ".".join(path.relative_to(ROOT).with_suffix("").parts)
                    found[f"{dotted}.{node.name}"] = names.index("scope") if "scope" in names else len(names)
    return found


def left_open(tree: ast.Module, known: dict[str, int]) -> Iterator[int]:
    """The lines where one of them is asked without a scope, or handed on to be."""
    imports = (node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom))
    names = {each.asname or each.name: f"{node.module}.{each.name}" for node in imports for each in node.names}
    given = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            whole = any(each.arg in (None, "scope") for each in node.keywords)
            given[id(node.func)] = 99 if whole else len(node.args)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in names:
            place = known.get(f"{names[node.value.id]}.{node.attr}")
            if place is not None and given.get(id(node), 0) <= place:
                yield node.lineno


def test_nobody_looks_without_saying_whose() -> None:
    known = scoped()
    assert "cloud.services.overview.station" in known
    for path in (path for part in ASKING for path in (ROOT / part).rglob("*.py")):
        assert list(left_open(ast.parse(path.read_text()), known)) == [], path


@pytest.mark.parametrize("asked", ["a.f(conn, 1)", "db.read(a.f)", "a.f(conn)"])
def test_what_is_left_open_is_found(asked: str) -> None:
    assert list(left_open(ast.parse(f"from m import a\n{asked}"), {"m.a.f": 2})) == [2]
    assert list(left_open(ast.parse("from m import a\na.f(conn, 1, scope), a.f(conn, scope=s)"), {"m.a.f": 2})) == []
