"""Awaits put around calls, and taken away; parentheses exactly where they are needed."""

from __future__ import annotations

import libcst as cst
from libcst._nodes.expression import ExpressionPosition


class AwaitedCall(cst.Await):
    """An await that ends as its call does, so that `f()is None` needs no blank more than before.

    libcst asks this of every expression next to a word, and takes an await to end in one.
    """

    def _safe_to_use_with_word_operator(self, position: ExpressionPosition) -> bool:
        if position == ExpressionPosition.LEFT and not self.rpar:
            return self.expression._safe_to_use_with_word_operator(position)  # noqa: SLF001 (libcst's own protocol)
        return bool(self.lpar)


def swapped(call: cst.Call, twin: str) -> cst.Call:
    """The call of something else with the same arguments."""
    return call.with_changes(func=cst.parse_expression(twin), lpar=(), rpar=())


def in_thread(call: cst.Call, runner: str, partial: str) -> cst.Call:
    """`f(a)` as `runner(f, a)`, or `runner(partial(f, a))`."""
    inside = call.whitespace_before_args
    # Arguments on one line of their own share it; where each has its own, so has the function.
    apart = isinstance(inside, cst.ParenthesizedWhitespace) and _one_by_one(call)
    gap = _without_comments(inside) if apart and isinstance(inside, cst.ParenthesizedWhitespace) else _BLANK
    arguments = [parenthesized(argument) for argument in call.args]
    comma = cst.Comma(whitespace_after=gap) if arguments else cst.MaybeSentinel.DEFAULT
    function = cst.Arg(call.func, comma=comma)
    if partial:
        made = call.with_changes(
            func=cst.parse_expression(partial),
            args=[function, *arguments],
            lpar=(),
            rpar=(),
            whitespace_before_args=inside,
        )
        return cst.Call(cst.parse_expression(runner), [cst.Arg(made)])
    if not arguments:
        function = function.with_changes(whitespace_after_arg=cst.SimpleWhitespace(""))
    return call.with_changes(func=cst.parse_expression(runner), args=[function, *arguments], lpar=(), rpar=())


_BLANK = cst.SimpleWhitespace(" ")


def _one_by_one(call: cst.Call) -> bool:
    """Whether arguments stand on lines of their own, or a comment among them keeps them where they are."""
    commas = [argument.comma for argument in call.args if isinstance(argument.comma, cst.Comma)]
    broken = any(isinstance(comma.whitespace_after, cst.ParenthesizedWhitespace) for comma in commas)
    comment = isinstance(call.whitespace_before_args, cst.ParenthesizedWhitespace) and (
        call.whitespace_before_args.first_line.comment is not None or bool(call.whitespace_before_args.empty_lines)
    )
    return broken or comment


def _without_comments(space: cst.ParenthesizedWhitespace) -> cst.ParenthesizedWhitespace:
    newline = cst.TrailingWhitespace(newline=space.first_line.newline)
    return space.with_changes(first_line=newline, empty_lines=())


def parenthesized(argument: cst.Arg) -> cst.Arg:
    """`f(x for x in y)` may leave out the parentheses only as long as it has one argument."""
    if isinstance(argument.value, cst.GeneratorExp) and not argument.value.lpar:
        value = argument.value.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
        return argument.with_changes(value=value)
    return argument


def through(call: cst.Call, attribute: str) -> cst.Call:
    """`file.read()` as `file.file.read()`."""
    if not isinstance(call.func, cst.Attribute):
        raise TypeError("expected a method")
    owner = cst.Attribute(call.func.value, cst.Name(attribute))
    return call.with_changes(func=call.func.with_changes(value=owner))


def bare(node: cst.Await) -> cst.BaseExpression:
    """What an await waited for, in the parentheses that stood around both."""
    inner = node.expression
    return inner.with_changes(lpar=[*node.lpar, *inner.lpar], rpar=[*inner.rpar, *node.rpar])


def enclosed(node: cst.BaseExpression, *, new: bool, gone: bool) -> cst.BaseExpression:
    """An operand that binds tightly: with parentheses around a new await, without those of one that went."""
    if new and not node.lpar:
        return node.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
    if (
        gone
        and len(node.lpar) == 1
        and _plain(node.lpar[0].whitespace_after)
        and _plain(node.rpar[0].whitespace_before)
    ):
        return node.with_changes(lpar=(), rpar=())
    return node


def _plain(space: cst.BaseParenthesizableWhitespace) -> bool:
    return isinstance(space, cst.SimpleWhitespace)
