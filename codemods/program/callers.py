"""What the project passes for a parameter: the calls of a function, found by its name and then made sure of."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from codemods.program.classes import is_test
from codemods.program.results import Results, given_by
from codemods.program.values import NOTHING, Bound, Decorated, Definition, Partial

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from codemods.facts import Call
    from codemods.program.link import Module
    from codemods.program.values import Value, Values

_MOST_CALLERS = 60


class Callers(Results):
    """Callers."""

    def passed(self, function: Definition, parameter: str) -> Values:
        """What the project passes for a parameter, anywhere."""
        module = self.module(function.path)
        about = module.functions[function.scope]
        position = next(number for number, each in enumerate(about.parameters) if each.name == parameter)
        found = NOTHING
        for caller, call, shift in self.callers(function):
            shape = given_by(caller, call).argument(position - shift, parameter)
            if shape is not None:
                found |= self.of(caller, call.scope, shape, call.place[0])
        return found

    def callers(self, function: Definition) -> Iterator[tuple[Module, Call, int]]:
        """The calls of a function, each with the number of parameters that are filled without an argument."""
        module = self.module(function.path)
        scope = module.facts.scopes[function.scope]
        name = scope.qualname.rpartition(".")[2]
        in_class = scope.parent >= 0 and module.facts.scopes[scope.parent].kind == "class"
        looked_at = 0
        if name == "__init__" and in_class:
            cls = Definition(function.path, scope.parent)
            names = [module.facts.scopes[scope.parent].qualname.rpartition(".")[2]]
            names += [
                self.module(c.path).facts.scopes[c.scope].qualname.rpartition(".")[2] for c in self.subclasses(cls)
            ]
        else:
            cls = None
            names = [name]
        for each in dict.fromkeys([*names, *(["__init__"] if cls and self.subclasses(cls) else [])]):
            for caller, call in self.calls_named(each):
                if is_test(caller.path) and not is_test(function.path):
                    continue
                looked_at += 1
                if looked_at > _MOST_CALLERS:
                    self.stopped.add(function.path)
                    return
                for value in self.callee(caller, call):
                    shift = self._shift(value, function, cls)
                    if shift >= 0:
                        yield caller, call, shift
                        break

    def _shift(self, value: Value, function: Definition, cls: Definition | None) -> int:
        if isinstance(value, Bound) and value.function == function:
            return 1
        if value == function:
            return 0
        if isinstance(value, Decorated):
            return self._shift(value.inside, function, cls)
        if isinstance(value, Partial):
            return self._shift(value.function, function, cls)
        if cls is not None and isinstance(value, Definition) and self.is_class(value) and cls in self.line(value):
            for each in self.line(value):
                if isinstance(each, Definition):
                    own = self.module(each.path).names.get((each.scope, "__init__"))
                    if own:
                        return 1 if each == cls else -1
        return -1

    def calls_named(self, name: str) -> Iterator[tuple[Module, Call]]:
        """The calls of anything with a name, in the whole project."""
        self.rests_on |= self.bit(f"calls {name}")
        for module in self._modules_calling.get(name, ()):
            for call in module.calls_by_name.get(name, ()):
                yield module, call

    @cached_property
    def _modules_calling(self) -> Mapping[str, list[Module]]:
        found: dict[str, list[Module]] = {}
        for module in self.program.modules.values():
            for name in module.summary.calls:
                found.setdefault(name, []).append(module)
        return found
