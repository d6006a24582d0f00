"""What runs when a function runs, and the shortest way from it to each kind of call that blocks."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from codemods.facts import Call
from codemods.loop.event import Event
from codemods.loop.kept import unpacked_events
from codemods.model import IMPACTS, KINDS, Step
from codemods.program.values import Definition, Method

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from codemods.catalog import Entry
    from codemods.facts import Context, Touch
    from codemods.loop.kept import Kept
    from codemods.program import Module
    from codemods.program.calls import Target
    from codemods.program.touches import Touches

# A loop that goes round this often without giving way takes some hundredths of a second in CPython 3.11.
_MANY_ROUNDS = 1_000_000


@dataclass(frozen=True, slots=True)
class Way:
    """How a call comes to block."""

    entry: Entry
    chain: tuple[Step, ...]


class _Link(NamedTuple):
    """The next step from a function towards what blocks."""

    distance: int
    line: int
    target: Target


class Graph:
    """The functions that code on the loop enters, as far as they were asked about."""

    def __init__(self, calls: Touches, kept: Kept) -> None:
        self._calls = calls
        self._kept = kept
        self.rests_on: dict[str, int] = {}
        """What the events of each file's functions rest on, where they were not kept."""
        self._events: dict[Definition, tuple[Event, ...]] = {}
        self._links: dict[tuple[str, str], dict[Definition, _Link]] = {}

    def events(self, function: Definition) -> tuple[Event, ...]:
        """Everything that runs in a function, in the order of the text."""
        if function not in self._events:
            known = self._kept.function(function)
            if known is not None:
                self._events[function] = tuple(Event(call, targets) for call, targets in unpacked_events(known[2]))
            else:
                self._calls.rests_on = 0
                found = [
                    # Sorted, because sets give their values in another order in every process.
                    Event(call, tuple(sorted(targets, key=_order)))
                    for call, targets in self._find(self._calls.module(function.path), function.scope)
                ]
                self._events[function] = tuple(sorted(found, key=lambda event: event.call.place))
                self.rests_on[function.path] = self.rests_on.get(function.path, 0) | self._calls.rests_on
        return self._events[function]

    @property
    def explored(self) -> Iterable[Definition]:
        """The functions that were looked at."""
        return self._events.keys()

    def name_of(self, path: str, scope: int) -> str:
        """The qualified name of a function."""
        known = self._kept.function(Definition(path, scope))
        return str(known[0]) if known else self._calls.program.modules[path].facts.scopes[scope].qualname

    def _find(self, module: Module, scope: int) -> Iterator[Event]:
        calls = self._calls
        # What a helper does only the first time is no stall of the code that calls it every time.
        helper = module.facts.scopes[scope].kind != "async def"
        for call in module.calls_in.get(scope, ()):
            if helper and call.once:
                continue
            if calls.is_callback(module, call) and not self._decides_itself(module, call, scope):
                continue
            targets = calls.of_call(module, call)
            if call.awaited:
                certain = call.callee and len(calls.callee(module, call)) == 1 and not self._is_method(module, call)
                targets = [target for target in targets if self._can_be_awaited(target, certain=bool(certain))]
            if targets:
                yield Event(call, tuple(targets))
        for touch in module.touches_in.get(scope, ()):
            if touch.rounds >= _MANY_ROUNDS and isinstance(touch.value, int):
                yield Event(module.calls[touch.value], (calls.long_loop(),))
                continue
            targets = [] if helper and touch.once else calls.of_touch(module, touch)
            if targets:
                yield Event(_bare(touch, touch.last_line), tuple(targets))
        for context in module.contexts_in.get(scope, ()):
            targets = [] if helper and context.once else calls.of_context(module, context)
            if targets:
                yield Event(_bare(context, context.place[2]), tuple(targets))

    def _decides_itself(self, module: Module, call: Call, scope: int) -> bool:
        """A coroutine that calls what it is given has the finding itself; a plain function's callers have it."""
        return module.facts.scopes[scope].kind == "async def" and not call.awaited

    def _is_method(self, module: Module, call: Call) -> bool:
        return any(isinstance(value, Method) for value in self._calls.callee(module, call))

    def _can_be_awaited(self, target: Target, *, certain: bool) -> bool:
        """What is awaited is hardly a call that blocks, unless its name leaves no doubt.

        A plain function under an await runs until it gives its coroutine; what decorates it may be what makes one.
        """
        if target.function is None:
            return certain
        about = self._calls.module(target.function.path).functions[target.function.scope]
        return not about.decorators

    def explore(self, roots: Iterable[Definition]) -> None:
        """Read everything that can run from some functions, and find the shortest ways to what blocks."""
        waiting = deque(roots)
        entered = frozenset(waiting)
        seen = set(waiting)
        callers: dict[Definition, list[tuple[Definition, int, Target]]] = {}
        starts: dict[tuple[str, str], deque[tuple[Definition, _Link]]] = {}
        while waiting:
            function = waiting.popleft()
            for event in self.events(function):
                for target in event.targets:
                    line = event.call.place[0]
                    if target.entry is not None:
                        if target.entry.direct and function not in entered:
                            continue
                        link = _Link(len(target.via), line, target)
                        starts.setdefault((target.entry.kind, target.entry.impact), deque()).append((function, link))
                    elif target.function is not None:
                        callers.setdefault(target.function, []).append((function, line, target))
                        if target.function not in seen:
                            seen.add(target.function)
                            waiting.append(target.function)
        for sort, first in starts.items():
            self._links[sort] = _shortest(first, callers)

    def ways(self, event: Event) -> Iterator[Way]:
        """How an event can block, the most serious way first, then the shortest."""
        found: list[tuple[int, int, int, int, tuple[str, str], Target]] = []
        for number, target in enumerate(event.targets):
            if target.entry is not None:
                sort = (target.entry.kind, target.entry.impact)
                found.append((*_rank(sort, len(target.via)), number, sort, target))
            elif target.function is not None:
                for sort, links in self._links.items():
                    if target.function in links:
                        distance = links[target.function].distance + 1 + len(target.via)
                        found.append((*_rank(sort, distance), number, sort, target))
        for *_, sort, target in sorted(found, key=lambda each: each[:4]):
            yield self._way(sort, target)

    def _way(self, sort: tuple[str, str], target: Target) -> Way:
        chain: list[Step] = []
        links = self._links.get(sort, {})
        while True:
            chain += [self._step(via.path, via.line, via.scope) for via in target.via]
            if target.entry is not None:
                return Way(target.entry, tuple(chain))
            assert target.function is not None  # noqa: S101 (a target is one or the other)
            link = links[target.function]
            chain.append(self._step(target.function.path, link.line, target.function.scope))
            target = link.target

    def _step(self, path: str, line: int, scope: int) -> Step:
        return Step(self._calls.program.modules[path].shown, line, self.name_of(path, scope))


def _rank(sort: tuple[str, str], distance: int) -> tuple[int, int, int]:
    kind, impact = sort
    return -IMPACTS.index(impact), distance, KINDS.index(kind)


def _order(target: Target) -> tuple[str, tuple[str, int], tuple[tuple[str, int, int], ...]]:
    function = target.function
    return (
        target.entry.name if target.entry else "",
        (function.path, function.scope) if function else ("", 0),
        target.via,
    )


def _bare(spot: Touch | Context, last_line: int) -> Call:
    """What runs although no call stands there, as one."""
    return Call(
        -1,
        -1,
        spot.scope,
        "",
        spot.place,
        last_line,
        awaited=False,
        argument_of=-1,
        contexts=spot.contexts,
        once=spot.once,
    )


def _shortest(
    first: deque[tuple[Definition, _Link]], callers: dict[Definition, list[tuple[Definition, int, Target]]]
) -> dict[Definition, _Link]:
    links: dict[Definition, _Link] = {}
    waiting = deque(sorted(first, key=lambda each: (each[1].distance, each[0], each[1].line, _order(each[1].target))))
    while waiting:
        function, link = waiting.popleft()
        if function in links and links[function].distance <= link.distance:
            continue
        links[function] = link
        for caller, line, target in callers.get(function, ()):
            distance = link.distance + 1 + len(target.via)
            if caller not in links or links[caller].distance > distance:
                waiting.append((caller, _Link(distance, line, target)))
    return links
