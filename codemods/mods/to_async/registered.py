"""The plain functions that a framework runs in a thread, and what their heads and the project's routers say."""

from __future__ import annotations

import ast
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING

from codemods.facts.order import walk
from codemods.facts.values import dotted
from codemods.mods.to_async.proof import Proofs
from codemods.program.classes import is_test
from codemods.program.values import Definition

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codemods.mods.codemod import Project
    from codemods.program import Module


_DEFS = (ast.FunctionDef, ast.AsyncFunctionDef)
_ROUTERS = frozenset(
    {"fastapi.APIRouter", "fastapi.FastAPI", "fastapi.applications.FastAPI", "fastapi.routing.APIRouter"}
    | {"starlette.applications.Starlette", "starlette.routing.Router"}
)
_ROUTING = frozenset({"add_api_route", "add_route", "api_route", "get", "post", "route"})
# What a route knows of its function.
_INSIDE = frozenset({"app", "call", "dependant", "endpoint"})


class Registered(Proofs):
    """Asked of the whole project."""

    def __init__(self, project: Project) -> None:
        super().__init__(project)
        self.models: dict[Definition, list[tuple[Module, int, ast.expr | None]]] = {}
        """The functions that answer requests, each with what their registrations say of the answer."""

    def candidates(self) -> Iterator[tuple[Definition, str]]:
        """Plain functions that are registered by a decorator, or handed to something that takes either kind."""
        for path in sorted(self.project.within & self.modules.keys()):
            if is_test(path):
                continue
            module = self.modules[path]
            for scope, about in sorted(module.functions.items()):
                function = Definition(path, scope)
                if module.facts.scopes[scope].kind != "def":
                    continue
                for each in about.decorators:
                    if isinstance(each, int) and self.registers(module, each):
                        self._registered(function, module, self.project.open(path).calls[each])
                if function in self.models or function in self._handed_on:
                    yield function, self.of_shape(module, function)

    def _registered(self, function: Definition, module: Module, node: ast.Call) -> None:
        """Keep what a registration says of the answer; nothing in its place where that is not written out."""
        scope = self.project.open(module.path).scope(node)
        models = self.models.setdefault(function, [])
        models += [(module, scope, word.value) for word in node.keywords if word.arg == "response_model"]
        models += [(module, scope, None) for word in node.keywords if word.arg is None]

    @cached_property
    def _handed_on(self) -> set[Definition]:
        """The functions that are handed to `Depends` and its like, by name."""
        depends = set(self.known["markers"]["depends"])
        found: set[Definition] = set()
        for path in sorted(self.modules):
            module = self.modules[path]
            if not any(each.startswith(("fastapi", "starlette")) for each in module.imported_roots):
                continue
            opened = self.project.open(path)
            for node in opened.calls:
                scope = opened.scope(node)
                outside = self.outside(module, scope, dotted(node.func))
                number = opened.call_numbers[node]
                route = self.registers(module, number)
                if outside not in depends and not route:
                    continue
                for each in (*node.args, *(word.value for word in node.keywords)):
                    function = self.definition(module, scope, dotted(each))
                    if function is not None and function.scope in self.modules[function.path].functions:
                        found.add(function)
                        if route:
                            self._registered(function, module, node)
        return found

    def of_shape(self, module: Module, function: Definition) -> str:
        """What a function's head says against it."""
        scope = module.facts.scopes[function.scope]
        about = module.functions[function.scope]
        if not all(self.registers(module, each) for each in about.decorators):
            return "it has a decorator that may want a plain function"
        if about.generator:
            return "it is a generator"
        if scope.parent in module.classes:
            return "it is a method"
        return self._strange_routes

    @cached_property
    def _strange_routes(self) -> str:
        """Which class of its own the project makes routes with, that may look at their functions."""
        return next(chain(self._strange_routers(), self._strange_classes()), "")

    def _strange_routers(self) -> Iterator[str]:
        for module in self.modules.values():
            for head in module.classes.values() if module.summary.methods & _ROUTING else ():
                cls = Definition(module.path, head.scope)
                if self.outside_bases(cls) & _ROUTERS and any(self.method_of(cls, each) for each in _ROUTING):
                    qualname = module.facts.scopes[cls.scope].qualname
                    yield f"{qualname} of {module.shown} makes routes itself, and may want plain functions"

    def _strange_classes(self) -> Iterator[str]:
        for path, text in self.project.texts():
            if "route_class" not in text or path not in self.modules or is_test(path):
                continue
            module, opened = self.modules[path], self.project.open(path)
            for node in walk(opened.tree):
                match node:
                    case ast.keyword(arg="route_class", value=value):
                        pass
                    case ast.Assign(targets=[ast.Attribute(attr="route_class")], value=value):
                        pass
                    case _:
                        continue
                cls = self.definition(module, opened.scope(value), dotted(value))
                if cls is None or cls.scope not in self.modules[cls.path].classes or not self._only_wraps(cls):
                    where = f"{module.shown}:{value.lineno}"
                    yield f"{where} has routes made by `{ast.unparse(value)}`, which may want plain functions"

    def _only_wraps(self, cls: Definition) -> bool:
        """Whether a class of routes does something around them, and does not look at their functions."""
        parts = [part for each in self.family(cls) for part in walk(self.node_of(each))]
        methods = {
            part.name for each in self.family(cls) for part in self.node_of(each).body if isinstance(part, _DEFS)
        }
        looked_at = {part.attr for part in parts if isinstance(part, ast.Attribute)}
        return (
            self.outside_bases(cls) == {"fastapi.routing.APIRoute"}
            and methods <= {"get_route_handler"}
            and not looked_at & _INSIDE
        )
