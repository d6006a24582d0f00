"""Tests, and other code, that put something else where the blocking function is, or that stop the clock.

`patch("app.jobs.time.sleep")` no longer takes effect once app.jobs awaits `asyncio.sleep`: the test waits for real, and
its call count stays at 0.
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from codemods.hazards.patches import stands_for
from codemods.hazards.situation import Hazard

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codemods.facts import Patch
    from codemods.hazards.situation import Situation
    from codemods.program import Module, Program


def hazards(situation: Situation) -> Iterator[Hazard]:
    """A patch of the called function, or a stopped clock, that the site's module may run under."""
    yield from _patches(situation)
    for other in situation.patches.freezers:
        if _reaches(situation.program, other, situation.site.module):
            yield Hazard(
                "unsafe",
                f"{other.shown} uses freezegun, under whose frozen clock a sleep on the loop never ends; "
                "pass real_asyncio=True there",
            )
            return


def _patches(situation: Situation) -> Iterator[Hazard]:
    module, callee = situation.site.module, situation.site.entry.name
    for other, patch in situation.patches.concerning(module, callee):
        where = _patched_module(situation.program, other, patch, module, callee)
        if where == module.path or (where == "" and _reaches(situation.program, other, module)):
            yield Hazard(
                "unsafe",
                f"{other.shown}:{patch.line} puts something else in place of {callee}, which this call would no longer "
                "meet; patch the async twin there",
            )
            return


def _patched_module(program: Program, other: Module, patch: Patch, module: Module, callee: str) -> str | None:
    """The path of the module whose name is patched, empty where it is the function for everybody; None if neither."""
    if patch.owner:
        for meaning in program.resolve(other, patch.scope, patch.owner).meanings:
            if not meaning.module and f"{meaning.name}.{patch.attribute}" == callee:
                return _through(program, other, patch)
            if meaning.module and not meaning.name and stands_for(program, meaning.module, patch.attribute, callee):
                return meaning.module
        return None
    if patch.attribute == callee:
        return ""
    for name in program.layout.names(module.path):
        rest = patch.attribute.removeprefix(f"{name}.")
        if rest != patch.attribute and stands_for(program, module.path, rest, callee):
            return module.path
    return None


def _through(program: Program, module: Module, patch: Patch) -> str:
    """The project's module that a patch goes through: `jobs` in `patch.object(jobs.time, "sleep")`."""
    owner = patch.owner
    while "." in owner:
        owner = owner.rpartition(".")[0]
        for meaning in program.resolve(module, patch.scope, owner).meanings:
            if meaning.module and not meaning.name:
                return meaning.module
    return ""


def _reaches(program: Program, source: Module, target: Module) -> bool:
    """Whether what one module patches for everybody can matter to another: a test does to what it imports."""
    name = posixpath.basename(source.path)
    if not (name.startswith("test") or name.endswith("_test.py")):
        return True
    seen: set[str] = set()
    waiting = [source.path]
    while waiting:
        path = waiting.pop()
        if path == target.path:
            return True
        if path not in seen and path in program.modules:
            seen.add(path)
            waiting += program.imports(program.modules[path])
    return False
