"""A file with findings, read a second time: its tree, with calls and scopes by number and every node's parent."""

from __future__ import annotations

import ast
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, TypeVar, cast

from codemods.facts.order import children, walk
from codemods.facts.positions import LINE_END, Positions
from codemods.facts.shapes import Shapes
from codemods.facts.syntax import parse

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_SCOPES = (*_DEFINITIONS, ast.Lambda, *_COMPREHENSIONS)
_Node = TypeVar("_Node", bound=ast.AST)
_PASSING = 100


class Opened:
    """The tree of one file. Calls, and scopes, are numbered as in its facts."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.tree, self.text = parse(data)
        self.lines = LINE_END.split(self.text)
        self.calls: list[ast.Call] = []
        self.scopes: dict[ast.AST, int] = {self.tree: 0}
        self.bound: dict[str, list[ast.Name]] = {}
        self._parents: dict[ast.AST, ast.AST] = {}
        stack: list[ast.AST] = [self.tree]
        while stack:
            node = stack.pop()
            if isinstance(node, ast.Call):
                self.calls.append(node)
            elif isinstance(node, _SCOPES):
                self.scopes[node] = len(self.scopes)
            elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
                self.bound.setdefault(node.id, []).append(node)
            below = children(node)
            self._parents.update(dict.fromkeys(below, node))
            stack.extend(reversed(below))

    def parent(self, node: ast.AST) -> ast.AST | None:
        """The node that this one is a part of."""
        return self._parents.get(node)

    def taker(self, node: ast.AST) -> ast.Call | None:
        """The call that a node is an argument of."""
        above = self._parents.get(node)
        if isinstance(above, ast.keyword):
            above = self._parents.get(above)
        return above if isinstance(above, ast.Call) and above.func is not node else None

    def ancestors(self, node: ast.AST) -> Iterator[tuple[ast.AST, ast.AST]]:
        """Each node around this one, innermost first, with the part of it that this one is in."""
        above = self._parents.get(node)
        while above is not None:
            yield above, node
            node, above = above, self._parents.get(above)

    def function(self, node: ast.AST) -> ast.AST:
        """The function whose body a node stands in, or the module."""
        for above, part in self.ancestors(node):
            if isinstance(above, ast.FunctionDef | ast.AsyncFunctionDef) and part in above.body:
                return above
            if isinstance(above, ast.Lambda) and part is above.body:
                return above
        return self.tree

    def scope(self, node: ast.AST) -> int:
        """The scope that a node's names are looked up in."""
        first = None
        for above, part in self.ancestors(node):
            if isinstance(above, ast.comprehension):
                first = above if part is above.iter else None
            elif isinstance(above, _COMPREHENSIONS):
                if first is None or first is not above.generators[0]:
                    return self.scopes[above]
                first = None
            elif isinstance(above, _DEFINITIONS):
                if part in above.body:
                    return self.scopes[above]
            elif isinstance(above, ast.Lambda) and part is above.body:
                return self.scopes[above]
        return 0

    @cached_property
    def nodes(self) -> Mapping[int, ast.AST]:
        """The node that opens each scope, by number."""
        return {number: node for node, number in self.scopes.items()}

    @cached_property
    def shapes(self) -> Shapes:
        """What gives the shape of an expression."""
        calls = {id(node): number for number, node in enumerate(self.calls)}
        return Shapes(calls, {id(node): number for node, number in self.scopes.items()})

    @cached_property
    def _places(self) -> Mapping[tuple[int, int, int, int], ast.expr]:
        positions = Positions(self.text)
        found: dict[tuple[int, int, int, int], ast.expr] = {}
        for node in walk(self.tree):
            if isinstance(node, ast.expr):
                found.setdefault(positions.place(node), node)
        return found

    def at(self, place: tuple[int, int, int, int]) -> ast.expr | None:
        """The outermost expression that stands at a place."""
        return self._places.get(place)

    @cached_property
    def call_numbers(self) -> Mapping[ast.Call, int]:
        """The number of each call."""
        return {node: number for number, node in enumerate(self.calls)}

    @cached_property
    def identifiers(self) -> frozenset[str]:
        """Every bare name that the file uses or binds; attributes have names of their own."""
        found: set[str] = set()
        for node in walk(self.tree):
            match node:
                case ast.Name(id=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                    found.add(name)
                case ast.ClassDef(name=name) | ast.arg(arg=name):
                    found.add(name)
                case ast.alias(name=name, asname=other):
                    found.add(other or name.partition(".")[0])
        return frozenset(found)

    def statement(self, node: ast.AST) -> ast.stmt:
        """The innermost statement that a node is a part of."""
        while not isinstance(node, ast.stmt):
            node = self._parents[node]
        return node

    def block_of(self, statement: ast.stmt) -> list[ast.stmt] | None:
        """The block that a statement stands in, where each statement has lines of its own."""
        above = self.parent(statement)
        for name in ("body", "orelse", "finalbody"):
            block = getattr(above, name, None)
            if isinstance(block, list) and statement in block:
                return block if self._lined(above, block) else None
        return None

    def has_own_lines(self, statement: ast.stmt) -> bool:
        """Whether a statement stands in a block, and no other one on its lines."""
        above = self.parent(statement)
        for name in ("body", "orelse", "finalbody"):
            block = getattr(above, name, None)
            if isinstance(block, list) and statement in block:
                after = block[block.index(statement) + 1 :][:1]
                apart = all(each.lineno > (statement.end_lineno or 0) for each in after)
                return apart and self._lined(above, [statement])
        return False

    def _lined(self, above: ast.AST | None, block: list[ast.stmt]) -> bool:
        in_class = isinstance(above, ast.ClassDef)
        # `elif` is an If in the `orelse` of another one: it is no line of a block.
        chained = isinstance(above, ast.If) and block is above.orelse and isinstance(block[0], ast.If)
        elif_line = chained and self.lines[block[0].lineno - 1].lstrip().startswith("elif")
        # Neither a head nor a statement before it ends on the line where one begins.
        alone = all(not self.lines[each.lineno - 1][: each.col_offset].strip() for each in block)
        return not in_class and not elif_line and alone

    def top(self, node: ast.AST) -> int:
        """The number of the top-level statement that a node stands in."""
        while (above := self._parents[node]) is not self.tree:
            node = above
        return self.tree.body.index(cast("ast.stmt", node))

    def number(self, node: _Node, kinds: type[_Node] | tuple[type[_Node], ...]) -> int:
        """The how-manieth node of some kinds it is within its top-level statement."""
        same = self.all_in(self.top(node), kinds)
        return next(number for number, each in enumerate(same) if each is node)

    def mention(self, node: ast.expr) -> tuple[int, str, int]:
        """The top-level statement of a name or an attribute, its last name, and which mention of that name it is."""
        top = self.top(node)
        name = name_of(node)
        same = [each for each in walk(self.tree.body[top]) if name_of(each) == name]
        return top, name, next(number for number, each in enumerate(same) if each is node)

    def mentioned(self, top: int, name: str, number: int) -> ast.AST:
        """The node of a mention."""
        return [each for each in walk(self.tree.body[top]) if name_of(each) == name][number]

    def all_in(self, top: int, kinds: type[_Node] | tuple[type[_Node], ...]) -> list[_Node]:
        """The nodes of some kinds within a top-level statement, in source order."""
        return [each for each in walk(self.tree.body[top]) if isinstance(each, kinds)]


class Trees:
    """The trees of a project's files: whoever keeps a node needs the same tree each time."""

    def __init__(self, data: Mapping[str, bytes]) -> None:
        self._kept: dict[str, Opened] = {}
        self._passing = lru_cache(maxsize=_PASSING)(lambda path: Opened(data[path]))

    def open(self, path: str) -> Opened:
        """The same tree whenever it is asked for."""
        if path not in self._kept:
            self._kept[path] = self._passing(path)
        return self._kept[path]

    def glance(self, path: str) -> Opened:
        """A tree of which nothing is kept: there are too many files to have them all at hand."""
        return self._kept.get(path) or self._passing(path)


def name_of(node: ast.AST) -> str:
    """The last part of the name that an expression mentions."""
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
