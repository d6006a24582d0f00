"""What a statement's own text says about whether code runs: constants, exits, empty bodies, loops of known length."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_EXITS = (ast.Return, ast.Raise, ast.Continue, ast.Break)
_TYPE_CHECKING = {"TYPE_CHECKING", "MYPY"}
_MOST_DIGITS = 30


def constant_truth(test: ast.expr) -> bool | None:
    """Whether a condition always holds or never does; None where it depends."""
    match test:
        case ast.Constant(value=value):
            return bool(value)
        case ast.Name(id=name) | ast.Attribute(attr=name) if name in _TYPE_CHECKING:
            return False
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            inner = constant_truth(operand)
            return None if inner is None else not inner
        case ast.BoolOp(op=ast.And(), values=values) if any(constant_truth(each) is False for each in values):
            return False
        case ast.BoolOp(op=ast.Or(), values=values) if any(constant_truth(each) is True for each in values):
            return True
    return None


def ends(statement: ast.stmt) -> bool:
    """Whether what follows a statement in its block never runs."""
    while isinstance(statement, ast.If):
        truth = constant_truth(statement.test)
        if truth is None:
            # Both ways must end; the longer one, an `elif` chain, is followed without recursion.
            if not statement.orelse or not _last_ends(statement.body):
                return False
            statement = statement.orelse[-1]
        else:
            taken = statement.body if truth else statement.orelse
            if not taken:
                return False
            if any(isinstance(each, _EXITS) for each in taken):
                return True
            statement = taken[-1]
    return isinstance(statement, _EXITS)


def _last_ends(body: list[ast.stmt]) -> bool:
    return isinstance(body[-1], _EXITS)


def idle(body: list[ast.stmt]) -> bool:
    """Whether a function's body does nothing, as that of an abstract method."""
    for statement in body:
        match statement:
            case ast.Expr(value=ast.Constant()) | ast.Pass():
                continue
            case ast.Raise(exc=ast.Name(id=name) | ast.Call(func=ast.Name(id=name))) if name == "NotImplementedError":
                continue
        return False
    return True


def missing_yet(test: ast.expr) -> str:
    """The name that a condition finds to be nothing yet: `if client is None`, `if not client`."""
    match test:
        case ast.Compare(left=left, ops=[ast.Is()], comparators=[ast.Constant(value=None)]):
            return _lasting(left)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return _lasting(operand)
    return ""


def kept_from_before(statement: ast.stmt) -> str:
    """The name that a statement hands out if it is set already: `if client is not None: return client`."""
    match statement:
        case ast.If(test=test, body=[*_, ast.Return()], orelse=[]):
            match test:
                case ast.Compare(left=left, ops=[ast.IsNot()], comparators=[ast.Constant(value=None)]):
                    return _lasting(left)
                case ast.Name() | ast.Attribute():
                    return _lasting(test)
    return ""


def _lasting(node: ast.expr) -> str:
    """A name, or an attribute of a class: those of an object last only as long as it."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=ast.Name(id=owner), attr=name) if owner == "cls" or owner[:1].isupper():
            return f"{owner}.{name}"
    return ""


def assigns(name: str, statements: Sequence[ast.stmt]) -> bool:
    """Whether any of some statements sets a name."""
    owner, _, attribute = name.rpartition(".")
    for statement in statements:
        for node in ast.walk(statement):
            match node:
                case ast.Name(id=found, ctx=ast.Store()) if found == name:
                    return True
                case ast.Attribute(value=ast.Name(id=base), attr=found, ctx=ast.Store()):
                    if (base, found) == (owner, attribute):
                        return True
    return False


def rounds(loop: ast.For) -> int:
    """How often a loop over a `range` of constants goes round without giving way; 0 where that is not known."""
    match loop.iter:
        case ast.Call(func=ast.Name(id="range"), args=[*_, size]) if (number := _number(size)) is not None:
            waits = (ast.Await, ast.AsyncFor, ast.AsyncWith, ast.Yield, ast.Break, ast.Return)
            return 0 if any(isinstance(node, waits) for part in loop.body for node in ast.walk(part)) else number
    return 0


def _number(node: ast.expr) -> int | None:
    match node:
        case ast.Constant(value=bool()):
            return None
        case ast.Constant(value=int() as value):
            return value
        case ast.BinOp(left=ast.Constant(value=int() as left), op=ast.Mult(), right=ast.Constant(value=int() as right)):
            return left * right
        case ast.BinOp(left=ast.Constant(value=int() as base), op=ast.Pow(), right=ast.Constant(value=int() as power)):
            return int(base**power) if 0 <= power <= _MOST_DIGITS and abs(base) <= _MOST_DIGITS else None
    return None
