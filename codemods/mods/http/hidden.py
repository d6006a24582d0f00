"""Who waits for requests' exceptions without calling what raises them: middlewares, wrappers, tasks, dependencies.

No call leads from such a place to the function whose exceptions it gets, so it waits for those of both libraries.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from codemods import catalog
from codemods.facts.opened import name_of
from codemods.facts.order import walk
from codemods.hazards import Hazard
from codemods.mods.catching import parts
from codemods.mods.http.errors import REGISTERING
from codemods.mods.http.places import Place, Places, given
from codemods.mods.uses import Uses, other_names
from codemods.program.classes import is_test

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from codemods.facts import Opened
    from codemods.mods.codemod import Project
    from codemods.mods.http.raising import Raising
    from codemods.program import Module

# Many of requests' are, and few that wait for one mean them.
_VALUE_ERROR = "builtins.ValueError"


class Hidden(Places):
    """All mentions of requests' exceptions in a project, but for those in tests."""

    def __init__(self, project: Project, raising: Raising) -> None:
        super().__init__(project)
        self._raising = raising
        modules = project.program.modules.values()
        self._speaking = {each.path for each in modules if "requests" in each.imported_roots}
        self._found: dict[ast.AST, Place] = {}
        self.hazards: list[Hazard] = []
        """What stands against all calls: what mentions an exception in a way that is not understood."""
        for module, opened, node in self._mentions():
            place = self._place(module, opened, node)
            known = place is not None and (place.body or module.path in self._speaking)
            if place is not None and known and place.node not in self._found and self.is_hidden(place):
                self._found[place.node] = place

    @property
    def places(self) -> list[Place]:
        """Those that may get the exceptions of any function."""
        return list(self._found.values())

    def _mentions(self) -> Iterator[tuple[Module, Opened, ast.expr]]:
        known = catalog.http()
        builtin = {*known["builtin_errors"], _VALUE_ERROR}
        names = {name.rpartition(".")[2] for name in (*known["errors"], *builtin)}
        for path in self._speaking:
            names |= {new for new, old in other_names(self._project.open(path)).items() if old in names}
        for path, here in Uses(self._project).mentioning(names):
            # `socket.error` is an OSError too, and `error` a name for anything.
            elsewhere = path not in self._speaking and here <= {"error", "ValueError"}
            if path not in self._project.program.modules or is_test(path) or elsewhere:
                continue
            module, opened = self._project.program.modules[path], self._project.open(path)
            for node in walk(opened.tree):
                if (
                    isinstance(node, ast.Name | ast.Attribute)
                    and isinstance(node.ctx, ast.Load)
                    and name_of(node) in here
                ):
                    name = self.name(module, opened, node)
                    ours = name.startswith("requests.") and name.rpartition(".")[2] in known["errors"]
                    if ours or (name in builtin and (name != _VALUE_ERROR or path in self._speaking)):
                        yield module, opened, node

    def _place(self, module: Module, opened: Opened, node: ast.expr) -> Place | None:
        """What waits for the exception that a node names; nothing where it only speaks of it."""
        for above, part in opened.ancestors(node):
            match above:
                case ast.ExceptHandler(type=kind) if kind is part:
                    return Place(module, opened, above, tuple(parts(kind)), _body(opened, above))
                case ast.Call() if part is not above.func and self.takes(module, opened, above, "calls"):
                    return Place(module, opened, above, given(above), _body(opened, above))
                case ast.FunctionDef() | ast.AsyncFunctionDef() if part in above.decorator_list:
                    return self.decorator(module, opened, part, above.body)
            if _only_speaks(opened, above, part, node):
                return None
            if isinstance(above, ast.stmt):
                break
        if self.name(module, opened, node).startswith("requests."):
            what = f"names {name_of(node)} in a way that is not understood, and may wait for it"
            self.hazards.append(Hazard("manual", f"{module.shown}:{node.lineno} {what}"))
        return None

    def is_hidden(self, place: Place) -> bool:
        """Whether a place may get the exceptions of any function."""
        return not place.body or self._raising.hides(place.module, place.opened, place.body)


def _only_speaks(opened: Opened, above: ast.AST, part: ast.AST, node: ast.AST) -> bool:
    """Whether an exception is raised, made, annotated, inherited from or renamed there, or `Handlers` sees to it."""
    match above:
        case ast.Raise() | ast.arg() | ast.keyword(arg="exception_handlers"):
            return True
        case ast.ClassDef(bases=bases):
            return part in bases
        case ast.Call(func=function):
            return function is part or name_of(function) in REGISTERING
        case ast.AnnAssign(annotation=note) | ast.FunctionDef(returns=note) | ast.AsyncFunctionDef(returns=note):
            return note is part
        case ast.Assign(targets=[ast.Name()], value=value):
            return value is node and opened.parent(above) is opened.tree
    return False


def _body(opened: Opened, node: ast.AST) -> Sequence[ast.stmt]:
    """What a handler, or a call in one or at the head of a block or a function, waits for exceptions in."""
    for above, part in [(opened.parent(node), node), *opened.ancestors(node)]:
        if isinstance(part, ast.ExceptHandler) and isinstance(above, ast.Try | ast.TryStar):
            return above.body
        if isinstance(part, ast.withitem) and isinstance(above, ast.With | ast.AsyncWith):
            return above.body
        if isinstance(above, ast.FunctionDef | ast.AsyncFunctionDef) and part in above.decorator_list:
            return above.body
    return ()
