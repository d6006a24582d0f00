"""The plain functions that a framework runs in a thread, and whether each may run on the loop instead."""

from __future__ import annotations

import ast
from functools import cached_property
from typing import TYPE_CHECKING

from codemods import catalog
from codemods.facts.order import walk
from codemods.facts.values import dotted
from codemods.mods.to_async.calls import is_route
from codemods.mods.to_async.kinds import UNKNOWN, HeldError, Kind
from codemods.mods.to_async.registered import Registered
from codemods.mods.to_def.references import References, is_function
from codemods.program.classes import is_test
from codemods.program.values import Definition, Thing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codemods.facts import Opened
    from codemods.mods.codemod import Project
    from codemods.mods.uses import Reference
    from codemods.program import Module


class Calls(References):
    """References to plain functions: a call stands against the conversion, for nobody would await it."""

    def registers(self, module: Module, opened: Opened, node: ast.expr) -> bool:
        """Whether it is handed to FastAPI or Starlette, as a route or a dependency."""
        taker = opened.taker(node)
        if taker is None:
            return False
        outside = self._project.program.resolve(module, opened.scope(taker), dotted(taker.func)).outside
        if outside & set(catalog.quick()["markers"]["depends"]):
            return True
        call = module.calls.get(opened.call_numbers[taker])
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


class Handlers(Registered):
    """Asked of all of them."""

    def __init__(self, project: Project) -> None:
        super().__init__(project)
        self._asked: set[Definition] = set()

    def all(self) -> Iterator[tuple[Definition, str]]:
        """The functions in question, each with what stands against it; nothing where it may run on the loop."""
        found = dict(self.candidates())
        proven = {each: reason or self._unproven(each, route=each in self.models) for each, reason in found.items()}
        references = Calls(self.project, [each for each, reason in proven.items() if not reason])
        for function, reason in proven.items():
            yield function, reason or self._referred(references, function)

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
            self.forget()
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
                with self.alias(module, scope, dotted(note)) as alias:
                    return self._notes(alias[0], 0, alias[1]) if alias is not None else []
        return []

    def _depended(self, module: Module, scope: int, marker: ast.expr, annotated: Kind) -> Kind:
        """What a dependency gives: FastAPI does not check it, so only what is proven counts."""
        assert isinstance(marker, ast.Call)  # noqa: S101 (the caller has looked)
        if len(marker.args) != 1:
            return UNKNOWN
        name = dotted(marker.args[0])
        function = self.definition(module, scope, name)
        if not self._overridden.isdisjoint({function, None}):
            return UNKNOWN
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
            if self.of_shape(self.modules[function.path], function):
                return UNKNOWN
            return self.function(function, self.parameters(function))
        except HeldError:
            return UNKNOWN
        finally:
            self._asked.discard(function)

    @cached_property
    def _overridden(self) -> frozenset[Definition | None]:
        """The dependencies that others take the place of, not only in tests; with None where that may be any."""
        found: set[Definition | None] = set()
        for path, text in self.project.texts():
            if "dependency_overrides" not in text or path not in self.modules or is_test(path):
                continue
            module, opened = self.modules[path], self.project.open(path)
            for node in walk(opened.tree):
                if isinstance(node, ast.Attribute) and node.attr == "dependency_overrides":
                    above = opened.parent(node)
                    key = above.slice if isinstance(above, ast.Subscript) else None
                    found.add(self.definition(module, opened.scope(node), dotted(key)))
        return frozenset(found)

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
        for where, scope, model in (*own, *self.models[function]):
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
