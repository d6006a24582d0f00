"""Questions about what expressions stand for, each asked once, in any order, with answers that may need each other.

An answer that was cut short, because its question was being asked already or because it went too deep, is only kept
until the outermost question is answered: then it is asked anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from codemods.program.values import NOTHING

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from codemods.catalog import Knowledge
    from codemods.facts import Expr
    from codemods.program.link import Module, Program
    from codemods.program.values import Definition, Given, Value, Values

# How many questions may wait for each other, and how many things an expression may stand for: beyond that it counts as
# unknown. Real code stays far below both.
_DEEPEST = 70
_MOST = 150


class Asking:
    """The questions, and what was answered so far. Each is answered by one of the classes that build on this one."""

    def __init__(self, program: Program, knowledge: Knowledge) -> None:
        self.program = program
        self.knowledge = knowledge
        self.stopped: set[str] = set()
        """The files where the analysis went too deep and stopped."""
        self.rests_on = 0
        """The files and names that the answers rest on, a bit each: where none of them changes, nor do the answers."""
        self.bits: dict[str, int] = {}
        self._answers: dict[Hashable, tuple[Values, int]] = {}
        self._provisional: dict[Hashable, tuple[Values, int]] = {}
        self._waiting: dict[Hashable, int] = {}
        self._lowest = _DEEPEST + 1

    def once(self, question: Hashable, path: str, answer: Callable[[], Values]) -> Values:
        """The answer to a question, found only once; nothing while it is being asked already."""
        known = self._answers.get(question) or self._provisional.get(question)
        if known is not None:
            self.rests_on |= known[1]
            return known[0]
        depth = len(self._waiting)
        if question in self._waiting:
            self._lowest = min(self._lowest, self._waiting[question])
            return NOTHING
        if depth >= _DEEPEST:
            self._lowest = 0
            self.stopped.add(path)
            return NOTHING
        before, self._lowest = self._lowest, _DEEPEST + 1
        outer, self.rests_on = self.rests_on, self.bit(path)
        self._waiting[question] = depth
        found = answer()
        del self._waiting[question]
        if len(found) > _MOST:
            self.stopped.add(path)
            found = NOTHING
        if self._lowest >= depth:
            self._answers[question] = found, self.rests_on
            self._lowest = before
        else:
            self._provisional[question] = found, self.rests_on
            self._lowest = min(self._lowest, before)
        self.rests_on |= outer
        if not depth:
            self._provisional.clear()
        return found

    def bit(self, name: str) -> int:
        """The bit of a file, or of something that files are asked for by name."""
        return 1 << self.bits.setdefault(name, len(self.bits))

    def module(self, path: str) -> Module:
        """A module of the project; what is answered with its help rests on it."""
        self.rests_on |= self.bit(path)
        return self.program.modules[path]

    def of(self, module: Module, scope: int, shape: Expr, line: int = 0) -> Values:
        """What an expression stands for, where it is evaluated."""
        raise NotImplementedError

    def annotated(self, module: Module, scope: int, shape: Expr) -> Values:
        """What something with this annotation is."""
        raise NotImplementedError

    def attribute(self, value: Value, name: str) -> Values:
        """An attribute of a value."""
        raise NotImplementedError

    def called(self, value: Value, given: Given) -> Values:
        """What calling a value gives."""
        raise NotImplementedError

    def passed(self, function: Definition, parameter: str) -> Values:
        """What the project passes for a parameter, anywhere."""
        raise NotImplementedError

    def element(self, value: Value) -> Values:
        """What iterating over a value gives."""
        raise NotImplementedError

    def entered(self, value: Value, *, asynchronous: bool) -> Values:
        """What a `with` block binds."""
        raise NotImplementedError
