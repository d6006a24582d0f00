"""What every codemod has, what it is asked, and what it answers."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar, cast

from codemods.hazards import Hazard, Situation, of_await
from codemods.loop import Nominal
from codemods.program.classes import is_test
from codemods.program.values import Definition, function_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from codemods.edits import Edit
    from codemods.facts import Opened
    from codemods.hazards.patches import Patches
    from codemods.loop import Deadlines, Site, Survey
    from codemods.manifests import Needed, Replacing
    from codemods.model import Level, Remark
    from codemods.program import Module, Program
    from codemods.program.touches import Touches


_Made = TypeVar("_Made")


@dataclass(frozen=True, slots=True)
class Swap:
    """Await another function instead."""

    twin: str
    """Its qualified name."""


@dataclass(frozen=True, slots=True)
class Thread:
    """Make the call in a thread."""

    runner: str
    """The qualified name of what runs it."""
    hoisted: str = ""
    """The name that the value of the `target += value` around it gets first."""


@dataclass(frozen=True, slots=True)
class Cut:
    """Move statements into a nested function, and run that in a thread."""

    runner: str
    first: tuple[int, int]
    """The top-level statement that they stand in, and the number of the first of them within it."""
    last: int
    lines: tuple[int, int]
    name: str
    results: tuple[str, ...] = ()
    outer: tuple[str, ...] = ()
    returns: bool = False
    annotation: str = ""
    given_at: int = 0
    """The line of a last assignment to its only result, which is given back as it is; 0 where there is none."""


@dataclass(frozen=True, slots=True)
class Convert:
    """Make coroutine functions plain ones, with all that refers to them."""

    functions: frozenset[Definition]


@dataclass(frozen=True, slots=True)
class Speak:
    """Ask an asynchronous client instead: the calls of a function, what becomes of the answers, the client's block."""

    library: str
    """The module that the edits call LIBRARY."""
    edits: tuple[Edit, ...]
    elsewhere: tuple[tuple[str, tuple[Edit, ...]], ...] = ()
    """What goes with it outside of the function, by file: all of it is done, or none."""


@dataclass(frozen=True, slots=True)
class Retool:
    """Make edits in several files, all or none: a client from the asynchronous class, and await all that it does."""

    files: tuple[tuple[str, tuple[Edit, ...]], ...]
    """The edits, by file."""
    notes: tuple[Remark, ...] = ()
    """What a person should know about them."""
    needs: tuple[Needed, ...] = ()
    """What they need of libraries that the project has."""
    brings: tuple[Replacing, ...] = ()
    """The libraries that they need besides."""


Change = Swap | Thread | Cut | Convert | Speak | Retool


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a codemod would do about one site; without a change it does nothing, and says why."""

    level: Level
    reason: str
    change: Change | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """A place that a codemod has looked for itself, beside those where the loop may stall."""

    site: Site
    what: str
    """What there is to say about it: a sentence without its full stop."""
    verdict: Verdict


@dataclass(eq=False)
class Project:
    """The whole program with all its sites, as every codemod may look at it."""

    program: Program
    survey: Survey
    sites: Mapping[Definition, Sequence[Site]]
    """Those that the settings ask for, by the function whose body holds them."""
    deadlines: Deadlines
    patches: Patches
    open: Callable[[str], Opened]
    """The tree of a file, always the same one."""
    glance: Callable[[str], Opened]
    """The tree of one of many files, of which nothing may be kept."""
    texts: Callable[[], Iterable[tuple[str, str]]]
    """The text of every file, by its path."""
    within: frozenset[str] = frozenset()
    """The files that may change."""
    offload: str = "auto"
    prefer: str = "threads"
    http_client: str = "auto"
    runtime: Callable[[str], frozenset[str]] = lambda _: frozenset()
    """The distributions that a file's project says it needs to run."""
    always: Callable[[str], frozenset[str]] = lambda _: frozenset()
    """Those of them that are there whatever extras are asked for."""
    named: Callable[[str], frozenset[str]] = lambda _: frozenset()
    """All that its manifests name."""
    allows: Callable[[str, Needed], bool] = lambda *_: True
    """Whether its manifests let in, or can be made to let in, what is needed of a library."""
    memory: dict[str, object] = field(default_factory=dict)
    """What a codemod found out about the whole program, under its own name."""

    @cached_property
    def calls(self) -> Touches:
        """What expressions stand for, and what calls run."""
        return self.survey.calls

    def once(self, name: str, make: Callable[[], _Made]) -> _Made:
        """Something that is made when it is first asked for, and kept for this run."""
        if name not in self.memory:
            self.memory[name] = make()
        return cast("_Made", self.memory[name])

    def name_of(self, function: Definition) -> str:
        """The name that a function is defined by."""
        return self.program.modules[function.path].facts.scopes[function.scope].qualname.rpartition(".")[2]

    @cached_property
    def nominal(self) -> Nominal:
        """Which coroutine functions never give way."""
        return Nominal(self.calls)

    def of_await(self, situation: Situation) -> Iterator[Hazard]:
        """Everything that stands against an await where a site stands.

        Where its function never gave way before, that is new to whoever awaits the function as well.
        """
        own = list(of_await(situation))
        yield from own
        site = situation.site
        waiting = [Definition(site.module.path, site.function)]
        seen = set(waiting)
        while waiting:
            function = waiting.pop()
            if function not in self.nominal:
                continue
            for module, call in self.calls.calls_named(self.name_of(function)):
                holder = Definition(module.path, module.function_of(call.scope))
                # What a test holds around it, a patch say, is there for nobody else.
                if not call.awaited or holder in seen or is_test(module.path):
                    continue
                if function not in map(function_of, self.calls.callee(module, call)):
                    continue
                seen.add(holder)
                waiting.append(holder)
                there = replace(site, module=module, call=call._replace(awaited=False), function=holder.scope, chain=())
                above = self.situation(there)
                for hazard in of_await(above) if above is not None else ():
                    if hazard in own:
                        # A time limit holds for all that runs under it: it has been named.
                        continue
                    where = f"{module.shown}:{call.place[0]}"
                    yield Hazard(hazard.level, f"{where} awaits it, and there {hazard.reason}")

    def situation(self, site: Site) -> Situation | None:
        """A site with its node; nothing where its text is not found again."""
        opened = self.open(site.module.path)
        number = site.call.number
        node = opened.calls[number] if number >= 0 else opened.at(site.call.place)
        if node is None:
            return None
        if number < 0:
            site = replace(site, call=site.call._replace(contexts=_contexts(site.module, opened, node)))
        return Situation(site, node, opened, self.program, self.deadlines, self.patches, self.calls)


def _contexts(module: Module, opened: Opened, node: ast.expr) -> tuple[int, ...]:
    """The `with` blocks around what is no call, outermost first: only calls have them among their facts."""
    function = opened.function(node)
    entered = {
        item.context_expr
        for above, part in opened.ancestors(node)
        if isinstance(above, ast.With | ast.AsyncWith) and part in above.body and opened.function(above) is function
        for item in above.items
    }
    contexts = module.facts.contexts if entered else ()
    return tuple(number for number, context in enumerate(contexts) if opened.at(context.place) in entered)


@dataclass(frozen=True, slots=True)
class Work:
    """One function on the loop, with its sites in the order of the text."""

    project: Project
    function: Definition
    situations: tuple[Situation, ...]
    settled: tuple[bool, ...]
    """For each of them, whether an earlier codemod takes care of it."""

    @property
    def coroutine(self) -> ast.AsyncFunctionDef | None:
        """The function where it is a coroutine function, and of no test: what may await another library."""
        first = self.situations[0]
        node = first.opened.nodes[self.function.scope]
        return node if isinstance(node, ast.AsyncFunctionDef) and not is_test(first.site.module.path) else None


@dataclass(frozen=True, slots=True)
class Codemod:
    """A rewrite."""

    name: str
    summary: str
    page: str
    """The whole docstring: what it does, why, an example, when it holds back."""
    kinds: tuple[str, ...]
    """The kinds of blocking work that it is for."""
    decide: Callable[[Work], Sequence[Verdict | None]]
    """One verdict a site; none where it is not for that site."""
    exact: bool = False
    """It swaps a call for one that does the same: where that settles a whole function, nothing else is asked."""
    whole: bool = False
    """It changes whole functions: either all sites of one or none."""
    stay: Callable[[Project, Collection[Definition]], None] = lambda *_: None
    """Where it changes whole functions: which of them do not change after all."""
    twin: bool = False
    """It asks an asynchronous library instead: only where nothing can differ, unless it is asked for."""
    never_safe: bool = False
    """Something may always differ."""
    opt_in: bool = False
    """It comes into play only where it is named."""
    find: Callable[[Project], Iterable[Found]] = lambda _: ()
    """The places of its own."""
