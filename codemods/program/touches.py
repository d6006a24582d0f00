"""Code that runs where no call stands: properties, lazily loaded attributes, loops, `with` blocks."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from codemods import catalog
from codemods.program.calls import Calls, Target
from codemods.program.leaving import Leaving
from codemods.program.values import Bound, Definition, Given, Instance, Method, Outside, Running, Thing, union

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codemods.facts import Call, Context, Expr, Touch
    from codemods.program.link import Module
    from codemods.program.values import Value, Values

_EAGER = frozenset({"joined", "immediate", "selectin", "subquery", "raise", "raise_on_sql", "noload"})


class Touches(Calls):
    """Targets of what is no call."""

    def of_touch(self, module: Module, touch: Touch) -> list[Target]:
        """What reading an attribute, or going round a loop, runs."""
        if touch.how == "iterate":
            values = self.of(module, touch.scope, touch.value, touch.place[0])
            return [target for value in values for target in self.of_iterating(value)]
        return list(self._reading(module, touch))

    def of_iterating(self, value: Value) -> list[Target]:
        """What iterating over a value runs."""
        match value:
            case Running() if self.kind(value.function) != "async def":
                return [Target(value.function, None)]
            case Thing():
                return self._entries(self.knowledge.member(value.type, "__iter__"))
            case Instance():
                return [
                    target
                    for method in ("__iter__", "__next__")
                    for each in self.member(value, method)
                    for target in self._iterator(each)
                ]
        return []

    def _iterator(self, value: Value) -> list[Target]:
        function = value.function if isinstance(value, Bound) else value
        if isinstance(function, Definition) and self.kind(function) == "def":
            return [Target(function, None)]
        return []

    def _reading(self, module: Module, touch: Touch) -> Iterator[Target]:
        """Properties, and attributes that are loaded when they are read."""
        shape: Expr = touch.value
        if isinstance(shape, str):
            first, *parts = shape.split(".")
            base: Expr = first
        elif isinstance(shape, tuple) and shape[0] == "attr":
            base, parts = shape[1], str(shape[2]).split(".")
        else:
            return
        if self.reading_names.isdisjoint(parts):
            return
        values: Values = self.of(module, touch.scope, base, touch.place[0])
        for part in parts:
            for value in values:
                yield from self.of_reading(value, part)
            values = union(*(self.attribute(value, part) for value in values))

    def of_reading(self, value: Value, name: str) -> Iterator[Target]:
        """What reading one attribute of a value runs."""
        if isinstance(value, Thing):
            yield from self._entries(self.knowledge.read(value.type, name))
        if not isinstance(value, Instance):
            return
        for each in self.line(value.of):
            if isinstance(each, Outside):
                yield from self._entries(self.knowledge.read(each.name, name))
                continue
            module = self.module(each.path)
            found = module.names.get((each.scope, name), ())
            for binding in found:
                scope = module.opened_by.get((binding.within, name, binding.line))
                if binding.kind == "def" and scope is not None:
                    yield from self._property(each, Definition(each.path, scope), name)
                elif isinstance(binding.value, int) and not value.loaded and self.uses_async_sessions:
                    continue
                elif isinstance(binding.value, int):
                    yield from self._relationship(module, module.calls.get(binding.value))
            if found:
                return

    def _property(self, cls: Definition, function: Definition, name: str) -> Iterator[Target]:
        if not self.is_property(function):
            return
        about = self.module(function.path).functions[function.scope]
        for each in [function, *(self.implementations(cls, name) if about.abstract else ())]:
            if self.kind(each) == "def":
                yield Target(each, None)

    def _relationship(self, module: Module, call: Call | None) -> Iterator[Target]:
        if call is None:
            return
        lazy = dict(call.keywords).get("lazy")
        if isinstance(lazy, tuple) and lazy[0] == "=" and lazy[1] in _EAGER:
            return
        for value in self.callee(module, call):
            if isinstance(value, Outside) and value.name in catalog.frameworks().loads:
                yield from self._entries(self.knowledge.function(value.name))

    @cached_property
    def uses_async_sessions(self) -> bool:
        """Whether the project uses SQLAlchemy's async sessions, under which lazy loading is an error, not a stall."""
        modules = self.program.modules.values()
        return any(".ext.asyncio" in target for module in modules for target in module.summary.imports)

    @cached_property
    def reading_names(self) -> frozenset[str]:
        """The names of all attributes whose reading may run code."""
        return self.knowledge.reads().union(*(module.summary.reads for module in self.program.modules.values()))

    def of_context(self, module: Module, context: Context) -> list[Target]:
        """What entering a `with` block, and leaving it, runs."""
        if context.asynchronous:
            return []
        found: list[Target] = []
        for value in self.of(module, context.scope, context.value, context.line):
            match value:
                case Running() if self.kind(value.function) != "async def":
                    found.append(Target(value.function, None))
                case Thing():
                    for method in ("__enter__", "__exit__"):
                        entry = self.knowledge.member(value.type, method)
                        ends = entry is not None and self.knowledge.ends(value.type)
                        if not ends or Leaving(self, module, context, value.type).waits():
                            found += self._entries(entry)
                case Instance():
                    for method in ("__enter__", "__exit__"):
                        for each in self.member(value, method):
                            if not isinstance(each, Method):
                                found += self.of_value(each, Given(module.path, 0, 0))
                            elif not self.knowledge.ends(each.type):
                                found += self._entries(self.knowledge.member(each.type, method))
        return found
