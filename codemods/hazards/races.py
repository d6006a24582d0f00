"""State that other tasks can reach, read before the call and written after it.

While the call blocked, nothing else ran in between; an await lets every other task run. What was read may be old by the
time it is written back: ten tasks doing `d["n"] += await f()` count to 1.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from codemods.facts.order import children, walk
from codemods.facts.values import dotted
from codemods.hazards.shared import no_container, row_changed_by
from codemods.hazards.situation import Hazard
from codemods.program.values import Definition

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from codemods.hazards.situation import Situation

_CHANGING = frozenset(
    {"add", "append", "appendleft", "clear", "difference_update", "discard", "extend", "insert", "pop", "popitem"}
    | {"popleft", "remove", "reverse", "rotate", "setdefault", "sort", "subtract", "update"}
)
_CONTAINERS = frozenset({"bytearray", "defaultdict", "deque", "dict", "frozenset", "list", "set", "str", "tuple"})
_DISPLAYS = (
    ast.List,
    ast.Dict,
    ast.Set,
    ast.Tuple,
    ast.ListComp,
    ast.DictComp,
    ast.SetComp,
    ast.JoinedStr,
    ast.Constant,
)
_LOOPS = (ast.For, ast.AsyncFor, ast.While)


@dataclass(frozen=True, slots=True)
class _Event:
    what: str
    """`read` (`check` in a condition), `write`, or `site` where the call itself comes."""
    key: str
    loops: frozenset[int]


def hazards(situation: Situation) -> Iterator[Hazard]:
    """Read, then the call, then written: in this order, or around the turn of a loop."""
    function = situation.opened.function(situation.node)
    reader = _Reader(situation)
    events = list(reader.events(function))
    place = next((number for number, event in enumerate(events) if event.what == "site"), len(events))
    around = events[place].loops if place < len(events) else frozenset()
    before, after = events[:place], events[place:]
    turned = [event for event in events if event.loops & around]
    # A condition is looked at anew in the next turn of a loop; a value that was read may be kept for it.
    read = _keys(before, "read") | _keys(turned, "read")
    written = _keys(after, "write") | _keys(turned, "write")
    shared = sorted((read & written) | (_keys(before, "check") & _keys(after, "write")))
    if shared:
        yield Hazard(
            "unsafe",
            f"`{shared[0]}` is read before and written after it, and an await lets other tasks change it in between",
        )
    else:
        yield from _of_rows(situation)


def _of_rows(situation: Situation) -> Iterator[Hazard]:
    """A row is read, changed depending on what it was, and written back with what the session writes next."""
    site = situation.site
    function = Definition(site.module.path, site.function)
    key, changed, loaded = row_changed_by(situation.opened, situation.calls, function)
    line = site.call.place[0]
    if key and loaded <= line and (line <= changed or site.entry.kind == "database"):
        yield Hazard(
            "unsafe",
            f"`{key}` is a column that changes depending on what it was, and an await lets others change it"
            " before it is written",
        )


def _keys(events: Iterable[_Event], what: str) -> set[str]:
    return {event.key for event in events if event.what == what}


class _Reader:
    """The reads and writes of one function, in the order in which they are evaluated, and where a node of it comes."""

    def __init__(self, situation: Situation) -> None:
        self._opened = situation.opened
        self._calls = situation.calls
        self._module = situation.site.module
        self._scope = situation.site.function
        self._node = situation.node
        self._hoisted = situation.hoisted

    def events(self, function: ast.AST) -> Iterator[_Event]:
        """One walk; the bodies of nested functions run at another time and are left out."""
        nothing: frozenset[int] = frozenset()
        stack: list[tuple[ast.AST | _Event, frozenset[int]]] = [
            (statement, nothing) for statement in reversed(getattr(function, "body", []))
        ]
        while stack:
            node, loops = stack.pop()
            if isinstance(node, _Event):
                yield node
                continue
            if isinstance(node, _LOOPS):
                loops |= {id(node)}
            steps = self._steps(node, loops)
            if node is self._node:
                steps.append(_Event("site", "", loops))
            stack.extend((step, loops) for step in reversed(steps))

    def _steps(self, node: ast.AST, loops: frozenset[int]) -> list[ast.AST | _Event]:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                return [child for child in children(node) if child not in node.body]
            case ast.Lambda():
                return [node.args]
            case ast.Assign(targets=targets, value=value):
                return [value, *targets]
            case ast.AnnAssign(target=target, value=value):
                return [*([value] if value else []), target]
            case ast.NamedExpr(target=target, value=value):
                return [value, target]
            case ast.AugAssign(target=target, value=value):
                # Without the call inside, nothing can come between its reading and its writing.
                inside = any(above is node for above, _ in self._opened.ancestors(self._node))
                old = self._events("read", target, loops) if inside and not self._hoisted else []
                return [*old, value, target]
            case ast.For(target=target, iter=source) | ast.AsyncFor(target=target, iter=source):
                return [source, target, *node.body, *node.orelse]
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp():
                return [*node.generators, node.elt]
            case ast.DictComp():
                return [*node.generators, node.key, node.value]
            case ast.comprehension(target=target, iter=source, ifs=conditions):
                return [source, target, *conditions]
            case ast.Call():
                changed = self._changed(node, loops)
                inside = any(step is self._node for step in walk(node.func))
                return [*(step for step in children(node) if not changed or inside or step is not node.func), *changed]
            case ast.Attribute() | ast.Subscript() | ast.Name():
                read = "check" if self._checked(node) else "read"
                what = read if isinstance(node.ctx, ast.Load) else "write"
                below = [child for child in children(node) if not isinstance(node, ast.Attribute) or not dotted(child)]
                return [*below, *self._events(what, node, loops)]
        return [*children(node)]

    def _checked(self, node: ast.AST) -> bool:
        """Whether a value is only looked at, in the condition of an `if` or a `while`."""
        for above, part in self._opened.ancestors(node):
            if isinstance(above, ast.If | ast.While | ast.IfExp):
                return part is above.test
            if isinstance(above, ast.stmt | ast.NamedExpr):
                return False
        return False

    def _changed(self, node: ast.Call, loops: frozenset[int]) -> list[_Event]:
        """`items.append(x)` writes `items`."""
        if not isinstance(node.func, ast.Attribute) or node.func.attr not in _CHANGING:
            return []
        owner = node.func.value
        if no_container(self._opened, self._calls, self._module, owner):
            return []
        root = self._root(owner)
        # A method of a bare parameter or local is more often a session's `add` than a set's.
        if isinstance(owner, ast.Name) and self._own(root):
            return []
        return self._events("write", owner, loops, called=True)

    def _events(self, what: str, node: ast.expr, loops: frozenset[int], *, called: bool = False) -> list[_Event]:
        inside = called
        while isinstance(node, ast.Subscript):
            node, inside = node.value, True
        key, root = dotted(node), self._root(node)
        if not key or not self._shared(root, bare=key == root and not inside):
            return []
        keys = [key]
        while what != "write" and "." in keys[-1]:
            keys.append(keys[-1].rpartition(".")[0])
        return [_Event(what, each, loops) for each in keys if each != root or key == root]

    def _root(self, node: ast.AST) -> str:
        while isinstance(node, ast.Attribute | ast.Subscript):
            node = node.value
        return node.id if isinstance(node, ast.Name) else ""

    def _own(self, name: str) -> bool:
        return self._module.holder(self._scope, name) == self._scope

    def _shared(self, name: str, *, bare: bool) -> bool:
        """Whether another task may reach what a name stands for, or the name itself where it stands bare."""
        holder = self._module.holder(self._scope, name)
        if holder is None:
            return False
        bindings = self._module.names[holder, name]
        if holder != self._scope:
            return not bare or not all(binding.kind in {"import", "def", "class"} for binding in bindings)
        if bare:
            return False
        return any(binding.kind == "parameter" for binding in bindings) or not self._fresh(name)

    def _fresh(self, name: str) -> bool:
        """Whether all that a local name is bound to was made in this function."""
        values = []
        for node in self._opened.bound.get(name, ()):
            above = self._opened.parent(node)
            if isinstance(above, ast.Assign | ast.AnnAssign | ast.NamedExpr) and above.value is not None:
                values.append(above.value)
            elif not isinstance(above, ast.AugAssign):
                return False
        return bool(values) and all(_makes_new(value) for value in values)


def _makes_new(value: ast.expr) -> bool:
    if isinstance(value, ast.Call):
        maker = dotted(value.func).rpartition(".")[2]
        return maker in _CONTAINERS or maker[:1].isupper()
    return isinstance(value, (*_DISPLAYS, ast.BinOp, ast.Compare, ast.UnaryOp))
