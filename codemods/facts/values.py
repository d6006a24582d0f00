"""What an expression says by name: the dotted name it is, the value it binds, the thing it patches."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

_PATCHERS = {"object", "patch", "setattr"}


def dotted(node: ast.AST | None) -> str:
    """`a.b.c` for a chain of attributes on a name, else nothing."""
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return ""
    parts.append(node.id)
    return ".".join(reversed(parts))


def value_of(node: ast.expr | None) -> tuple[str, str]:
    """The kind and target of a binding to this value."""
    if isinstance(node, ast.Constant) and node.value is None:
        return "none", ""
    if isinstance(node, ast.Call):
        called = dotted(node.func)
        return ("call", called) if called else ("value", "")
    name = dotted(node)
    return ("alias", name) if name else ("value", "")


def imported(node: ast.Import | ast.ImportFrom) -> Iterator[tuple[str, str]]:
    """The names that an import binds, each with what it stands for; star imports bind none."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield (alias.asname, alias.name) if alias.asname else (alias.name.partition(".")[0],) * 2
        return
    module = source_module(node)
    separator = "" if module.endswith(".") else "."
    for alias in node.names:
        if alias.name != "*":
            yield alias.asname or alias.name, f"{module}{separator}{alias.name}"


def source_module(node: ast.ImportFrom) -> str:
    """The module that a from-import names, with its leading dots."""
    return "." * node.level + (node.module or "")


def patched(node: ast.Call) -> Iterator[tuple[str, str]]:
    """The owner and attribute that a call puts something else in place of, if it looks like one that does."""
    how = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if not node.args:
        return
    first = node.args[0]
    path, owner = text_of(first), dotted(first)
    if how == "multiple":
        for keyword in node.keywords:
            if keyword.arg and (path or owner):
                yield ("", f"{path}.{keyword.arg}") if path else (owner, keyword.arg)
    elif how in _PATCHERS:
        name = text_of(node.args[1]) if len(node.args) > 1 else ""
        if "." in path:
            yield "", path
        elif owner and name:
            yield owner, name


def text_of(node: ast.expr) -> str:
    """The text that a node is, if it is a constant one."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def unlike(name: str, taken: Container[str]) -> str:
    """A name as it is, or with the first number that sets it apart from all names taken."""
    if name not in taken:
        return name
    return next(f"{name}_{number}" for number in range(2, 10**6) if f"{name}_{number}" not in taken)
