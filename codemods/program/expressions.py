"""What expressions stand for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codemods.program.classes import Classes
from codemods.program.values import (
    NOTHING,
    Definition,
    Given,
    Instance,
    Later,
    Many,
    Outside,
    Row,
    Table,
    Thing,
    union,
)

if TYPE_CHECKING:
    from codemods.facts import Expr
    from codemods.program.link import Module
    from codemods.program.values import Value, Values


class Expressions(Classes):
    """Expressions."""

    # Expressions

    def of(self, module: Module, scope: int, shape: Expr, line: int = 0) -> Values:
        """What an expression stands for, where it is evaluated."""
        if isinstance(shape, str):
            values = self.named(module, scope, shape, line)
            if not values and ".state." in shape:
                return self._under_state(shape)
            return values
        if isinstance(shape, int):
            return self.call_result(module, shape)
        if shape is None:
            return NOTHING
        make = _MAKERS.get(shape[0])
        return make(self, module, scope, shape, line) if make else NOTHING

    def _under_state(self, dotted: str) -> Values:
        """`request.app.state.redis.x`, where nothing says what `request` is."""
        first, *rest = dotted.partition(".state.")[2].split(".")
        values = self.state(first)
        for part in rest:
            values = union(*(self.attribute(value, part) for value in values))
        return values

    def _attr(self, module: Module, scope: int, shape: tuple[Expr, ...], line: int) -> Values:
        values = self.of(module, scope, shape[1], line)
        for part in str(shape[2]).split("."):
            values = union(*(self.attribute(value, part) for value in values))
        return values

    def _either(self, module: Module, scope: int, shape: tuple[Expr, ...], line: int) -> Values:
        return self.scope_values(module, scope, shape[1], line)  # type: ignore[arg-type]

    def _awaited(self, module: Module, scope: int, shape: tuple[Expr, ...], line: int) -> Values:
        found = self.of(module, scope, shape[1], line)
        return union(*(value.result for value in found if isinstance(value, Later)))

    def _list(self, module: Module, scope: int, shape: tuple[Expr, ...], line: int) -> Values:
        return frozenset({Many(self.scope_values(module, scope, shape[1], line))})  # type: ignore[arg-type]

    def _tuple(self, module: Module, scope: int, shape: tuple[Expr, ...], line: int) -> Values:
        parts: tuple[Expr, ...] = shape[1]  # type: ignore[assignment]
        return frozenset({Row(tuple(self.of(module, scope, part, line) for part in parts))})

    def _dict(self, module: Module, scope: int, shape: tuple[Expr, ...], line: int) -> Values:
        pairs: tuple[tuple[Expr, Expr], ...] = shape[1]  # type: ignore[assignment]
        return frozenset({Table(self.scope_values(module, scope, [value for _, value in pairs], line))})

    def _comprehension(self, module: Module, _scope: int, shape: tuple[Expr, ...], line: int) -> Values:
        return frozenset({Many(self.of(module, shape[1], shape[2], line))})  # type: ignore[arg-type]

    def _lambda(self, module: Module, _scope: int, shape: tuple[Expr, ...], _line: int) -> Values:
        return frozenset({Definition(module.path, shape[1])})  # type: ignore[arg-type]

    def _binary(self, module: Module, scope: int, shape: tuple[Expr, ...], line: int) -> Values:
        """`Path("a") / name`."""
        found = NOTHING
        for side, method in ((1, "__truediv__"), (2, "__rtruediv__")):
            for value in self.of(module, scope, shape[side], line):
                if isinstance(value, Thing) and self.knowledge.given(value.type, method):
                    found |= self.typed(self.knowledge.given(value.type, method), value)
        return found

    def _subscripted(self, module: Module, scope: int, shape: tuple[Expr, ...], line: int) -> Values:
        keys: tuple[Expr, ...] = shape[2]  # type: ignore[assignment]
        key = keys[0] if len(keys) == 1 else None
        constant = key[1] if isinstance(key, tuple) and key[0] == "=" else None
        found = NOTHING
        for value in self.of(module, scope, shape[1], line):
            match value:
                case Table() | Many():
                    found |= value.items
                case Row() if isinstance(constant, int) and -len(value.parts) <= constant < len(value.parts):
                    found |= value.parts[constant]
                case Row():
                    found |= union(*value.parts)
                case Definition() | Outside():
                    found |= {value}
                case Thing() | Instance():
                    found |= self._subscript(value, module, scope, line)
        if not found and isinstance(constant, str):
            return self.kept_item(constant)
        return found

    def _subscript(self, value: Value, module: Module, scope: int, line: int) -> Values:
        return union(
            *(self.called(method, Given(module.path, scope, line)) for method in self.attribute(value, "__getitem__"))
        )

    def _iterated(self, module: Module, scope: int, shape: tuple[Expr, ...], line: int) -> Values:
        return union(*(self.element(value) for value in self.of(module, scope, shape[1], line)))

    def _entering(self, module: Module, scope: int, shape: tuple[Expr, ...], line: int) -> Values:
        values = self.of(module, scope, shape[1], line)
        return union(*(self.entered(value, asynchronous=shape[0] == "aenter") for value in values))

    def _unpacked(self, module: Module, scope: int, shape: tuple[Expr, ...], line: int) -> Values:
        found = NOTHING
        position = shape[2]
        for value in self.of(module, scope, shape[1], line):
            if isinstance(value, Row) and isinstance(position, int):
                found |= value.parts[position] if position < len(value.parts) else NOTHING
            else:
                found |= self.element(value)
        return found

    def _idle_call(self, module: Module, scope: int, shape: tuple[Expr, ...], line: int) -> Values:
        given = Given(module.path, scope, line, shape[2], shape[3])  # type: ignore[arg-type]
        return union(*(self.called(value, given) for value in self.of(module, scope, shape[1], line)))

    def call_result(self, module: Module, number: int) -> Values:
        """What a call gives."""
        raise NotImplementedError


_MAKERS = {
    "aenter": Expressions._entering,  # noqa: SLF001 (its own methods)
    "aiter": Expressions._iterated,  # noqa: SLF001
    "attr": Expressions._attr,  # noqa: SLF001
    "await": Expressions._awaited,  # noqa: SLF001
    "binary": Expressions._binary,  # noqa: SLF001
    "call": Expressions._idle_call,  # noqa: SLF001
    "comp": Expressions._comprehension,  # noqa: SLF001
    "dict": Expressions._dict,  # noqa: SLF001
    "enter": Expressions._entering,  # noqa: SLF001
    "item": Expressions._subscripted,  # noqa: SLF001
    "iter": Expressions._iterated,  # noqa: SLF001
    "lambda": Expressions._lambda,  # noqa: SLF001
    "list": Expressions._list,  # noqa: SLF001
    "or": Expressions._either,  # noqa: SLF001
    "tuple": Expressions._tuple,  # noqa: SLF001
    "unpack": Expressions._unpacked,  # noqa: SLF001
}
