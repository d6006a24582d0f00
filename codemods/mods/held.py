"""What a `with` block of a coroutine opens, and all that is done with it: whether each use can be awaited."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from codemods.edits import AsyncBlock, AwaitTwin
from codemods.facts.order import walk
from codemods.facts.values import dotted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from codemods.facts import Opened
    from codemods.hazards import Hazard, Situation
    from codemods.mods.codemod import Project
    from codemods.program import Module

_WAITING = (ast.Await, ast.AsyncFor, ast.AsyncWith, ast.Yield)


@dataclass
class Held:
    """An object that a `with` block opens, by the name that it gives it."""

    made: ast.Call
    block: ast.With
    name: str
    calls: list[ast.Call] = field(default_factory=list)
    """The calls of its methods."""
    loops: list[ast.For] = field(default_factory=list)
    """The loops over it."""
    reads: list[ast.Attribute] = field(default_factory=list)
    """What else is read of it."""
    refusal: str = ""


def held(module: Module, opened: Opened, made: ast.Call) -> Held | None:
    """What becomes of an object; nothing where no block of its own opens it and names it."""
    item = opened.parent(made)
    block = opened.parent(item) if isinstance(item, ast.withitem) else None
    if not isinstance(item, ast.withitem) or not isinstance(block, ast.With) or item.context_expr is not made:
        return None
    given = item.optional_vars
    if not isinstance(given, ast.Name):
        return None
    found = Held(made, block, given.id)
    own = module.holder(opened.scope(given), given.id)
    for node in walk(opened.function(block)):
        if not isinstance(node, ast.Name) or node.id != given.id or node is given:
            continue
        if module.holder(opened.scope(node), node.id) == own:
            found.refusal = found.refusal or _use(found, module, opened, node)
    if own != opened.scope(given):
        found.refusal = f"`{given.id}` is not the function's own"
    return found


def _use(found: Held, module: Module, opened: Opened, node: ast.Name) -> str:
    """Put one use where it belongs; or why it is in the way."""
    inside = any(above is found.block and part in found.block.body for above, part in opened.ancestors(node))
    if not inside:
        stays = isinstance(node.ctx, ast.Store) or _is_set_anew(found, opened, node)
        return "" if stays else f"`{node.id}` is used outside of its block (line {node.lineno})"
    if opened.function(node) is not opened.function(found.block):
        return f"a function inside its block uses `{node.id}` (line {node.lineno})"
    above = opened.parent(node)
    match above:
        case ast.Attribute(ctx=ast.Load()):
            call = opened.parent(above)
            if isinstance(call, ast.Call) and call.func is above:
                if opened.call_numbers[call] not in module.calls:
                    return f"line {node.lineno} uses `{node.id}` where nothing ever runs"
                found.calls.append(call)
            else:
                found.reads.append(above)
        case ast.For(iter=each) if each is node:
            found.loops.append(above)
        case _:
            how = "is handed on" if isinstance(node.ctx, ast.Load) else "becomes something else"
            return f"`{node.id}` {how} in line {node.lineno}"
    return ""


def _is_set_anew(found: Held, opened: Opened, node: ast.Name) -> bool:
    """Whether another block around a name sets it before it is read."""
    for above, part in opened.ancestors(node):
        if isinstance(above, ast.For | ast.AsyncFor) and part in above.body:
            targets = [above.target]
        elif isinstance(above, ast.With | ast.AsyncWith) and above is not found.block and part in above.body:
            targets = [each.optional_vars for each in above.items if each.optional_vars is not None]
        else:
            continue
        if any(isinstance(each, ast.Name) and each.id == node.id for target in targets for each in ast.walk(target)):
            return True
    return False


def waits(opened: Opened, block: ast.With) -> bool:
    """Whether a block gives way to the loop: only as a coroutine can it do what it does."""
    function = opened.function(block)
    return any(
        (isinstance(node, _WAITING) or (isinstance(node, ast.comprehension) and bool(node.is_async)))
        and opened.function(node) is function
        for statement in block.body
        for node in ast.walk(statement)
    )


def awaited(module: Module, opened: Opened, call: ast.Call, method: str) -> AwaitTwin:
    """A method of the object's twin, awaited with the same arguments."""
    place = module.facts.numbers(module.calls[opened.call_numbers[call]])
    name = dotted(call.func)
    return AwaitTwin(*place, name, f"{name.rpartition('.')[0]}.{method}")


def asynchronous(opened: Opened, block: ast.With | ast.For) -> AsyncBlock:
    """`async with`, `async for`."""
    return AsyncBlock(opened.top(block), opened.number(block, ast.stmt), block.lineno)


def inside(situation: Situation, block: ast.With) -> Situation:
    """A site without the block's own objects around it: that they are no locks is known."""
    site = situation.site
    heads = {item.context_expr.lineno for item in block.items}
    contexts = site.module.facts.contexts
    outside = tuple(number for number in site.call.contexts if contexts[number].line not in heads)
    return replace(situation, site=replace(site, call=site.call._replace(contexts=outside)))


def of_calls(project: Project, situation: Situation, block: ast.With, calls: Iterable[ast.Call]) -> Iterator[Hazard]:
    """What stands against awaiting some calls of a block, whether they hold up the loop or not."""
    site, opened = situation.site, situation.opened
    for node in calls:
        there = project.situation(replace(site, call=site.module.calls[opened.call_numbers[node]], chain=()))
        if there is not None:
            yield from project.of_await(inside(there, block))
