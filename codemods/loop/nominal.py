"""Which coroutines never give way to the loop: `async` in name only.

They await nothing, or only each other. Nothing else on the loop runs while one of them does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from codemods.program.values import function_of

if TYPE_CHECKING:
    from codemods.program.touches import Touches
    from codemods.program.values import Definition, Value


class Nominal:
    """Asked of one function at a time."""

    def __init__(self, calls: Touches) -> None:
        self._calls = calls
        self._answers: dict[Definition, bool] = {}

    def __contains__(self, function: Definition) -> bool:
        """Whether a coroutine function never gives way."""
        if function not in self._answers:
            self._settle(self._awaited_from(function))
        return self._answers[function]

    def _awaited_from(self, function: Definition) -> dict[Definition, frozenset[Definition] | None]:
        """A function and all that it awaits, at any distance, each with what it awaits itself; None: it gives way."""
        found: dict[Definition, frozenset[Definition] | None] = {}
        waiting = [function]
        while waiting:
            each = waiting.pop()
            if each not in found and each not in self._answers:
                found[each] = self._awaits(each)
                waiting += found[each] or ()
        return found

    def _settle(self, found: dict[Definition, frozenset[Definition] | None]) -> None:
        """All are taken to be nominal, but for those that give way and, step by step, those that await one of them."""
        giving = {each for each, awaited in found.items() if awaited is None}
        while True:
            more = {
                each
                for each, awaited in found.items()
                if each not in giving
                and any(other in giving or self._answers.get(other) is False for other in awaited or ())
            }
            if not more:
                break
            giving |= more
        self._answers |= {each: each not in giving for each in found}

    def _awaits(self, function: Definition) -> frozenset[Definition] | None:
        module = self._calls.program.modules[function.path]
        about = module.functions[function.scope]
        if about.suspends or about.generator:
            return None
        found: set[Definition] = set()
        for call in module.calls_in.get(function.scope, ()):
            if call.awaited:
                targets = [self._coroutine(value) for value in self._calls.callee(module, call)]
                if not targets or None in targets:
                    return None
                found |= {each for each in targets if each is not None}
        return frozenset(found)

    def _coroutine(self, value: Value) -> Definition | None:
        """The coroutine function of the project that a value is."""
        function = function_of(value)
        return function if function is not None and self._calls.kind(function) == "async def" else None
