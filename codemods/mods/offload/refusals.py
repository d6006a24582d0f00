"""What no thread can help with, or must not touch."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from codemods.hazards import Hazard
from codemods.program.values import Thing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codemods.hazards import Situation
    from codemods.hazards.threads import Threads
    from codemods.mods.offload.regions import Region

_ONE_AT_A_TIME = frozenset({"sqlalchemy.orm.Session", "sqlmodel.Session"})


def of_site(situation: Situation, region: Region | None, threads: Threads) -> Iterator[Hazard]:
    """What stands against running a site in a thread, alone or in a region."""
    site = situation.site
    entry = site.entry
    if entry.gil:
        yield Hazard(
            "manual",
            f"{entry.name} holds Python's global lock while it works, so in a thread it would stall the loop as well; "
            "make the work smaller, or give it to another process",
        )
    elif entry.impact == "low":
        yield Hazard("manual", f"{entry.name} takes less time than the way to a thread and back")
    elif entry.kind == "lock":
        yield Hazard(
            "manual", f"{entry.name} waits for other threads and would keep one of the pool's; use asyncio's twin"
        )
    elif entry.kind == "input":
        yield Hazard("manual", f"{entry.name} waits for a person; a service should not")
    elif entry.kind == "sleep" and not site.chain:
        yield Hazard("manual", "a sleep needs no thread; see `offloop explain sleep`")
    if entry.thread_bound and not _stays_inside(situation, region):
        yield Hazard(
            "manual",
            f"{entry.name} belongs to an object that must stay in the thread which made it; "
            "open, use and close it in one function and call that in a thread",
        )
    shared = _shared_session(situation, threads)
    if shared:
        yield Hazard(
            "manual", f"`{shared}` is one session for all requests, which several threads would use at the same time"
        )
    if site.call.number >= 0:
        for function in sorted(threads.entered(site.module, site.call)):
            yield from threads.of(function)


def of_call(situation: Situation, threads: Threads) -> Iterator[Hazard]:
    """What stands against making one call in a thread."""
    site, node = situation.site, situation.node
    if site.entry.lazy and not site.chain:
        yield Hazard(
            "manual", f"what {site.entry.name} gives blocks again when it is used; move both into one function"
        )
    if isinstance(node, ast.Call):
        if isinstance(node.func, ast.Lambda):
            yield Hazard("manual", "it calls a lambda where it stands; call what the lambda calls")
        if site.entry.name == "builtins.next" or (site.call.callee == "next" and len(node.args) == 1):
            yield Hazard("manual", "`next` may raise StopIteration, which cannot leave a thread; give it a default")
        if site.call.callee == "open" and not site.chain:
            yield Hazard("manual", "the file that it opens blocks again when it is read; move both into one function")
    if _in_handler(situation):
        where = threads.handles_exceptions(threads.entered(site.module, site.call))
        if where:
            yield Hazard("manual", f"{where} looks at the exception being handled, of which a thread knows nothing")


def _in_handler(situation: Situation) -> bool:
    function = situation.opened.function(situation.node)
    for above, _ in situation.opened.ancestors(situation.node):
        if above is function:
            return False
        if isinstance(above, ast.ExceptHandler):
            return True
    return False


def _root(node: ast.expr) -> str:
    inner: ast.expr = node
    while isinstance(inner, ast.Attribute | ast.Call | ast.Subscript):
        inner = inner.func if isinstance(inner, ast.Call) else inner.value
    return inner.id if isinstance(inner, ast.Name) else ""


def _stays_inside(situation: Situation, region: Region | None) -> bool:
    """Whether an object is made, used and given up within a region, or within a helper."""
    site = situation.site
    if site.chain:
        return _made_by_helper(situation)
    if region is None:
        return False
    name = _root(situation.node)
    bound = [
        node
        for node in situation.opened.bound.get(name, ())
        if situation.opened.function(node) is situation.opened.function(situation.node)
    ]
    inside = bool(bound) and all(region.holds(node, situation.opened) for node in bound)
    return inside and name not in region.results and name not in region.outer


def _made_by_helper(situation: Situation) -> bool:
    step = situation.site.chain[-1]
    for module in situation.program.modules.values():
        if module.shown != step.path:
            continue
        for call in module.facts.calls:
            if call.place[0] != step.line:
                continue
            name = call.callee.partition(".")[0]
            holder = module.holder(call.scope, name)
            function = module.function_of(call.scope)
            bindings = module.names.get((function, name), ())
            if holder == function and bindings and all(each.kind in {"call", "value"} for each in bindings):
                return True
    return False


def _shared_session(situation: Situation, threads: Threads) -> str:
    """The name of a session that lives at the top of a module."""
    site = situation.site
    name = _root(situation.node)
    if not name or site.entry.name.rpartition(".")[0] not in _ONE_AT_A_TIME or site.chain:
        return ""
    if site.module.holder(site.call.scope, name) != 0 and site.module.holder(site.call.scope, name) is not None:
        return ""
    values = threads.values(site.module, site.call.scope, name, site.call.place[0])
    return name if any(isinstance(each, Thing) and each.type in _ONE_AT_A_TIME for each in values) else ""
