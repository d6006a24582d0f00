"""What annotations say: classes, unions, containers, `Annotated[…, Depends(…)]`, aliases, type variables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codemods.program.names import Names
from codemods.program.values import (
    NOTHING,
    Definition,
    Entered,
    File,
    Giving,
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

_ELEMENTS = frozenset(
    {
        *("list", "List", "set", "Set", "frozenset", "FrozenSet", "deque", "Deque"),
        *("AbstractSet", "Collection", "KeysView", "MutableSequence", "Reversible", "Sequence", "ValuesView"),
        *("Generator", "Iterable", "Iterator", "AsyncGenerator", "AsyncIterable", "AsyncIterator"),
    }
)
_TABLES = frozenset(
    {"dict", "Dict", "defaultdict", "DefaultDict", "Mapping", "MutableMapping", "OrderedDict"},
)
_LATER = frozenset({"Awaitable", "Coroutine", "Future", "Task"})
_MANAGERS = frozenset(
    {"ContextManager", "AbstractContextManager", "AsyncContextManager", "AbstractAsyncContextManager"}
)
_TRANSPARENT = frozenset(
    {
        *("ClassVar", "Final", "InitVar", "NotRequired", "Optional", "ReadOnly", "Required", "Union"),
        *("DynamicMapped", "Mapped", "WriteOnlyMapped"),
    }
)


class Annotations(Names):
    """Annotations."""

    def annotated(self, module: Module, scope: int, shape: Expr) -> Values:
        """What something with this annotation is."""
        if isinstance(shape, str):
            return self.once(("note", module.path, scope, shape), module.path, lambda: self._name(module, scope, shape))
        if not isinstance(shape, tuple):
            return NOTHING
        if shape[0] == "or":
            return union(*(self.annotated(module, scope, part) for part in shape[1]))
        if shape[0] == "item":
            return self._item(module, scope, shape[1], shape[2])
        return NOTHING

    def _name(self, module: Module, scope: int, name: str) -> Values:
        """A class, or a name that stands for an annotation itself."""
        found = self.bindings(module, scope, name, 0) if "." not in name else None
        values = NOTHING
        for binding in found or ():
            if binding.kind in {"alias", "value"} and binding.value is not None:
                values |= self.annotated(module, binding.within, binding.value)
            elif binding.kind == "call":
                values |= self._made(module, binding.value)
            elif binding.kind == "import":
                values |= self._imported_annotation(module, binding.target)
        if values:
            return values
        if found is None and "." in name:
            first, _, rest = name.partition(".")
            for binding in self.bindings(module, scope, first, 0) or ():
                if binding.kind == "import":
                    values |= self._imported_annotation(module, f"{binding.target}.{rest}")
            if values:
                return values
        if found is None and "." not in name:
            values = self._starred_annotation(module, name)
        return values or self.instances(self.named(module, scope, name))

    def _imported_annotation(self, module: Module, target: str) -> Values:
        """An alias for an annotation that another module of the project defines."""
        place = self.program.find(module, target)
        if place is None or not place[1] or "." in place[1] or place[0] not in self.program.modules:
            return NOTHING
        other = self.module(place[0])
        return self.annotated(other, 0, place[1])

    def _starred_annotation(self, module: Module, name: str) -> Values:
        for star in module.facts.stars:
            place = self.program.find(module, star)
            if place and place[0] in self.program.modules and (0, name) in self.module(place[0]).names:
                return self.annotated(self.module(place[0]), 0, name)
        return NOTHING

    def _made(self, module: Module, shape: Expr) -> Values:
        """`NewType("Id", int)`, `TypeVar("T", bound=Model)`."""
        call = module.calls.get(shape) if isinstance(shape, int) else None
        if call is None:
            return NOTHING
        last = call.callee.rpartition(".")[2]
        if last == "TypeVar":
            bound = next((value for word, value in call.keywords if word == "bound"), None)
            parts = [bound] if bound is not None else list(call.arguments[1:])
            return union(*(self.annotated(module, call.scope, _unquoted(part)) for part in parts))
        if last == "NewType" and len(call.arguments) > 1:
            return self.annotated(module, call.scope, _unquoted(call.arguments[1]))
        return NOTHING

    def instances(self, values: Values) -> Values:
        """Objects of the classes among some values."""
        found: set[Value] = set()
        for value in values:
            if isinstance(value, Outside):
                root = value.name.partition(".")[0]
                if root not in {"typing", "typing_extensions"}:
                    found.add(Thing(value.name))
            elif isinstance(value, Definition):
                if value.scope in self.module(value.path).classes:
                    found.add(Instance(value))
            elif not isinstance(value, File):
                continue
        return frozenset(found)

    def _item(self, module: Module, scope: int, base: Expr, keys: tuple[Expr, ...]) -> Values:
        last = base.rpartition(".")[2] if isinstance(base, str) else ""
        first = keys[0] if keys else None
        if last == "Annotated":
            return self.annotated(module, scope, _unquoted(first)) or self._depends(module, scope, keys[1:])
        if last in _TRANSPARENT:
            return union(*(self.annotated(module, scope, _unquoted(key)) for key in keys))
        about = [self.annotated(module, scope, _unquoted(key)) for key in keys] or [NOTHING]
        if last in _ELEMENTS:
            return frozenset({Many(about[0])})
        if last in _TABLES:
            return frozenset({Table(about[-1])})
        if last in {"tuple", "Tuple"}:
            return frozenset({Many(about[0]) if keys[-1:] == (None,) else Row(tuple(about))})
        if last in _LATER:
            return frozenset({Later(about[-1])})
        if last in _MANAGERS:
            return frozenset({Entered(about[0])})
        if last in {"type", "Type"}:
            return frozenset(
                value.of if isinstance(value, Instance) else Outside(value.type)
                for value in about[0]
                if isinstance(value, Instance | Thing)
            )
        if last == "Callable":
            return frozenset({Giving(about[-1])})
        owners = self.annotated(module, scope, base)
        return frozenset(Thing(v.type, union(*about)) if isinstance(v, Thing) and not v.item else v for v in owners)

    def _depends(self, module: Module, scope: int, notes: tuple[Expr, ...]) -> Values:
        """What a dependency gives, where the annotation itself says nothing."""
        return union(*(self.of(module, scope, note) for note in notes))


def _unquoted(shape: Expr) -> Expr:
    """A forward reference outside of an annotation is text: a plain name in it can still be followed."""
    if isinstance(shape, tuple) and shape[0] == "=" and isinstance(shape[1], str):
        return shape[1] if shape[1].replace(".", "").isidentifier() else None
    return shape
