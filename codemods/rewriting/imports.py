"""Put a new import where the file's own order has it.

libcst's own visitor appends it, unsorted, to the first block, ahead of docstrings in pieces, and past aliases that are
there already (../docs/design.md); this one reads how the file does it.
"""

from __future__ import annotations

import sys
from itertools import pairwise
from typing import TYPE_CHECKING

import libcst as cst
from libcst.helpers import get_full_name_for_node

from codemods.facts.comments import heads_imports
from codemods.rewriting.aliases import join
from codemods.rewriting.blocks import Statement, blanks, code_of, is_blank, leading, led
from codemods.rewriting.names import bound

if TYPE_CHECKING:
    from collections.abc import Sequence

    from codemods.edits import AddImport, Define

_STDLIB = frozenset(name.lower() for name in sys.stdlib_module_names)


def insert_import(body: list[Statement], addition: AddImport, before: int, limit: int = 0) -> None:
    """Add an import to a module's body, above the statement at `before`."""
    new = _statement(addition)
    run = _first_run(body, before)
    for place in run:
        joined = join(body[place], new, limit)
        if joined is not None:
            body[place] = joined
            return
    if not run:
        _insert_alone(body, new, _top(body))
        return
    outside = _outside(new)
    ours = _is_relative(new) or _root(new) in addition.ours
    group = [
        place
        for place in run
        if (_outside(body[place]) and _root(body[place]) not in addition.ours if outside else _of_stdlib(body[place]))
    ]
    if ours:
        same = [place for place in run if _is_relative(body[place]) or _root(body[place]) in addition.ours]
        if same:
            _insert_into(body, new, same)
        else:
            body.insert(run[-1] + 1, led(new, [cst.EmptyLine(indent=False)]))
    elif group:
        _insert_into(body, new, group)
    elif outside and any(_of_stdlib(body[place]) for place in run):
        last = max(place for place in run if _of_stdlib(body[place]))
        body.insert(last + 1, led(new, [cst.EmptyLine(indent=False)]))
    else:
        first = body[run[0]]
        gap = blanks(leading(first))
        rest = leading(first)[len(gap) :]
        body[run[0]] = led(first, [cst.EmptyLine(indent=False), *rest])
        body.insert(run[0], led(new, gap))


def insert_constants(body: list[Statement], definitions: Sequence[Define]) -> None:
    """Set names of the module below its imports, unless it sets them already."""
    blank = cst.EmptyLine(indent=False)
    there = {code_of(led(each, ())).strip() for each in body if not isinstance(each, cst.BaseCompoundStatement)}
    missing = [each for each in definitions if each.text not in there]
    place = _top(body)
    while place < len(body) and _only_imports(body[place]):
        place += 1
    libraries = {each.text.partition(" = ")[2].partition(".")[0] for each in missing}
    used = [n for n, each in enumerate(body) if is_import(each) and not libraries.isdisjoint(_names(each))]
    place = max([place, *(n + 1 for n in used)])
    for number, definition in enumerate(missing):
        new = cst.ensure_type(cst.parse_statement(definition.text), cst.SimpleStatementLine)
        body.insert(place + number, led(new, () if number else [blank]))
    following = place + len(missing)
    if missing and following < len(body) and not blanks(leading(body[following])):
        body[following] = led(body[following], [blank, *leading(body[following])])


def _only_imports(statement: cst.BaseStatement | cst.BaseSmallStatement) -> bool:
    """An import, or a block of nothing else: `if TYPE_CHECKING:`, `try: … except ImportError:`."""
    if isinstance(statement, cst.If | cst.Try):
        return all(map(_only_imports, statement.body.body))
    return isinstance(statement, Statement) and is_import(statement)


def _names(statement: Statement) -> list[str]:
    """The names that an import line binds."""
    smalls = statement.body if isinstance(statement, cst.SimpleStatementLine) else ()
    return [
        bound(alias)
        for small in smalls
        if isinstance(small, cst.Import | cst.ImportFrom) and not isinstance(small.names, cst.ImportStar)
        for alias in small.names
    ]


def _statement(addition: AddImport) -> cst.SimpleStatementLine:
    alias = f" as {addition.alias}" if addition.alias else ""
    source = f"from {addition.module} import {addition.name}" if addition.name else f"import {addition.module}"
    text = f"{source}{alias}"
    parsed = cst.parse_statement(text)
    if not isinstance(parsed, cst.SimpleStatementLine):
        raise TypeError(text)
    return parsed


def _first_run(body: list[Statement], before: int) -> list[int]:
    """The first lines of imports that follow each other, above a statement."""
    run: list[int] = []
    for place in range(_top(body), before):
        if is_import(body[place]):
            run.append(place)
        elif run:
            break
    return run


def _top(body: list[Statement]) -> int:
    """The first place after the docstring and `from __future__` imports."""
    place = 0
    if body and _is_docstring(body[0]):
        place = 1
    while place < len(body) and is_import(body[place]) and _key(body[place]) == "__future__":
        place += 1
    return place


def _is_docstring(statement: Statement) -> bool:
    small = statement.body[0] if isinstance(statement, cst.SimpleStatementLine) else None
    return isinstance(small, cst.Expr) and isinstance(small.value, cst.SimpleString | cst.ConcatenatedString)


def is_import(statement: Statement) -> bool:
    """Whether a line does nothing but import."""
    return isinstance(statement, cst.SimpleStatementLine) and all(
        isinstance(small, cst.Import | cst.ImportFrom) for small in statement.body
    )


def _insert_alone(body: list[Statement], new: Statement, place: int) -> None:
    """A first import, with room around it."""
    blank = cst.EmptyLine(indent=False)
    if place < len(body):
        following = body[place]
        wide = isinstance(following, cst.FunctionDef | cst.ClassDef)
        missing = (2 if wide else 1) - len(blanks(leading(following)))
        body[place] = led(following, [*[blank] * missing, *leading(following)])
    body.insert(place, led(new, [blank] if place else []))


def _insert_into(body: list[Statement], new: Statement, group: list[int]) -> None:
    """Among imports of its own kind: `import` lines first, or all by name where the file does it so."""
    froms = [_is_from(body[place]) for place in group]
    by_name = any(earlier and not later for earlier, later in pairwise(froms))
    peers = group if by_name else [place for place in group if _is_from(body[place]) == _is_from(new)]
    following = next((place for place in peers if _key(body[place]) > _key(new)), None)
    if following is None and not peers and not _is_from(new):
        following = group[0]
    if following is None:
        body.insert((peers or group)[-1] + 1, new)
        return
    statement = body[following]
    lines = leading(statement)
    start = len(blanks(lines))
    while start < len(lines) and not is_blank(lines[start]) and _is_heading(lines[start]):
        start += 1
    body[following] = led(statement, lines[start:])
    body.insert(following, led(new, lines[:start]))


def _is_heading(line: cst.EmptyLine) -> bool:
    return line.comment is not None and heads_imports(line.comment.value)


def _is_from(statement: Statement) -> bool:
    return isinstance(statement, cst.SimpleStatementLine) and isinstance(statement.body[0], cst.ImportFrom)


def _key(statement: Statement) -> str:
    """The module that an import line names first, as it sorts."""
    small = statement.body[0] if isinstance(statement, cst.SimpleStatementLine) else None
    if isinstance(small, cst.Import):
        return small.names[0].evaluated_name.lower()
    if isinstance(small, cst.ImportFrom):
        module = get_full_name_for_node(small.module) if small.module else ""
        return "." * len(small.relative) + (module or "").lower()
    return ""


def _is_relative(statement: Statement) -> bool:
    return _key(statement).startswith(".")


def _root(statement: Statement) -> str:
    return _key(statement).partition(".")[0]


def _of_stdlib(statement: Statement) -> bool:
    return _key(statement).partition(".")[0] in _STDLIB


def _outside(statement: Statement) -> bool:
    """Neither of the standard library nor relative: a third-party package, as far as can be seen."""
    return not _of_stdlib(statement) and not _key(statement).startswith(".")
