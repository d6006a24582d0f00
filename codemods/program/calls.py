"""What runs when a call runs: the functions of the project that it enters, and what it calls outside."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from codemods import catalog
from codemods.catalog import Entry
from codemods.program.callers import Callers
from codemods.program.classes import decorator_names
from codemods.program.results import given_by
from codemods.program.values import (
    NOTHING,
    Bound,
    Decorated,
    Definition,
    Given,
    Instance,
    Many,
    Method,
    Offloaded,
    Outside,
    Parent,
    Partial,
    Row,
    Thing,
    union,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from codemods.facts import Call
    from codemods.program.link import Module
    from codemods.program.values import Value


class Via(NamedTuple):
    """A line that a call passes on its way: that of a wrapper, or of a function that calls what it is given."""

    path: str
    line: int
    scope: int


class Target(NamedTuple):
    """Something that runs: a function of the project, or one from outside that blocks."""

    function: Definition | None
    entry: Entry | None
    via: tuple[Via, ...] = ()


_NO_WAIT = frozenset({("blocking", ("=", False)), ("block", ("=", False)), ("timeout", ("=", 0))})
_CONSTRUCTORS = ("__new__", "__init__", "__post_init__")


class Calls(Callers):
    """Targets."""

    def of_call(self, module: Module, call: Call) -> list[Target]:
        """What a call runs."""
        given = given_by(module, call)
        values = self.callee(module, call)
        if any(map(self.is_coroutine_function, values)):
            # Where a name may stand for a coroutine function as well, the code around the call expects that.
            return []
        found: list[Target] = []
        for value in values:
            found += [target for target in self.of_value(value, given) if not _returns_at_once(target, given)]
            if isinstance(value, Outside) and value.name in catalog.frameworks().iterates:
                found += self._iterated_arguments(given)
        if isinstance(call.function, tuple) and call.function[0] == "attr" and call.function[2] == "join":
            found += self._iterated_arguments(given)
        return found

    def is_coroutine_function(self, value: Value) -> bool:
        """Whether calling a value gives something to await."""
        match value:
            case Definition():
                return self.kind(value) == "async def"
            case Bound():
                return self.kind(value.function) == "async def"
            case Decorated():
                return self.kind(value.wrapper) == "async def"
            case Partial():
                return self.is_coroutine_function(value.function)
        return isinstance(value, Offloaded)

    def of_iterating(self, value: Value) -> list[Target]:
        """What iterating over a value runs."""
        raise NotImplementedError

    def _iterated_arguments(self, given: Given) -> list[Target]:
        values = union(*(self.argument(given, position) for position in range(len(given.arguments))))
        return [target for value in values for target in self.of_iterating(value)]

    def of_value(self, value: Value, given: Given) -> list[Target]:
        """What calling a value runs."""
        match value:
            case Outside():
                handed = [*self._handed(value.name, given), *self._written(value.name, given)]
                return [*self._entries(self._outside_entry(value)), *handed]
            case Method():
                entry = self.knowledge.member(value.type, value.name)
                return [*self._entries(entry), *self._handed(f"{value.type}.{value.name}", given)]
            case Thing():
                return self._entries(self.knowledge.member(value.type, "__call__"))
            case Definition() if self.is_class(value):
                return self._constructed(value, given)
            case Definition():
                return self._function(value, given)
            case Bound():
                return self._function(value.function, given)
            case Instance():
                return [target for each in self.member(value, "__call__") for target in self.of_value(each, given)]
            case Partial():
                return self.of_value(value.function, given)
            case Decorated():
                return self._decorated(value, given)
        return []

    def _entries(self, entry: Entry | None) -> list[Target]:
        return [Target(None, entry)] if entry is not None else []

    def _outside_entry(self, value: Outside) -> Entry | None:
        known = self.knowledge
        entry = known.function(value.name) or known.member(value.name, "__init__")
        if entry is None:
            owner, _, method = value.name.rpartition(".")
            if owner and known.type(owner) is not None:
                entry = known.member(owner, method)
        return entry

    def _function(self, function: Definition, given: Given) -> list[Target]:
        module = self.module(function.path)
        about = module.functions[function.scope]
        taught = self._taught(module, function)
        if taught is not None:
            return [Target(None, taught)]
        if self.kind(function) == "async def" or about.generator:
            return []
        return [Target(function, None), *self._called_back(function, given)]

    def _taught(self, module: Module, function: Definition) -> Entry | None:
        if not self.knowledge.is_taught:
            return None
        qualname = module.facts.scopes[function.scope].qualname
        names = (f"{name}.{qualname}" for name in self.program.layout.names(module.path))
        return next((entry for name in names if (entry := self.knowledge.taught(name))), None)

    def _constructed(self, cls: Definition, given: Given) -> list[Target]:
        found: list[Target] = []
        for name in _CONSTRUCTORS:
            for each in self.line(cls):
                if isinstance(each, Outside):
                    entry = self.knowledge.member(each.name, name)
                    if entry is not None:
                        found.append(Target(None, entry))
                        break
                    continue
                module = self.module(each.path)
                bindings = module.names.get((each.scope, name), ())
                scopes = [module.opened_by.get((b.within, b.name, b.line)) for b in bindings]
                functions = [Definition(each.path, n) for n in scopes if n is not None and n in module.functions]
                if functions:
                    found += self._function(functions[-1], given)
                    break
        return found

    def _decorated(self, value: Decorated, given: Given) -> list[Target]:
        if self.kind(value.wrapper) == "async def":
            return []
        found = [Target(value.wrapper, None)]
        module = self.module(value.wrapper.path)
        names = self._parameters(value.decorator)
        for call in module.calls_in.get(value.wrapper.scope, ()):
            if call.callee in names:
                via = Via(value.wrapper.path, call.place[0], value.wrapper.scope)
                found += [each._replace(via=(via, *each.via)) for each in self.of_value(value.inside, given)]
                break
        return found

    def _parameters(self, function: Definition) -> set[str]:
        about = self.module(function.path).functions[function.scope]
        return {each.name for each in about.parameters}

    # Callables that are given to others

    def _handed(self, name: str, given: Given) -> list[Target]:
        """What a callable from outside calls of its arguments."""
        calls = catalog.frameworks().calls
        if name not in calls or name.startswith("asyncio."):
            return []
        return [
            target
            for value in self.argument(given, calls[name])
            for target in self.of_value(value, Given(given.path, given.scope, given.line))
        ]

    def _written(self, name: str, given: Given) -> list[Target]:
        """What a callable from outside writes to a file that it is given."""
        word = catalog.frameworks().writes.get(name)
        files = self.argument(given, -1, word) if word else NOTHING
        return [
            target
            for each in files
            if isinstance(each, Thing)
            for target in self._entries(self.knowledge.member(each.type, "write"))
        ]

    def _called_back(self, function: Definition, given: Given) -> list[Target]:
        """What a function of the project calls of its arguments."""
        module = self.module(function.path)
        about = module.functions[function.scope]
        found: list[Target] = []
        for position, parameter in enumerate(about.parameters):
            line = self.calls_parameter(function, parameter.name)
            if not line:
                continue
            shift = 1 if self._is_method(module, function) else 0
            shape = given.argument(position - shift, parameter.name)
            caller = self.module(given.path)
            for value in self.of(caller, given.scope, shape, given.line) if shape is not None else NOTHING:
                if value == function:
                    continue
                via = Via(function.path, line, function.scope)
                rest = Given(given.path, given.scope, given.line)
                found += [each._replace(via=(via, *each.via)) for each in self.of_value(value, rest)]
        return found

    def _is_method(self, module: Module, function: Definition) -> bool:
        parent = module.facts.scopes[function.scope].parent
        about = module.functions[function.scope]
        return module.facts.scopes[parent].kind == "class" and "staticmethod" not in decorator_names(about)

    def calls_parameter(self, function: Definition, parameter: str) -> int:
        """The line where a function calls what it was given for a parameter; 0 where it does not."""
        module = self.module(function.path)
        for call in module.calls_in.get(function.scope, ()):
            if call.callee == parameter and module.holder(call.scope, parameter) == function.scope:
                return call.place[0]
        return 0

    def long_loop(self) -> Target:
        """A loop that goes round so often that it holds the thread by itself."""
        return Target(None, Entry("builtins.range", "cpu", "high", gil=True))

    def is_callback(self, module: Module, call: Call) -> bool:
        """Whether a call calls a parameter of its function, or of one around it: its callers decide what that is."""
        name = call.callee
        if not name or "." in name:
            return False
        holder = module.holder(call.scope, name)
        if holder is None or holder not in module.functions:
            return False
        return all(binding.kind == "parameter" for binding in module.names[holder, name])


def _returns_at_once(target: Target, given: Given) -> bool:
    """A wait that is told not to wait: `lock.acquire(blocking=False)`, `queue.get(timeout=0)`."""
    if target.entry is None or target.entry.kind != "lock":
        return False
    if given.arguments[:1] == (("=", False),):
        return True
    return any((word, shape) in _NO_WAIT for word, shape in given.keywords)


def functions_of(values: Iterable[Value]) -> Iterator[Definition]:
    """The functions of the project among some values."""
    for value in values:
        match value:
            case Definition():
                yield value
            case Bound():
                yield value.function
            case Decorated() | Partial():
                yield from functions_of([value.inside if isinstance(value, Decorated) else value.function])
            case Parent() | Many() | Row():
                continue
