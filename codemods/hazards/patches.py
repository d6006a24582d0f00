"""Where a program puts something else in place of its functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codemods.facts import Patch
    from codemods.program import Module, Program


class Patches:
    """Every patch of a program, by the last name that it sets."""

    def __init__(self, program: Program) -> None:
        self._by_name: dict[str, list[tuple[Module, Patch]]] = {}
        for module in program.modules.values():
            for patch in module.facts.patches:
                self._by_name.setdefault(patch.attribute.rpartition(".")[2], []).append((module, patch))

    def of(self, names: set[str]) -> Iterator[tuple[Module, Patch]]:
        """The patches of any of these names."""
        for name in sorted(names):
            yield from self._by_name.get(name, ())
