"""Put a name into an import that the file has already: `from a import b` takes a `c` as isort would have it."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import libcst as cst
from libcst.helpers import get_full_name_for_node

from codemods.rewriting.blocks import code_of
from codemods.rewriting.lines import WIDEST

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from codemods.rewriting.blocks import Statement


def join(statement: Statement, new: cst.SimpleStatementLine, limit: int) -> Statement | None:
    """The statement with the name that another one imports; nothing where it needs a line of its own."""
    old, wanted = _plain(statement), _plain(new)
    if old is None or wanted is None or _module(old) != _module(wanted):
        return None
    assert isinstance(statement, cst.SimpleStatementLine)  # noqa: S101 (as _plain has found)
    aliases = _with(_names(old), *_names(wanted))
    if aliases is None:
        return None
    for each in (old.with_changes(names=aliases), *_spread(old, aliases)):
        joined = statement.with_changes(body=[each])
        code = code_of(joined.with_changes(leading_lines=[]))
        if max(map(len, code.splitlines())) <= (limit or WIDEST):
            return joined
    return None


def _spread(old: cst.ImportFrom, aliases: Sequence[cst.ImportAlias]) -> Iterator[cst.ImportFrom]:
    """Each name on a line of its own, as black and isort have it, where they have stood on one line."""
    if old.lpar is not None:
        return
    line = cst.ParenthesizedWhitespace(indent=True, last_line=cst.SimpleWhitespace("    "))
    end = cst.ParenthesizedWhitespace(indent=True)
    last = len(aliases) - 1
    names = [
        each.with_changes(comma=cst.Comma(whitespace_after=end if n == last else line))
        for n, each in enumerate(aliases)
    ]
    yield old.with_changes(names=names, lpar=cst.LeftParen(whitespace_after=line), rpar=cst.RightParen())


def _plain(statement: Statement) -> cst.ImportFrom | None:
    """A line that is one `from a import b`."""
    if not isinstance(statement, cst.SimpleStatementLine) or len(statement.body) != 1:
        return None
    small = statement.body[0]
    plain = isinstance(small, cst.ImportFrom) and not isinstance(small.names, cst.ImportStar)
    return small if plain else None  # type: ignore[return-value]


def _names(statement: cst.ImportFrom) -> list[cst.ImportAlias]:
    return [] if isinstance(statement.names, cst.ImportStar) else list(statement.names)


def _module(statement: cst.ImportFrom) -> str:
    name = (get_full_name_for_node(statement.module) or "") if statement.module else ""
    return "." * len(statement.relative) + name


def _with(aliases: list[cst.ImportAlias], new: cst.ImportAlias) -> list[cst.ImportAlias] | None:
    """The names with one more; nothing where no name shows what stands between two."""
    if len(aliases) == 1 and isinstance(aliases[0].comma, cst.Comma):
        return None
    between = aliases[0].comma if len(aliases) > 1 else cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
    place = _place([each.evaluated_name for each in aliases], new.evaluated_name)
    last = aliases[-1].comma
    if place == len(aliases):
        return [*aliases[:-1], aliases[-1].with_changes(comma=between), new.with_changes(comma=last)]
    return [*aliases[:place], new.with_changes(comma=between), *aliases[place:]]


def _place(names: Sequence[str], new: str) -> int:
    """Where a name goes in the order that the others are in; behind them where they are in none."""
    orders: tuple[Callable[[str], object], ...] = (_by_kind, str.lower, str)
    order = next((key for key in orders if all(key(a) <= key(b) for a, b in pairwise(names))), None)  # type: ignore[operator]
    if order is None:
        return len(names)
    return next((n for n, each in enumerate(names) if order(each) > order(new)), len(names))  # type: ignore[operator]


def _by_kind(name: str) -> tuple[int, str]:
    """Constants, classes, everything else, as isort and ruff have it."""
    kind = 0 if name.isupper() and len(name) > 1 else 1 if name[:1].isupper() else 2
    return kind, name
