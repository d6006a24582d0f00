"""State that a function shares with others, and changes depending on what it was: threads may do that at the same time.

`self.total += 1` loses counts. `if not self.started: self.started = True` may let two in. Filling in what is missing
(`if cls.client is None: cls.client = Client()`) at worst does the same work twice, and is not counted.
"""

from __future__ import annotations

import ast
import math
from typing import TYPE_CHECKING

from codemods import catalog
from codemods.facts import called_name
from codemods.facts.order import children
from codemods.facts.values import dotted
from codemods.hazards.situation import Hazard
from codemods.program.values import NOTHING, Definition, File, Instance, Outside, Thing

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from codemods.facts import Opened
    from codemods.program import Module
    from codemods.program.touches import Touches

_CHANGING = frozenset(
    {
        "add",
        "append",
        "appendleft",
        "clear",
        "discard",
        "extend",
        "insert",
        "pop",
        "popitem",
        "popleft",
        "remove",
        "update",
    }
)
_INNER = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)


def changed_by(
    opened: Opened, calls: Touches, function: Definition, lines: tuple[int, int] | None = None
) -> tuple[str, int]:
    """A piece of shared state that a function changes depending on what it was, and the line; else nothing."""
    first, last = lines or (0, math.inf)
    look = _Look(opened, calls, function)
    node = opened.nodes[function.scope]
    for part in _nodes(getattr(node, "body", [])) if not isinstance(node, ast.Lambda) else ():
        key = look.changed(part)
        if key and first <= getattr(part, "lineno", 0) <= last:
            return key, getattr(part, "lineno", 0)
    return "", 0


def row_changed_by(opened: Opened, calls: Touches, function: Definition) -> tuple[str, int, int]:
    """A column that a function changes depending on what it was, the line, and the line that the row comes from."""
    look = _Look(opened, calls, function, only_rows=True)
    for part in _nodes(getattr(opened.nodes[function.scope], "body", [])):
        key = look.changed(part)
        if key:
            line = getattr(part, "lineno", 0)
            bound = [getattr(each, "lineno", 0) for each in opened.bound.get(key.partition(".")[0], ())]
            return key, line, max((each for each in bound if each <= line), default=0)
    return "", 0, 0


def depending(module: Module, scope: int, key: str, line: int) -> Hazard:
    """What such a change means where requests run in threads."""
    return Hazard(
        "unsafe",
        f"{module.facts.scopes[scope].qualname} changes `{key}` in {module.shown}:{line} depending on what it was, "
        "and in threads two requests can do that at the same time",
    )


def may_change(module: Module, scope: int) -> bool:
    """Whether a function can change shared state at all, by its facts: most cannot, and are not read again."""
    if module.facts.scopes[scope].outer or scope in module.storing:
        return True
    calls = module.calls_in.get(scope, ())
    return any(called_name(call) in _CHANGING for call in calls)


def makes_itself(calls: Touches, function: Definition, dotted_name: str) -> bool:
    """Whether what a dotted name starts with is a local name for something that the function makes itself."""
    module = calls.program.modules[function.path]
    bindings = module.names.get((function.scope, dotted_name.partition(".")[0]), ())
    made = [module.calls.get(each.value) if isinstance(each.value, int) else None for each in bindings]
    return bool(made) and all(
        each is not None
        and any(isinstance(value, Definition) and calls.is_class(value) for value in calls.callee(module, each))
        for each in made
    )


def is_row(calls: Touches, cls: Definition) -> bool:
    """Whether a class's objects are rows of a database."""
    return any(isinstance(each, Outside) and each.name in catalog.threads().rows for each in calls.line(cls))


def no_container(opened: Opened, calls: Touches, module: Module, owner: ast.expr) -> bool:
    """Whether something is known to be no container: a session, a client, an object of the project."""
    name = dotted(owner)
    values = calls.of(module, opened.scope(owner), name, owner.lineno) if name else NOTHING
    return bool(values) and all(isinstance(value, Instance | Thing | File) for value in values)


def _nodes(statements: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """Everything that runs with a function, in the order of the text."""
    stack = list(statements)[::-1]
    while stack:
        node = stack.pop()
        yield node
        if not isinstance(node, _INNER):
            stack.extend(reversed(children(node)))


class _Look:
    def __init__(self, opened: Opened, calls: Touches, function: Definition, *, only_rows: bool = False) -> None:
        self._only_rows = only_rows
        self._opened = opened
        self._calls = calls
        self._module: Module = calls.program.modules[function.path]
        self._function = function
        self._scope = function.scope
        self._checked: set[str] = set()
        self._taken: dict[str, set[str]] = {}
        """What was read from shared state, by the local name that holds it."""

    def changed(self, node: ast.AST) -> str:
        """The shared state that a node changes depending on what it was."""
        match node:
            case ast.If(test=test) | ast.While(test=test):
                self._checked |= set(self._read(test))
            case ast.AugAssign(target=ast.Attribute() as target) if makes_itself(
                self._calls, self._function, dotted(target)
            ):
                return ""
            case ast.AugAssign(target=target):
                return self._key(target)
            case ast.Assign(targets=targets, value=value):
                return self._assigned(targets, value)
            case ast.AnnAssign(target=target, value=value) if value is not None:
                return self._assigned([target], value)
            case ast.Call(func=ast.Attribute(value=owner, attr=how)) if how in _CHANGING:
                key = self._key(owner)
                return (
                    key
                    if key in self._checked and not no_container(self._opened, self._calls, self._module, owner)
                    else ""
                )
            case ast.Delete(targets=targets):
                return next((key for target in targets if (key := self._key(target)) in self._checked and key), "")
        return ""

    def _assigned(self, targets: list[ast.expr], value: ast.expr) -> str:
        read = set(self._read(value))
        for name in (each.id for each in ast.walk(value) if isinstance(each, ast.Name)):
            read |= self._taken.get(name, set())
        for target in targets:
            if isinstance(target, ast.Name) and not self._key(target):
                self._taken[target.id] = read
                continue
            key = self._key(target)
            if not key:
                continue
            if key in read and not _fills_in(value, key):
                return key
            # A flag that is looked at and then set lets one in at a time.
            if key in self._checked and isinstance(value, ast.Constant) and not isinstance(target, ast.Subscript):
                return key
        return ""

    def _read(self, node: ast.AST) -> Iterator[str]:
        for each in ast.walk(node):
            if isinstance(each, ast.Attribute | ast.Name) and isinstance(each.ctx, ast.Load):
                key = self._key(each)
                if key:
                    yield key

    def _key(self, node: ast.expr) -> str:
        """The dotted name of shared state: an attribute of `self` or `cls`, or a name of the module."""
        inside = False
        while isinstance(node, ast.Subscript):
            node, inside = node.value, True
        name = dotted(node)
        root, dot, _ = name.partition(".")
        if not name:
            return ""
        if root in {"self", "cls"} and self._is_method():
            return name if dot and not self._only_rows else ""
        holder = self._module.holder(self._scope, root)
        if holder == self._scope and dot and self._is_row(root, getattr(node, "lineno", 0)):
            return name
        if holder is None or holder == self._scope or self._only_rows:
            return ""
        kinds = {binding.kind for binding in self._module.names[holder, root]}
        if kinds <= {"import", "def", "class"} and not dot:
            return ""
        if not dot and not inside and isinstance(getattr(node, "ctx", None), ast.Store):
            return name if root in dict(self._module.facts.scopes[self._scope].outer) else ""
        return name

    def _is_row(self, name: str, line: int) -> bool:
        """Whether a name stands for a row of a database: other requests have objects of their own for it."""
        values = self._calls.of(self._module, self._scope, name, line)
        return any(isinstance(value, Instance) and (value.loaded or is_row(self._calls, value.of)) for value in values)

    def _is_method(self) -> bool:
        scope = self._module.facts.scopes[self._scope]
        return scope.parent in self._module.classes


def _fills_in(value: ast.expr, key: str) -> bool:
    """`x = x or make()`: what is there stays."""
    match value:
        case ast.BoolOp(op=ast.Or(), values=[first, *_]):
            return dotted(first) == key
        case ast.IfExp(body=body, orelse=other):
            return key in {dotted(body), dotted(other)}
    return False
