"""Places that wait for exceptions: handlers, decorators, and calls that are told of the classes."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from codemods import catalog
from codemods.facts.values import dotted
from codemods.mods.catching import parts

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from codemods.facts import Opened
    from codemods.mods.codemod import Project
    from codemods.program import Module


@dataclass(frozen=True, eq=False)
class Place:
    """Something that waits for exceptions."""

    module: Module
    opened: Opened
    node: ast.ExceptHandler | ast.expr | ast.FunctionDef | ast.AsyncFunctionDef
    """The handler, or what is called with the classes."""
    types: tuple[ast.expr, ...]
    body: Sequence[ast.stmt]
    """What it waits for them in."""

    @property
    def shown(self) -> str:
        """Where it stands."""
        return f"{self.module.shown}:{self.node.lineno}"


class Places:
    """Asked about a whole project."""

    def __init__(self, project: Project) -> None:
        self._project = project

    def name(self, module: Module, opened: Opened, node: ast.expr) -> str:
        """The qualified name of an expression that comes from outside."""
        return qualified(self._project, module, opened, node)

    def around(self, module: Module, opened: Opened, node: ast.AST) -> Iterator[Place]:
        """What waits for the exceptions of a node in its function."""
        function = opened.function(node)
        for above, part in opened.ancestors(node):
            if above is function:
                return
            if isinstance(above, ast.Try | ast.TryStar) and part in above.body:
                for handler in above.handlers:
                    yield Place(module, opened, handler, tuple(parts(handler.type)), above.body)
                    inside = [each for statement in handler.body for each in ast.walk(statement)]
                    yield from self._calls(module, opened, inside, above.body)
            elif isinstance(above, ast.With | ast.AsyncWith) and part in above.body:
                yield from self._calls(module, opened, [item.context_expr for item in above.items], above.body)

    def _calls(
        self, module: Module, opened: Opened, nodes: Sequence[ast.AST], body: Sequence[ast.stmt]
    ) -> Iterator[Place]:
        """`suppress(…)`, `raises(…)`, and `isinstance(…)` in a handler."""
        for node in nodes:
            if isinstance(node, ast.Call) and self.takes(module, opened, node, "calls"):
                yield Place(module, opened, node, given(node), body)

    def takes(self, module: Module, opened: Opened, call: ast.Call, kind: str) -> bool:
        """Whether a call gets classes of exceptions, and does no more than wait for them."""
        return self.name(module, opened, call.func) in catalog.http()["waiting"][kind]

    def decorator(self, module: Module, opened: Opened, node: ast.expr, body: Sequence[ast.stmt]) -> Place | None:
        """A decorator of a function, where it is told of requests' exceptions."""
        types = tuple(
            each
            for each in ast.walk(node)
            if isinstance(each, ast.expr)
            and self.name(module, opened, each).startswith("requests.")
            and not isinstance(opened.parent(each), ast.Attribute)
        )
        return Place(module, opened, node, types, body) if types else None


def given(call: ast.Call) -> tuple[ast.expr, ...]:
    """The classes that a call is given."""
    return tuple(part for each in call.args for part in (each.elts if isinstance(each, ast.Tuple) else [each]))


def qualified(project: Project, module: Module, opened: Opened, node: ast.expr) -> str:
    """The qualified name of an expression that comes from outside."""
    name = dotted(node)
    outside = project.program.resolve(module, opened.scope(node), name).outside if name else ()
    return next(iter(sorted(outside)), "")
