"""Where a program puts something else in place of its functions."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from codemods import catalog

if TYPE_CHECKING:
    from codemods.facts import Patch
    from codemods.program import Module, Program


class Patches:
    """Every patch of a program, by the last name that it sets."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._concerning: dict[tuple[str, str], list[tuple[Module, Patch]]] = {}

    @cached_property
    def freezers(self) -> list[Module]:
        """The modules that import something which stops the clock."""
        stopping = frozenset(catalog.libraries().clock_freezers)
        return [each for each in self._program.modules.values() if not each.imported_roots.isdisjoint(stopping)]

    @cached_property
    def _modules_by_name(self) -> dict[str, list[Module]]:
        found: dict[str, list[Module]] = {}
        for module in self._program.modules.values():
            for name in module.summary.patches:
                found.setdefault(name, []).append(module)
        return found

    def _named(self, name: str) -> list[tuple[Module, Patch]]:
        return [
            (module, patch)
            for module in self._modules_by_name.get(name, ())
            for patch in module.facts.patches
            if patch.attribute.rpartition(".")[2] == name
        ]

    def concerning(self, module: Module, callee: str) -> list[tuple[Module, Patch]]:
        """The patches that, by name, may be of a function or of what stands for it in a module."""
        key = (module.path, callee)
        if key not in self._concerning:
            top = {name for scope, name in module.names if scope == 0 and name in self._modules_by_name}
            names = {name for name in top if stands_for(self._program, module.path, name, callee)}
            names.add(callee.rpartition(".")[2])
            self._concerning[key] = [each for name in sorted(names) for each in self._named(name)]
        return self._concerning[key]


def stands_for(program: Program, path: str, name: str, callee: str) -> bool:
    """Whether a name at the top of a module is a function, or the module that it is taken from."""
    return not program.resolve(program.modules[path], 0, name).outside.isdisjoint({callee, callee.rpartition(".")[0]})
