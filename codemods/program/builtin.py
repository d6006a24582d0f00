"""What Python's own callables give: `next`, `zip`, `list`, `getattr`, `partial`, `cast` and their like."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codemods.program.expressions import Expressions
from codemods.program.values import NOTHING, Many, Partial, Row, Running, Thing, union

if TYPE_CHECKING:
    from collections.abc import Callable

    from codemods.program.values import Given, Values


class Builtins(Expressions):
    """Builtins."""

    def builtin(self, name: str, given: Given) -> Values | None:
        """What one of them gives; None for any other name."""
        give = _GIVE.get(name)
        return give(self, given) if give is not None else None

    def argument(self, given: Given, position: int, name: str = "") -> Values:
        """What an argument stands for."""
        module = self.module(given.path)
        return self.of(module, given.scope, given.argument(position, name), given.line)

    def _partial(self, given: Given) -> Values:
        return frozenset(Partial(each) for each in self.argument(given, 0))

    def _cast(self, given: Given) -> Values:
        first = given.argument(0)
        text = first[1] if isinstance(first, tuple) and first[0] == "=" else None
        annotation = text if isinstance(text, str) and text.isidentifier() else first
        return self.annotated(self.module(given.path), given.scope, annotation)

    def _next(self, given: Given) -> Values:
        return union(*(self.element(each) for each in self.argument(given, 0)))

    def _zip(self, given: Given) -> Values:
        parts = [union(*map(self.element, self.argument(given, n))) for n in range(len(given.arguments))]
        return frozenset({Many(frozenset({Row(tuple(parts))}))})

    def _enumerate(self, given: Given) -> Values:
        return frozenset({Many(frozenset({Row((NOTHING, self._next(given)))}))})

    def _map(self, given: Given) -> Values:
        return frozenset({Many(union(*(self.called(each, given) for each in self.argument(given, 0))))})

    def _filter(self, given: Given) -> Values:
        return self.argument(given, 1)

    def _collected(self, given: Given) -> Values:
        """A collection of all that something gives: going through it again asks nobody."""
        return frozenset(
            Many(self.element(each)) if isinstance(each, Running | Thing) else each for each in self.argument(given, 0)
        )

    def _getattr(self, given: Given) -> Values:
        key = given.argument(1)
        if isinstance(key, tuple) and key[0] == "=" and isinstance(key[1], str):
            return union(*(self.attribute(each, key[1]) for each in self.argument(given, 0)))
        return NOTHING


_GIVE: dict[str, Callable[[Builtins, Given], Values]] = {
    "builtins.anext": Builtins._next,  # noqa: SLF001 (its own methods)
    "builtins.enumerate": Builtins._enumerate,  # noqa: SLF001
    "builtins.filter": Builtins._filter,  # noqa: SLF001
    "builtins.frozenset": Builtins._collected,  # noqa: SLF001
    "builtins.getattr": Builtins._getattr,  # noqa: SLF001
    "builtins.list": Builtins._collected,  # noqa: SLF001
    "builtins.map": Builtins._map,  # noqa: SLF001
    "builtins.next": Builtins._next,  # noqa: SLF001
    "builtins.set": Builtins._collected,  # noqa: SLF001
    "builtins.sorted": Builtins._collected,  # noqa: SLF001
    "builtins.tuple": Builtins._collected,  # noqa: SLF001
    "builtins.zip": Builtins._zip,  # noqa: SLF001
    "functools.partial": Builtins._partial,  # noqa: SLF001
    "typing.cast": Builtins._cast,  # noqa: SLF001
    "typing_extensions.cast": Builtins._cast,  # noqa: SLF001
}
