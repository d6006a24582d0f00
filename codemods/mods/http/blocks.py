"""Where the client's block goes: around all calls of a function, and around the loops that they are in."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from codemods.facts.flow import ends

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from codemods.facts import Opened

_LOOPS = (ast.For, ast.AsyncFor, ast.While)


def around(opened: Opened, function: ast.AsyncFunctionDef, calls: Iterable[ast.AST]) -> Sequence[ast.stmt] | str:
    """Neighbouring statements that hold all of some calls, or why there are none."""
    paths = [_path(opened, function, call) for call in calls]
    block: list[ast.stmt] = function.body
    chosen: list[ast.stmt] = []
    while True:
        steps = [next((s for b, s in path if b is block), None) for path in paths]
        if any(step is None for step in steps):
            break
        places = [block.index(step) for step in steps if step is not None]
        chosen = block[min(places) : max(places) + 1]
        inner = {id(b): b for path in paths for b in [_below(path, block)] if b is not None}
        alone = len(chosen) == 1 and not isinstance(chosen[0], _LOOPS)
        if not alone or len(inner) != 1 or any(_below(path, block) is None for path in paths):
            break
        block = next(iter(inner.values()))
    whole = opened.block_of(chosen[0]) if chosen else None
    if whole is None:
        return "its statement shares a line with others; give it one of its own"
    if ends(chosen[-1]) and chosen[-1] is not whole[-1]:
        return "what stands behind it never runs, and would look as if it did behind a block; take it out"
    if any(isinstance(node, ast.Yield | ast.YieldFrom) for each in chosen for node in ast.walk(each)):
        return "the client would stay open while the function waits at a `yield`"
    return chosen


Path = list[tuple[list[ast.stmt], ast.stmt]]


def _path(opened: Opened, function: ast.AsyncFunctionDef, call: ast.AST) -> Path:
    """The blocks that a call stands in, outermost first, each with the statement of it that holds the call."""
    found: Path = []
    node = call
    for above, part in opened.ancestors(call):
        if isinstance(part, ast.stmt):
            block = opened.block_of(part)
            if block is not None:
                found.append((block, part))
        node = above
        if node is function:
            break
    return found[::-1]


def _below(path: Path, block: list[ast.stmt]) -> list[ast.stmt] | None:
    """The block right inside another one on the way to a call."""
    places = [number for number, (each, _) in enumerate(path) if each is block]
    return path[places[0] + 1][0] if places and places[0] + 1 < len(path) else None
