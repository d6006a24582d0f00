"""What may go wrong when code that ran on the event loop's thread runs in another one."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from codemods import catalog
from codemods.facts import called_name
from codemods.hazards.affinity import Affinity
from codemods.hazards.containers import Containers
from codemods.hazards.shared import changed_by, depending, makes_itself, may_change
from codemods.hazards.situation import Hazard
from codemods.hazards.thread_locals import ThreadLocals
from codemods.program.values import Definition, Later, Method, name_outside

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from codemods.facts import Call, Opened
    from codemods.loop import Survey
    from codemods.program import Module

# Beyond this many functions a call counts as understood as far as it was followed.
_MOST_FUNCTIONS = 200


class Threads:
    """Asked of functions of the project; what is found out about one is kept."""

    def __init__(self, survey: Survey, opener: Callable[[str], Opened]) -> None:
        self.calls = survey.calls
        self._graph = survey.graph
        self.open = opener
        self._found: dict[Definition, tuple[Hazard, ...]] = {}
        self._states: dict[Definition, tuple[Hazard, ...]] = {}
        self._below: dict[frozenset[Definition], frozenset[Definition]] = {}
        self.affinity = Affinity(survey.calls)
        self.containers = Containers(survey.calls, opener)
        self._locals = ThreadLocals(survey.calls, opener)

    def module(self, function: Definition) -> Module:
        """The module that a function stands in."""
        return self.calls.program.modules[function.path]

    def entered(self, module: Module, call: Call) -> frozenset[Definition]:
        """The plain functions of the project that run when a call does, at any depth."""
        return self.below(t.function for t in self.calls.of_call(module, call) if t.function is not None)

    def below(self, functions: Iterable[Definition]) -> frozenset[Definition]:
        """Some functions and all plain ones that they enter."""
        start = frozenset(functions)
        if start not in self._below:
            self._below[start] = self._enter(start)
        return self._below[start]

    def _enter(self, functions: frozenset[Definition]) -> frozenset[Definition]:
        waiting = sorted(functions)
        seen: set[Definition] = set()
        while waiting and len(seen) < _MOST_FUNCTIONS:
            function = waiting.pop()
            if function in seen or self.calls.is_class(function):
                continue
            seen.add(function)
            for event in self._graph.events(function):
                waiting += [t.function for t in event.targets if t.function is not None]
        return frozenset(seen)

    def of(self, function: Definition) -> Iterator[Hazard]:
        """What a function calls that stands against running it in a thread."""
        if function not in self._found:
            module = self.module(function)
            self._found[function] = tuple(
                dict.fromkeys(
                    (
                        *self.of_calls(module, module.calls_in.get(function.scope, ())),
                        *self._locals.of(module, function.scope),
                    )
                )
            )
        yield from self._found[function]

    def state(self, entered: frozenset[Definition]) -> Iterator[Hazard]:
        """The shared state that functions change depending on what it was, where they run in threads."""
        for function in sorted(entered):
            if function not in self._states:
                module = self.module(function)
                self._states[function] = tuple(self._of_state(module, function.scope))
            found = (*self._states[function], *self.containers.of(function))
            if found and not self._private(function, entered, frozenset()):
                yield from found

    def _private(self, function: Definition, entered: frozenset[Definition], seen: frozenset[Definition]) -> bool:
        """Whether a method is only called on objects that were made in the same thread."""
        module = self.module(function)
        if module.facts.scopes[function.scope].parent not in module.classes:
            return False
        found = False
        for caller in entered - {function} - seen:
            for event in self._graph.events(caller):
                if not any(target.function == function for target in event.targets):
                    continue
                found = True
                if event.call.callee.startswith("self."):
                    name = self.calls.program.modules[caller.path].facts.scopes[caller.scope].qualname
                    if not name.endswith("__init__") and not self._private(caller, entered, seen | {function}):
                        return False
                elif not makes_itself(self.calls, caller, event.call.callee):
                    return False
        return found

    def of_calls(self, module: Module, calls: Iterable[Call]) -> Iterator[Hazard]:
        """Calls that mean something else in a thread, or nothing at all."""
        known = catalog.threads()
        for call in calls:
            where = f"{module.shown}:{call.place[0]}"
            last = called_name(call)
            values = self.calls.callee(module, call)
            names = {name for value in values if (name := name_outside(value))}
            names |= self.calls.program.resolve(module, call.scope, call.callee).outside if call.callee else set()
            names |= {f"{name}({keyword})" for name in names for keyword, _ in call.keywords}
            for name in sorted(names):
                if known.on_loop_only(name) and not _error(name):
                    # What is handed to a function that takes both is, off the loop, most likely the other one.
                    either = any(
                        isinstance(each, Method) and not known.on_loop_only(name_outside(each)) for each in values
                    )
                    what = "may be what is called, and needs" if either else "needs"
                    reason = f"`{name}` of {where} {what} the event loop's own thread"
                    yield Hazard("unsafe", reason) if either else Hazard("manual", reason)
                elif name in known.ends:
                    yield Hazard("unsafe", f"`{name}` of {where} ends the process, while others go on")
                elif name in known.own_frame or name.partition(".")[0] in known.own_thread_packages:
                    yield Hazard("manual", f"`{name}` of {where} works only in the thread and the frame it is in")
                elif name in known.whole_process:
                    yield Hazard("manual", f"`{name}` of {where} changes something for all threads at once")
                elif name in known.sets_context:
                    yield Hazard(
                        "manual", f"`{name}` of {where} sets a context variable, which is lost at the end of the thread"
                    )
            if last in known.runs_unknown:
                yield Hazard(
                    "unsafe",
                    f"`{call.callee or last}` of {where} runs unknown code, which may need the loop's own thread",
                )
            if not names and (last in known.loop_methods or (last == "cancel" and self._of_a_task(module, call))):
                yield Hazard(
                    "manual",
                    f"`{call.callee or last}` of {where} may belong to an asyncio object, which a thread cannot wake",
                )

    def _of_a_task(self, module: Module, call: Call) -> bool:
        owner = call.callee.rpartition(".")[0]
        return any(isinstance(each, Later) for each in self.calls.of(module, call.scope, owner, call.place[0]))

    def _of_state(self, module: Module, scope: int) -> Iterator[Hazard]:
        about = module.facts.scopes[scope]
        if about.kind == "lambda" or about.qualname.rpartition(".")[2] in {"__init__", "__post_init__", "__new__"}:
            return
        if not may_change(module, scope):
            return
        key, line = changed_by(self.open(module.path), self.calls, Definition(module.path, scope))
        if key:
            yield depending(module, scope, key, line)

    def handles_exceptions(self, functions: Iterable[Definition]) -> str:
        """The place of a call that looks at the exception being handled; empty where none does."""
        looking = catalog.threads().active_exception
        for function in functions:
            module = self.module(function)
            for call in module.calls_in.get(function.scope, ()):
                if called_name(call) in looking or ("exc_info", ("=", True)) in call.keywords:
                    return f"{module.shown}:{call.place[0]}"
            node = self.open(module.path).nodes[function.scope]
            line = _bare_raise(node)
            if line:
                return f"{module.shown}:{line}"
        return ""


def _error(name: str) -> bool:
    return name.endswith(("Error", "Exception"))


def _bare_raise(function: ast.AST) -> int:
    """The line of a `raise` without an exception that stands in no handler of the function itself."""
    stack: list[ast.AST] = list(getattr(function, "body", [])) if not isinstance(function, ast.Lambda) else []
    while stack:
        node = stack.pop()
        if isinstance(node, ast.Raise) and node.exc is None:
            return node.lineno
        if not isinstance(node, ast.ExceptHandler | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            stack += ast.iter_child_nodes(node)
    return 0
