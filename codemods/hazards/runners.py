"""What runs a call in a thread: the runner that fits the project, by its qualified name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codemods import catalog
from codemods.hazards.loops import library_of
from codemods.program.classes import is_test

if TYPE_CHECKING:
    from collections.abc import Iterable

    from codemods.program import Module, Program

ASYNCIO, ANYIO = "asyncio.to_thread", "anyio.to_thread.run_sync"
FASTAPI, STARLETTE = "fastapi.concurrency.run_in_threadpool", "starlette.concurrency.run_in_threadpool"


def runner_for(program: Program, module: Module, kind: str, wish: str) -> str:
    """The runner for blocking work of a kind in a module; empty where the module runs on a loop that has none."""
    library = library_of(module, program)
    if library in catalog.libraries().other_loops:
        return ""
    if library in {"anyio", "trio"} and wish in {"auto", "anyio"}:
        return ANYIO if library == "anyio" else ""
    if wish == "anyio":
        return ANYIO
    if wish == "asyncio" or (wish == "auto" and kind == "cpu"):
        return ASYNCIO
    web = certain(program, module, ("fastapi", "starlette"))
    if web or wish == "starlette":
        return FASTAPI if web == "fastapi" else STARLETTE
    return ASYNCIO


def certain(program: Program, module: Module, packages: Iterable[str]) -> str:
    """The first of some packages that is certain to be installed wherever a module runs; empty where none is.

    That is so if the module imports it, or anything that the module imports does, or a module of the service that
    imports this one.
    """
    for reached in program.around(module):
        for name in packages:
            if any(
                name in found.imported_roots and name in found.packages[0]
                for path in reached
                if not is_test(path) and (found := program.modules.get(path)) is not None
            ):
                return name
    return ""
