"""Knowledge about libraries: data in TOML files beside this module, read when first asked for."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Entry:
    """A callable that blocks."""

    name: str
    kind: str
    impact: str
    twins: Mapping[str, str] = field(default_factory=dict)
    """The async library -> the callable of it to await instead."""


@dataclass(frozen=True, slots=True)
class Contexts:
    """What `with` blocks and wrapping calls mean for an `await` inside them, by qualified name."""

    locks: frozenset[str]
    shared: frozenset[str]
    deadlines: frozenset[str]
    plain: frozenset[str]


@dataclass(frozen=True, slots=True)
class Libraries:
    """What using a library says about the program around it, by the library's name."""

    async_libraries: tuple[str, ...]
    bring_anyio: tuple[str, ...]
    other_loops: tuple[str, ...]
    clock_freezers: tuple[str, ...]


@cache
def blocking() -> Mapping[str, Entry]:
    """Everything known to block, by its documented name."""
    return {row["name"]: Entry(**row) for row in _table("blocking")["blocking"]}


@cache
def contexts() -> Contexts:
    """Everything known about context managers."""
    return Contexts(**{name: frozenset(names) for name, names in _table("contexts").items()})


@cache
def libraries() -> Libraries:
    """Everything known about libraries as a whole."""
    return Libraries(**{name: tuple(names) for name, names in _table("libraries").items()})


@cache
def coroutine_functions() -> frozenset[str]:
    """The async twins: calling one without an await does nothing."""
    return frozenset(twin for entry in blocking().values() for twin in entry.twins.values())


def entries(kind: str) -> tuple[str, ...]:
    """The names known to block in one way."""
    return tuple(sorted(entry.name for entry in blocking().values() if entry.kind == kind))


def describe(kind: str) -> str:
    """What a kind of blocking work is, in a sentence or two."""
    return str(_table("kinds")[kind])


@cache
def _table(name: str) -> dict[str, Any]:
    return tomllib.loads(resources.files(__name__).joinpath(f"{name}.toml").read_text("utf-8"))
