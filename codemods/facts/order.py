"""The order in which a tree's nodes stand in the text.

`ast` keeps some children elsewhere than the source does (`a if b else c` has `b` first). Walks that count nodes go by
the text, so that the n-th call is the same one in every tree of the same text: it is how a call found with `ast` is
found again in libcst's tree, without positions.
"""

from __future__ import annotations

import ast
from itertools import chain, zip_longest
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator


_NO_NODES = frozenset({"attr", "arg", "ctx", "conversion", "id", "is_async", "kind", "level", "module", "op", "ops"})

_FIELDS: dict[type[ast.AST], tuple[str, ...]] = {}


def children(node: ast.AST) -> list[ast.AST]:
    """The nodes directly below this one, as they stand in the text."""
    special = _SPECIAL.get(type(node))
    if special is not None:
        return [child for child in special(node) if child is not None]
    found: list[ast.AST] = []
    for name in _fields(type(node)):
        value = getattr(node, name, None)
        if isinstance(value, list):
            found += [item for item in value if isinstance(item, ast.AST)]
        elif isinstance(value, ast.AST):
            found.append(value)
    return found


def _fields(kind: type[ast.AST]) -> tuple[str, ...]:
    """The fields of a kind of node that can hold others. Operators and contexts (`Load`) stand nowhere in the text."""
    known = _FIELDS.get(kind)
    if known is None:
        known = _FIELDS[kind] = tuple(name for name in kind._fields if name not in _NO_NODES)
    return known


def walk(node: ast.AST) -> Iterator[ast.AST]:
    """The node and all below it, parents first, in source order, at any depth."""
    stack = [node]
    while stack:
        current = stack.pop()
        yield current
        stack.extend(reversed(children(current)))


def _by_place(nodes: Iterable[ast.expr | ast.keyword]) -> list[ast.expr | ast.keyword]:
    return sorted(nodes, key=lambda node: (node.lineno, node.col_offset))


def _call(node: ast.Call) -> list[ast.AST | None]:
    if not node.keywords:
        return [node.func, *node.args]
    return [node.func, *_by_place([*node.args, *node.keywords])]


def _function(node: ast.FunctionDef | ast.AsyncFunctionDef) -> list[ast.AST | None]:
    return [*node.decorator_list, *getattr(node, "type_params", ()), node.args, node.returns, *node.body]


def _class(node: ast.ClassDef) -> list[ast.AST | None]:
    bases = _by_place([*node.bases, *node.keywords])
    return [*node.decorator_list, *getattr(node, "type_params", ()), *bases, *node.body]


def _arguments(node: ast.arguments) -> list[ast.AST | None]:
    positional = [*node.posonlyargs, *node.args]
    defaults = [None] * (len(positional) - len(node.defaults)) + list(node.defaults)
    named = zip_longest(node.kwonlyargs, node.kw_defaults)
    return [
        *chain.from_iterable(zip(positional, defaults, strict=True)),
        node.vararg,
        *chain.from_iterable(named),
        node.kwarg,
    ]


def _dict(node: ast.Dict) -> list[ast.AST | None]:
    return list(chain.from_iterable(zip(node.keys, node.values, strict=True)))


def _mapping(node: ast.MatchMapping) -> list[ast.AST | None]:
    return list(chain.from_iterable(zip(node.keys, node.patterns, strict=True)))


def _if_expression(node: ast.IfExp) -> list[ast.AST | None]:
    return [node.body, node.test, node.orelse]


_SPECIAL: dict[type[ast.AST], Callable[[Any], list[ast.AST | None]]] = {
    ast.AsyncFunctionDef: _function,
    ast.Call: _call,
    ast.ClassDef: _class,
    ast.Dict: _dict,
    ast.FunctionDef: _function,
    ast.IfExp: _if_expression,
    ast.MatchMapping: _mapping,
    ast.arguments: _arguments,
}
