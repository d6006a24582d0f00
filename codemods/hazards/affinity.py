"""Objects that must stay in the thread which made them, as a connection of sqlite3 does unless it is told otherwise."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from codemods.hazards.situation import Hazard
from codemods.program.classes import is_test
from codemods.program.values import Definition, Outside, Thing

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from codemods.facts import Call, Expr
    from codemods.loop import Site
    from codemods.program import Module
    from codemods.program.touches import Touches

MAKER = "sqlite3.connect"
_ALLOWING = ("check_same_thread", ("=", False))
_ONE_AT_A_TIME = frozenset({"sqlalchemy.orm.Session", "sqlmodel.Session"})
_DEEPEST = 4
# A line behind everything: all assignments have been made when a function returns.
_END = 10**9


class Affinity:
    """Asked of sites; what is found out about the whole program is kept."""

    def __init__(self, calls: Touches) -> None:
        self._calls = calls
        self._allowed: dict[str, bool] = {}

    def hazards(self, site: Site, entered: Iterable[Definition], *, whole: bool) -> Iterator[Hazard]:
        """What stands against running a site in another thread, or the whole function that it stands in."""
        if site.chain and not whole:
            yield from self._brought_back(site, entered)
        made_alone = site.entry.name == MAKER and not site.chain and not whole
        if not (site.entry.thread_bound or made_alone) or ((site.chain or whole) and self._made_there(site)):
            return
        if not all(self._allowed_for(module) for module, _ in self._last_calls(site)):
            yield Hazard(
                "manual",
                f"{site.entry.name} belongs to an object that must stay in the thread which made it; "
                "open, use and close it in one function and call that in a thread",
            )
        elif not any(self._locks(each) for each in entered):
            yield Hazard("unsafe", f"{site.entry.name} would be called by several threads on one connection")

    def _brought_back(self, site: Site, entered: Iterable[Definition]) -> Iterator[Hazard]:
        """What a thread makes that is used outside of it: a helper gives it back, or an object keeps it."""
        for target in self._calls.of_call(site.module, site.call):
            if target.function is not None and not self._calls.is_class(target.function):
                yield from self.given_away(target.function)
        for function in entered:
            module = self._calls.program.modules[function.path]
            for store in module.facts.stores:
                if module.function_of(store.within or store.scope) != function.scope or self._allowed_for(module):
                    continue
                owner = self._calls.of(module, function.scope, store.name.rpartition(".")[0], store.line)
                if any(isinstance(each, Thing) and each.type == "threading.local" for each in owner):
                    # Each thread has one of its own.
                    continue
                values = self._calls.of(module, function.scope, store.value, store.line)
                if any(isinstance(each, Thing) and each.type.startswith("sqlite3.") for each in values):
                    yield Hazard(
                        "manual", f"`{store.name}` of {module.shown}:{store.line} must stay in the thread that made it"
                    )

    def shared_session(self, site: Site) -> Iterator[Hazard]:
        """What stands against a thread for a session that lives at the top of a module: all requests share it."""
        if site.entry.name.rpartition(".")[0] not in _ONE_AT_A_TIME:
            return
        for module, call in self._last_calls(site):
            name = call.callee.partition(".")[0]
            holder = module.holder(call.scope, name) if name else None
            values = self._calls.of(module, call.scope, name, call.place[0]) if holder == 0 else ()
            if any(isinstance(each, Thing) and each.type in _ONE_AT_A_TIME for each in values):
                yield Hazard(
                    "manual",
                    f"`{name}` is one session for all requests, which several threads would use at the same time",
                )
                return

    def _last_calls(self, site: Site) -> list[tuple[Module, Call]]:
        """The call that blocks, at the end of the chain."""
        if not site.chain:
            return [(site.module, site.call)]
        step = site.chain[-1]
        found = (module for module in self._calls.program.modules.values() if module.shown == step.path)
        return [(module, call) for module in found for call in module.facts.calls if call.place[0] == step.line]

    def given_away(self, function: Definition) -> Iterator[Hazard]:
        """What stands against a thread for a function that hands out what must stay in it."""
        module = self._calls.program.modules[function.path]
        about = module.functions[function.scope]
        for shape in (*about.results, *about.yields):
            for value in self._calls.of(module, function.scope, shape, _END):
                if isinstance(value, Thing) and value.type.startswith("sqlite3.") and not self._allowed_for(module):
                    yield Hazard("manual", f"it gives a {value.type}, which must stay in the thread that made it")

    def _allowed_for(self, module: Module) -> bool:
        """Whether all connections that a module can come by may be used by any thread."""
        if module.path not in self._allowed:
            near, _ = self._calls.program.around(module)
            found = [_ALLOWING in call.keywords for other, call in self._lasting if other.path in near]
            self._allowed[module.path] = bool(found) and all(found)
        return self._allowed[module.path]

    @cached_property
    def _lasting(self) -> list[tuple[Module, Call]]:
        """The calls that make connections which outlive the function that they stand in."""
        return [
            (module, call)
            for module, call in self._calls.calls_named("connect")
            if Outside(MAKER) in self._calls.callee(module, call)
            and not is_test(module.path)
            and self._outlives(module, call)
        ]

    def _outlives(self, module: Module, call: Call) -> bool:
        """Whether a connection may be used when the function that made it has ended."""
        function = module.function_of(call.scope)
        names = {each.name for each in module.facts.bindings if each.value == call.number and each.scope == function}
        if function not in module.functions or not names:
            return True
        about = module.functions[function]
        return not names.isdisjoint(shape for shape in (*about.results, *about.yields) if isinstance(shape, str))

    def _locks(self, function: Definition) -> bool:
        module = self._calls.program.modules[function.path]
        return any(
            "lock" in context.expression.lower() for context in module.contexts_in.get(function.scope, ())
        ) or any(call.callee.endswith(".acquire") for call in module.calls_in.get(function.scope, ()))

    def _made_there(self, site: Site) -> bool:
        """Whether the object is made by the function that uses it."""
        if site.call.number < 0 and not site.chain:
            contexts = site.module.contexts_in.get(site.call.scope, ())
            entered = [each.value for each in contexts if each.place == site.call.place]
            return any(self._made_as(site.module, site.call.scope, value, 0) for value in entered)
        return any(self._made_in(module, call, 0) for module, call in self._last_calls(site))

    def _made_in(self, module: Module, call: Call, depth: int) -> bool:
        if Outside(MAKER) in self._calls.callee(module, call):
            return True
        shape = call.function
        inner = module.calls.get(shape[1]) if isinstance(shape, tuple) and shape[0] == "attr" else None
        if inner is not None:
            return self._made_in(module, inner, depth)
        root = call.callee.partition(".")[0]
        return bool(root) and self._made_as(module, call.scope, root, depth)

    def _made_as(self, module: Module, scope: int, shape: Expr, depth: int) -> bool:
        """Whether an expression is one for something that its function makes, by a name or at once."""
        if not isinstance(shape, str):
            return self._fresh(module, shape, depth)
        bindings = module.names.get((module.function_of(scope), shape), ())
        return depth < _DEEPEST and bool(bindings) and all(self._fresh(module, each.value, depth) for each in bindings)

    def _fresh(self, module: Module, value: Expr, depth: int) -> bool:
        while isinstance(value, tuple) and value[0] in {"enter", "await", "attr"}:
            value = value[1]
        call = module.calls.get(value) if isinstance(value, int) else None
        if call is None:
            return False
        if self._made_in(module, call, depth + 1):
            return True
        return any(
            isinstance(each, Definition) and not self._calls.is_class(each) and self._makes(each)
            for each in self._calls.callee(module, call)
        )

    def _makes(self, function: Definition) -> bool:
        module = self._calls.program.modules[function.path]
        calls = module.calls_in.get(function.scope, ())
        return any(Outside(MAKER) in self._calls.callee(module, call) for call in calls)
