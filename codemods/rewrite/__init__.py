"""Carry out planned edits on one file with libcst, which keeps every byte that it is not told to change."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import libcst as cst

from codemods.edits import AddImport, AwaitTwin, DropImport
from codemods.rewrite.blocks import Statement, without_empty
from codemods.rewrite.imports import insert_import
from codemods.rewrite.statements import edit_statement, locate, without_names

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from codemods.edits import Edit

__all__ = ["UnchangeableError", "rewrite"]

# libcst walks trees with Python's own stack: some eight frames a level.
_DEEPEST = 50_000


class UnchangeableError(Exception):
    """A file that libcst cannot be trusted with; the message says why."""


def rewrite(data: bytes, edits: Collection[Edit]) -> bytes:
    """The bytes of a file with its edits carried out."""
    with _deep_recursion():
        try:
            module = cst.parse_module(data)
            if module.bytes != data:
                raise UnchangeableError("libcst does not give its bytes back unchanged, so no edit can be trusted")
            return _edited(module, edits).bytes
        except RecursionError as error:
            raise UnchangeableError("it is nested too deeply to be rewritten; split the expression") from error
        except cst.ParserSyntaxError as error:
            raise UnchangeableError(f"libcst cannot parse it: {error.message}") from error


def _edited(module: cst.Module, edits: Collection[Edit]) -> cst.Module:
    body: list[Statement] = list(module.body)
    places = locate(body)
    twins = [edit for edit in edits if isinstance(edit, AwaitTwin)]
    drops = [edit for edit in edits if isinstance(edit, DropImport)]
    inner = [edit for edit in drops if isinstance(body[places[edit.statement][0]], cst.BaseCompoundStatement)]
    for number in sorted({edit.statement for edit in twins} | {edit.statement for edit in inner}):
        line, _ = places[number]
        body[line] = edit_statement(
            body[line],
            {edit.call: edit for edit in twins if edit.statement == number},
            {edit.place: edit for edit in inner if edit.statement == number},
        )
    # New imports go in while the old ones still stand: they show where and how this file keeps them.
    first_use = body[min(places[edit.statement][0] for edit in twins)]
    for addition in sorted(edit for edit in edits if isinstance(edit, AddImport)):
        insert_import(body, addition, body.index(first_use))
    outer = {edit.name for edit in drops if edit not in inner}
    return module.with_changes(body=without_empty([without_names(each, outer) for each in body], module.header))


@contextmanager
def _deep_recursion() -> Iterator[None]:
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, _DEEPEST))
    try:
        yield
    finally:
        sys.setrecursionlimit(limit)
