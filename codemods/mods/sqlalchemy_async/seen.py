"""What a project does with SQLAlchemy's synchronous objects: every place, and the function that it stands in."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from codemods import catalog
from codemods.facts.opened import name_of
from codemods.facts.order import walk
from codemods.facts.values import dotted
from codemods.mods.sqlalchemy_async.sheet import Sheet
from codemods.mods.uses import Uses, other_names, ours
from codemods.program.values import Definition, Thing

if TYPE_CHECKING:
    from codemods.mods.codemod import Project

# Methods that hardly anything but a session has.
_TELLING = frozenset({"commit", "flush", "query", "refresh", "rollback", "scalars"})
_JOINED = re.compile(r"lazy\s*=\s*(False|['\"]joined['\"])|joinedload|contains_eager")
_ROLES = ("session", "connection", "query", "engine", "factory")


@dataclass(frozen=True, slots=True)
class Place:
    """One node, what it is about and where it stands."""

    role: str
    """`session`, `connection`, `query`, `engine` or `factory`: what the object is."""
    node: ast.expr
    """An attribute of the object, or the name that stands for it."""
    path: str
    function: Definition
    """The innermost function around it; scope 0 where that is the module."""


@dataclass(frozen=True, slots=True)
class Maker:
    """A call that makes an engine, a factory of sessions, or a session."""

    role: str
    node: ast.Call
    path: str
    function: Definition


class Seen(Uses):
    """Everything of a project that is about SQLAlchemy's objects."""

    def __init__(self, project: Project) -> None:
        super().__init__(project)
        self.known: dict[str, dict[str, Any]] = catalog.sqlalchemy_async()
        self._types = {self.known[role]["type"]: role for role in _ROLES}
        self.sheets: dict[str, Sheet] = {}
        self.places: dict[str, list[Place]] = defaultdict(list)
        """What is read from the objects, by file."""
        self.names: dict[str, list[Place]] = defaultdict(list)
        """The objects themselves, where they are mentioned, by file."""
        self.makers: list[Maker] = []
        self.notes: dict[str, list[ast.expr]] = defaultdict(list)
        """Mentions of the class Session that are no calls, by file."""
        self.unknown: list[str] = []
        """Calls that may be of a session, on something that is not known."""
        for path in sorted(self._modules):
            self._look_through(path)

    def sheet(self, path: str) -> Sheet:
        """The new text of a file."""
        if path not in self.sheets:
            module = self._modules[path]
            self.sheets[path] = Sheet(module, self._project.open(path), ours(self._project.program, module))
        return self.sheets[path]

    def role_of(self, path: str, node: ast.expr) -> str:
        """What an expression is, where it can be nothing else but None."""
        opened = self.sheet(path).opened
        types = {value.type for value in self.values(self._modules[path], opened, node) if isinstance(value, Thing)}
        roles = {self._types[each] for each in types if each in self._types}
        return roles.pop() if len(roles) == 1 else ""

    def function_at(self, path: str, node: ast.AST) -> Definition:
        """The innermost function around a node that has a name: a lambda is a part of it."""
        module = self._modules[path]
        scope = module.function_of(self.sheet(path).opened.scope(node))
        while module.facts.scopes[scope].kind == "lambda":
            scope = module.function_of(module.facts.scopes[scope].parent)
        return Definition(path, scope)

    def _look_through(self, path: str) -> None:
        opened = self.sheet(path).opened
        loose: list[ast.Attribute] = []
        for node in walk(opened.tree):
            if isinstance(node, ast.Call):
                self._made(path, node)
            if not isinstance(node, ast.Name | ast.Attribute) or not isinstance(node.ctx, ast.Load):
                continue
            function = self.function_at(path, node)
            if dotted(node) and self._is_class(path, node):
                self.notes[path].append(node)
            elif role := self.role_of(path, node):
                self.names[path].append(Place(role, node, path, function))
            elif isinstance(node, ast.Attribute) and (role := self.role_of(path, node.value)):
                self.places[path].append(Place(role, node, path, function))
            elif isinstance(node, ast.Attribute) and node.attr in _TELLING:
                loose.append(node)
        names = {name_of(each.node) for each in self.names[path]}
        self.unknown += [
            self.sheet(path).where(node)
            for node in loose
            if name_of(node.value) in names and not self.values(self._modules[path], opened, node.value)
        ]

    def _is_class(self, path: str, node: ast.expr) -> bool:
        opened = self.sheet(path).opened
        above = opened.parent(node)
        if isinstance(above, ast.Attribute) or (isinstance(above, ast.Call) and above.func is node):
            return False
        module = self._modules[path]
        outside = self._project.program.resolve(module, opened.scope(node), dotted(node)).outside
        return not outside.isdisjoint(self.known["session"]["names"])

    def _made(self, path: str, node: ast.Call) -> None:
        opened, module = self.sheet(path).opened, self._modules[path]
        callee = dotted(node.func)
        if not callee:
            return
        outside = self._project.program.resolve(module, opened.scope(node), callee).outside
        for role, names in (
            ("engine", self.known["engine"]["makers"]),
            ("factory", self.known["factory"]["makers"]),
            ("session", self.known["session"]["names"]),
        ):
            if not outside.isdisjoint(names):
                self.makers.append(Maker(role, node, path, self.function_at(path, node)))

    def outside(self, sheet: Sheet, node: ast.expr) -> frozenset[str]:
        """What a dotted name stands for in other people's libraries."""
        return self._project.program.resolve(sheet.module, sheet.opened.scope(node), dotted(node)).outside

    def makes(self, node: ast.Call, *roles: str) -> bool:
        """Whether a call makes one of some things: `session` for `Session(…)`."""
        return any(each.node is node for each in self.makers if each.role in roles)

    def mentions(self, name: str) -> list[tuple[str, ast.expr]]:
        """Where a name is read without being called, by whatever name a file knows it."""
        return self._by_name.get(name, [])

    @cached_property
    def _by_name(self) -> dict[str, list[tuple[str, ast.expr]]]:
        found: dict[str, list[tuple[str, ast.expr]]] = defaultdict(list)
        for path, sheet in self.sheets.items():
            opened, others = sheet.opened, other_names(sheet.opened)
            for node in walk(opened.tree):
                if not isinstance(node, ast.Name | ast.Attribute) or not isinstance(node.ctx, ast.Load):
                    continue
                above = opened.parent(node)
                if not (isinstance(above, ast.Call) and above.func is node):
                    name = name_of(node)
                    for each in {name, others.get(name, name)}:
                        found[each].append((path, node))
        return found

    @cached_property
    def forgetting(self) -> bool:
        """Whether sessions load everything anew after a commit, as they do unless they are told otherwise."""
        given = [
            {word.arg: ast.unparse(word.value) for word in each.node.keywords}
            for each in self.makers
            if each.role in {"factory", "session"}
        ]
        return any(words.get("expire_on_commit") != "False" for words in given)

    @cached_property
    def joined(self) -> bool:
        """Whether some relationship is loaded by a join, which gives an object once for each row."""
        text = "".join(each.opened.text for each in self.sheets.values())
        return bool(_JOINED.search(text))
