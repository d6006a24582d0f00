"""Whether something waits when a `with` block is left: a session, say, that has asked and not committed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codemods import catalog
from codemods.program.results import given_by
from codemods.program.values import Definition, Method, Thing, name_outside

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from codemods.facts import Call, Context
    from codemods.program.calls import Calls
    from codemods.program.link import Module
    from codemods.program.values import Value


class _UnknownError(Exception):
    """Somebody else may end what the block has begun."""


class Leaving:
    """One block around an object of which some methods leave nothing to do at the block's end."""

    def __init__(self, calls: Calls, module: Module, context: Context, kind: str) -> None:
        self._calls = calls
        self._module = module
        self._context = context
        self._number = module.facts.contexts.index(context)
        self._function = module.function_of(context.scope)
        self._line = calls.knowledge.line(kind)
        self._ends = calls.knowledge.ends(kind)
        self._entered: set[int] = set()

    def waits(self) -> bool:
        """Whether the last that the block does with its object leaves something, or nobody knows who uses it when."""
        under = [call for call in self._module.calls_in.get(self._function, ()) if self._number in call.contexts]
        waiting = self._is_yielded()
        try:
            if not self._is_alone():
                return False
            for name in self._asked(under):
                waiting = name not in self._ends
        except _UnknownError:
            return False
        return waiting

    def _is_yielded(self) -> bool:
        about = self._module.functions.get(self._function)
        shapes = about.yields if about is not None else ()
        values = (self._calls.of(self._module, self._function, shape, self._context.line + 1) for shape in shapes)
        return any(self._is_it(value) for each in values for value in each)

    def _is_alone(self) -> bool:
        """Whether no other such block is around it, in it or beside it: which is asked could not be told apart."""
        for number, other in enumerate(self._module.facts.contexts):
            if other is self._context or self._module.function_of(other.scope) != self._function:
                continue
            if number in self._context.contexts or self._number in other.contexts:
                values = self._calls.of(self._module, other.scope, other.value, other.line)
                if any(isinstance(each, Thing) and self._calls.knowledge.ends(each.type) for each in values):
                    return False
        return True

    def _asked(self, under: Sequence[Call]) -> Iterator[str]:
        """The methods by which some calls ask the object, or what it gives, in the order of the text."""
        for call in under:
            given = given_by(self._module, call)
            values = self._calls.callee(self._module, call)
            handed = 0
            for name in map(name_outside, values):
                if name in catalog.frameworks().results:
                    handed = catalog.frameworks().results[name] + 1
                    values = self._calls.argument(given, handed - 1)
                    break
            for shape in (*given.arguments[handed:], *(shape for _, shape in given.keywords)):
                if any(map(self._is_it, self._calls.of(self._module, call.scope, shape, given.line))):
                    raise _UnknownError
            for value in sorted(values, key=repr):
                yield from self._asks(value)

    def _asks(self, value: Value) -> Iterator[str]:
        known = self._calls.knowledge
        if isinstance(value, Method):
            own = any(each in self._line for each in known.line(value.type))
            begun = known.given(value.type, value.name) if own else ""
            if begun and known.member(begun, "__exit__") and not known.ends(begun):
                # A transaction has a block of its own, or is ended by hand.
                raise _UnknownError
            entry = known.member(value.type, value.name)
            if entry is not None and entry.kind == "database":
                yield value.name if own else ""
        elif isinstance(value, Definition) and value.path == self._module.path:
            scope = self._module.facts.scopes[value.scope]
            if scope.parent == self._function and scope.kind == "def" and value.scope not in self._entered:
                self._entered.add(value.scope)
                yield from self._asked(self._module.calls_in.get(value.scope, ()))
                self._entered.discard(value.scope)

    def _is_it(self, value: Value) -> bool:
        return isinstance(value, Thing) and value.type in self._line
