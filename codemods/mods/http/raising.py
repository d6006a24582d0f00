"""What may raise requests' exceptions: its calls, functions that make them, `raise`, and what nothing names."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from codemods import catalog
from codemods.facts import called_name
from codemods.facts.values import dotted
from codemods.program.calls import functions_of
from codemods.program.values import Definition, Instance, Method, Outside, Thing

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from codemods.facts import Call, Expr, Opened
    from codemods.mods.codemod import Project
    from codemods.program import Module
    from codemods.program.values import Value, Values


@dataclass(frozen=True, slots=True)
class _Reached:
    """What a function does, itself or by others."""

    asks: bool
    """Whether it asks by requests, or raises one of its exceptions."""
    hides: bool
    """Whether it runs what nothing in it names."""
    json: bool


class Raising:
    """Asked about a whole project."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._calls = project.calls
        self._known: dict[Definition, _Reached] = {}

    def beside(
        self, module: Module, opened: Opened, statements: Iterable[ast.stmt], going: Collection[ast.AST | Definition]
    ) -> bool:
        """Whether anything but the calls and functions that change raises requests' exceptions in some statements."""
        return any(
            self._asks(module, opened, node, going)
            for statement in statements
            for node in ast.walk(statement)
            if node not in going
        )

    def hides(self, module: Module, opened: Opened, statements: Iterable[ast.stmt]) -> bool:
        """Whether something may run in some statements that nothing there names: a task, a function that is given."""
        return any(self._hides(module, opened, node) for each in statements for node in ast.walk(each))

    def _asks(self, module: Module, opened: Opened, node: ast.AST, going: Collection[ast.AST | Definition]) -> bool:
        above = opened.parent(node)
        match node:
            case ast.Call():
                call = module.calls.get(opened.call_numbers[node])
                return call is not None and self._among(self._calls.callee(module, call), going)
            case ast.Name() | ast.Attribute() if isinstance(above, ast.Call | ast.keyword) and dotted(node):
                # `to_thread(fetch, url)`
                function = isinstance(above, ast.Call) and above.func is node
                values = self._calls.of(module, opened.scope(node), dotted(node), node.lineno)
                return not function and self._among(values, going)
            case ast.Raise(exc=ast.Name() | ast.Attribute() as raised) if dotted(raised):
                values = self._calls.of(module, opened.scope(node), dotted(raised), node.lineno)
                return any(map(self._is_error, values)) or not (values or _handled(opened, node, dotted(raised)))
        return False

    def _among(self, values: Values, going: Collection[ast.AST | Definition]) -> bool:
        return any(map(self._raises, values)) or any(
            self._reached(function).asks for function in functions_of(values) if function not in going
        )

    def _raises(self, value: Value) -> bool:
        """Whether it is something of requests that asks, or one of its exceptions."""
        known = catalog.http()
        match value:
            case Outside(name) if (
                name.startswith("requests.") and name.rpartition(".")[2] in catalog.http()["functions"]
            ):
                return True
            case Method(_, kind, name):
                return kind.startswith("requests.") and name in {*known["session"]["methods"], *known["raising"]}
        return self._is_error(value)

    def _is_error(self, value: Value) -> bool:
        """Whether it is one of requests' exceptions, or of those that the project has made of them."""
        match value:
            case Outside(name) | Thing(name):
                return name.startswith("requests.") and name.rpartition(".")[2] in catalog.http()["errors"]
            case Instance(of):
                return self._is_error(of)
            case Definition() if self._calls.is_class(value):
                return any(self._is_error(each) for each in self._calls.line(value) if isinstance(each, Outside))
        return False

    # What nothing names

    def _hides(self, module: Module, opened: Opened, node: ast.AST) -> bool:
        if isinstance(node, ast.Yield | ast.YieldFrom) or _awaits_a_name(node):
            return True
        call = module.calls.get(opened.call_numbers[node]) if isinstance(node, ast.Call) else None
        return call is not None and (
            self._given(module, call)
            or any(self._reached(each).hides for each in functions_of(self._calls.callee(module, call)))
        )

    def _given(self, module: Module, call: Call) -> bool:
        """Whether a call may run a function that it was given, or wait for what was started elsewhere."""
        waits = called_name(call) in catalog.http()["waiting"]["others"]
        if self._calls.is_callback(module, call) or (
            waits and not (call.arguments and all(map(_called, call.arguments)))
        ):
            return True
        values = self._calls.callee(module, call)
        owner, _, name = call.callee.rpartition(".")
        # It may be a method of the project, or a function that an object was made with.
        unknown = not values and call.awaited and (not name or owner in {"", "self"} or name in self._methods)
        renamed = any(self._project.name_of(each) != called_name(call) for each in functions_of(values))
        return unknown or renamed or any(self._is_coroutine(module, call, each) for each in call.arguments)

    def _is_coroutine(self, module: Module, call: Call, argument: Expr) -> bool:
        if not isinstance(argument, str):
            return False
        values = self._calls.of(module, call.scope, argument, call.place[0])
        return any(map(self._calls.is_coroutine_function, values))

    @cached_property
    def _methods(self) -> frozenset[str]:
        modules = self._project.program.modules.values()
        return frozenset[str]().union(*(module.summary.methods for module in modules))

    @cached_property
    def json_anywhere(self) -> bool:
        """Whether anything that may be an answer is asked for its JSON."""
        return any("requests" in module.imported_roots for module, _ in self._calls.calls_named("json"))

    def reads_json(self, module: Module, opened: Opened, statements: Iterable[ast.stmt]) -> bool:
        """Whether some statements, or functions that they call, ask something for its JSON."""
        for node in (each for statement in statements for each in ast.walk(statement)):
            call = module.calls.get(opened.call_numbers[node]) if isinstance(node, ast.Call) else None
            if call is None:
                continue
            functions = functions_of(self._calls.callee(module, call))
            if called_name(call) == "json" or any(self._reached(function).json for function in functions):
                return True
        return False

    def _reached(self, function: Definition) -> _Reached:
        """What a function does at any distance."""
        if function in self._known:
            return self._known[function]
        seen, waiting = {function}, [function]
        asks = json = hides = False
        while waiting:
            each = waiting.pop()
            module = self._project.program.modules[each.path]
            asks |= self._raises_by_name(module, each)
            hides |= self._waits_for_a_name(module, each)
            for call in module.calls_in.get(each.scope, ()):
                values = set(self._calls.callee(module, call))
                hides |= self._given(module, call)
                for argument in call.arguments:
                    # `to_thread(fetch, url)`
                    if isinstance(argument, str):
                        values |= self._calls.of(module, call.scope, argument, call.place[0])
                asks |= any(map(self._raises, values))
                json |= called_name(call) == "json"
                more = set(functions_of(values)) - seen
                seen |= more
                waiting += more
        self._known[function] = found = _Reached(asks=asks, hides=hides, json=json)
        return found

    def _raises_by_name(self, module: Module, function: Definition) -> bool:
        """Whether a function raises a class of requests without calling it."""
        if "requests" not in module.imported_roots:
            return False
        opened = self._project.open(module.path)
        return any(
            self._asks(module, opened, node, ())
            for node in ast.walk(opened.nodes[function.scope])
            if isinstance(node, ast.Raise) and not isinstance(node.exc, ast.Call)
        )

    def _waits_for_a_name(self, module: Module, function: Definition) -> bool:
        about = module.functions.get(function.scope)
        if about is None or not about.suspends:
            return False
        opened = self._project.open(module.path)
        return any(map(_awaits_a_name, ast.walk(opened.nodes[function.scope])))


def _awaits_a_name(node: ast.AST) -> bool:
    """Whether it waits for something that was made elsewhere."""
    match node:
        case ast.Await(value=value) | ast.AsyncFor(iter=value) | ast.comprehension(iter=value, is_async=1):
            return not isinstance(value, ast.Call)
    return False


def _called(argument: Expr) -> bool:
    """Whether an argument is what calls give, or a constant."""
    if isinstance(argument, tuple) and argument[0] in {"star", "comp"}:
        return _called(argument[-1])
    return isinstance(argument, int) or (isinstance(argument, tuple) and argument[0] == "=")


def _handled(opened: Opened, node: ast.AST, name: str) -> bool:
    """Whether a name is that of the exception which is being handled."""
    return any(isinstance(above, ast.ExceptHandler) and above.name == name for above, _ in opened.ancestors(node))
