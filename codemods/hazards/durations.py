"""Whether a number of seconds is certain to be a plain wait.

`time.sleep` raises for negative numbers and nan where the async twins return or hang, so a duration must be provably a
real number of zero or more. Names are followed to all their values in the file; a loop such as `delay *= 2` keeps a
duration that starts well.
"""

from __future__ import annotations

import ast
import math
from typing import TYPE_CHECKING

from codemods.facts.values import dotted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codemods.facts import Opened
    from codemods.program import Module, Program

_LONGEST = 1e9
_KEEPING = (ast.Add, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow)
_POSITIVE_CALLS = frozenset({"builtins.abs", "builtins.len", "random.random", "math.exp", "math.fabs"})
_WRAPPING_CALLS = frozenset(
    {"builtins.float", "builtins.int", "builtins.round", "builtins.min", "math.ceil", "math.floor", "math.sqrt"}
)
_BETWEEN_CALLS = frozenset({"random.uniform", "random.randint", "random.randrange", "random.triangular"})


class Durations:
    """Answers for one file."""

    def __init__(self, opened: Opened, module: Module, program: Program) -> None:
        self._opened = opened
        self._module = module
        self._program = program
        self._assumed: set[tuple[int, str]] = set()

    def certain(self, node: ast.expr, scope: int) -> bool:
        """Whether an expression, read in a scope, is a finite number of zero or more."""
        try:
            return self._certain(node, scope)
        except RecursionError:
            return False

    def _certain(self, node: ast.expr, scope: int) -> bool:
        match node:
            case ast.Constant(value=bool()):
                return True
            case ast.Constant(value=int() | float() as value):
                return math.isfinite(value) and 0 <= value <= _LONGEST
            case ast.UnaryOp(op=ast.UAdd(), operand=operand) | ast.NamedExpr(value=operand):
                return self._certain(operand, scope)
            case ast.BinOp(op=ast.Pow(), left=ast.Constant(value=int() | float() as base), right=exponent) if base > 0:
                return isinstance(_bare(exponent), ast.Constant) or self._certain(exponent, scope)
            case ast.BinOp(op=op, left=left, right=right) if isinstance(op, _KEEPING):
                return self._certain(left, scope) and self._certain(right, scope)
            case ast.IfExp(body=body, orelse=orelse):
                return self._certain(body, scope) and self._certain(orelse, scope)
            case ast.BoolOp(values=values):
                return all(self._certain(value, scope) for value in values)
            case ast.Call():
                return self._call(node, scope)
            case ast.Name():
                return self._name(node.id, scope)
        return False

    def _call(self, node: ast.Call, scope: int) -> bool:
        called = dotted(node.func)
        meaning = self._program.resolve(self._module, scope, called).only if called else None
        if meaning is None or meaning.module or any(isinstance(argument, ast.Starred) for argument in node.args):
            return False
        if meaning.name == "builtins.max":
            return len(node.args) > 1 and any(self._certain(argument, scope) for argument in node.args)
        if meaning.name in _POSITIVE_CALLS:
            return True
        if meaning.name in _WRAPPING_CALLS | _BETWEEN_CALLS:
            arguments = node.args[:1] if meaning.name == "builtins.round" else node.args
            return bool(arguments) and not node.keywords and all(self._certain(each, scope) for each in arguments)
        return False

    def _name(self, name: str, scope: int) -> bool:
        holder = self._module.holder(scope, name)
        if holder is None or (holder, name) in self._assumed:
            return holder is not None
        bindings = self._module.names[holder, name]
        values = list(self._values(name, holder))
        if len(values) != len(bindings):
            return False
        self._assumed.add((holder, name))
        try:
            return all(self._value(value, where) for value, where in values)
        finally:
            self._assumed.discard((holder, name))

    def _value(self, value: ast.AST, scope: int) -> bool:
        """What a name is bound by: an expression, or a statement that computes from its own value."""
        match value:
            case ast.AugAssign(op=op, value=operand):
                return isinstance(op, _KEEPING) and self._certain(operand, scope)
            case ast.For(iter=ast.Call() as source) | ast.comprehension(iter=ast.Call() as source):
                return self._counts_up(source, scope)
            case ast.expr():
                return self._certain(value, scope)
        return False

    def _counts_up(self, source: ast.Call, scope: int) -> bool:
        """`range(n)`, and `range` from zero or more upwards; `range(n)` is empty for a negative n."""
        meaning = self._program.resolve(self._module, scope, dotted(source.func)).only if dotted(source.func) else None
        if meaning is None or meaning.name != "builtins.range" or source.keywords:
            return False
        bounds = [source.args[0], *source.args[2:]] if len(source.args) > 1 else []
        return all(self._certain(bound, scope) for bound in bounds)

    def _values(self, name: str, holder: int) -> Iterator[tuple[ast.AST, int]]:
        """Each way in which a name of a scope is bound, with the scope that it is computed in."""
        for node in self._opened.bound.get(name, ()):
            scope = self._opened.scope(node)
            if self._module.holder(scope, name) != holder:
                continue
            above = self._opened.parent(node)
            match above:
                case ast.Assign(targets=targets, value=value) if node in targets:
                    yield value, scope
                case ast.AnnAssign(value=ast.expr() as value) | ast.NamedExpr(value=value):
                    yield value, scope
                case ast.AugAssign():
                    yield above, scope
                case ast.For(target=target) | ast.comprehension(target=target) if target is node:
                    yield above, scope


def _bare(node: ast.expr) -> ast.expr:
    """The operand of a sign: a positive number to any power is positive."""
    return node.operand if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) else node
