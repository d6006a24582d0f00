"""`with requests.Session() as session:` in one function, and answers that are read part by part in a `with` block."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from codemods import catalog
from codemods.facts.values import dotted

if TYPE_CHECKING:
    from codemods.facts import Opened
    from codemods.hazards import Situation

_MAKERS = frozenset({"requests.Session", "requests.session", "requests.sessions.Session"})


def session_of(situation: Situation, function: ast.AsyncFunctionDef) -> ast.With | str:
    """The block that a method's session lives in; or why it stays as it is."""
    opened = situation.opened
    node = situation.node
    owner = node.func.value if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) else None
    if not isinstance(owner, ast.Name):
        return "its session is not the function's own; make one in a `with` block"
    for above, part in opened.ancestors(node):
        if above is function:
            break
        if isinstance(above, ast.With) and part in above.body and _gives(above, owner.id, situation):
            reason = _used_otherwise(opened, function, above, owner.id)
            return reason or above
    return "its session is not the function's own; make one in a `with` block"


def _gives(block: ast.With, name: str, situation: Situation) -> bool:
    match block.items:
        case [ast.withitem(context_expr=ast.Call(args=[], keywords=[]) as made, optional_vars=ast.Name(id=given))]:
            callee = dotted(made.func)
            scope = situation.opened.scope(made)
            outside = situation.program.resolve(situation.site.module, scope, callee).outside if callee else frozenset()
            return given == name and not outside.isdisjoint(_MAKERS)
    return False


def _used_otherwise(opened: Opened, function: ast.AsyncFunctionDef, block: ast.With, name: str) -> str:
    """What is done with a session that an async client does not do, or does otherwise."""
    known = catalog.http()["session"]
    inside = {id(node) for statement in block.body for node in ast.walk(statement)}
    for node in ast.walk(function):
        if not isinstance(node, ast.Name) or node.id != name or node is block.items[0].optional_vars:
            continue
        above = opened.parent(node)
        if id(node) not in inside or not isinstance(above, ast.Attribute) or opened.function(node) is not function:
            return f"its session is handed on in line {node.lineno}"
        beyond = opened.parent(above)
        called = isinstance(beyond, ast.Call) and beyond.func is above
        if above.attr not in known["methods"] and (called or above.attr not in known["attributes"]):
            return f"an async client has no `{above.attr}` like that of a session (line {node.lineno})"
    return ""


def streamed(opened: Opened, call: ast.Call) -> ast.With | None:
    """The block whose only item is a call, with a name for it."""
    item = opened.parent(call)
    block = opened.parent(item) if item is not None else None
    if isinstance(item, ast.withitem) and isinstance(block, ast.With) and len(block.items) == 1:
        return block if isinstance(item.optional_vars, ast.Name) else None
    return None
