"""Who catches what requests raises: in the function, above it, and in tests."""

from __future__ import annotations

import ast
from functools import cached_property
from typing import TYPE_CHECKING

from codemods import catalog
from codemods.edits import LIBRARY, Reword
from codemods.facts.opened import name_of
from codemods.facts.values import dotted
from codemods.hazards import Hazard
from codemods.program.classes import is_test
from codemods.program.values import Definition, function_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codemods.facts import Opened
    from codemods.mods.codemod import Project, Work
    from codemods.program import Module

# Functions and decorators that get exceptions as arguments.
_TAKING = frozenset(
    {"add_exception_handler", "exception_handler", "on_exception", "raises", "retry_if_exception_type"}
    | {"retry_if_not_exception_type", "retry"}
)


class Errors:
    """Asked of one function."""

    def __init__(self, work: Work) -> None:
        self._project = work.project
        self._function = work.function
        self._module = work.situations[0].site.module
        self._opened = work.situations[0].opened

    def tries(self, call: ast.AST) -> Iterator[ast.Try]:
        """The `try` statements of the function whose handlers a call's exceptions come to."""
        function = self._opened.function(call)
        for above, part in self._opened.ancestors(call):
            if above is function:
                return
            if isinstance(above, ast.Try) and part in above.body:
                yield above

    def reworded(self, block: ast.Try, handler: ast.ExceptHandler) -> tuple[list[Reword], str]:
        """A handler for what httpx raises instead, or why there is none."""
        edits: list[Reword] = []
        # What is wrong with JSON is an exception of requests, and none of httpx.
        reads_json = any(name_of(node) == "json" for each in block.body for node in ast.walk(each))
        caught = _parts(handler.type)
        for each in caught:
            name = self._name(each)
            known = catalog.http()["builtin_errors"].get(name)
            if known is None and not name.startswith("requests."):
                continue
            last = name.rpartition(".")[2]
            known = known or catalog.http()["errors"].get(last)
            if known is None:
                return [], f"httpx has nothing like {last}, which line {handler.lineno} catches"
            if last == "RequestException" and reads_json:
                known = [*known, "builtins.ValueError"]
            texts = [text.removeprefix("builtins.") if "." in text else f"{LIBRARY}.{text}" for text in known]
            text = texts[0] if len(texts) == 1 else f"({', '.join(texts)})"
            spread = len(texts) > 1 and each is not handler.type
            edits.append(Reword(*self._opened.mention(each), text, spread=spread))
        if edits and handler.name and self._looks_inside(handler):
            return [], f"line {handler.lineno} looks at attributes of the exception, which httpx's may not have"
        return edits, ""

    def _looks_inside(self, handler: ast.ExceptHandler) -> bool:
        """Whether a handler reads anything of the exception but its text."""
        return any(
            isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == handler.name
            for statement in handler.body
            for node in ast.walk(statement)
        )

    def _name(self, node: ast.expr) -> str:
        name = dotted(node)
        outside = self._project.program.resolve(self._module, self._opened.scope(node), name).outside if name else ()
        return next(iter(sorted(outside)), "")

    # Further up

    @cached_property
    def above(self) -> str:
        """The place of a handler outside of the function that catches what requests raises; empty where none does."""
        waiting, seen = [self._function], {self._function}
        while waiting:
            function = waiting.pop()
            reason = self._around(function)
            if reason:
                return reason
            for module, call in self._project.calls.calls_named(self._project.name_of(function)):
                holder = Definition(module.path, module.function_of(call.scope))
                if function not in map(function_of, self._project.calls.callee(module, call)):
                    continue
                if call.number >= 0 and (line := self._caught(module, call.number)):
                    return f"{module.shown}:{line}"
                if holder not in seen and holder.scope in module.functions:
                    seen.add(holder)
                    waiting.append(holder)
        return ""

    def _around(self, function: Definition) -> str:
        """A decorator of a function that is told of requests' exceptions."""
        module = self._project.program.modules[function.path]
        if not _speaks_of(module):
            return ""
        node = self._project.open(function.path).nodes[function.scope]
        for decorator in getattr(node, "decorator_list", ()):
            for each in ast.walk(decorator):
                if isinstance(each, ast.expr) and _is_requests(self._project, module, 0, dotted(each)):
                    return f"{module.shown}:{each.lineno}"
        return ""

    def _caught(self, module: Module, number: int) -> int:
        opened = self._project.open(module.path)
        node = opened.calls[number]
        for above, part in opened.ancestors(node):
            if isinstance(above, ast.FunctionDef | ast.AsyncFunctionDef):
                return 0
            if isinstance(above, ast.Try) and part in above.body:
                for handler in above.handlers:
                    for each in _parts(handler.type):
                        name = dotted(each)
                        if _is_requests(self._project, module, opened.scope(each), name):
                            return handler.lineno
                        if self._is_builtin(module, opened, each):
                            return handler.lineno
        return 0

    def _is_builtin(self, module: Module, opened: Opened, node: ast.expr) -> bool:
        name = dotted(node)
        outside = self._project.program.resolve(module, opened.scope(node), name).outside if name else frozenset()
        return not outside.isdisjoint(catalog.http()["builtin_errors"])


def registered(project: Project) -> Iterator[Hazard]:
    """Handlers for the whole application, and tests, that are told of requests' exceptions."""
    for module in project.program.modules.values():
        if not _speaks_of(module):
            continue
        for call in module.facts.calls:
            if call.callee.rpartition(".")[2] not in _TAKING:
                continue
            for shape in (*call.arguments, *(value for _, value in call.keywords)):
                if isinstance(shape, str) and _is_requests(project, module, call.scope, shape):
                    yield Hazard(
                        "unsafe" if is_test(module.path) else "manual",
                        f"{module.shown}:{call.place[0]} waits for an exception of requests, which no longer comes",
                    )
                    return


def _parts(node: ast.expr | None) -> list[ast.expr]:
    if node is None:
        return []
    return list(node.elts) if isinstance(node, ast.Tuple) else [node]


def _speaks_of(module: Module) -> bool:
    return "requests" in module.imported_roots


def _is_requests(project: Project, module: Module, scope: int, name: str) -> bool:
    errors = catalog.http()["errors"]
    if not name:
        return False
    outside = project.program.resolve(module, scope, name).outside
    return any(each.startswith("requests.") and each.rpartition(".")[2] in errors for each in outside)
