"""What every search for uses of a function or an object needs: what a node stands for, and who takes it."""

from __future__ import annotations

import ast
import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from codemods import catalog
from codemods.facts.opened import name_of
from codemods.facts.order import walk
from codemods.program.values import Method, Outside

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from codemods.facts import Call, Expr, Opened
    from codemods.mods.codemod import Project
    from codemods.program import Module, Program
    from codemods.program.values import Definition, Values

_IDENTIFIER = re.compile(r"[A-Za-z_]\w*")
How = Literal["awaited", "in a test", "registered", "named", "other"]


@dataclass(frozen=True, slots=True)
class Reference:
    """One place that refers to a function."""

    how: How
    path: str
    line: int
    call: int = -1
    """The number of the call that calls it, where it is called."""
    holder: Definition | None = None
    """The function that awaits it."""
    also: frozenset[Definition] = frozenset()
    """What else the call may call."""
    reason: str = ""


class Uses:
    """Asked of single nodes."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._calls = project.calls
        self._modules = project.program.modules

    def mentioning(self, names: Collection[str]) -> Iterator[tuple[str, set[str]]]:
        """The files whose text mentions some names, with those that it does: one after the other, for their trees."""
        for path, text in self._project.texts():
            here = set(names) & set(_IDENTIFIER.findall(text))
            if here:
                yield path, here

    def other(self, module: Module, node: ast.AST, reason: str) -> Reference:
        """Something that holds the conversion back."""
        line = getattr(node, "lineno", 0)
        return Reference("other", module.path, line, reason=f"{reason} ({module.shown}:{line})")

    def values(self, module: Module, opened: Opened, node: ast.expr) -> Values:
        """What an expression may stand for; nothing where its calls are ones that never run."""
        shape = opened.shapes.of(node)
        if not _known(shape, module):
            return frozenset()
        return self._calls.of(module, opened.scope(node), shape, node.lineno)

    def overrides(self, above: ast.AST | None, node: ast.AST) -> How | None:
        """`app.dependency_overrides[f] = g` takes either kind on both sides."""
        match above:
            case ast.Subscript(value=ast.Attribute(attr="dependency_overrides")):
                return "named"
            case ast.Assign(targets=[ast.Subscript(value=ast.Attribute(attr="dependency_overrides"))], value=value):
                return "registered" if value is node else None
        return None

    def registers(self, module: Module, opened: Opened, node: ast.expr) -> bool:
        """Whether it is handed to something that takes a function of either kind."""
        taker = opened.taker(node)
        if taker is None:
            return False
        call = module.calls.get(opened.call_numbers[taker])
        if call is not None:
            return takes_both(self._project, module, call)
        # Annotations do not run, but FastAPI reads `Annotated[User, Depends(f)]` there.
        return name_of(taker.func) in catalog.frameworks().depends


def renamed(opened: Opened, names: Collection[str]) -> dict[str, str]:
    """The other names that a file imports some names as, with those that they stand for."""
    return {other: name for other, name in other_names(opened).items() if name in names}


def other_names(opened: Opened) -> dict[str, str]:
    """All names that a file imports as others, with those that they stand for."""
    return {
        alias.asname: alias.name
        for node in walk(opened.tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.asname and alias.asname != alias.name
    }


def ours(program: Program, module: Module) -> tuple[str, ...]:
    """The outermost names of the project's own modules that a file imports."""
    found = {target.partition(".")[0] for target in module.summary.imports if program.find(module, target) is not None}
    return tuple(sorted(found - {""}))


def cannot_be_read(path: str, name: str) -> Reference:
    """What a file asks that mentions a name and cannot be parsed."""
    reason = f"{os.path.relpath(path)} cannot be read, and its text mentions {name}; mend it first"
    return Reference("other", path, 0, reason=reason)


def _known(shape: Expr, module: Module) -> bool:
    """Whether all calls in a shape are ones that run: others have no result."""
    if isinstance(shape, int):
        return shape in module.calls
    if isinstance(shape, tuple) and shape[:1] == ("=",):
        return True
    return not isinstance(shape, tuple) or all(_known(part, module) for part in shape if isinstance(part, tuple | int))


def takes_both(project: Project, module: Module, call: Call) -> bool:
    """Whether a call takes plain functions as well as coroutine functions, and runs the plain ones in a thread."""
    depends = catalog.frameworks().depends
    marks = (
        isinstance(each, Outside) and each.name.rpartition(".")[2] in depends
        for each in project.calls.callee(module, call)
    )
    return any(marks) or registers_handler(project, module, call)


def registers_handler(project: Project, module: Module, call: Call) -> bool:
    """Whether a call makes functions of either kind handlers or background tasks."""
    known = catalog.threads()
    for value in project.calls.callee(module, call):
        match value:
            case Outside(name):
                owner, _, last = name.rpartition(".")
                if name in known.takes_both[""] or known.registers(owner, last):
                    return True
            case Method(_, kind, name):
                if known.registers(kind, name):
                    return True
    return False
