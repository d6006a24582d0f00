"""The templates leave out no place in which Python's grammar takes an expression."""

from __future__ import annotations

import ast
import re
from textwrap import indent

from tests.properties.grammar import EXPRESSIONS, HOLE, STATEMENTS, YIELDING

# What a pattern holds are constants, a walrus takes bare names, and a coroutine no `yield from`; the others are no
# parts of a module.
NO_CALL = {"Expression.body", "FunctionType.argtypes", "FunctionType.returns", "MatchClass.cls", "MatchMapping.keys"}
NO_CALL |= {"MatchValue.value", "NamedExpr.target", "YieldFrom.value"}
# The templates have to compile with Python 3.11.
NEWER = {"Interpolation", "ParamSpec", "TemplateStr", "TypeAlias", "TypeVar", "TypeVarTuple"}
FILLED = {"{e}": "here()", "{v}": "a", "{n}": "1", "{w}": "w", "{b}": "    pass", "{{": "{", "}}": "}"}


def grammar() -> set[str]:
    """Every field of every kind of node that takes expressions, as ast describes itself."""
    return {
        f"{name}.{field}"
        for name, kind in vars(ast).items()
        if isinstance(kind, type) and issubclass(kind, ast.AST) and not name[0].islower() and name not in NEWER
        for field in re.findall(r"\bexpr[*?]? (\w+)", kind.__doc__ or "")
    } | {"arguments.defaults", "arguments.kw_defaults", "comprehension.iter", "comprehension.ifs", "keyword.value"}


def reached(template: str) -> set[str]:
    """The fields in which the expressions of a template stand."""
    text = indent(HOLE.sub(lambda match: FILLED[match.group()], template), "    ")
    found: set[str] = set()
    stack: list[tuple[ast.AST, frozenset[str]]] = [(ast.parse(f"async def f():\n{text}\n    pass"), frozenset())]
    while stack:
        node, around = stack.pop()
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "here":
            found |= around
        for field, value in ast.iter_fields(node):
            below = around | {f"{type(node).__name__}.{field}"}
            parts = value if isinstance(value, list) else [value]
            stack += [(part, below) for part in parts if isinstance(part, ast.AST)]
    return found


def test_no_place_is_missing() -> None:
    assert grammar() - NO_CALL - set().union(*map(reached, (*EXPRESSIONS, *STATEMENTS, *YIELDING))) == set()
