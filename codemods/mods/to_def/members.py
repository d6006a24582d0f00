"""Whether one coroutine function could be a plain one, as far as its own head and body say."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from codemods import catalog
from codemods.facts import called_name
from codemods.hazards import Hazard
from codemods.mods.uses import takes_both
from codemods.program.values import Definition, Method, Outside, Thing, function_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codemods.facts import Expr
    from codemods.hazards.threads import Threads
    from codemods.mods.codemod import Project
    from codemods.program import Module
    from codemods.program.values import Values

_NOT_OURS = frozenset({"__aenter__", "__aexit__", "__aiter__", "__anext__", "__await__", "dispatch"})


@dataclass(frozen=True, slots=True)
class Member:
    """One coroutine function on its own."""

    function: Definition
    awaits: frozenset[Definition]
    """The coroutine functions that it awaits."""
    uploads: tuple[int, ...]
    """The awaited calls of an uploaded file's methods, which have synchronous twins."""
    registered: bool
    """A framework calls it, as its decorators or its class say."""
    generator: bool
    """It yields once, as a dependency does: only a framework may call it."""
    hazards: tuple[Hazard, ...]

    @property
    def refusal(self) -> str:
        """Why it has to stay a coroutine function; empty where it need not."""
        return next((hazard.reason for hazard in self.hazards if hazard.level == "manual"), "")


class Members:
    """Asked of one function at a time."""

    def __init__(self, project: Project, threads: Threads) -> None:
        self._project = project
        self._calls = project.calls
        self._threads = threads
        self._found: dict[Definition, Member] = {}

    def of(self, function: Definition) -> Member:
        """What is to be known about a coroutine function."""
        if function not in self._found:
            self._found[function] = self._look(function)
        return self._found[function]

    def state(self, function: Definition) -> Iterator[Hazard]:
        """The shared state that a function, or what it enters, changes depending on what it was."""
        entered = self._threads.below([function])
        plain = {each for each in entered if each == function or self._calls.kind(each) != "async def"}
        yield from self._threads.state(frozenset(plain))

    def _look(self, function: Definition) -> Member:
        module = self._project.program.modules[function.path]
        hazards = list(self._of_shape(module, function))
        awaits, uploads, reason = self._awaited(module, function)
        if reason:
            hazards.append(Hazard("manual", reason))
        registered, reason = self._decorated(module, function)
        if reason:
            hazards.append(Hazard("manual", reason))
        generator = module.functions[function.scope].generator
        if generator and registered:
            name = self._project.name_of(function)
            hazards.append(Hazard("manual", f"{name} streams what it yields, each part from another thread if plain"))
        if not any(hazard.level == "manual" for hazard in hazards):
            hazards += self._in_a_thread(function)
        return Member(function, awaits, uploads, registered, generator, tuple(dict.fromkeys(hazards)))

    def _of_shape(self, module: Module, function: Definition) -> Iterator[Hazard]:
        about = module.functions[function.scope]
        scope = module.facts.scopes[function.scope]
        name = scope.qualname.rpartition(".")[2]
        if about.generator and (about.suspends or not self._yields_once(module, function)):
            yield Hazard("manual", f"{scope.qualname} is an async generator, and not one with a single plain `yield`")
        elif about.suspends:
            yield Hazard(
                "manual", f"{scope.qualname} waits in an `async for`, an `async with` or for something unknown"
            )
        if name in _NOT_OURS or name in catalog.frameworks().once_names:
            yield Hazard("manual", f"{name} has to be a coroutine function for those who call it")
        if function.path not in self._project.within:
            yield Hazard("manual", f"{module.shown} is not among the paths given")

    def _yields_once(self, module: Module, function: Definition) -> bool:
        """Whether a generator is made as a dependency is: one `yield`, under no lock, with nothing awaited."""
        opened = self._project.open(function.path)
        node = opened.nodes[function.scope]
        yields = [each for each in ast.walk(node) if isinstance(each, ast.Yield) and opened.function(each) is node]
        calls = module.calls_in.get(function.scope, ())
        if len(yields) != 1 or any(call.awaited or called_name(call) == "acquire" for call in calls):
            return False
        around = [above for above, _ in opened.ancestors(yields[0])]
        around = around[: around.index(node)]
        held = [item.context_expr for each in around if isinstance(each, ast.With) for item in each.items]
        return not any(isinstance(each, ast.For | ast.While) for each in around) and all(
            self._any_thread_leaves(self._calls.of(module, function.scope, opened.shapes.of(each), each.lineno))
            for each in held
        )

    def _any_thread_leaves(self, entered: Values) -> bool:
        """Whether one thread may enter a context manager and another leave it, as happens around a `yield`."""
        known = catalog.threads().any_thread_leaves
        lines = [self._calls.knowledge.line(each.type) for each in entered if isinstance(each, Thing)]
        return len(lines) == len(entered) > 0 and all(not known.isdisjoint(line) for line in lines)

    def _awaited(self, module: Module, function: Definition) -> tuple[frozenset[Definition], tuple[int, ...], str]:
        """The coroutine functions and the uploads that it awaits; or what else it awaits."""
        known = catalog.threads()
        functions: set[Definition] = set()
        uploads: list[int] = []
        for call in module.calls_in.get(function.scope, ()):
            if not call.awaited:
                continue
            values = self._calls.callee(module, call)
            read = {value for value in values if isinstance(value, Method) and value.type in known.upload_types}
            if read and len(read) == len(values) and all(each.name in known.upload_methods for each in read):
                uploads.append(call.number)
                continue
            found = {each for value in values if (each := function_of(value)) is not None}
            if not found or len(found) < len(values) or any(self._calls.kind(each) != "async def" for each in found):
                name = call.callee or "a call's result"
                return frozenset(), (), f"{_name(module, function)} awaits `{name}` in line {call.place[0]}"
            functions |= found
        return frozenset(functions), tuple(uploads), ""

    # Who calls it

    def _decorated(self, module: Module, function: Definition) -> tuple[bool, str]:
        """Whether its decorators or its class hand it to a framework; or which of them is against a plain function."""
        about = module.functions[function.scope]
        parent = module.facts.scopes[function.scope].parent
        registered = False
        for shape in about.decorators:
            if self._registers(module, shape):
                registered = True
            elif not self._indifferent(module, parent, shape):
                return False, f"the decorator `{_text(module, shape)}` may want a coroutine function"
        if parent in module.classes:
            line = self._calls.line(Definition(module.path, parent))
            name = self._project.name_of(function)
            methods = catalog.threads().called_methods
            if any(isinstance(each, Outside) and name in methods.get(each.name, ()) for each in line):
                return True, ""
            strange = [each.name for each in line if isinstance(each, Outside) and not _harmless(each.name)]
            if strange and not registered:
                return (
                    False,
                    f"its class inherits from {strange[0]}, which may call it or want it to be a coroutine function",
                )
        return registered, ""

    def _registers(self, module: Module, shape: Expr) -> bool:
        call = module.calls.get(shape) if isinstance(shape, int) else None
        return call is not None and takes_both(self._project, module, call)

    def _indifferent(self, module: Module, scope: int, shape: Expr) -> bool:
        """Whether a decorator does the same with a plain function."""
        known = catalog.threads()
        call = module.calls.get(shape) if isinstance(shape, int) else None
        name = call.callee if call is not None else shape if isinstance(shape, str) else ""
        if not name:
            return False
        outside = self._project.program.resolve(module, scope, name).outside
        values = self._calls.callee(module, call) if call is not None else self._calls.of(module, scope, name)
        named = {
            f"{known.also_called.get(value.type, value.type)}.{value.name}"
            for value in values
            if isinstance(value, Method)
        }
        return bool((outside | named) & known.either_way)

    # What it does

    def _in_a_thread(self, function: Definition) -> Iterator[Hazard]:
        """What stands against running its body in a thread, with all plain functions that it enters."""
        entered = self._threads.below([function])
        for each in sorted(entered):
            if each == function or self._calls.kind(each) != "async def":
                yield from self._threads.of(each)
        yield from self._threads.affinity.given_away(function)
        for site in self._project.sites.get(function, ()):
            yield from self._threads.affinity.hazards(site, entered, whole=True)
            if (
                site.entry.kind == "lock"
                and not site.chain
                and site.call.number >= 0
                and "acquire" not in site.entry.name
            ):
                yield Hazard("unsafe", f"{site.entry.name} may keep a thread of the pool for as long as it waits")
            yield from self._threads.affinity.shared_session(site)


def _harmless(name: str) -> bool:
    return name in catalog.threads().harmless_bases


def _name(module: Module, function: Definition) -> str:
    return module.facts.scopes[function.scope].qualname


def _text(module: Module, shape: Expr) -> str:
    call = module.calls.get(shape) if isinstance(shape, int) else None
    return call.callee if call is not None and call.callee else shape if isinstance(shape, str) else "…"
