"""New text for one file, collected in any order: wrapped, replaced and inserted stretches."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from codemods.edits import AddImport, Splice
from codemods.facts.values import unlike

if TYPE_CHECKING:
    from codemods.edits import Edit
    from codemods.facts import Opened
    from codemods.program import Module

Place = tuple[int, int]
# At one place, what ends there comes first, then what begins there, then what takes its place.
_ENDS, _BEGINS, _REPLACES = range(3)


class Sheet:
    """One file's new text."""

    def __init__(self, module: Module, opened: Opened, ours: tuple[str, ...] = ()) -> None:
        self.module = module
        self.opened = opened
        self._splices: dict[tuple[Place, int, Place], Splice] = {}
        self._imports: dict[AddImport, None] = {}
        self.blocks: set[int] = set()
        """The lines of `with` statements that become asynchronous."""
        self._ours = ours
        self._lines = opened.text.encode().splitlines()
        self._dropped: list[tuple[Place, Place]] = []
        self._once: set[str] = set()

    def replace(self, start: Place, end: Place, text: str) -> None:
        """Other text in place of a stretch."""
        self._splices[start, _REPLACES, end] = Splice(start, end, text)

    def insert(self, place: Place, text: str) -> None:
        """Text that begins at a place."""
        earlier = self._splices.get((place, _BEGINS, place))
        self._splices[place, _BEGINS, place] = Splice(place, place, (earlier.text if earlier else "") + text)

    def wrap(self, node: ast.expr, before: str, after: str) -> None:
        """Text around an expression; that around an inner one which begins or ends there as well stays inside."""
        start, end = start_of(node), end_of(node)
        outer = (-end[0], -end[1])
        self._splices[start, _BEGINS, outer] = Splice(start, start, before)
        if after:
            self._splices[end, _ENDS, (-start[0], -start[1])] = Splice(end, end, after)

    def drop(self, start: Place, end: Place) -> None:
        """Take a stretch away, with all that changes in it."""
        self._dropped.append((start, end))
        self.replace(start, end, "")

    def dropped(self, node: ast.expr) -> bool:
        """Whether a node stands in a stretch that goes."""
        return any(start <= start_of(node) and end_of(node) <= end for start, end in self._dropped)

    def between(self, start: Place, end: Place) -> str:
        """The text of a stretch."""
        lines = self._lines[start[0] - 1 : end[0]]
        lines[-1] = lines[-1][: end[1]]
        lines[0] = lines[0][start[1] :]
        return b"\n".join(lines).decode()

    def once(self, name: str) -> bool:
        """Whether something comes up for the first time."""
        new = name not in self._once
        self._once.add(name)
        return new

    def add_import(self, module: str, name: str) -> None:
        """A name from another module, or a module (without one), where the file has it not yet."""
        bindings = self.module.names.get((0, name), ())
        target = f"{module}.{name}" if module else name
        if all(each.kind != "import" or each.target != target for each in bindings):
            self._imports[AddImport(module or name, "", name if module else "", self._ours)] = None

    def called(self, module: str, name: str) -> str:
        """What a function from another module goes by here, from now on."""
        scopes = self.module.facts.scopes
        bindings = self.module.names.get((0, name), ())
        own = any(each.kind != "import" or each.target != f"{module}.{name}" for each in bindings)
        if not own and not any(each == name and scopes[n].kind != "class" for n, each in self.module.names if n):
            self.add_import(module, name)
            return name
        alias = unlike(f"sql_{name}", self.opened.identifiers)
        self._imports[AddImport(module, alias, name, self._ours)] = None
        return alias

    @property
    def imports(self) -> list[AddImport]:
        """The names that it needs from other modules."""
        return list(self._imports)

    def edits(self) -> list[Edit]:
        """Everything, in the order in which it goes into the file."""
        gone = [
            key
            for key, each in self._splices.items()
            for start, end in self._dropped
            if start <= each.start and each.end <= end and (each.start, each.end) != (start, end)
        ]
        texts: dict[tuple[Place, Place], str] = {}
        for _, each in sorted((key, each) for key, each in self._splices.items() if key not in gone):
            # Two inserted texts may be the same, and an edit is made once.
            texts[each.start, each.end] = texts.get((each.start, each.end), "") + each.text
        return [*(Splice(start, end, text) for (start, end), text in texts.items()), *self._imports]

    def where(self, node: ast.AST) -> str:
        """A place as a person is told about it."""
        return f"{self.module.shown}:{getattr(node, 'lineno', 0)}"


def start_of(node: ast.expr | ast.stmt | ast.arg | ast.keyword | ast.alias) -> Place:
    """Where a node begins."""
    return node.lineno, node.col_offset


def end_of(node: ast.expr | ast.stmt | ast.arg | ast.keyword | ast.alias) -> Place:
    """Where a node ends."""
    return node.end_lineno or node.lineno, node.end_col_offset or node.col_offset


def targets_of(statement: ast.AST | None) -> list[ast.expr]:
    """What an assignment sets; nothing for other statements."""
    match statement:
        case ast.Assign(targets=targets):
            return targets
        case ast.AnnAssign(target=target):
            return [target]
    return []
