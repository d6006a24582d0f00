"""The catalogue as it is asked: by qualified name, with what a project's settings add to it and take from it."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from codemods.catalog.library import Entry, Type, about, load, names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from codemods.catalog.library import Library

_TOKEN = re.compile(r"\$?[\w.]+|[\[\]|]")


class Knowledge:
    """All that is known about the world outside a project."""

    def __init__(self, blocking: Mapping[str, str] | None = None, not_blocking: tuple[str, ...] = ()) -> None:
        self._taught = {name: Entry(name, kind, "high") for name, kind in (blocking or {}).items()}
        self._not_blocking = not_blocking
        self._libraries: dict[str, tuple[Library, ...]] = {}
        self._lines: dict[str, tuple[str, ...]] = {}

    @property
    def is_taught(self) -> bool:
        """Whether the settings name callables that block."""
        return bool(self._taught)

    def canonical(self, name: str) -> str:
        """The documented name of what goes by several."""
        for known in self._about(name):
            owner, rest = name, ""
            while owner:
                same = known.same.get(owner)
                if same is not None:
                    return same + rest
                owner, _, last = owner.rpartition(".")
                rest = f".{last}{rest}"
        return name

    def function(self, name: str) -> Entry | None:
        """What is known about a callable that blocks."""
        if name in self._taught:
            return self._taught[name]
        return self._allowed(next((e for known in self._about(name) if (e := known.functions.get(name))), None))

    def type(self, name: str) -> Type | None:
        """What is known about a class."""
        return next((found for known in self._about(name) if (found := known.types.get(name))), None)

    def result(self, name: str) -> str:
        """The type of what a callable gives, empty where unknown."""
        return next((given for known in self._about(name) if (given := known.gives.get(name))), "")

    def line(self, name: str) -> tuple[str, ...]:
        """A class and those that it inherits from, nearest first."""
        if name not in self._lines:
            found = [name]
            for each in found:
                known = self.type(each)
                found += [base for base in (known.bases if known else ()) if base not in found]
            self._lines[name] = tuple(found)
        return self._lines[name]

    def member(self, name: str, member: str) -> Entry | None:
        """What is known about a method that blocks, through the classes that it may be inherited from."""
        for each in self.line(name):
            if f"{each}.{member}" in self._taught:
                return self._taught[f"{each}.{member}"]
            known = self.type(each)
            if known is None:
                continue
            if member in known.free:
                return None
            if member in known.blocks:
                return self._allowed(known.blocks[member])
            if known.every and not member.startswith("_"):
                every = known.every
                return self._allowed(Entry(f"{each}.{member}", every.kind, every.impact))
        return None

    def read(self, name: str, member: str) -> Entry | None:
        """What is known about an attribute whose mere reading blocks."""
        for each in self.line(name):
            known = self.type(each)
            if known and member in known.reads:
                return self._allowed(known.reads[member])
        return None

    def given(self, name: str, member: str) -> str:
        """The type of what a method gives."""
        return self._first(name, lambda known: known.gives.get(member, ""))

    def attribute(self, name: str, member: str) -> str:
        """The type of an attribute."""
        return self._first(name, lambda known: known.attributes.get(member, "") or _other(known, member))

    def enters(self, name: str) -> str:
        """The type of what a `with` block gives."""
        return self._first(name, lambda known: known.enters)

    def ends(self, name: str) -> frozenset[str]:
        """The methods after which leaving an object's `with` block waits for nothing; none where it always does."""
        known = (self.type(each) for each in self.line(name))
        return next((each.ends for each in known if each and each.ends), frozenset())

    def iterates(self, name: str) -> str:
        """The type of the elements."""
        return self._first(name, lambda known: known.iterates)

    def reads(self) -> frozenset[str]:
        """The names of all attributes, of the libraries asked about so far, whose reading may block."""
        return frozenset(
            name
            for libraries in self._libraries.values()
            for known in libraries
            for each in known.types.values()
            for name in each.reads
        )

    def taught(self, name: str) -> Entry | None:
        """What the settings say about a callable of the project's own."""
        return self._taught.get(name)

    def _first(self, name: str, ask: Callable[[Type], str]) -> str:
        for each in self.line(name):
            known = self.type(each)
            if known and (found := ask(known)):
                return found
        return ""

    def _about(self, name: str) -> tuple[Library, ...]:
        root = name.partition(".")[0]
        if root not in self._libraries:
            self._libraries[root] = tuple(about(root))
        return self._libraries[root]

    def _allowed(self, entry: Entry | None) -> Entry | None:
        if entry is not None and any(_matches(entry.name, pattern) for pattern in self._not_blocking):
            return None
        return entry


def entries() -> Iterator[Entry]:
    """Every entry of every library."""
    for name in names():
        known = load(name)
        yield from known.functions.values()
        for each in known.types.values():
            yield from each.blocks.values()
            yield from each.reads.values()


def _other(known: Type, member: str) -> str:
    """The type of an attribute that only its name makes: a collection of a database, say."""
    if not known.others or member.startswith("_"):
        return ""
    named = member in known.own or member in known.blocks or member in known.gives or member in known.reads
    return "" if named else known.others


def _matches(name: str, pattern: str) -> bool:
    return name.startswith(pattern[:-1]) if pattern.endswith("*") else name == pattern


TypeExpression = tuple[str, tuple["TypeExpression", ...]]


@cache
def type_expressions(text: str) -> tuple[TypeExpression, ...]:
    """`a.B[$0] | list[c.D]` taken apart: each alternative as a name and what stands in its brackets."""
    tokens = _TOKEN.findall(text)
    found, rest = _alternatives(tokens)
    if rest:
        message = f"{text!r} is no type expression"
        raise ValueError(message)
    return found


def _alternatives(tokens: list[str]) -> tuple[tuple[TypeExpression, ...], list[str]]:
    found: list[TypeExpression] = []
    while tokens and tokens[0] != "]":
        name, *tokens = tokens
        inner: tuple[TypeExpression, ...] = ()
        if tokens[:1] == ["["]:
            inner, tokens = _alternatives(tokens[1:])
            tokens = tokens[1:]
        found.append((name, inner))
        if tokens[:1] == ["|"]:
            tokens = tokens[1:]
    return tuple(found), tokens
