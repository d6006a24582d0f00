"""What is remembered of one file: small plain data, a function of its bytes alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from codemods.model import Span


@dataclass(frozen=True, slots=True)
class Scope:
    """A stretch of code with names of its own. Number 0 is the module."""

    kind: str
    """`module`, `def`, `async def`, `lambda`, `class`, `comprehension` or `generator` (a generator expression)."""
    parent: int
    qualname: str
    line: int
    outer: tuple[tuple[str, int], ...] = ()
    """Names declared `global` or `nonlocal` here, with the scope that they belong to."""


@dataclass(frozen=True, slots=True)
class Binding:
    """One way in which a name (or `self.x`) comes to its value."""

    name: str
    scope: int
    kind: str
    """`import`, `alias` (another name), `call` (a call's result), `none`, `def`, `class`, `parameter` or `value`."""
    target: str
    """The dotted name imported (with leading dots where relative), aliased or called; empty for the other kinds."""
    line: int
    plain: bool
    """Stands directly in the body of its scope, so it runs whenever the scope's body does."""


@dataclass(frozen=True, slots=True)
class Context:
    """A context manager that a `with` statement enters."""

    expression: str
    """Its dotted name, or that of the callable that made it; empty where it is neither."""
    called: bool
    asynchronous: bool
    scope: int
    line: int


@dataclass(frozen=True, slots=True)
class Call:
    """One call, where it stands and what it says it calls."""

    number: int
    """The how-manieth call of the file it is, in source order: the same in every tree of the same text."""
    statement: int
    """The top-level statement that it stands in."""
    scope: int
    callee: str
    """The dotted name that is called; empty where it is not one."""
    span: Span
    last_line: int
    """The last line of the simple statement that it stands in."""
    awaited: bool
    argument_of: int
    """The number of the call that takes this one's result directly as an argument, or -1."""
    contexts: tuple[int, ...]
    """The `with` blocks of its function that it stands in, outermost first."""


@dataclass(frozen=True, slots=True)
class Patch:
    """A place that may put something else where a function is: `patch("a.b")`, `setattr(a, "b", …)`, `a.b = …`."""

    owner: str
    """The dotted name whose attribute is set; empty where `attribute` is a dotted path of its own."""
    attribute: str
    scope: int
    line: int


@dataclass(frozen=True, slots=True)
class Ignore:
    """A comment that asks for silence about its line."""

    line: int
    """0 for the whole file."""
    text: str
    ours: bool
    """`offloop: ignore`, not a linter's."""
    names: tuple[str, ...] | None
    """The kinds (or the linter's codes) that it is about; None for all."""


@dataclass(frozen=True, slots=True)
class Facts:
    """One file."""

    scopes: tuple[Scope, ...]
    bindings: tuple[Binding, ...]
    stores: tuple[Binding, ...]
    """Attributes that are set (`self.lock = threading.Lock()`), under their dotted names."""
    calls: tuple[Call, ...]
    first_calls: tuple[int, ...]
    """The number of the first call at or after each top-level statement."""
    contexts: tuple[Context, ...]
    patches: tuple[Patch, ...]
    modules: tuple[str, ...]
    """What `import` statements name in full: `import a.b` binds only `a`, but runs `a.b`."""
    stars: tuple[str, ...]
    """The modules whose names a star import brings in."""
    attributes: frozenset[str]
    """Every dotted chain of attributes that is read."""
    dotted_strings: frozenset[str]
    """Every string that could be the dotted path of something."""
    ignores: tuple[Ignore, ...] = ()
