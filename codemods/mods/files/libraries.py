"""Which library opens the files of a module: one that is certain to be there, and that speaks to its loop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codemods import catalog
from codemods.hazards.loops import library_of
from codemods.hazards.runners import certain

if TYPE_CHECKING:
    from codemods.mods.codemod import Project
    from codemods.program import Module


# What no rewrite brings into a module that had nothing to do with it: a second run sees the same.
_FRAMEWORKS = ("fastapi", "litestar", "mcp", "sse_starlette", "starlette")


def library_for(project: Project, module: Module) -> str:
    """`anyio` or `aiofiles`; empty where neither is certain to be installed wherever the module runs."""
    loop = library_of(module, project.program)
    known = catalog.libraries()
    if loop in known.other_loops:
        return ""
    own = module.packages[0]
    runtime = project.runtime(module.path)
    if loop == "asyncio" and "aiofiles" in own | runtime:
        return "aiofiles"
    there = any(name.replace("_", "-") in runtime for name in known.bring_anyio) or "anyio" in own
    return "anyio" if there or certain(project.program, module, _FRAMEWORKS, project.always(module.path)) else ""
