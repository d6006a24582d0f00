"""What kind of value an expression has, as far as it can be seen: asynchronous libraries are stricter about many."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from codemods.facts.values import dotted
from codemods.program.values import Many, Row, Table, Thing

if TYPE_CHECKING:
    from collections.abc import Iterable

    from codemods.hazards import Situation
    from codemods.program.values import Value

UNKNOWN = frozenset({"unknown"})
TEXT, BYTES, NUMBER, BOOL, NONE, DICT, MANY, CONTEXT = (
    frozenset({name}) for name in ("text", "bytes", "number", "bool", "none", "dict", "many", "context")
)
_CONSTANTS = {str: TEXT, bytes: BYTES, bool: BOOL, int: NUMBER, float: NUMBER, type(None): NONE}
_TYPES = {
    "builtins.str": TEXT,
    "builtins.bytes": BYTES,
    "builtins.int": NUMBER,
    "builtins.float": NUMBER,
    "builtins.bool": BOOL,
    "builtins.dict": DICT,
    "ssl.SSLContext": CONTEXT,
}
_CALLS = {
    "builtins.str": TEXT,
    "builtins.repr": TEXT,
    "builtins.int": NUMBER,
    "builtins.float": NUMBER,
    "builtins.len": NUMBER,
    "builtins.round": NUMBER,
    "builtins.bool": BOOL,
    "builtins.dict": DICT,
    "json.dumps": TEXT,
    "os.getenv": TEXT | NONE,
    "os.environ.get": TEXT | NONE,
    "urllib.parse.quote": TEXT,
    "urllib.parse.quote_plus": TEXT,
    "urllib.parse.urlencode": TEXT,
    "urllib.parse.urljoin": TEXT,
}
_TEXT_METHODS = frozenset(
    {"capitalize", "format", "join", "lower", "lstrip", "removeprefix", "removesuffix", "replace", "rstrip"}
    | {"strip", "title", "upper", "zfill"}
)
_DEEPEST = 6


class Kinds:
    """Asked of expressions of one function."""

    def __init__(self, situation: Situation) -> None:
        self._situation = situation
        self._opened = situation.opened
        self._module = situation.site.module

    def of(self, node: ast.expr, depth: int = 0) -> frozenset[str]:
        """The kinds of value that an expression may have."""
        if depth > _DEEPEST:
            return UNKNOWN
        match node:
            case ast.Constant(value=value):
                return _CONSTANTS.get(type(value), UNKNOWN)
            case ast.JoinedStr() | ast.Dict():
                return TEXT if isinstance(node, ast.JoinedStr) else DICT
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                kinds = self.of(left, depth + 1), self.of(right, depth + 1)
                return next(
                    (each for each in kinds if each in {TEXT, BYTES}), kinds[0] if kinds[0] == kinds[1] else UNKNOWN
                )
            case ast.BinOp(left=left, right=right):
                kind = self.of(left, depth + 1)
                return kind if kind == TEXT or kind == self.of(right, depth + 1) == NUMBER else UNKNOWN
            case ast.UnaryOp(op=ast.Not()) | ast.Compare():
                return BOOL
            case ast.IfExp(body=body, orelse=other):
                return self.of(body, depth + 1) | self.of(other, depth + 1)
            case ast.BoolOp(values=values):
                return frozenset().union(*(self.of(each, depth + 1) for each in values))
            case ast.Call():
                return self._of_call(node, depth)
            case ast.Name():
                return self._of_name(node, depth)
            case ast.Subscript(value=owner):
                return TEXT if dotted(owner) == "os.environ" else self._inferred(node)
        return self._inferred(node)

    def ascii(self, node: ast.expr, depth: int = 0) -> bool:
        """Whether a text certainly has no other signs than those of ASCII that can be printed."""
        match node:
            case ast.Constant(value=str(text)):
                return text.isascii() and text.isprintable()
            case ast.JoinedStr(values=parts):
                return all(self.ascii(each.value if isinstance(each, ast.FormattedValue) else each) for each in parts)
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                return self.ascii(left, depth + 1) and self.ascii(right, depth + 1)
            case ast.Name() if (given := self._given(node)) and depth < _DEEPEST:
                return all(each is not None and self.ascii(each, depth + 1) for each in given)
        return self.of(node) <= NUMBER | BOOL | NONE | BYTES

    def start(self, node: ast.expr, depth: int = 0) -> str:
        """What a text certainly begins with, as far as it is written out."""
        match node:
            case ast.Constant(value=str(text)):
                return text
            case ast.JoinedStr(values=[first, *_]):
                return self.start(first.value if isinstance(first, ast.FormattedValue) else first, depth + 1)
            case ast.BinOp(left=left, op=ast.Add() | ast.Mod()):
                return self.start(left, depth + 1)
            case ast.Name() if depth < _DEEPEST:
                given = {self.start(each, depth + 1) if each is not None else "" for each in self._given(node)}
                return given.pop() if len(given) == 1 else ""
        return ""

    def _given(self, node: ast.Name) -> list[ast.expr | None]:
        """The values that a name is set to; nothing for one that is set in another way."""
        function = self._opened.function(node)
        stores = [each for each in self._opened.bound.get(node.id, ()) if self._opened.function(each) is function]
        if not stores and self._module.holder(self._opened.scope(node), node.id) == 0:
            stores = [each for each in self._opened.bound.get(node.id, ()) if self._opened.scope(each) == 0]
        found: list[ast.expr | None] = []
        for store in stores:
            match self._opened.parent(store):
                case ast.Assign(targets=[target], value=value) if target is store:
                    found.append(value)
                case ast.AnnAssign(value=value) if value is not None:
                    found.append(value)
                case _:
                    found.append(None)
        return found

    def literal(self, node: ast.expr) -> ast.expr:
        """The dict behind a name that is set once and does not change before it is used; else the expression itself."""
        if not isinstance(node, ast.Name):
            return node
        function = self._opened.function(node)
        mentions = [each for each in ast.walk(function) if isinstance(each, ast.Name) and each.id == node.id]
        stores = [each for each in mentions if isinstance(each.ctx, ast.Store)]
        above = self._opened.parent(stores[0]) if len(stores) == 1 else None
        given = all(
            isinstance(self._opened.parent(each), ast.keyword | ast.Call) for each in mentions if each not in stores
        )
        if isinstance(above, ast.Assign) and isinstance(above.value, ast.Dict) and given:
            return above.value
        return node

    def _of_call(self, node: ast.Call, depth: int) -> frozenset[str]:
        if isinstance(node.func, ast.Attribute) and self.of(node.func.value, depth + 1) == TEXT:
            return TEXT if node.func.attr in _TEXT_METHODS else BYTES if node.func.attr == "encode" else UNKNOWN
        name = dotted(node.func)
        outside = self._situation.program.resolve(self._module, self._opened.scope(node), name).outside if name else ()
        for each in outside:
            if each in _CALLS:
                return _CALLS[each] - (NONE if len(node.args) > 1 else frozenset())
        return self._inferred(node)

    def _of_name(self, node: ast.Name, depth: int) -> frozenset[str]:
        given = self._given(node)
        if not given:
            kinds = self._inferred(node)
            optional = kinds != UNKNOWN and self._optional(self._opened.function(node), node.id)
            return kinds | (NONE if optional else frozenset())
        found: frozenset[str] = frozenset()
        for value in given:
            if value is None:
                return self._inferred(node)
            found |= self.of(value, depth + 1)
        return found if not found & UNKNOWN else self._inferred(node)

    def _optional(self, function: ast.AST, name: str) -> bool:
        """Whether a parameter may be None, by its annotation or its default."""
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            return True
        for argument in ast.walk(function.args):
            if isinstance(argument, ast.arg) and argument.arg == name and argument.annotation is not None:
                return any(
                    (isinstance(part, ast.Constant) and part.value is None) or dotted(part).endswith("Optional")
                    for part in ast.walk(argument.annotation)
                    if isinstance(part, ast.expr)
                )
        return True

    def _inferred(self, node: ast.expr) -> frozenset[str]:
        shape = self._opened.shapes.of(node)
        values = self._situation.calls.of(self._module, self._opened.scope(node), shape, node.lineno)
        kinds = frozenset().union(*(_of_value(value) for value in values)) if values else UNKNOWN
        # Of an attribute or an item nothing says that it is never None.
        return kinds | NONE if kinds != UNKNOWN and not isinstance(node, ast.Name | ast.Call) else kinds


def _of_value(value: Value) -> frozenset[str]:
    match value:
        case Thing(type=name):
            return _TYPES.get(name, UNKNOWN)
        case Table():
            return DICT
        case Many() | Row():
            return MANY
    return UNKNOWN


def literal_items(node: ast.expr) -> Iterable[tuple[ast.expr | None, ast.expr]]:
    """The keys and values of a dict that is written out."""
    return zip(node.keys, node.values, strict=True) if isinstance(node, ast.Dict) else ()
