"""The places on the event loop where it may stall."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from codemods.loop.graph import Graph
from codemods.loop.kept import Kept, packed_events
from codemods.loop.roots import Roots
from codemods.model import IMPACTS, KINDS, Remark
from codemods.program.touches import Touches
from codemods.program.values import Definition

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from codemods.catalog import Entry, Knowledge
    from codemods.facts import Call
    from codemods.model import Step
    from codemods.program import Module, Program


@dataclass(frozen=True, slots=True)
class Site:
    """One place on the loop that blocks, or may."""

    module: Module
    call: Call
    """The call; where none stands there, one with the number -1."""
    function: int
    """The scope of the function on the loop whose body holds the call."""
    entry: Entry
    impact: str
    chain: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Survey:
    """A whole program looked over."""

    functions_on_loop: int
    sites: tuple[Site, ...]
    unresolved: tuple[Remark, ...]
    stopped: tuple[str, ...]
    """Files in which the analysis went too deep and stopped."""
    calls: Touches = field(compare=False)
    """The answers, for whoever wants to know why."""
    graph: Graph = field(compare=False)
    """What runs when a function runs."""


def survey(
    program: Program,
    knowledge: Knowledge,
    *,
    within: frozenset[str] | None = None,
    kinds: Collection[str] = KINDS,
    kept: Kept | None = None,
) -> Survey:
    """Find every site in a program, or only in some of its files and of some kinds.

    `kept` is what an earlier run found out; what is found out now is put into it.
    """
    calls, kept = Touches(program, knowledge), kept or Kept()
    calls.bits = kept.bits
    look = _Look(calls, kept)
    modules = [module for path, module in program.modules.items() if within is None or path in within]
    functions = [function for module in modules for function in look.roots_of(module)]
    look.graph.explore(functions)
    sites: list[Site] = []
    unresolved: list[Remark] = []
    for function in functions:
        module = program.modules[function.path]
        once, left = look.once(function), look.unresolved(function)
        for event in look.graph.events(function):
            way = next((way for way in look.graph.ways(event) if way.entry.kind in kinds), None)
            if way is not None:
                impact = IMPACTS[0] if once or event.call.once else way.entry.impact
                sites.append(Site(module, event.call, function.scope, way.entry, impact, way.chain))
        unresolved += [Remark(module.shown, line, text) for line, text in left]
    look.keep()
    return Survey(len(functions), tuple(sites), tuple(unresolved), tuple(sorted(kept.stopped)), calls, look.graph)


class _Look:
    """One look at a program, with what is still known from the last one."""

    def __init__(self, calls: Touches, kept: Kept) -> None:
        self._calls = calls
        self._kept = kept
        self._roots = Roots(calls)
        self.graph = Graph(calls, kept)
        self._found: dict[str, tuple[int, ...]] = {}
        self._once: dict[Definition, bool] = {}
        self._unresolved: dict[Definition, tuple[tuple[int, str], ...]] = {}

    def roots_of(self, module: Module) -> list[Definition]:
        """The functions of a file that the loop runs."""
        row = self._kept.row(module.path)
        if row is None:
            self._calls.rests_on = 0
            self._found[module.path] = tuple(each.scope for each in self._roots.of(module))
            self.graph.rests_on[module.path] = self.graph.rests_on.get(module.path, 0) | self._calls.rests_on
        return [Definition(module.path, scope) for scope in (row[1] if row else self._found[module.path])]

    def once(self, function: Definition) -> bool:
        """Whether a function runs only when the service starts or stops."""
        known = self._kept.function(function)
        if known is None:
            self._calls.rests_on = 0
            self._once[function] = self._roots.once(function)
            self.graph.rests_on[function.path] |= self._calls.rests_on
        return bool(known[1]) if known else self._once[function]

    def unresolved(self, function: Definition) -> tuple[tuple[int, str], ...]:
        """The calls of a function of which nothing is known, by line."""
        known = self._kept.function(function)
        if known is None:
            self._calls.rests_on = 0
            module = self._calls.module(function.path)
            self._unresolved[function] = tuple(_unresolved(self._calls, module, function))
            self.graph.rests_on[function.path] |= self._calls.rests_on
        return tuple(known[3]) if known else self._unresolved[function]

    def keep(self) -> None:
        """Put what was found out into the rows."""
        kept = self._kept
        kept.grown = bool(self.graph.rests_on)
        for path, roots in self._found.items():
            kept.rows[path] = (self.graph.rests_on.get(path, 0), roots, {})
        for function in self.graph.explored:
            if kept.function(function) is not None:
                continue
            path = function.path
            row = kept.rows.get(path)
            if row is None:
                # Only entered from elsewhere, and not looked at itself: the next run has to ask for its roots.
                continue
            rests_on, roots, functions = row
            name = self._calls.program.modules[path].facts.scopes[function.scope].qualname
            once, left = self._once.get(function, False), self._unresolved.get(function, ())
            functions[function.scope] = (name, once, packed_events(self.graph.events(function)), left)
            kept.rows[path] = (rests_on | self.graph.rests_on.get(path, 0), roots, functions)
        kept.stopped = frozenset(self._calls.stopped) | kept.stopped


def _unresolved(calls: Touches, module: Module, function: Definition) -> Iterator[tuple[int, str]]:
    for call in module.calls_in.get(function.scope, ()):
        if not call.awaited and not calls.callee(module, call):
            yield call.place[0], call.callee or "(a call's result)"
