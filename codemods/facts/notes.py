"""What a walk over a file has noted so far, and how it notes it."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any, NamedTuple

from codemods.facts.flow import assigns, ends, kept_from_before
from codemods.facts.kinds import Binding, Scope, Touch
from codemods.facts.values import dotted, text_of, value_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from codemods.facts.kinds import Call, Context, Expr, Patch
    from codemods.facts.positions import Positions
    from codemods.facts.shapes import Shapes

UNKNOWN = -1
NAMELESS = frozenset({"comprehension", "generator"})


class Here(NamedTuple):
    """What surrounds a node. A named tuple, because one is made for every other node of a project."""

    scope: int
    live: bool = True
    """Runs when its scope runs; an annotation does not."""
    plain: bool = True
    last_line: int = 0
    awaited: bool = False
    argument_of: int = -1
    contexts: tuple[int, ...] = ()
    once: bool = False
    """Runs only the first time, because it sets the global that it is guarded by."""


# `_replace` takes a microsecond more, for every other node of a project.
_new = tuple.__new__


def operand(here: Here) -> Here:
    """The surroundings of an operand: it is neither awaited nor an argument itself."""
    if here.awaited or here.argument_of != -1:
        return argument(here, -1)
    return here


def argument(here: Here, call: int) -> Here:
    """The surroundings of what a call, by its number, takes as an argument."""
    scope, live, plain, last_line, _, _, contexts, once = here
    return _new(Here, (scope, live, plain, last_line, False, call, contexts, once))


def part(here: Here, last_line: int = 0) -> Here:
    """The surroundings of a part of a statement; with a last line where the statement is a simple one."""
    scope, live, _, _, awaited, argument_of, contexts, once = here
    return _new(Here, (scope, live, False, last_line, awaited, argument_of, contexts, once))


class Value(NamedTuple):
    """What a name is bound to, as long as the calls in it have no numbers yet."""

    node: ast.expr | None
    ways: tuple[tuple[Any, ...], ...] = ()
    """How to get from the node's value to the name's: `("iter",)`, `("unpack", 0)`, one after the other."""
    annotation: ast.expr | None = None

    def by(self, *way: object) -> Value:
        """A part of this value."""
        return Value(self.node, (*self.ways, way))

    def shape(self, shapes: Shapes) -> Expr:
        """Its shape."""
        shape = shapes.of(self.node)
        for how, *rest in self.ways if shape is not None else ():
            shape = (how, shape, *rest)
        return shape


NOTHING = Value(None)
_SOMEHOW = ("value", "")


class Body:
    """What a function's body says about it."""

    def __init__(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> None:
        self.node = node
        self.results: list[ast.AST] = []
        self.yields: list[ast.AST | None] = []
        self.generator = False
        self.suspends = False


class Notes:
    """Everything noted, with the nodes whose shapes are worked out when all calls have their numbers."""

    def __init__(self, positions: Positions) -> None:
        self.positions = positions
        self.statement = 0
        self.stack: list[tuple[ast.AST, Here]] = []
        self.scopes = [Scope("module", -1, "", 1)]
        self.declared: list[dict[str, int]] = [{}]
        self.bodies: dict[int, Body] = {}
        self.classes: list[tuple[int, ast.ClassDef]] = []
        self.bindings: list[tuple[Binding, Value]] = []
        self.stores: list[tuple[Binding, Value]] = []
        self.targets: dict[int, Value] = {}
        self.calls: list[tuple[Call, ast.Call]] = []
        self.touches: list[tuple[Touch, ast.AST]] = []
        self.reads: set[tuple[int, str]] = set()
        self.call_numbers: dict[int, int] = {}
        self.scope_numbers: dict[int, int] = {}
        self.call_count = 0
        self.first_calls: list[int] = []
        self.contexts: list[tuple[Context, ast.AST]] = []
        self.patches: list[Patch] = []
        self.changing: set[int] = set()
        self.modules: list[str] = []
        self.stars: list[str] = []
        self.attributes: set[str] = set()
        self.strings: set[str] = set()

    def push(self, nodes: list[ast.AST], here: Here) -> None:
        """Have nodes read next, first one first; names that are only read, and numbers, have nothing to tell."""
        for node in reversed(nodes):
            kind = type(node)
            if kind is ast.Name:
                if type(node.ctx) is ast.Load:  # type: ignore[attr-defined]
                    continue
            elif kind is ast.Constant and type(node.value) is not str:  # type: ignore[attr-defined]
                continue
            self.stack.append((node, here))

    def push_pairs(self, pairs: list[tuple[ast.AST, Here]]) -> None:
        """The same, each with its own surroundings."""
        self.stack.extend(reversed(pairs))

    def block(self, statements: Sequence[ast.stmt], here: Here) -> list[tuple[ast.AST, Here]]:
        """Statements one after the other; what stands behind a `return` never runs."""
        pairs: list[tuple[ast.AST, Here]] = []
        for statement in statements:
            pairs.append((statement, here))
            if here.live and ends(statement):
                here = here._replace(live=False)
            elif not here.once and here.scope and (name := kept_from_before(statement)):
                here = here._replace(once=self.sets_global(name, statements, here.scope))
        return pairs

    def sets_global(self, name: str, statements: Sequence[ast.stmt], scope: int) -> bool:
        """Whether statements of a function set a name that outlives it."""
        lasting = "." in name or self.declared[scope].get(name) == 0 or self.scopes[scope].kind == "module"
        return (lasting or _declares(name, statements)) and assigns(name, statements)

    def bind(self, name: str, here: Here, line: int, how: tuple[str, str] = _SOMEHOW, value: Value = NOTHING) -> None:
        """Note that a name gets a value; `how` is the binding's kind and target."""
        binding = Binding(name, here.scope, *how, line, here.plain, None, None, here.scope)
        self.bindings.append((binding, value))

    def open_scope(self, node: ast.AST, kind: str, name: str, line: int, here: Here) -> int:
        """A new scope inside the current one."""
        self.scope_numbers[id(node)] = len(self.scopes)
        outer = self.scopes[here.scope].qualname
        inner = outer if kind in NAMELESS else f"{outer}.{name}" if outer else name
        self.scopes.append(Scope(kind, here.scope, inner, line))
        self.declared.append({})
        return len(self.scopes) - 1

    def set(self, target: ast.expr, value: Value, here: Here) -> None:
        """Remember what a name or an attribute is set to; other targets are met as they are walked."""
        how = _SOMEHOW if value.ways else value_of(value.node)
        if not isinstance(target, ast.Name):
            self.changing.add(here.scope)
        if isinstance(target, ast.Name):
            self.bind(target.id, here, target.lineno, how, value)
        elif isinstance(target, ast.Attribute) and (name := dotted(target)):
            self.store(name, here, target.lineno, how, value)
        elif isinstance(target, ast.Subscript) and (owner := dotted(target.value)) and (key := text_of(target.slice)):
            self.store(f"{owner}[{key}]", here, target.lineno, how, value)
        else:
            self.target(target, value)

    def store(self, name: str, here: Here, line: int, how: tuple[str, str], value: Value) -> None:
        """Note that an attribute gets a value."""
        self.stores.append((Binding(name, here.scope, *how, line, here.plain, None, None, here.scope), value))

    def target(self, target: ast.expr, value: Value) -> None:
        """Note which part of a value each name in a target will get, for when the walk meets it."""
        if isinstance(target, ast.Tuple | ast.List):
            whole = value.node if not value.ways and isinstance(value.node, ast.Tuple | ast.List) else None
            pairwise = whole is not None and len(whole.elts) == len(target.elts)
            for number, part in enumerate(target.elts):
                self.target(part, Value(whole.elts[number]) if whole and pairwise else value.by("unpack", number))
        elif isinstance(target, ast.Name | ast.Attribute):
            self.targets[id(target)] = value

    def iterate(self, value: ast.expr, here: Here, times: int) -> None:
        """Something is iterated over."""
        if here.live:
            last = max(here.last_line, value.end_lineno or 0)
            touch = Touch(
                "iterate", here.scope, None, self.positions.place(value), last, times, here.once, here.contexts
            )
            self.touches.append((touch, value))

    # What a function hands out
    def body_of(self, scope: int) -> Body | None:
        """The function that code in a scope belongs to."""
        while self.scopes[scope].kind in NAMELESS:
            scope = self.scopes[scope].parent
        return self.bodies.get(scope)

    def suspend(self, scope: int) -> None:
        """The function gives way to the loop here."""
        body = self.body_of(scope)
        if body is not None:
            body.suspends = True


def _declares(name: str, statements: Sequence[ast.stmt]) -> bool:
    return any(isinstance(each, ast.Global) and name in each.names for each in statements)
