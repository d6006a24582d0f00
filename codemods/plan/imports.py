"""What a rewrite means for a file's imports: the name that a twin goes by there, and the imports that are done with."""

from __future__ import annotations

import ast
from itertools import count
from typing import TYPE_CHECKING, cast

from codemods.edits import AddImport, AwaitTwin, DropImport
from codemods.facts.order import walk
from codemods.plan.leftovers import unneeded

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from codemods.edits import Edit
    from codemods.facts import Opened
    from codemods.loop import Site
    from codemods.plan.decide import Decision
    from codemods.program import Module, Program


def edits_for(program: Program, opened: Opened, decisions: Sequence[Decision]) -> tuple[Edit, ...]:
    """All edits of one file that carry out these decisions."""
    edits: dict[Edit, None] = {}
    for decision in decisions:
        site = decision.site
        twin, addition = _written(program, site, decision.twin)
        place = site.call.number - site.module.facts.first_calls[site.call.statement]
        edits[AwaitTwin(site.call.statement, place, site.call.callee, twin)] = None
        if addition is not None:
            edits[addition] = None
    edits.update(dict.fromkeys(_done_with(program, opened, [decision.site for decision in decisions])))
    return tuple(edits)


def _written(program: Program, site: Site, twin: str) -> tuple[str, AddImport | None]:
    """The expression for a twin at a site, and the import that it needs there if there is none to use."""
    library, _, function = twin.rpartition(".")
    module = site.module
    for scope, name in sorted(module.imported_names, key=lambda key: (key[1] != library, key)):
        if _usable(module, site, scope, name):
            meaning = program.resolve(module, scope, name).only
            if meaning is not None and not meaning.module and meaning.name in {library, twin}:
                return (f"{name}.{function}" if meaning.name == library else name), None
    alias = next(name for name in _spellings(library) if _free(program, module, site, name, library))
    return f"{alias}.{function}", AddImport(library, "" if alias == library else alias)


def _usable(module: Module, site: Site, scope: int, name: str) -> bool:
    """Whether an import of a name has certainly run when the site does, and the site sees it."""
    bindings = module.names[scope, name]
    return (
        any(binding.plain and binding.line < site.call.span.line for binding in bindings)
        and module.holder(site.call.scope, name) == scope
        and module.facts.scopes[scope].kind != "class"
    )


def _free(program: Program, module: Module, site: Site, name: str, library: str) -> bool:
    """Whether a new module-level import under this name would be what the site sees, and change nothing else."""
    if module.holder(site.call.scope, name) not in {None, 0}:
        return False
    bindings = module.names.get((0, name), ())
    meaning = program.resolve(module, 0, name).only if bindings else None
    return not bindings or (
        name == library
        and all(binding.kind == "import" for binding in bindings)
        and meaning is not None
        and meaning.name == library
    )


def _spellings(library: str) -> Iterator[str]:
    yield library
    yield f"_{library}"
    yield from (f"_{library}_{number}" for number in count(2))


def _done_with(program: Program, opened: Opened, sites: Sequence[Site]) -> Iterator[DropImport]:
    """The imports whose last use the rewrite takes away."""
    module = sites[0].module
    going = {opened.calls[site.call.number] for site in sites}
    seen = set()
    for site in sites:
        name = site.call.callee.partition(".")[0]
        scope = module.holder(site.call.scope, name)
        if scope is None or (scope, name) in seen:
            continue
        seen.add((scope, name))
        bindings = module.names[scope, name]
        # Importing a module of the project may do more than bind a name: it may register a route or a model.
        ours = program.find(module, bindings[0].target) is not None
        if [binding.kind for binding in bindings] == ["import"] and bindings[0].plain and not ours:
            statement = unneeded(program, opened, module, bindings[0], going)
            if statement is not None:
                lines = (statement.lineno, statement.end_lineno or statement.lineno)
                yield DropImport(*_place(opened, statement), name, lines)


def _place(opened: Opened, statement: ast.stmt) -> tuple[int, int]:
    """The top-level statement that an import stands in, and how many imports stand before it there."""
    top: ast.AST = statement
    for above, part in opened.ancestors(statement):
        if above is opened.tree:
            top = part
    imports = [node for node in walk(top) if isinstance(node, ast.Import | ast.ImportFrom)]
    return opened.tree.body.index(cast("ast.stmt", top)), imports.index(cast("ast.Import", statement))
