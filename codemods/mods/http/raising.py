"""What may raise requests' exceptions: its calls, functions of the project that make them, and `raise`."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from codemods import catalog
from codemods.facts import called_name
from codemods.facts.values import dotted
from codemods.program.values import Definition, Method, Outside, function_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from codemods.facts import Opened
    from codemods.mods.codemod import Project
    from codemods.program import Module
    from codemods.program.values import Value, Values


@dataclass(frozen=True, slots=True)
class _Reached:
    """What a function does, itself or by others."""

    asks: bool
    """Whether it asks by requests, or raises one of its exceptions."""
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
            self._at(module, opened, node, going)
            for statement in statements
            for node in ast.walk(statement)
            if node not in going
        )

    def _at(self, module: Module, opened: Opened, node: ast.AST, going: Collection[ast.AST | Definition]) -> bool:
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
            case ast.Raise(exc=raised) if raised is not None:
                name = dotted(raised.func if isinstance(raised, ast.Call) else raised)
                scope = opened.scope(node)
                outside = self._project.program.resolve(module, scope, name).outside if name else ()
                return any(each.startswith("requests.") for each in outside)
        return False

    def _among(self, values: Values, going: Collection[ast.AST | Definition]) -> bool:
        return any(
            _raises(value) or (function is not None and function not in going and self._reached(function).asks)
            for value in values
            for function in (function_of(value),)
        )

    def reads_json(self, module: Module, opened: Opened, statements: Iterable[ast.stmt]) -> bool:
        """Whether some statements, or functions that they call, ask something for its JSON."""
        for node in (each for statement in statements for each in ast.walk(statement)):
            call = module.calls.get(opened.call_numbers[node]) if isinstance(node, ast.Call) else None
            if call is None:
                continue
            functions = filter(None, map(function_of, self._calls.callee(module, call)))
            if called_name(call) == "json" or any(self._reached(function).json for function in functions):
                return True
        return False

    def _reached(self, function: Definition) -> _Reached:
        """What a function does at any distance."""
        if function in self._known:
            return self._known[function]
        seen, waiting = {function}, [function]
        asks = json = False
        while waiting:
            module = self._project.program.modules[waiting[-1].path]
            for call in module.calls_in.get(waiting.pop().scope, ()):
                values = set(self._calls.callee(module, call))
                for each in call.arguments:
                    # `to_thread(fetch, url)`
                    if isinstance(each, str):
                        values |= self._calls.of(module, call.scope, each, call.place[0])
                asks |= any(map(_raises, values))
                json |= called_name(call) == "json"
                more = {each for each in map(function_of, values) if each is not None} - seen
                seen |= more
                waiting += more
        self._known[function] = found = _Reached(asks=asks, json=json)
        return found


def _raises(value: Value) -> bool:
    """Whether it is something of requests that asks, or one of its exceptions."""
    match value:
        case Outside(name):
            owner, _, last = name.rpartition(".")
            known = catalog.http()
            return owner.partition(".")[0] == "requests" and last in {*known["functions"], *known["errors"]}
        case Method(_, kind, name):
            return kind.startswith("requests.") and (name in catalog.http()["session"]["methods"] or name == "send")
    return False
