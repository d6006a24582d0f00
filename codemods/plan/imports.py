"""What a rewrite means for a file's imports: the name that a twin goes by there, and the imports that are done with."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, cast

from codemods.edits import GENERATORS, AddImport, DropImport
from codemods.facts.order import walk
from codemods.hazards.runners import FASTAPI, STARLETTE
from codemods.mods.uses import ours
from codemods.plan.leftovers import unneeded

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from codemods.facts import Opened
    from codemods.program import Module, Program

# Both names are of the same function.
_SAME = {FASTAPI: (STARLETTE,), STARLETTE: (FASTAPI,)}
# Imported by their own name, as everybody does.
_BY_NAME = frozenset({FASTAPI, STARLETTE, *GENERATORS})
# Modules that a package does not import by itself.
_INNER = frozenset({"anyio.to_thread"})


@dataclass(frozen=True, slots=True)
class Spot:
    """A place in a module where something is to be called."""

    module: Module
    scope: int
    line: int


def written(program: Program, spot: Spot, wanted: str) -> tuple[str, AddImport | None]:
    """The expression for a function at a place, and the import that it needs there if there is none to use."""
    library, _, function = wanted.rpartition(".")
    module = spot.module
    same = {wanted, *_SAME.get(wanted, ())}
    for scope, name in sorted(module.imported_names, key=lambda key: (key[1] != library, key)):
        if _usable(spot, scope, name):
            meaning = program.resolve(module, scope, name).only
            if meaning is not None and not meaning.module and meaning.name in {library, *same}:
                return (f"{name}.{function}" if meaning.name == library else name), None
    if wanted in _BY_NAME:
        alias = next(name for name in _spellings(function) if _free(program, spot, name, wanted))
        return alias, AddImport(library, "" if alias == function else alias, function, ours(program, module))
    if library in _INNER:
        package, _, inner = library.rpartition(".")
        alias = next(name for name in _spellings(inner) if _free(program, spot, name, library))
        return f"{alias}.{function}", AddImport(package, "" if alias == inner else alias, inner, ours(program, module))
    alias = next(name for name in _spellings(library) if _free(program, spot, name, library))
    return f"{alias}.{function}", AddImport(library, "" if alias == library else alias, ours=ours(program, module))


def module_name(program: Program, spot: Spot, library: str) -> tuple[str, AddImport | None]:
    """The name that a module goes by at a place, and the import that it needs there if there is none to use."""
    for scope, name in sorted(spot.module.imported_names):
        if _usable(spot, scope, name):
            meaning = program.resolve(spot.module, scope, name).only
            if meaning is not None and not meaning.module and meaning.name == library and scope == 0:
                return name, None
    alias = next(name for name in _spellings(library) if _free(program, spot, name, library))
    return alias, AddImport(library, "" if alias == library else alias, ours=ours(program, spot.module))


def _usable(spot: Spot, scope: int, name: str) -> bool:
    """Whether an import of a name has certainly run at a place, which sees it."""
    bindings = spot.module.names[scope, name]
    return (
        any(binding.plain and binding.line < spot.line for binding in bindings)
        and spot.module.holder(spot.scope, name) == scope
        and spot.module.facts.scopes[scope].kind != "class"
    )


def _free(program: Program, spot: Spot, name: str, wanted: str) -> bool:
    """Whether a new module-level import under this name would be what a place sees, and change nothing else."""
    module = spot.module
    if module.holder(spot.scope, name) not in {None, 0}:
        return False
    bindings = module.names.get((0, name), ())
    meaning = program.resolve(module, 0, name).only if bindings else None
    return not bindings or (
        name == wanted.rpartition(".")[2]
        and all(binding.kind == "import" for binding in bindings)
        and meaning is not None
        and meaning.name == wanted
    )


def _spellings(library: str) -> Iterator[str]:
    yield library
    yield f"_{library}"
    yield from (f"_{library}_{number}" for number in count(2))


def done_with(
    program: Program, opened: Opened, module: Module, going: Sequence[ast.Name], added: Sequence[AddImport] = ()
) -> Iterator[DropImport]:
    """The imports whose last use the rewrite takes away, with the names that it no longer needs.

    Importing a module of the project may do more than bind a name: it may register a route or a model. So it goes only
    where an import that is `added`, or another one that stays, is of the same module.
    """
    seen = set()
    still = {program.find(module, _target(each)) for each in added}
    gone = {each.id for each in going}
    for holder, name in module.imported_names:
        bindings = module.names[holder, name]
        if holder == 0 and len(bindings) == 1 and bindings[0].plain and name not in gone:
            still.add(program.find(module, bindings[0].target))
    for node in going:
        name = node.id
        scope = module.holder(opened.scope(node), name)
        if scope is None or (scope, name) in seen:
            continue
        seen.add((scope, name))
        bindings = module.names[scope, name]
        own = program.find(module, bindings[0].target)
        goes = own is None or (own[0], "") in still
        if [binding.kind for binding in bindings] == ["import"] and bindings[0].plain and goes:
            statement = unneeded(program, opened, module, bindings[0], going)
            if statement is not None:
                lines = (statement.lineno, statement.end_lineno or statement.lineno)
                yield DropImport(*_place(opened, statement), name, lines)


def _target(addition: AddImport) -> str:
    """The dotted name that an import is of."""
    between = "." if addition.name and not addition.module.endswith(".") else ""
    return f"{addition.module}{between}{addition.name}"


def _place(opened: Opened, statement: ast.stmt) -> tuple[int, int]:
    """The top-level statement that an import stands in, and how many imports stand before it there."""
    top: ast.AST = statement
    for above, part in opened.ancestors(statement):
        if above is opened.tree:
            top = part
    imports = [node for node in walk(top) if isinstance(node, ast.Import | ast.ImportFrom)]
    return opened.tree.body.index(cast("ast.stmt", top)), imports.index(cast("ast.Import", statement))
