"""What each thread keeps for itself: `threading.local()`."""

from __future__ import annotations

import ast
from functools import cached_property
from typing import TYPE_CHECKING

from codemods.facts.order import walk
from codemods.facts.values import dotted
from codemods.hazards.situation import Hazard
from codemods.program.values import Outside

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from codemods.facts import Opened
    from codemods.program import Module
    from codemods.program.touches import Touches

_MAKERS = frozenset({Outside("threading.local"), Outside("_thread._local")})


class ThreadLocals:
    """Asked of functions; the names of the program's thread-local objects are looked for once."""

    def __init__(self, calls: Touches, opener: Callable[[str], Opened]) -> None:
        self._calls = calls
        self._open = opener

    def of(self, module: Module, scope: int) -> Iterator[Hazard]:
        """What a function takes out of such an object that others put in, or the other way round."""
        if not self._names or self._names.isdisjoint(
            part for chain in module.facts.attributes for part in chain.split(".")
        ):
            return
        ways: dict[str, set[type]] = {}
        for node in walk(self._open(module.path).nodes[scope]):
            if isinstance(node, ast.Attribute) and dotted(node.value).rpartition(".")[2] in self._names:
                ways.setdefault(dotted(node), set()).add(type(node.ctx))
        for name, found in sorted(ways.items()):
            if not {ast.Load, ast.Store} <= found:
                yield Hazard("manual", f"every thread has a `{name}` of its own, and sees nothing of another's")

    @cached_property
    def _names(self) -> frozenset[str]:
        return frozenset(
            binding.name.rpartition(".")[2]
            for module, call in self._calls.calls_named("local")
            if not _MAKERS.isdisjoint(self._calls.callee(module, call))
            for binding in (*module.facts.bindings, *module.facts.stores)
            if binding.value == call.number
        )
