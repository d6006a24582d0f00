"""Calls that are awaited from now on."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from codemods.catalog import Entry
from codemods.hazards import worst
from codemods.loop import Site

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codemods.facts import Opened
    from codemods.mods.codemod import Project
    from codemods.mods.sqlalchemy_async.sheet import Sheet
    from codemods.program.values import Definition

_WAITING = Entry("sqlalchemy.ext.asyncio.AsyncSession", "database", "high")


def awaited(sheet: Sheet, node: ast.Call, head: str = "") -> None:
    """Put an await, and a head of its own, in front of a call, with the parentheses that it needs there."""
    if isinstance(sheet.opened.parent(node), ast.Await):
        return
    if _tight(sheet.opened, node):
        sheet.wrap(node, f"(await {head}", ")")
    else:
        sheet.wrap(node, f"await {head}", "")


def _tight(opened: Opened, node: ast.expr) -> bool:
    """Whether what a node is part of binds tighter than `await`."""
    above = opened.parent(node)
    match above:
        case ast.Attribute() | ast.Subscript(value=ast.expr()) if above.value is node:
            return True
        case ast.Call():
            return above.func is node
        case ast.BinOp(op=ast.Pow()):
            return True
    return False


def against(project: Project, sheet: Sheet, node: ast.Call, function: Definition) -> Iterator[tuple[str, str]]:
    """What stands against an await at a place: the level and the reason."""
    opened = sheet.opened
    for above, _ in opened.ancestors(node):
        if above is opened.nodes.get(function.scope):
            break
        if isinstance(above, ast.Lambda | ast.JoinedStr):
            # The function around a lambda cannot await for it; positions in f-strings are wrong before Python 3.12.
            what = "a lambda" if isinstance(above, ast.Lambda) else "an f-string"
            yield "manual", f"{sheet.where(node)} waits for the database in {what}; give it a statement of its own"
            return
    call = sheet.module.calls.get(opened.call_numbers[node])
    if call is None:
        return
    # Blocks that become asynchronous ones may be awaited in.
    ours = [n for n in call.contexts if sheet.module.facts.contexts[n].line not in sheet.blocks]
    call = call._replace(contexts=tuple(ours))
    site = Site(sheet.module, call, function.scope, _WAITING, "high", ())
    situation = project.situation(site)
    hazard = worst(project.of_await(situation)) if situation is not None else None
    if hazard is not None:
        yield hazard.level, f"{sheet.where(node)}: {hazard.reason}"
