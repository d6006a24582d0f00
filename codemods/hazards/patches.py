"""Where a program puts something else in place of its functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codemods import catalog

if TYPE_CHECKING:
    from codemods.facts import Patch
    from codemods.program import Module, Program


class Patches:
    """Every patch of a program, by the last name that it sets."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._by_name: dict[str, list[tuple[Module, Patch]]] = {}
        self._concerning: dict[tuple[str, str], list[tuple[Module, Patch]]] = {}
        stopping = catalog.libraries().clock_freezers
        self.freezers = [each for each in program.modules.values() if not each.packages[1].isdisjoint(stopping)]
        for module in program.modules.values():
            for patch in module.facts.patches:
                self._by_name.setdefault(patch.attribute.rpartition(".")[2], []).append((module, patch))

    def concerning(self, module: Module, callee: str) -> list[tuple[Module, Patch]]:
        """The patches that, by name, may be of a function or of what stands for it in a module."""
        key = (module.path, callee)
        if key not in self._concerning:
            top = {name for scope, name in module.names if scope == 0 and name in self._by_name}
            names = {name for name in top if stands_for(self._program, module.path, name, callee)}
            names.add(callee.rpartition(".")[2])
            self._concerning[key] = [each for name in sorted(names) for each in self._by_name.get(name, ())]
        return self._concerning[key]


def stands_for(program: Program, path: str, name: str, callee: str) -> bool:
    """Whether a name at the top of a module is a function, or the module that it is taken from."""
    return not program.resolve(program.modules[path], 0, name).outside.isdisjoint({callee, callee.rpartition(".")[0]})
