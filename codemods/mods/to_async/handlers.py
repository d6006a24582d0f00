"""The plain functions that a framework runs in a thread, and whether each may run on the loop instead."""

from __future__ import annotations

import ast
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING

from codemods import catalog
from codemods.facts.order import walk
from codemods.facts.values import dotted
from codemods.mods.to_async.kinds import UNKNOWN, HeldError, Kind
from codemods.mods.to_async.proof import Proofs, is_route
from codemods.mods.to_def.references import References, is_function
from codemods.program.classes import is_test
from codemods.program.values import Definition, Thing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codemods.facts import Opened
    from codemods.mods.codemod import Project
    from codemods.mods.uses import Reference
    from codemods.program import Module


_DEFS = (ast.FunctionDef, ast.AsyncFunctionDef)
_ROUTERS = frozenset(
    {"fastapi.APIRouter", "fastapi.FastAPI", "fastapi.applications.FastAPI", "fastapi.routing.APIRouter"}
    | {"starlette.applications.Starlette", "starlette.routing.Router"}
)
_ROUTING = frozenset({"add_api_route", "add_route", "api_route", "get", "post", "route"})
# What a route knows of its function.
_INSIDE = frozenset({"app", "call", "dependant", "endpoint"})


class Calls(References):
    """References to plain functions: a call stands against the conversion, for nobody would await it."""

    def registers(self, module: Module, opened: Opened, node: ast.expr) -> bool:
        """Whether it is handed to FastAPI or Starlette, as a route or a dependency."""
        above = opened.parent(node)
        if isinstance(above, ast.keyword):
            above = opened.parent(above)
        if not isinstance(above, ast.Call):
            return False
        outside = self._project.program.resolve(module, opened.scope(above), dotted(above.func)).outside
        if outside & set(catalog.quick()["markers"]["depends"]):
            return True
        call = module.calls.get(opened.call_numbers[above])
        return call is not None and is_route(self._project, module, call)

    def _called(
        self, function: Definition, module: Module, opened: Opened, node: ast.Call, *, method: bool
    ) -> Reference | None:
        call = module.calls.get(opened.call_numbers[node])
        if call is None:
            return None
        values = self._calls.callee(module, call) or self._by_name(function, module, opened, node.func)
        if any(is_function(value, function) for value in values):
            return self.other(module, node, "it is called, and nothing there awaits it")
        if not values and isinstance(node.func, ast.Attribute) and (method or is_test(module.path)):
            return self.other(module, node, "a call whose receiver is not known may be of it")
        return None


class Handlers(Proofs):
    """Asked of the whole project."""

    def __init__(self, project: Project) -> None:
        super().__init__(project)
        self._models: dict[Definition, list[tuple[Module, int, ast.expr | None]]] = {}
        """The functions that answer requests, each with what their registrations say of the answer."""
        self._asked: set[Definition] = set()

    def all(self) -> Iterator[tuple[Definition, str]]:
        """The functions in question, each with what stands against it; nothing where it may run on the loop."""
        found = dict(self._candidates())
        proven = {each: reason or self._unproven(each, route=each in self._models) for each, reason in found.items()}
        references = Calls(self.project, [each for each, reason in proven.items() if not reason])
        for function, reason in proven.items():
            yield function, reason or self._referred(references, function)

    def _candidates(self) -> Iterator[tuple[Definition, str]]:
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
                if function in self._models or function in self._handed_on:
                    yield function, self._of_shape(module, function)

    def _registered(self, function: Definition, module: Module, node: ast.Call) -> None:
        """Keep what a registration says of the answer; nothing in its place where that is not written out."""
        scope = self.project.open(module.path).scope(node)
        models = self._models.setdefault(function, [])
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

    def _of_shape(self, module: Module, function: Definition) -> str:
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

    # The proof

    def _unproven(self, function: Definition, *, route: bool) -> str:
        module = self.modules[function.path]
        try:
            result = self.function(function, self.parameters(function))
            if route:
                self._sent(module, function, result)
        except HeldError as held:
            return f"line {held.line} {held.reason}"
        except RecursionError:
            return "it is nested too deeply to be followed"
        return ""

    def parameters(self, function: Definition) -> dict[str, Kind]:
        """What FastAPI hands to a function: it has checked all but what dependencies give."""
        node = self.project.open(function.path).nodes[function.scope]
        module = self.modules[function.path]
        assert isinstance(node, ast.FunctionDef)  # noqa: S101 (only those are candidates)
        arguments = node.args
        if arguments.vararg or arguments.kwarg:
            raise HeldError(node, "takes any arguments")
        names = self.defaults(function)
        parent = module.facts.scopes[function.scope].parent
        positional = [*arguments.posonlyargs, *arguments.args]
        missing: list[ast.expr | None] = [None] * (len(positional) - len(arguments.defaults))
        defaults = [*missing, *arguments.defaults, *arguments.kw_defaults]
        for each, default in zip((*positional, *arguments.kwonlyargs), defaults, strict=True):
            names[each.arg] = self._parameter(module, parent, each.annotation, default)
        return names

    def _parameter(self, module: Module, scope: int, note: ast.expr | None, default: ast.expr | None) -> Kind:
        markers = [*self._notes(module, scope, note), *([(module, default)] if isinstance(default, ast.Call) else [])]
        found = self.annotated(module, scope, note)
        for where, marker in markers:
            name = dotted(marker.func) if isinstance(marker, ast.Call) else ""
            outside = self.outside(where, scope if where is module else 0, name)
            if outside in self.known["markers"]["depends"]:
                return self._depended(where, scope if where is module else 0, marker, found)
            if outside not in self.known["markers"]["checked"]:
                return UNKNOWN
        return found

    def _notes(self, module: Module, scope: int, note: ast.expr | None) -> list[tuple[Module, ast.expr]]:
        """What an annotation has beside the type, also under another name."""
        match note:
            case ast.Subscript(value=base, slice=ast.Tuple(elts=parts)) if dotted(base).endswith("Annotated"):
                return [(module, each) for each in parts[1:] if isinstance(each, ast.Call)]
            case ast.Name() | ast.Attribute():
                alias = self.assigned(module, scope, dotted(note))
                return self._notes(alias[0], 0, alias[1]) if alias is not None else []
        return []

    def _depended(self, module: Module, scope: int, marker: ast.expr, annotated: Kind) -> Kind:
        """What a dependency gives: FastAPI does not check it, so only what is proven counts."""
        assert isinstance(marker, ast.Call)  # noqa: S101 (the caller has looked)
        if len(marker.args) != 1 or self._overridden:
            return UNKNOWN
        name = dotted(marker.args[0])
        function = self.definition(module, scope, name)
        if function is None:
            values = self.project.calls.of(module, scope, name or None, marker.lineno)
            ours = bool(values) and all(isinstance(v, Thing) and v.type.startswith("fastapi.security.") for v in values)
            return annotated if ours else UNKNOWN
        if self.modules[function.path].facts.scopes[function.scope].kind != "def":
            return UNKNOWN
        if function in self._asked:
            return UNKNOWN
        self._asked.add(function)
        try:
            if self._of_shape(self.modules[function.path], function):
                return UNKNOWN
            return self.function(function, self.parameters(function))
        except HeldError:
            return UNKNOWN
        finally:
            self._asked.discard(function)

    @cached_property
    def _overridden(self) -> bool:
        """Whether the project puts others in the place of dependencies, and not only in its tests."""
        return any("dependency_overrides" in text and not is_test(path) for path, text in self.project.texts())

    # What becomes of the result

    def _sent(self, module: Module, function: Definition, result: Kind) -> None:
        """The answer is checked against its model on the loop, where it was in a thread before."""
        opened = self.project.open(function.path)
        node = opened.nodes[function.scope]
        assert isinstance(node, ast.FunctionDef)  # noqa: S101 (only those are candidates)
        if not result.small:
            last = [each for each in ast.walk(node) if isinstance(each, ast.Return)]
            raise HeldError(
                last[-1] if last else node, "returns something whose size is not bounded by what is written"
            )
        own = [(module, module.facts.scopes[function.scope].parent, node.returns)] if node.returns else []
        for where, scope, model in (*own, *self._models[function]):
            if model is None:
                raise HeldError(node, "is registered with options that are not written out")
            if not self.is_quick(where, scope, model):
                raise HeldError(model, f"has its answer checked as `{ast.unparse(model)}`, which may run other code")

    # Who refers to it

    def _referred(self, references: Calls, function: Definition) -> str:
        for reference in references.of(function):
            if reference.how == "other":
                return reference.reason
            if reference.path not in self.project.within and reference.how not in {"registered", "named"}:
                shown = self.modules[reference.path].shown
                return f"{shown} refers to it and is not among the paths given"
        return ""
