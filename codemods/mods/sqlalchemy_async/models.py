"""Relationships and columns that SQLAlchemy would load when they are read: a coroutine cannot wait there."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from codemods.facts.opened import name_of
from codemods.facts.order import walk
from codemods.facts.values import dotted, text_of
from codemods.mods.sqlalchemy_async.engines import add_argument
from codemods.mods.sqlalchemy_async.sheet import end_of, start_of, targets_of
from codemods.program.classes import is_test
from codemods.program.values import Definition, Instance

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from codemods.mods.codemod import Project
    from codemods.mods.sqlalchemy_async.seen import Seen
    from codemods.mods.sqlalchemy_async.sheet import Sheet
    from codemods.program.values import Values

_EAGER = frozenset({"immediate", "joined", "selectin", "subquery", "noload", "raise", "raise_on_sql"})
_OWN = frozenset({"dynamic", "write_only"})
_SHOWN = 3
_AWARE = re.compile(r"\btimezone\.utc\b|\bUTC\b|\bZoneInfo\(|\bnow\(tz")


@dataclass(frozen=True, slots=True)
class Relationship:
    """One relationship of a model."""

    path: str
    node: ast.Call
    owner: ast.ClassDef
    name: str
    target: str
    """The name of the class that it leads to, as far as it can be read."""


class Models:
    """All models of a project."""

    def __init__(self, seen: Seen, project: Project, refusals: list[str]) -> None:
        self._seen = seen
        self._project = project
        self._refusals = refusals
        self.notes: list[tuple[str, int, str]] = []
        """File, line and what is worth knowing there."""
        self._naive_columns = False
        self._relationships = [each for path in sorted(project.program.modules) for each in self._of_file(path)]

    @cached_property
    def _owners(self) -> dict[str, set[str]]:
        """The classes whose objects have a relationship of a name; those of a backref are where it leads."""
        found: dict[str, set[str]] = defaultdict(set)
        for each in self._relationships:
            found[each.name].add(each.owner.name)
            given = next((word.value for word in each.node.keywords if word.arg == "backref"), None)
            name = given.args[0] if isinstance(given, ast.Call) and given.args else given
            if name is not None and text_of(name):
                found[text_of(name)].add(each.target)
        return found

    def write(self) -> None:
        """Load with each object what some code reads from it."""
        read = self._readers(self._owners.keys())
        for each in self._relationships:
            sheet = self._seen.sheet(each.path)
            given = {word.arg: word.value for word in each.node.keywords}
            lazy = given.get("lazy")
            how = str(lazy.value) if isinstance(lazy, ast.Constant) else ""
            if how in _OWN:
                self._refuse(sheet, each.node, f"`{each.name}` is a query of its own (lazy={how!r})")
            self._backref(sheet, each, given.get("backref"), read)
            places = [place for place in read.get(each.name, ()) if place != f"{sheet.module.shown}:{each.node.lineno}"]
            if how in _EAGER or not places:
                continue
            shown = ", ".join(places[:_SHOWN]) + (f" and {len(places) - _SHOWN} more" if len(places) > _SHOWN else "")
            if each.target == each.owner.name:
                self._refuse(
                    sheet, each.node, f"`{each.name}` leads to its own class, so it cannot be loaded ahead ({shown})"
                )
            elif lazy is not None:
                sheet.replace(start_of(lazy), end_of(lazy), '"selectin"')
            else:
                add_argument(sheet, each.node, 'lazy="selectin"')
            text = f"{each.owner.name}.{each.name} was loaded when it was read ({shown}); now it comes with each object"
            self.notes.append((sheet.module.shown, each.node.lineno, text))

    def mixes_datetimes(self) -> bool:
        """Whether datetimes with a time zone may go into columns without one."""
        aware = any(_AWARE.search(sheet.opened.text) for path, sheet in self._seen.sheets.items() if not is_test(path))
        return aware and self._naive_columns

    def _backref(self, sheet: Sheet, each: Relationship, node: ast.expr | None, read: dict[str, list[str]]) -> None:
        name = text_of(node) if node is not None else ""
        if isinstance(node, ast.Constant) and read.get(name):
            sheet.replace(start_of(node), end_of(node), f'backref("{name}", lazy="selectin")')
            sheet.add_import("sqlalchemy.orm", "backref")
            text = f"{each.target or 'its target'}.{name} was loaded when it was read; now it comes with each object"
            self.notes.append((sheet.module.shown, each.node.lineno, text))
        elif isinstance(node, ast.Call) and all(word.arg != "lazy" for word in node.keywords):
            add_argument(sheet, node, 'lazy="selectin"')

    def _of_file(self, path: str) -> Iterator[Relationship]:
        sheet = self._seen.sheet(path)
        for node in walk(sheet.opened.tree):
            if isinstance(node, ast.AnnAssign) and node.value is None and isinstance(node.annotation, ast.Subscript):
                named = {name_of(each) for each in walk(node.annotation)}
                self._naive_columns |= {"Mapped", "datetime"} <= named
            if not isinstance(node, ast.Call) or not dotted(node.func):
                continue
            names = {
                name.rpartition(".")[2]
                for name in self._seen.outside(sheet, node.func)
                if name.startswith("sqlalchemy")
            }
            if not names:
                continue
            above = sheet.opened.parent(node)
            owner = sheet.opened.parent(above) if above is not None else None
            if isinstance(owner, ast.ClassDef) and names & {"Column", "mapped_column", "deferred", "column_property"}:
                self._column(sheet, owner, node)
            elif isinstance(owner, ast.ClassDef) and "relationship" in names:
                name = next((name_of(each) for each in targets_of(above)), "")
                if name:
                    yield Relationship(path, node, owner, name, self._target(node, above))

    def _target(self, node: ast.Call, statement: ast.AST | None) -> str:
        if node.args:
            first = node.args[0]
            return text_of(first) if isinstance(first, ast.Constant) else name_of(first)
        note = getattr(statement, "annotation", None)
        parts = walk(note) if note is not None else ()
        found = [name_of(each) or text_of(each) for each in parts if isinstance(each, ast.expr)]
        return next((each for each in reversed(found) if each and each[0].isupper()), "")

    def _column(self, sheet: Sheet, owner: ast.ClassDef, node: ast.Call) -> None:
        """What the database works out itself when a row changes must come back with the change."""
        words = {word.arg: word.value for word in node.keywords}
        statement = sheet.opened.statement(node)
        note = getattr(statement, "annotation", None)
        types = [*node.args, *([note] if note is not None else [])]
        named = {name_of(each) for part in types for each in walk(part)}
        self._naive_columns |= bool(named & {"DateTime", "TIMESTAMP", "datetime"}) and "timezone" not in ast.dump(node)
        if name_of(node.func) == "deferred" or _is_true(words.get("deferred")):
            self._refuse(sheet, node, "is a column that is only loaded when it is read; load it at once")
        onupdate = words.get("onupdate")
        in_sql = isinstance(onupdate, ast.Call) and name_of(
            onupdate.func.value if isinstance(onupdate.func, ast.Attribute) else onupdate.func
        ) in {"func", "text"}
        if not in_sql and "server_onupdate" not in words:
            return
        body = owner.body
        given = [each for each in body if "__mapper_args__" in {name_of(target) for target in targets_of(each)}]
        if given:
            value = getattr(given[0], "value", None)
            keys = [text_of(key) for key in value.keys if key] if isinstance(value, ast.Dict) else []
            if "eager_defaults" not in keys:
                self._refuse(sheet, node, "is worked out by the database; put eager_defaults=True into __mapper_args__")
            return
        indent = " " * statement.col_offset
        if sheet.once(f"eager_defaults {owner.lineno}"):
            sheet.insert(start_of(statement), f'__mapper_args__ = {{"eager_defaults": True}}\n{indent}')

    def _readers(self, names: Collection[str]) -> dict[str, list[str]]:
        """Where each name is read from an object, or stands for a field of one that is made from it."""
        found: dict[str, list[str]] = {}
        for path, _ in self._seen.mentioning(names):
            if path not in self._project.program.modules or is_test(path):
                continue
            sheet = self._seen.sheet(path)
            for node in walk(sheet.opened.tree):
                match node:
                    case ast.Attribute(ctx=ast.Load(), attr=name) if name in names:
                        values = self._seen.values(sheet.module, sheet.opened, node.value)
                        if self._may_be_read(values, name):
                            found.setdefault(name, []).append(sheet.where(node))
                    case ast.AnnAssign(target=ast.Name(id=name), value=value) if name in names:
                        if not (isinstance(value, ast.Call) and name_of(value.func) == "relationship"):
                            found.setdefault(name, []).append(sheet.where(node))
        return found

    def _may_be_read(self, values: Values, name: str) -> bool:
        """Whether it may be the relationship of an object; `Order.lines` in a query is none."""
        owners = self._owners[name]
        return not values or any(
            isinstance(value, Instance) and owners & {self._project.name_of(each) for each in self._line(value)}
            for value in values
        )

    def _line(self, value: Instance) -> list[Definition]:
        return [each for each in self._project.calls.line(value.of) if isinstance(each, Definition)]

    def _refuse(self, sheet: Sheet, node: ast.AST, reason: str) -> None:
        self._refusals.append(f"{sheet.where(node)} {reason}")


def _is_true(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and node.value is True
