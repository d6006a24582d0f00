"""Which functions the event loop runs: coroutines, callbacks given to it, plain functions that frameworks call."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from codemods import catalog
from codemods.program.calls import functions_of
from codemods.program.results import given_by
from codemods.program.values import Definition, Method, Outside

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from codemods.catalog import Runs
    from codemods.facts import Expr, Function
    from codemods.program import Module
    from codemods.program.touches import Touches
    from codemods.program.values import Value


class Roots:
    """Where the loop enters the code of a project."""

    def __init__(self, calls: Touches) -> None:
        self._calls = calls
        self._program = calls.program

    def of(self, module: Module) -> Iterator[Definition]:
        """The functions of a file that the loop runs."""
        for number, scope in enumerate(module.facts.scopes if self._concerns(module) else ()):
            if scope.kind == "async def" or (number in module.functions and self._runs(module, number)):
                yield Definition(module.path, number)

    def _concerns(self, module: Module) -> bool:
        """Whether any function of a file may be one: most files of most projects have none."""
        names = module.summary
        if names.asynchronous or module.path in self._called_back:
            return True
        return any(
            not names.decorators.isdisjoint(rule.decorators | {each.rpartition(".")[2] for each in rule.functions})
            or (not names.methods.isdisjoint(rule.methods) and bool(names.bases))
            for rule in catalog.frameworks().runs
        )

    @property
    def _called_back(self) -> frozenset[str]:
        return frozenset(each.path for each in self._callbacks)

    def _whole(self, ask: Callable[[], frozenset[Definition]]) -> tuple[frozenset[Definition], int]:
        """What the whole program is asked for once, with what the answer rests on."""
        outer, self._calls.rests_on = self._calls.rests_on, 0
        found = ask()
        rests_on = self._calls.rests_on
        self._calls.rests_on |= outer
        return found, rests_on

    @property
    def _callbacks(self) -> frozenset[Definition]:
        """The functions given to `call_later` and its like, anywhere in the project."""
        found, rests_on = self._callbacks_found
        self._calls.rests_on |= rests_on
        return found

    @property
    def _given_once(self) -> frozenset[Definition]:
        """The functions that the program is told to run at its start or end."""
        found, rests_on = self._given_once_found
        self._calls.rests_on |= rests_on
        return found

    @cached_property
    def _callbacks_found(self) -> tuple[frozenset[Definition], int]:
        return self._whole(self._find_callbacks)

    @cached_property
    def _given_once_found(self) -> tuple[frozenset[Definition], int]:
        return self._whole(self._find_given_once)

    def _runs(self, module: Module, scope: int) -> bool:
        if Definition(module.path, scope) in self._callbacks:
            return True
        function = module.functions[scope]
        return any(self._matches(rule, module, function) for rule in catalog.frameworks().runs)

    def _matches(self, rule: Runs, module: Module, function: Function) -> bool:
        scope = module.facts.scopes[function.scope]
        if rule.methods:
            name = scope.qualname.rpartition(".")[2]
            return name in rule.methods and self._inherits(module, scope.parent, rule.bases)
        return any(self._decorates(rule, module, scope.parent, shape) for shape in function.decorators)

    def _inherits(self, module: Module, parent: int, bases: frozenset[str]) -> bool:
        if parent not in module.classes:
            return False
        line = self._calls.line(Definition(module.path, parent))
        return any(isinstance(each, Outside) and each.name in bases for each in line)

    def _decorates(self, rule: Runs, module: Module, scope: int, shape: Expr) -> bool:
        call = module.calls.get(shape) if isinstance(shape, int) else None
        if call is not None:
            if rule.unless and rule.unless in dict(call.keywords):
                return False
            if rule.decorators and call.callee.rpartition(".")[2] not in rule.decorators:
                return False
            values = self._calls.callee(module, call)
        else:
            if not isinstance(shape, str) or (rule.decorators and shape.rpartition(".")[2] not in rule.decorators):
                return False
            values = self._calls.of(module, scope, shape)
        for value in values:
            if isinstance(value, Method) and value.type in rule.types and value.name in rule.decorators:
                return True
            if isinstance(value, Outside) and value.name in rule.functions:
                return True
        return False

    def _find_callbacks(self) -> frozenset[Definition]:
        handed = {name: n for name, n in catalog.frameworks().calls.items() if name.startswith("asyncio.")}
        last_names = {name.rpartition(".")[2] for name in handed}
        found: set[Definition] = set()
        for name in last_names:
            for module, call in self._calls.calls_named(name):
                for value in self._calls.callee(module, call):
                    full = f"{value.type}.{value.name}" if isinstance(value, Method) else ""
                    if full in handed:
                        values = self._calls.argument(given_by(module, call), handed[full])
                        found |= set(functions_of(values))
        return frozenset(
            each for each in found if self._calls.kind(each) in {"def", "lambda"} and not self._calls.is_class(each)
        )

    # Code that runs once

    def once(self, function: Definition) -> bool:
        """Whether a function runs only when the service starts or stops."""
        known = catalog.frameworks()
        module = self._program.modules[function.path]
        about = module.functions[function.scope]
        name = module.facts.scopes[function.scope].qualname.rpartition(".")[2]
        if name in known.once_names or function in self._given_once:
            return True
        return any(_name(module, shape).rpartition(".")[2] in known.once_decorators for shape in about.decorators)

    def _find_given_once(self) -> frozenset[Definition]:
        words = catalog.frameworks().once_keywords
        found: set[Definition] = set()
        for word in words:
            self._calls.rests_on |= self._calls.bit(f"keywords {word}")
        for module in self._program.modules.values():
            for call in () if words.isdisjoint(module.summary.keywords) else module.facts.calls:
                for word, shape in call.keywords:
                    if word in words:
                        found |= set(functions_of(self._listed(module, call.scope, shape, call.place[0])))
        return frozenset(found)

    def _listed(self, module: Module, scope: int, shape: Expr, line: int) -> Iterable[Value]:
        values = self._calls.of(module, scope, shape, line)
        return [*values, *(item for value in values for item in self._calls.element(value))]


def _name(module: Module, shape: Expr) -> str:
    call = module.calls.get(shape) if isinstance(shape, int) else None
    return call.callee if call is not None else shape if isinstance(shape, str) else ""
