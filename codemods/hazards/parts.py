"""What may go wrong when some lines of a coroutine, or one call of it, run in another thread."""

from __future__ import annotations

import ast
import math
from typing import TYPE_CHECKING

from codemods import catalog
from codemods.facts import called_name
from codemods.hazards.shared import changed_by, depending
from codemods.hazards.situation import Hazard

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from codemods.facts import Call, Opened
    from codemods.hazards.threads import Threads
    from codemods.program import Module
    from codemods.program.values import Definition

_STOPPING = frozenset({"StopIteration", "Exception", "BaseException"})
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


def of_lines(threads: Threads, function: Definition, lines: tuple[int, int]) -> Iterator[Hazard]:
    """What stands against running some lines of a function in a thread, besides what is about its sites."""
    module, opened = threads.module(function), threads.open(function.path)
    first, last = lines
    calls = [
        call
        for call in module.facts.calls
        if first <= call.place[0] <= last and module.function_of(call.scope) == function.scope
    ]
    yield from threads.of_calls(module, calls)
    entered = frozenset(each for call in calls for each in threads.entered(module, call))
    for each in sorted(entered):
        yield from threads.of(each)
    yield from stops(opened, calls)
    # What handles an exception of these lines moves with them.
    handling = [call for call in calls if in_handler(opened, opened.calls[call.number], first)]
    looking = _looks_at_exception(handling) or (threads.handles_exceptions(entered) if handling else "")
    if looking:
        yield Hazard("manual", f"{looking} looks at the exception being handled, of which a thread knows nothing")
    key, line = changed_by(opened, threads.calls, function, lines)
    if key:
        yield depending(module, function.scope, key, line)
    yield from threads.containers.of(function, lines)
    yield from threads.state(entered)


def stops(opened: Opened, calls: Iterable[Call]) -> Iterator[Hazard]:
    """`next` without a default: asyncio never ends waiting for a thread that raises StopIteration."""
    for call in calls:
        if call.callee == "next" and len(call.arguments) == 1 and not _caught(opened, opened.calls[call.number]):
            yield Hazard(
                "manual",
                f"`next` of line {call.place[0]} may raise StopIteration, which cannot leave a thread; "
                "give it a default",
            )


def stops_inside(threads: Threads, functions: Iterable[Definition]) -> Iterator[Hazard]:
    """The same in plain functions that a call enters."""
    for function in functions:
        module: Module = threads.module(function)
        calls = [call for call in module.calls_in.get(function.scope, ()) if call.callee == "next"]
        about = module.functions.get(function.scope)
        if calls and about is not None and not about.generator:
            for hazard in stops(threads.open(function.path), calls):
                yield Hazard("unsafe", f"in {module.shown}, {hazard.reason}")


def _caught(opened: Opened, node: ast.AST) -> bool:
    for above, part in opened.ancestors(node):
        if isinstance(above, _FUNCTIONS):
            return False
        if isinstance(above, ast.Try) and part in above.body:
            caught = {
                name.id if isinstance(name, ast.Name) else ""
                for handler in above.handlers
                for name in ast.walk(handler.type or ast.Name("Exception"))
            }
            if caught & _STOPPING:
                return True
    return False


def _looks_at_exception(calls: Iterable[Call]) -> str:
    looking = catalog.threads().active_exception
    for call in calls:
        if called_name(call) in looking or ("exc_info", ("=", True)) in call.keywords:
            return f"line {call.place[0]}"
    return ""


def in_handler(opened: Opened, node: ast.AST, before: float = math.inf) -> bool:
    """Whether a node runs while its own function handles an exception, in a handler that begins before some line."""
    function = opened.function(node)
    for above, _ in opened.ancestors(node):
        if above is function:
            return False
        if isinstance(above, ast.ExceptHandler) and above.lineno < before:
            return True
    return False
