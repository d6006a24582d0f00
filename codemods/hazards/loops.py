"""Which async library a module uses: what is awaited in it has to be of that one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codemods import catalog

if TYPE_CHECKING:
    from codemods.program import Module, Program


def library_of(module: Module, program: Program) -> str:
    """The async library whose sleep fits: the one that the module uses."""
    known = catalog.libraries()
    certain, anywhere = module.packages
    certain |= {name for name in known.async_libraries if f"pytest.mark.{name}" in module.facts.attributes}
    used = certain if not certain.isdisjoint(known.async_libraries) else certain | anywhere
    if not used.isdisjoint(known.other_loops) and "asyncio" not in used:
        return next(name for name in known.other_loops if name in used)
    library = next((name for name in known.async_libraries if name in used), "asyncio")
    if library == "trio" and any(
        not each.imported_roots.isdisjoint(known.bring_anyio) for each in program.modules.values()
    ):
        return "anyio"
    return library
