"""Put a name into an import that the file has already: `from a import b` takes a `c` as isort would have it."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import libcst as cst
from libcst.helpers import get_full_name_for_node

from codemods.rewrite.blocks import code_of
from codemods.rewrite.lines import WIDEST

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from codemods.rewrite.blocks import Statement


def join(statement: Statement, new: cst.SimpleStatementLine, limit: int) -> Statement | None:
    """The statement with the name that another one imports; nothing where it needs a line of its own."""
    old, wanted = _plain(statement), _plain(new)
    if old is None or wanted is None or _module(old) != _module(wanted):
        return None
    assert isinstance(statement, cst.SimpleStatementLine)  # noqa: S101 (as _plain has found)
    aliases = _with(_names(old), *_names(wanted))
    if aliases is None:
        return None
    joined = statement.with_changes(body=[old.with_changes(names=aliases)])
    code = code_of(joined.with_changes(leading_lines=[]))
    too_long = max(map(len, code.splitlines())) > (limit or WIDEST)
    return None if too_long else joined


def _plain(statement: Statement) -> cst.ImportFrom | None:
    """A line that is one `from a import b`."""
    if not isinstance(statement, cst.SimpleStatementLine) or len(statement.body) != 1:
        return None
    small = statement.body[0]
    plain = isinstance(small, cst.ImportFrom) and not isinstance(small.names, cst.ImportStar) and not small.relative
    return small if plain else None  # type: ignore[return-value]


def _names(statement: cst.ImportFrom) -> list[cst.ImportAlias]:
    return [] if isinstance(statement.names, cst.ImportStar) else list(statement.names)


def _module(statement: cst.ImportFrom) -> str:
    return (get_full_name_for_node(statement.module) or "") if statement.module else ""


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
