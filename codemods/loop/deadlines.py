"""Which functions run under a time limit that their blocking calls never noticed."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from codemods import catalog

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codemods.facts import Call
    from codemods.program import Module, Program

_Function = tuple[str, int]


class Deadlines:
    """Asked of one function at a time; the whole program is looked over at the first question."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._limited: dict[_Function, tuple[str, int]] | None = None

    def over(self, module: Module, call: Call) -> tuple[str, int] | None:
        """The file and line of a time limit that a call stands under, in its own function or in a caller."""
        if self._limited is None:
            self._limited = self._find()
        limit = self._around(module, call)
        return (module.shown, limit) if limit else self._limited.get((module.path, module.function_of(call.scope)))

    def _around(self, module: Module, call: Call) -> int:
        """The line of a limit right around a call: `wait_for(call())`, or a `with timeout()` block of its function."""
        limits = catalog.contexts().deadlines
        facts = module.facts
        for number in call.contexts:
            context = facts.contexts[number]
            name = context.expression
            if name and self._program.resolve(module, context.scope, name).outside & limits:
                return context.line
        outer = module.calls.get(call.argument_of)
        if outer and outer.callee and self._program.resolve(module, outer.scope, outer.callee).outside & limits:
            return outer.span.line
        return 0

    def _find(self) -> dict[_Function, tuple[str, int]]:
        limited: dict[_Function, tuple[str, int]] = {}
        names = {limit.rpartition(".")[2] for limit in catalog.contexts().deadlines}
        modules = self._program.modules.values()
        waiting = deque(
            (target, (module.shown, line))
            for module in modules
            if not names.isdisjoint(module.summary.calls)
            for call in filter(_matters, module.facts.calls)
            if (line := self._around(module, call))
            for target in self._functions(module, call)
        )
        while waiting:
            function, limit = waiting.popleft()
            if function in limited:
                continue
            limited[function] = limit
            module = self._program.modules[function[0]]
            for call in filter(_matters, module.facts.calls):
                if module.function_of(call.scope) == function[1]:
                    waiting.extend((target, limit) for target in self._functions(module, call))
        return limited

    def _functions(self, module: Module, call: Call) -> Iterator[_Function]:
        for meaning in self._program.resolve(module, call.scope, call.callee).meanings:
            target = self._program.modules.get(meaning.module)
            number = target.definitions.get(meaning.name) if target else None
            if target and number is not None and target.facts.scopes[number].kind == "async def":
                yield target.path, number


def _matters(call: Call) -> bool:
    """Only coroutines do: awaited calls, and those handed to another call."""
    return bool(call.callee) and (call.awaited or call.argument_of >= 0)
