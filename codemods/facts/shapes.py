"""The shape of an expression: as much of it as can matter to what it stands for (`Expr` in `kinds`)."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from codemods.facts.values import dotted

if TYPE_CHECKING:
    from collections.abc import Callable

    from codemods.facts.kinds import Expr

# Deeper or longer than this, an expression is taken for unknown: the analysis stays bounded.
_DEEPEST = 30
_LONGEST = 200
_LONGEST_TEXT = 120


class Shapes:
    """Shapes of the expressions of one file, once its calls and lambdas have their numbers."""

    def __init__(self, calls: dict[int, int], scopes: dict[int, int]) -> None:
        self._calls = calls
        self._scopes = scopes
        self._annotation = False

    def of(self, node: ast.AST | None) -> Expr:
        """An expression that is evaluated."""
        self._annotation = False
        return self._shape(node, 0)

    def of_annotation(self, node: ast.AST | None) -> Expr:
        """An annotation: text in it is code."""
        self._annotation = True
        return self._shape(node, 0)

    def _shape(self, node: Any, depth: int) -> Expr:  # noqa: ANN401 (any node)
        if depth > _DEEPEST:
            return None
        kind = type(node)
        if kind is ast.Name:
            return str(node.id)
        if kind is ast.Call:
            number = self._calls.get(id(node))
            return self._idle_call(node, depth) if number is None else number
        make = _MAKERS.get(kind)
        return make(self, node, depth + 1) if make is not None else None

    def _all(self, nodes: list[Any], depth: int) -> tuple[Expr, ...]:
        return tuple([self._shape(node, depth) for node in nodes[:_LONGEST]])

    def _idle_call(self, node: ast.Call, depth: int) -> Expr:
        named = tuple((word.arg, self._shape(word.value, depth + 1)) for word in node.keywords if word.arg)
        return ("call", self._shape(node.func, depth + 1), self._all(node.args, depth + 1), named)

    def _attribute(self, node: ast.Attribute, depth: int) -> Expr:
        name = dotted(node)
        if name:
            return name
        parts: list[str] = []
        inner: ast.expr = node
        while isinstance(inner, ast.Attribute):
            parts.append(inner.attr)
            inner = inner.value
        owner = self._shape(inner, depth)
        return None if owner is None else ("attr", owner, ".".join(reversed(parts)))

    def _subscript(self, node: ast.Subscript, depth: int) -> Expr:
        keys = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        owner = self._shape(node.value, depth)
        if owner == "Literal" or (isinstance(owner, str) and owner.endswith(".Literal")):
            return None
        return None if owner is None else ("item", owner, self._all(keys, depth))

    def _constant(self, node: ast.Constant, depth: int) -> Expr:
        value = node.value
        if isinstance(value, str):
            if len(value) > _LONGEST_TEXT:
                return None
            return self._text(value, depth) if self._annotation else ("=", value)
        return ("=", value) if value is None or isinstance(value, bool | int) else None

    def _text(self, text: str, depth: int) -> Expr:
        """A forward reference."""
        try:
            return self._shape(ast.parse(text.strip(), mode="eval").body, depth)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return ("=", text)

    def _either(self, node: ast.BoolOp, depth: int) -> Expr:
        return ("or", self._all(node.values, depth))

    def _choice(self, node: ast.IfExp, depth: int) -> Expr:
        return ("or", (self._shape(node.body, depth), self._shape(node.orelse, depth)))

    def _binary(self, node: ast.BinOp, depth: int) -> Expr:
        sides = (self._shape(node.left, depth), self._shape(node.right, depth))
        if isinstance(node.op, ast.BitOr):
            return ("or", sides)
        return ("binary", *sides) if isinstance(node.op, ast.Div) else None

    def _await(self, node: ast.Await, depth: int) -> Expr:
        return ("await", self._shape(node.value, depth))

    def _starred(self, node: ast.Starred, depth: int) -> Expr:
        return ("star", self._shape(node.value, depth))

    def _named(self, node: ast.NamedExpr, depth: int) -> Expr:
        return self._shape(node.value, depth)

    def _tuple(self, node: ast.Tuple, depth: int) -> Expr:
        return ("tuple", self._all(node.elts, depth))

    def _list(self, node: ast.List | ast.Set, depth: int) -> Expr:
        return ("list", self._all(node.elts, depth))

    def _dict(self, node: ast.Dict, depth: int) -> Expr:
        pairs = list(zip(node.keys, node.values, strict=True))[:_LONGEST]
        return ("dict", tuple((self._shape(key, depth), self._shape(value, depth)) for key, value in pairs))

    def _comprehension(self, node: Any, depth: int) -> Expr:  # noqa: ANN401 (three node types, one shape)
        scope = self._scopes.get(id(node))
        return None if scope is None else ("comp", scope, self._shape(node.elt, depth))

    def _dict_comprehension(self, node: ast.DictComp, depth: int) -> Expr:
        scope = self._scopes.get(id(node))
        return None if scope is None else ("comp", scope, self._shape(node.value, depth))

    def _lambda(self, node: ast.Lambda, _depth: int) -> Expr:
        scope = self._scopes.get(id(node))
        return None if scope is None else ("lambda", scope)


_MAKERS: dict[type[ast.AST], Callable[[Shapes, Any, int], Expr]] = {
    ast.Attribute: Shapes._attribute,  # noqa: SLF001 (its own methods)
    ast.Await: Shapes._await,  # noqa: SLF001
    ast.BinOp: Shapes._binary,  # noqa: SLF001
    ast.BoolOp: Shapes._either,  # noqa: SLF001
    ast.Constant: Shapes._constant,  # noqa: SLF001
    ast.Dict: Shapes._dict,  # noqa: SLF001
    ast.DictComp: Shapes._dict_comprehension,  # noqa: SLF001
    ast.GeneratorExp: Shapes._comprehension,  # noqa: SLF001
    ast.IfExp: Shapes._choice,  # noqa: SLF001
    ast.Lambda: Shapes._lambda,  # noqa: SLF001
    ast.List: Shapes._list,  # noqa: SLF001
    ast.ListComp: Shapes._comprehension,  # noqa: SLF001
    ast.NamedExpr: Shapes._named,  # noqa: SLF001
    ast.Set: Shapes._list,  # noqa: SLF001
    ast.SetComp: Shapes._comprehension,  # noqa: SLF001
    ast.Starred: Shapes._starred,  # noqa: SLF001
    ast.Subscript: Shapes._subscript,  # noqa: SLF001
    ast.Tuple: Shapes._tuple,  # noqa: SLF001
}
