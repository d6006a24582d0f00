"""Locks and other things held while a call blocks: an await would let other tasks run inside.

A `threading.Lock` held across an await stops the whole loop as soon as a second task wants it; an `RLock` lets the
second task in. Patches, redirected output and the like would be seen by every task that runs meanwhile.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from codemods import catalog
from codemods.facts import called_name
from codemods.facts.values import dotted
from codemods.hazards.situation import Hazard
from codemods.program.values import Thing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codemods.facts import Context
    from codemods.hazards.situation import Situation
    from codemods.program import Module

# Whole words of a name, so that neither a clock nor a block is taken for a lock.
SOUNDS_LIKE_LOCK = re.compile(
    r"(?:^|_)(?:[rw]?lock|mutex|sem|semaphore|cond|condition|critical|exclusive|transaction|atomic|begin)"
    r"(?:s|ed|_|\d|$)|Lock|Mutex|Semaphore|Condition|Transaction"
)


def hazards(situation: Situation) -> Iterator[Hazard]:
    """`with lock:` around the call, an `acquire` before it and a `release` after it, or the same with `os.chdir`."""
    site = situation.site
    facts = site.module.facts
    for number in site.call.contexts:
        context = facts.contexts[number]
        if not context.asynchronous:
            yield from _held(situation, context)
    lock = _acquired(situation)
    if lock:
        yield Hazard(
            "manual",
            f"`{lock}` is held here: awaiting under a lock stops the loop or lets another task in; release it first",
        )
    yield from _changed_for_all(situation)


def _changed_for_all(situation: Situation) -> Iterator[Hazard]:
    """What the function changes for the whole process, before the call and again after it."""
    site = situation.site
    known = catalog.threads().whole_process
    line = situation.node.lineno
    found: dict[str, list[int]] = {}
    last_names = {name.rpartition(".")[2] for name in known}
    for call in site.module.calls_in.get(site.function, ()):
        if called_name(call) not in last_names and "." in call.callee:
            continue
        for name in situation.program.resolve(site.module, call.scope, call.callee).outside & known:
            found.setdefault(name, []).append(call.place[0])
    for name, lines in sorted(found.items()):
        if min(lines) <= line <= max(lines):
            yield Hazard("manual", f"it stands between two calls of `{name}`, whose effect every other task would see")


def _held(situation: Situation, context: Context) -> Iterator[Hazard]:
    known = catalog.contexts()
    makers = _makers(situation, situation.site.module, context) or _types(situation, context)
    name = context.expression or "something"
    where = f"the `with {name}{'(…)' if context.called else ''}` block of line {context.line}"
    if makers & known.locks or SOUNDS_LIKE_LOCK.search(context.expression.rpartition(".")[2]):
        yield Hazard(
            "manual",
            f"it stands in {where}: awaiting while a lock is held stops the loop or lets another task in; "
            "do it outside the block, or use an asyncio lock",
        )
    elif makers & known.shared:
        yield Hazard("manual", f"it stands in {where}, whose effect every other task would see during an await")
    elif not makers or not makers <= known.plain | known.deadlines:
        yield Hazard(
            "unsafe", f"it stands in {where}; if that holds a lock or a transaction, other tasks would run inside it"
        )


def _makers(situation: Situation, module: Module, context: Context) -> frozenset[str]:
    """The qualified names of what may have made the context manager; empty where that is not known."""
    if not context.expression:
        return frozenset()
    if context.called:
        resolved = situation.program.resolve(module, context.scope, context.expression)
        return resolved.outside if resolved.only else frozenset()
    first = context.expression.partition(".")[0]
    holder = module.holder(context.scope, first)
    bindings = module.names.get((holder, context.expression), ()) if holder is not None else ()
    found: set[str] = set()
    for binding in bindings or module.attributes_set.get(context.expression, ()):
        if binding.kind != "call":
            return frozenset()
        found |= situation.program.resolve(module, binding.scope, binding.target).outside or {""}
    return frozenset(found)


def _types(situation: Situation, context: Context) -> frozenset[str]:
    """The types of the context manager, where all that it may be is known: `with path.open()`."""
    values = situation.calls.of(situation.site.module, context.scope, context.value, context.line)
    types = frozenset(value.type if isinstance(value, Thing) else "" for value in values)
    return types if "" not in types else frozenset()


def _acquired(situation: Situation) -> str:
    """The lock that the function takes before the call and gives back after it."""
    function = situation.opened.function(situation.node)
    before: set[str] = set()
    after: set[str] = set()
    place = (situation.node.lineno, situation.node.col_offset)
    for node in ast.walk(function):
        if not isinstance(node, ast.Attribute) or node.attr not in {"acquire", "release"}:
            continue
        call = situation.opened.parent(node)
        # `await lock.acquire()` is of a lock for coroutines, `run_in_threadpool(lock.acquire)` of the other kind.
        if not isinstance(call, ast.Call) or (
            call.func is node and isinstance(situation.opened.parent(call), ast.Await)
        ):
            continue
        if node.attr == "acquire" and (call.lineno, call.col_offset) < place:
            before.add(dotted(node.value))
        elif node.attr == "release" and (call.lineno, call.col_offset) > place:
            after.add(dotted(node.value))
    return next(iter(sorted(before & after - {""})), "")
