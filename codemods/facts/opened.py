"""A file with findings, read a second time: its tree, with calls and scopes by number and every node's parent."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from codemods.facts.order import children
from codemods.facts.positions import LINE_END
from codemods.facts.syntax import parse

if TYPE_CHECKING:
    from collections.abc import Iterator


_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_SCOPES = (*_DEFINITIONS, ast.Lambda, *_COMPREHENSIONS)


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
