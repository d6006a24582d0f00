"""The places on the event loop where it may stall."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from codemods.loop.graph import Graph
from codemods.loop.roots import Roots
from codemods.model import IMPACTS, KINDS, Remark
from codemods.program.touches import Touches

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from codemods.catalog import Entry, Knowledge
    from codemods.facts import Call
    from codemods.model import Step
    from codemods.program import Module, Program
    from codemods.program.values import Definition


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


def survey(
    program: Program,
    knowledge: Knowledge,
    *,
    within: frozenset[str] | None = None,
    kinds: Collection[str] = KINDS,
) -> Survey:
    """Find every site in a program, or only in some of its files and of some kinds."""
    calls = Touches(program, knowledge)
    roots, graph = Roots(calls), Graph(calls)
    modules = [module for path, module in program.modules.items() if within is None or path in within]
    on_loop = {module.path: list(roots.of(module)) for module in modules}
    functions = [function for found in on_loop.values() for function in found]
    graph.explore(functions)
    sites: list[Site] = []
    unresolved: list[Remark] = []
    for function in functions:
        module = program.modules[function.path]
        for event in graph.events(function):
            way = next((way for way in graph.ways(event) if way.entry.kind in kinds), None)
            if way is not None:
                once = event.call.once or roots.once(function)
                impact = IMPACTS[0] if once else way.entry.impact
                sites.append(Site(module, event.call, function.scope, way.entry, impact, way.chain))
        unresolved += _unresolved(calls, module, function)
    return Survey(len(functions), tuple(sites), tuple(unresolved), tuple(sorted(calls.stopped)), calls)


def _unresolved(calls: Touches, module: Module, function: Definition) -> Iterator[Remark]:
    for call in module.calls_in.get(function.scope, ()):
        if not call.awaited and not calls.callee(module, call):
            yield Remark(module.shown, call.place[0], call.callee or "(a call's result)")
