"""Coroutine functions that can become plain ones together: those that never give way, with all that refers to them."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING

from codemods.hazards import Hazard, worst
from codemods.hazards.runners import runner_for
from codemods.hazards.threads import Threads
from codemods.loop import Site
from codemods.mods.to_def.members import Members
from codemods.mods.to_def.references import References
from codemods.program.classes import is_test
from codemods.program.values import Definition

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from codemods.facts import Call
    from codemods.mods.codemod import Project
    from codemods.mods.uses import Reference
    from codemods.program import Module


_NOBODY = "nothing is known to call it, so whoever does may await it"


@dataclass(frozen=True, slots=True)
class Standing:
    """How a function stands: why it cannot go, or what may go wrong if it does."""

    level: str
    reason: str = ""


class Clusters:
    """The greatest sets of functions that can go together, safely and at all."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._calls = project.calls
        self._threads: Threads = project.once("threads", lambda: Threads(project.survey, project.glance))
        self.members = Members(project, self._threads)
        self._standing: dict[Definition, Standing] = {}
        self._families: dict[Definition, frozenset[Definition]] = {}

    # Who could go

    @cached_property
    def _candidates(self) -> frozenset[Definition]:
        """The functions with sites, all that they await, all that await them and all that stand for the same method."""
        found: set[Definition] = set()
        waiting = list(self._project.sites)
        while waiting:
            function = waiting.pop()
            if function in found or function in self._standing or is_test(function.path):
                continue
            if self._calls.kind(function) != "async def":
                continue
            member = self.members.of(function)
            if member.refusal:
                self._standing[function] = Standing("manual", member.refusal)
                continue
            found.add(function)
            waiting += member.awaits
            waiting += self.relatives(function)
            # Callers are looked for by name: whether they really await it, their own awaits tell.
            waiting += [
                holder
                for module, call in self._calls.calls_named(self._project.name_of(function))
                if call.awaited and function in self._awaited_by(holder := _holder(module, call))
            ]
        return frozenset(found)

    def _awaited_by(self, function: Definition) -> frozenset[Definition]:
        if self._calls.kind(function) != "async def" or is_test(function.path):
            return frozenset()
        return self.members.of(function).awaits

    @cached_property
    def references(self) -> References:
        """The references to all that could go as far as the functions themselves say."""
        return References(self._project, self._likely)

    @cached_property
    def _likely(self) -> frozenset[Definition]:
        """The candidates that are left when those go which something stands against without looking at any text."""
        going = {each for each in self._candidates if not self._may_be_called_by_others(each)}
        while True:
            leaving = {each: reason for each in going if (reason := self._left_alone(each, going))}
            if not leaving:
                return frozenset(going)
            going -= leaving.keys()
            self._standing |= {each: Standing("manual", reason) for each, reason in leaving.items()}

    def _may_be_called_by_others(self, function: Definition) -> bool:
        """Whether a call that awaits something unknown may be of a method."""
        module = self._project.program.modules[function.path]
        if module.facts.scopes[function.scope].parent not in module.classes:
            return False
        for other, call in self._calls.calls_named(self._project.name_of(function)):
            if call.awaited and not self._calls.callee(other, call):
                self._standing[function] = Standing(
                    "manual", f"a call whose receiver is not known may be of it ({other.shown}:{call.place[0]})"
                )
                return True
        return False

    # Who goes

    def without(self, functions: Collection[Definition]) -> Clusters:
        """The same where some functions stay coroutine functions after all, because their parts go into threads."""
        other = copy(self)
        other.__dict__.pop("_going", None)
        other._likely = self._likely - frozenset(functions)  # noqa: SLF001 (its own)
        kept = Standing("manual", "what blocks in it goes into threads call by call, which is safe")
        other._standing = self._standing | dict.fromkeys(functions, kept)  # noqa: SLF001 (its own)
        return other

    @cached_property
    def _going(self) -> tuple[frozenset[Definition], frozenset[Definition]]:
        """The functions that can go safely, and those that can go at all."""
        safe = self._fixpoint(self._likely, frozenset({"safe"}))
        return safe, self._fixpoint(self._likely, frozenset({"safe", "unsafe"}))

    def _fixpoint(self, functions: frozenset[Definition], levels: frozenset[str]) -> frozenset[Definition]:
        going = set(functions)
        while True:
            leaving = {}
            for function in sorted(going):
                standing = self._stands(function, going)
                if standing.level not in levels:
                    leaving[function] = standing
            if not leaving:
                break
            going -= leaving.keys()
            if "unsafe" in levels:
                self._standing |= leaving
        return frozenset(going)

    def _stands(self, function: Definition, going: set[Definition]) -> Standing:
        """How a function stands if all others of a set go with it."""
        member = self.members.of(function)
        if member.refusal:
            return Standing("manual", member.refusal)
        alone = self._left_alone(function, going)
        if alone:
            return Standing("manual", alone)
        hazards = [*member.hazards]
        called = member.registered
        for reference in self.references.of(function):
            if reference.how == "other":
                return Standing("manual", reference.reason)
            if reference.path not in self._project.within:
                shown = self._project.program.modules[reference.path].shown
                return Standing("manual", f"{shown} refers to it and is not among the paths given")
            called |= reference.how in {"awaited", "registered"}
            if member.generator and reference.how not in {"registered", "named"}:
                return Standing("manual", f"it is an async generator that {self._shown(reference)} uses by itself")
            if reference.also - going:
                return Standing("manual", f"{self._shown(reference)} may call something else as well")
            if reference.how == "awaited" and reference.holder not in going and self.may_block(function, reference):
                hazards += self._of_offload(function, reference)
        if not called and not any(self._called(each) for each in self.relatives(function)):
            return Standing("manual", _NOBODY)
        if self._abstract(function) and all(self._abstract(each) for each in self.relatives(function)):
            return Standing("manual", "nothing in the project implements it, so whoever does may wait in it")
        hazards += self._stand_ins(function)
        hazard = worst(chain(hazards, self.members.state(function)))
        return Standing(hazard.level, hazard.reason) if hazard else Standing("safe")

    def _left_alone(self, function: Definition, going: set[Definition]) -> str:
        """What a function would have to go with, and cannot."""
        stuck = sorted(self.members.of(function).awaits - going)
        if stuck:
            reason = self._standing.get(stuck[0])
            why = f", and {reason.reason}" if reason and reason.reason else ""
            return f"it awaits {self._qualname(stuck[0])}, which stays a coroutine function{why}"
        relative = next((each for each in sorted(self.relatives(function)) if each not in going), None)
        return f"{self._qualname(relative)} stands for the same method and stays as it is" if relative else ""

    def _abstract(self, function: Definition) -> bool:
        """Whether a method only says what others have to implement."""
        module = self._project.program.modules[function.path]
        shapes = module.functions[function.scope].decorators
        return any(isinstance(each, str) and each.rpartition(".")[2] == "abstractmethod" for each in shapes)

    def _stand_ins(self, function: Definition) -> list[Hazard]:
        """Classes of tests that have a coroutine function in place of a method."""
        module = self._project.program.modules[function.path]
        if module.facts.scopes[function.scope].parent not in module.classes:
            return []
        return self._of_tests.get(self._project.name_of(function), [])

    @cached_property
    def _of_tests(self) -> Mapping[str, list[Hazard]]:
        """The coroutine methods of tests' own classes, by name, as what they mean for others of that name."""
        found: dict[str, list[Hazard]] = {}
        for module in self._project.program.modules.values():
            if not is_test(module.path) or not module.classes:
                continue
            for scope in module.facts.scopes:
                if scope.kind == "async def" and scope.parent in module.classes:
                    reason = f"{module.shown}:{scope.line} has a coroutine function that may stand in its place"
                    name = scope.qualname.rpartition(".")[2]
                    found.setdefault(name, []).append(Hazard("unsafe", reason))
        return found

    def _called(self, function: Definition) -> bool:
        """Whether anything is known to call a function, or a framework does."""
        if self.members.of(function).registered:
            return True
        return any(each.how in {"awaited", "registered"} for each in self.references.of(function))

    def _shown(self, reference: Reference) -> str:
        return f"{self._project.program.modules[reference.path].shown}:{reference.line}"

    def _qualname(self, function: Definition) -> str:
        module = self._project.program.modules[function.path]
        scope = module.facts.scopes[function.scope]
        return f"{scope.qualname} of {module.shown}:{scope.line}"

    def relatives(self, function: Definition) -> frozenset[Definition]:
        """The methods that one takes the place of, or that take its place, in classes above and below its own."""
        if function not in self._families:
            self._families[function] = self._find_relatives(function)
        return self._families[function]

    def _find_relatives(self, function: Definition) -> frozenset[Definition]:
        module = self._project.program.modules[function.path]
        scope = module.facts.scopes[function.scope]
        if scope.parent not in module.classes:
            return frozenset()
        cls = Definition(function.path, scope.parent)
        name = self._project.name_of(function)
        family = {each for each in self._calls.line(cls) if isinstance(each, Definition) and self._method(each, name)}
        for each in list(family):
            family |= set(self._calls.subclasses(each))
        family |= self._interfaces(name, function)
        found = {own for other in family if (own := self._method(other, name)) is not None}
        return frozenset(found - {function})

    def _interfaces(self, name: str, function: Definition) -> set[Definition]:
        """The interfaces that a method stands in for by its shape alone."""
        found: set[Definition] = set()
        for module in self._project.program.modules.values():
            if name not in module.summary.methods:
                continue
            for each in module.classes.values():
                cls = Definition(module.path, each.scope)
                own = self._method(cls, name)
                if (
                    own is not None
                    and self._calls.is_protocol(cls)
                    and function in self._calls.implementations(cls, name)
                ):
                    found.add(cls)
                    found |= {
                        Definition(f.path, self._project.program.modules[f.path].facts.scopes[f.scope].parent)
                        for f in self._calls.implementations(cls, name)
                    }
        return found

    def _method(self, cls: Definition, name: str) -> Definition | None:
        module = self._project.program.modules[cls.path]
        for binding in module.names.get((cls.scope, name), ()):
            scope = module.opened_by.get((binding.within, binding.name, binding.line))
            if scope is not None and scope in module.functions:
                return Definition(cls.path, scope)
        return None

    # Those that stay and call one that goes

    def may_block(self, function: Definition, reference: Reference) -> bool:
        """Whether a call may run something that blocks: it may be of several methods."""
        return any(self.blocks(each) for each in (function, *reference.also))

    def blocks(self, function: Definition) -> bool:
        """Whether a function blocks, itself or through those that it awaits."""
        seen: set[Definition] = set()
        waiting = [function]
        while waiting:
            each = waiting.pop()
            if each in seen:
                continue
            seen.add(each)
            if each in self._blocking:
                return True
            waiting += self.members.of(each).awaits
        return False

    @cached_property
    def _blocking(self) -> frozenset[Definition]:
        return frozenset(Definition(site.module.path, site.function) for site in self._project.survey.sites)

    def _of_offload(self, function: Definition, reference: Reference) -> list[Hazard]:
        """What stands against calling a function through a thread where it was awaited."""
        project = self._project
        called = (each for each in (function, *sorted(reference.also)) if self.blocks(each))
        site = next((found for each in called if (found := self._site_at(each, reference)) is not None), None)
        situation = self._project.situation(site) if site is not None else None
        if site is None or situation is None:
            return [Hazard("manual", f"{self._shown(reference)} cannot call it through a thread")]
        if not runner_for(project.program, site.module, "other", project.offload, project.always(site.module.path)):
            return [
                Hazard("manual", f"{self._shown(reference)} runs on a loop for which no runner of threads is known")
            ]
        where = self._shown(reference)
        return [
            replace(each, reason=f"{where} would call it through a thread: {each.reason}")
            for each in self._project.of_await(situation)
        ]

    def _site_at(self, function: Definition, reference: Reference) -> Site | None:
        module = self._project.program.modules[reference.path]
        call = module.calls[reference.call]._replace(awaited=False)
        waiting, seen = [function], set()
        while waiting:
            each = waiting.pop(0)
            if each in seen:
                continue
            seen.add(each)
            for site in self._project.survey.sites:
                if (site.module.path, site.function) == each:
                    return Site(module, call, module.function_of(call.scope), site.entry, site.impact, ())
            waiting += sorted(self.members.of(each).awaits)
        return None

    # Answers

    def standing(self, function: Definition) -> Standing:
        """Whether a function can go, at which level, and why not."""
        safe, going = self._going
        if function in safe:
            return Standing("safe")
        if function in going:
            return Standing("unsafe", self._why_unsafe(function, going))
        return self._standing.get(function, Standing("manual", "it has to stay a coroutine function"))

    def _why_unsafe(self, function: Definition, going: frozenset[Definition]) -> str:
        reasons: dict[str, None] = {}
        for each in sorted(self.closure(function, going)):
            standing = self._stands(each, set(going))
            if standing.level == "unsafe":
                reasons[standing.reason] = None
        return "; and ".join(reasons) or "it goes with functions that can only go unsafely"

    def together(self, function: Definition) -> frozenset[Definition]:
        """All functions that go with one."""
        safe, going = self._going
        return self.closure(function, safe if function in safe else going)

    def closure(self, function: Definition, going: frozenset[Definition]) -> frozenset[Definition]:
        """A function, those that it awaits, those that await it and those that stand for the same method."""
        found: set[Definition] = set()
        waiting = [function]
        while waiting:
            each = waiting.pop()
            if each in found or each not in going:
                continue
            found.add(each)
            waiting += self.members.of(each).awaits
            waiting += self.relatives(each)
            waiting += [
                reference.holder
                for reference in self.references.of(each)
                if reference.how == "awaited" and reference.holder is not None
            ]
        return frozenset(found)


def _holder(module: Module, call: Call) -> Definition:
    return Definition(module.path, module.function_of(call.scope))
