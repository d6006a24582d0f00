"""Who catches what a library raises: in a function, above it, and for the whole application."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from codemods.facts.values import dotted
from codemods.hazards import Hazard
from codemods.program.calls import functions_of
from codemods.program.classes import is_test
from codemods.program.values import Definition

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from codemods.facts import Call, Opened
    from codemods.mods.codemod import Project, Work
    from codemods.program import Module

# Functions and decorators that get exceptions as arguments.
TAKING = frozenset(
    {"add_exception_handler", "assertRaises", "assertRaisesRegex", "exception_handler", "on_exception", "raises"}
    | {"retry", "retry_if_exception_type", "retry_if_not_exception_type"}
)


@dataclass(frozen=True, slots=True)
class Raised:
    """The exceptions of a library."""

    library: str
    names: Collection[str]
    """The last parts of their names."""
    above: Collection[str] = ()
    """The qualified names of others that stand for some of them as well: of their base classes."""

    def named(self, project: Project, module: Module, scope: int, name: str) -> bool:
        """Whether a name is of one of the library's own."""
        if not name:
            return False
        outside = project.program.resolve(module, scope, name).outside
        return any(each.startswith(f"{self.library}.") and each.rpartition(".")[2] in self.names for each in outside)


class Catching:
    """Asked of one function."""

    def __init__(self, work: Work, raised: Raised) -> None:
        self._project = work.project
        self._function = work.function
        self._module = work.situations[0].site.module
        self._opened = work.situations[0].opened
        self._raised = raised

    @cached_property
    def above(self) -> str:
        """The place of a handler outside of the function that catches what it raises; empty where none does."""
        for function, calls in callers(self._project, self._function):
            reason = self._around(function)
            if reason:
                return reason
            for module, opened, call in calls:
                line = self.caught(module, opened, call)
                if line:
                    return f"{module.shown}:{line}"
        return ""

    def _around(self, function: Definition) -> str:
        """A decorator of a function that is told of the library's exceptions."""
        module = self._project.program.modules[function.path]
        if self._raised.library not in module.imported_roots:
            return ""
        node = self._project.open(function.path).nodes[function.scope]
        for decorator in getattr(node, "decorator_list", ()):
            for each in ast.walk(decorator):
                if isinstance(each, ast.expr) and self._raised.named(self._project, module, 0, dotted(each)):
                    return f"{module.shown}:{each.lineno}"
        return ""

    def caught(self, module: Module, opened: Opened, node: ast.AST) -> int:
        """The line of a handler around a node, in its own function, that catches what the library raises; else 0."""
        for above, part in opened.ancestors(node):
            if isinstance(above, ast.FunctionDef | ast.AsyncFunctionDef):
                return 0
            if isinstance(above, ast.Try | ast.TryStar) and part in above.body:
                for handler in above.handlers:
                    for each in parts(handler.type):
                        if self._catches(module, opened.scope(each), dotted(each)):
                            return handler.lineno
        return 0

    def _catches(self, module: Module, scope: int, name: str) -> bool:
        outside = self._project.program.resolve(module, scope, name).outside if name else frozenset()
        return self._raised.named(self._project, module, scope, name) or not outside.isdisjoint(self._raised.above)


def callers(
    project: Project, function: Definition
) -> Iterator[tuple[Definition, list[tuple[Module, Opened, ast.Call]]]]:
    """A function and those that its exceptions go on to, at any distance, each with the calls of it.

    What is called by its name, and awaited or handed on, on a receiver of which nothing is known, may be it as well.
    """
    waiting, seen = [function], {function}
    while waiting:
        each = waiting.pop()
        found = []
        for module, call in project.calls.calls_named(project.name_of(each)):
            values = project.calls.callee(module, call)
            if each not in functions_of(values) and (values or not (call.awaited or call.argument_of >= 0)):
                continue
            if call.number >= 0:
                opened = project.open(module.path)
                found.append((module, opened, opened.calls[call.number]))
            holder = Definition(module.path, module.function_of(call.scope))
            if holder not in seen and holder.scope in module.functions:
                seen.add(holder)
                waiting.append(holder)
        yield each, found


def parts(node: ast.expr | None) -> list[ast.expr]:
    """The exceptions that a handler names."""
    if node is None:
        return []
    return list(node.elts) if isinstance(node, ast.Tuple) else [node]


def registered(
    project: Project, raised: Raised, follows: Callable[[Module, Call], bool] = lambda *_: False
) -> Iterator[Hazard]:
    """Handlers for the whole application, and tests, that are told of the library's exceptions, and do not follow."""
    for module in project.program.modules.values():
        if raised.library not in module.imported_roots:
            continue
        for call in module.facts.calls:
            if call.callee.rpartition(".")[2] not in TAKING or follows(module, call):
                continue
            for shape in (*call.arguments, *(value for _, value in call.keywords)):
                if isinstance(shape, str) and raised.named(project, module, call.scope, shape):
                    yield Hazard(
                        "unsafe" if is_test(module.path) else "manual",
                        f"{module.shown}:{call.place[0]} waits for an exception of {raised.library}, "
                        "which may no longer come",
                    )
                    return
