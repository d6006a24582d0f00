"""What else blocks in functions that become coroutine functions: it goes into a thread, where it was before."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from codemods.facts.order import walk
from codemods.facts.values import dotted
from codemods.hazards.runners import ANYIO, ASYNCIO, runner_for
from codemods.loop import Graph, Kept
from codemods.model import IMPACTS
from codemods.mods.sqlalchemy_async.awaiting import awaited
from codemods.mods.sqlalchemy_async.sheet import end_of, start_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from codemods.loop import Event
    from codemods.mods.codemod import Project
    from codemods.mods.sqlalchemy_async.seen import Seen
    from codemods.mods.sqlalchemy_async.sheet import Sheet
    from codemods.program.values import Definition


class Rest:
    """The other blocking work of a project's functions."""

    def __init__(self, seen: Seen, project: Project, refusals: list[str]) -> None:
        self._seen = seen
        self._project = project
        self._refusals = refusals

    def write(self, functions: Collection[Definition]) -> None:
        """Put what blocks in some functions, which are plain so far, into threads."""
        graph = Graph(self._project.calls, Kept())
        graph.explore(functions)
        for function in sorted(functions):
            sheet = self._seen.sheet(function.path)
            for event in graph.events(function):
                names = set(self._names(graph, event, functions))
                if names:
                    self._offload(sheet, event, min(names))

    def _names(self, graph: Graph, event: Event, functions: Collection[Definition]) -> Iterator[str]:
        """What blocks in an event, besides the database and what becomes a coroutine function itself."""
        if any(target.function in functions for target in event.targets):
            return
        for way in graph.ways(event):
            if way.entry.impact != IMPACTS[0] and not way.entry.name.startswith("sqlalchemy."):
                yield way.entry.name

    def _offload(self, sheet: Sheet, event: Event, name: str) -> None:
        number = event.call.number
        node = sheet.opened.calls[number] if number >= 0 else None
        inside: list[ast.expr | ast.keyword] = [*node.args, *node.keywords] if node is not None else []
        waits = any(place.node in walk(each) for each in inside for place in self._seen.places[sheet.module.path])
        plain = node is not None and dotted(node.func) and not isinstance(sheet.opened.parent(node), ast.withitem)
        project, module = self._project, sheet.module
        runner = runner_for(project.program, module, "other", project.offload, project.always(module.path))
        words = {each.arg for each in node.keywords} if node is not None else set()
        if node is None or not plain or waits or not runner or words & {None, "func"} or (words and runner == ANYIO):
            place = f"{sheet.module.shown}:{event.call.place[0]}"
            self._refusals.append(f"{place} blocks ({name}) in a function that becomes a coroutine function")
            return
        library, _, last = runner.rpartition(".")
        whole = runner in {ANYIO, ASYNCIO}
        sheet.add_import("" if whole else library, library if whole else last)
        called = runner if whole else last
        awaited(sheet, node, f"{called}(")
        first = min((start_of(each) for each in inside), default=None)
        line, column = end_of(node.func)
        comma = ", " if first is not None and first[0] == line else ","
        sheet.replace((line, column), (line, column + 1), comma if first is not None else "")
