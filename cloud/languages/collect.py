"""Collects the sentences of Python modules for the message catalogues: f-strings too, as templates with named gaps.

A sentence is any text of two words or more that is no docstring and is not handed to a function of `UNSAID`; a shorter
one counts if it is marked with `N_`. So nothing that an operator may read can be forgotten.
"""

import ast
import re
from collections.abc import Collection, Iterator, Mapping
from typing import IO

Message = tuple[int, None, str, list[str]]
UNSAID = frozenset({"logger", "re", "cast"})
_WORD = re.compile(r"[A-Za-z]+")
_GAP = re.compile(r"\{\w+\}")


def sentences(
    file: IO[bytes], _keywords: Collection[str], _tags: Collection[str], options: Mapping[str, str]
) -> Iterator[Message]:
    """An extraction method of Babel; its option `unsaid` names texts, a line each, that no person reads."""
    tree = ast.parse(file.read())
    constants = dict(_constants(tree))
    unsaid = set(options.get("unsaid", "").splitlines())
    for node, marked in _texts(tree):
        text = template(node, constants)
        if text not in unsaid and (marked or _speaks(text)):
            yield node.lineno, None, text, []


def template(node: ast.expr, constants: Mapping[str, str]) -> str:
    """`"{before_wh} Wh"` for `f"{sample.before_wh:.0f} Wh"`; constants of the module stand for themselves."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    names: list[str] = []
    return "".join(_part(part, names, constants) for part in getattr(node, "values", ()))


def _part(part: ast.expr, names: list[str], constants: Mapping[str, str]) -> str:
    if not isinstance(part, ast.FormattedValue):
        return template(part, constants)
    if isinstance(part.value, ast.Name) and part.value.id in constants:
        return constants[part.value.id]
    name = _name(part.value).strip("_").lower()
    names.append(name)
    return f"{{{name}{names.count(name) if names.count(name) > 1 else ''}}}"


def _name(node: ast.expr) -> str:
    """What a value may be called: the last name of `a.b`, the first argument of a call, the left side of a sum."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case ast.Call(args=[first, *_]) | ast.Call(func=ast.Attribute(value=first)):
            return _name(first)
        case ast.Subscript(value=inner) | ast.BinOp(left=inner) | ast.IfExp(body=inner):
            return _name(inner)
        case ast.BoolOp(values=[inner, *_]) | ast.GeneratorExp(generators=[ast.comprehension(iter=inner), *_]):
            return _name(inner)
    return "value"


def _texts(node: ast.AST) -> Iterator[tuple[ast.expr, bool]]:
    """Every text below the node, and whether it is marked."""
    for child in _inside(node):
        if isinstance(child, ast.JoinedStr) or (isinstance(child, ast.Constant) and isinstance(child.value, str)):
            yield child, isinstance(node, ast.Call) and _called(node) == "N_"
        yield from _texts(child)


def _inside(node: ast.AST) -> Iterator[ast.expr | ast.AST]:
    """What is below a node, but for docstrings and what is written for logs and machines."""
    if isinstance(node, ast.JoinedStr):
        yield from (part.value for part in node.values if isinstance(part, ast.FormattedValue))
    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return
    elif not (isinstance(node, ast.Call) and _called(node) in UNSAID):
        yield from ast.iter_child_nodes(node)


def _called(node: ast.Call) -> str:
    return ast.unparse(node.func).split(".")[0]


def _constants(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value=str(text))):
                yield name, text


def _speaks(text: str) -> bool:
    return " " in text.strip() and len(_WORD.findall(_GAP.sub("", text))) > 1
