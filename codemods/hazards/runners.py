"""What runs a call in a thread: the runner that fits the project, by its qualified name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codemods import catalog
from codemods.hazards.loops import library_of
from codemods.program.classes import is_test

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from codemods.program import Module, Program

ASYNCIO, ANYIO = "asyncio.to_thread", "anyio.to_thread.run_sync"
FASTAPI, STARLETTE = "fastapi.concurrency.run_in_threadpool", "starlette.concurrency.run_in_threadpool"


def runner_for(program: Program, module: Module, kind: str, wish: str, declared: Collection[str]) -> str:
    """The runner for blocking work of a kind in a module; empty where the module runs on a loop that has none.

    `declared` are the distributions that are installed with the module's project, whatever extras are asked for.
    """
    library = library_of(module, program)
    if library in catalog.libraries().other_loops:
        return ""
    if library in {"anyio", "trio"} and wish in {"auto", "anyio"}:
        return ANYIO if library == "anyio" else ""
    if wish == "anyio":
        return ANYIO
    if wish == "asyncio" or (wish == "auto" and kind == "cpu"):
        return ASYNCIO
    web = certain(program, module, ("fastapi", "starlette"), declared)
    if web or wish == "starlette":
        return FASTAPI if web == "fastapi" else STARLETTE
    return ASYNCIO


def certain(program: Program, module: Module, packages: Iterable[str], declared: Collection[str]) -> str:
    """The first of some packages that is certain to be installed wherever a module runs; empty where none is.

    That is so if the module imports it at its top, or anything that the module imports there does, or a module of the
    service that imports this one: unless the project says what it needs, and this is not among it. A library is used
    without what only its extras bring.
    """
    packages = tuple(packages)
    needed = not declared or not set(declared).isdisjoint(packages)
    service = {path for path in program.around(module)[1] if not is_test(path)} if needed else set()
    for reached in ({module.path}, service):
        for name in packages:
            if not program.needing(name).isdisjoint(reached):
                return name
    return ""
