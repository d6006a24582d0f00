"""Carry out planned edits on one file with libcst, which keeps every byte that it is not told to change."""

from __future__ import annotations

import sys
from collections import defaultdict
from contextlib import contextmanager
from typing import TYPE_CHECKING

import libcst as cst

from codemods.edits import AddImport, Below, Define, DropImport, Insert, Splice
from codemods.rewriting.blocks import Statement, insert_statement, is_blank, without_empty
from codemods.rewriting.imports import insert_constants, insert_import, is_import
from codemods.rewriting.lines import Style
from codemods.rewriting.splices import fitted, spliced
from codemods.rewriting.statements import edit_statement, locate, without_names

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from codemods.edits import Edit

__all__ = ["UnchangeableError", "rewrite"]

# libcst walks trees with Python's own stack: some eight frames a level.
_DEEPEST = 50_000


class UnchangeableError(Exception):
    """A file that libcst cannot be trusted with; the message says why."""


def rewrite(data: bytes, edits: Collection[Edit], limit: int = 0) -> bytes:
    """The bytes of a file with its edits carried out; `limit` is the longest line that its formatter lets stand."""
    with _deep_recursion():
        try:
            splices = [edit for edit in edits if isinstance(edit, Splice)]
            others = [edit for edit in edits if not isinstance(edit, Splice)]
            if not splices:
                return _edited(_parsed(data), others, limit).bytes
            module = _edited(_parsed(spliced(data, splices)), others, limit)
            return (fitted(module, data, limit) if limit else module).bytes
        except RecursionError as error:
            raise UnchangeableError("it is nested too deeply to be rewritten; split the expression") from error


def _parsed(data: bytes) -> cst.Module:
    try:
        module = cst.parse_module(data)
    except RecursionError:
        raise
    except Exception as error:
        # ParserSyntaxError is only one of the ways in which it fails on code that Python takes, `1 if(1)else 2` say.
        reason = str(error).partition("\n")[0]
        raise UnchangeableError(f"libcst, which rewrites it, cannot parse it ({reason})") from error
    if module.bytes != data:
        raise UnchangeableError("libcst does not give its bytes back unchanged, so no edit can be trusted")
    return module


def _edited(module: cst.Module, edits: Collection[Edit], limit: int) -> cst.Module:
    body: list[Statement] = list(module.body)
    places = locate(body)
    drops = [edit for edit in edits if isinstance(edit, DropImport)]
    outer = [edit for edit in drops if not isinstance(body[places[edit.statement][0]], cst.BaseCompoundStatement)]
    # They are statements of the module themselves.
    new = [edit for edit in edits if isinstance(edit, Insert) or (isinstance(edit, Below) and not edit.place)]
    inside: dict[int, list[Edit]] = defaultdict(list)
    for edit in edits:
        if not isinstance(edit, AddImport | Define | Splice) and edit not in outer and edit not in new:
            inside[places[edit.statement][0]].append(edit)
    for line, found in inside.items():
        body[line] = edit_statement(body[line], found, Style(module.default_indent, limit))
    for insertion in sorted(new, key=lambda each: (each.statement, each.text), reverse=True):
        insert_statement(body, places[insertion.statement][0], insertion)
    # New imports go in while the old ones still stand: they show where and how this file keeps them.
    first_use = body[min(inside)] if inside else None
    for addition in sorted(edit for edit in edits if isinstance(edit, AddImport)):
        before = next((n for n, each in enumerate(body) if each is first_use), len(body))
        insert_import(body, addition, before, limit)
    insert_constants(body, sorted(edit for edit in edits if isinstance(edit, Define)))
    names = {edit.name for edit in outer}
    body = without_empty([without_names(each, names) for each in body], module.header)
    return module.with_changes(body=body, header=_header(module, body))


def _header(module: cst.Module, body: Sequence[Statement]) -> Sequence[cst.EmptyLine]:
    """The comments at the top, with one blank line below them where an import is now the first statement."""
    header = list(module.header)
    if module.body and body[0] is not module.body[0] and is_import(body[0]) and not is_import(module.body[0]):
        while header and is_blank(header[-1]) and (len(header) == 1 or is_blank(header[-2])):
            header.pop()
    return header


@contextmanager
def _deep_recursion() -> Iterator[None]:
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, _DEEPEST))
    try:
        yield
    finally:
        sys.setrecursionlimit(limit)
