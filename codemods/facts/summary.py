"""What is asked of every file of a project, so that most files' facts need not be looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from codemods.facts.kinds import Binding, Call, Class, Expr, Facts, Ignore

_DECORATED_READS = frozenset({"property", "cached_property", "hybrid_property", "computed_field", "abstractproperty"})


class Summary(NamedTuple):
    """The names in a file by which other files find what concerns them. Names are last parts: `c` of `a.b.c`."""

    asynchronous: bool
    """Has an `async def`."""
    calls: frozenset[str]
    """What is called."""
    keywords: frozenset[str]
    """The names of keyword arguments."""
    decorators: frozenset[str]
    bases: frozenset[str]
    """What classes name as their bases, also under the name that it was imported from."""
    methods: frozenset[str]
    stores: frozenset[str]
    """Attributes and items that are set, with the name before them: `state.redis`, `app[redis]`."""
    reads: frozenset[str]
    """Attributes whose reading may run code: properties, and class attributes that a call made."""
    imports: frozenset[str]
    """The names imported, in full."""
    patches: frozenset[str]
    """What something else is put in place of."""
    ignores: tuple[Ignore, ...]


def summarize(facts: Facts) -> Summary:
    """The summary of a file."""
    imported = {b.name: b.target for b in facts.bindings if b.kind == "import"}
    return Summary(
        asynchronous=any(scope.kind == "async def" for scope in facts.scopes),
        calls=frozenset(map(called_name, facts.calls)) - {""},
        keywords=frozenset(word for call in facts.calls for word, _ in call.keywords),
        decorators=frozenset(name for name, _ in _decorators(facts)),
        bases=frozenset(name for each in facts.classes for name in base_names(each, imported)),
        methods=_methods(facts),
        stores=frozenset(map(store_end, facts.stores)),
        reads=_reads(facts),
        imports=frozenset(imported.values()) | frozenset(facts.modules) | frozenset(facts.stars),
        patches=frozenset(_last(patch.attribute) for patch in facts.patches),
        ignores=facts.ignores,
    )


def called_name(call: Call) -> str:
    """The last part of what a call calls."""
    if not call.callee and isinstance(call.function, tuple) and call.function[0] == "attr":
        return _last(str(call.function[2]))
    return _last(call.callee)


def base_names(each: Class, imported: dict[str, str]) -> list[str]:
    """The last parts of a class's bases, and of what they were imported as."""
    found = []
    for base in each.bases:
        shape = base[1] if isinstance(base, tuple) and base[0] == "item" else base
        if isinstance(shape, str):
            found.append(_last(shape))
            if shape in imported:
                found.append(_last(imported[shape]))
    return found


def store_end(store: Binding) -> str:
    """The end of what is set: the attribute and the name before it."""
    return _last(store.name) if store.name.endswith("]") else ".".join(store.name.rsplit(".", 2)[-2:])


def _decorators(facts: Facts) -> list[tuple[str, int]]:
    calls = {call.number: call.callee for call in facts.calls} if any(f.decorators for f in facts.functions) else {}
    return [
        (_last(shape if isinstance(shape, str) else calls.get(shape, "") if isinstance(shape, int) else ""), each.scope)
        for each in facts.functions
        for shape in each.decorators
    ]


def _methods(facts: Facts) -> frozenset[str]:
    classes = {each.scope for each in facts.classes}
    return frozenset(b.name for b in facts.bindings if b.kind == "def" and b.scope in classes)


def _reads(facts: Facts) -> frozenset[str]:
    classes = {each.scope for each in facts.classes}
    made = {b.name for b in facts.bindings if b.scope in classes and isinstance(b.value, int)}
    properties = {_last(facts.scopes[scope].qualname) for name, scope in _decorators(facts) if name in _DECORATED_READS}
    return frozenset(made | properties)


def _last(name: str | Expr) -> str:
    return name.rpartition(".")[2] if isinstance(name, str) else ""
