"""What an earlier run found out about each file, as far as nothing that it rests on has changed since.

A file's row holds the functions of it that the loop runs or enters, with what runs in each of them. It rests on a
number of files, and on names that every file was asked for ("who calls `load`?"): a bit each. A changed file takes away
all rows that rest on it, and all that rest on a name which it has, or had.
"""

from __future__ import annotations

import marshal
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from codemods.catalog import Entry
from codemods.facts import Call
from codemods.program.calls import Target, Via
from codemods.program.values import Definition

if TYPE_CHECKING:
    from collections.abc import Iterable

    from codemods.facts import Summary
    from codemods.loop.event import Event

_Row = tuple[int, tuple[int, ...], dict[int, tuple[Any, ...]]]
"""What it rests on, the functions that the loop runs, and every function that was looked at, by its scope."""


@dataclass(slots=True)
class Kept:
    """The rows that still hold, and the bits that they are about."""

    bits: dict[str, int] = field(default_factory=dict)
    rows: dict[str, _Row] = field(default_factory=dict)
    stopped: frozenset[str] = frozenset()
    grown: bool = False
    """Whether the last run found out more."""

    def row(self, path: str) -> _Row | None:
        """What is known about a file."""
        return self.rows.get(path)

    def function(self, function: Definition) -> tuple[Any, ...] | None:
        """What is known about a function: its name, whether it runs once, what runs in it, what was not resolved."""
        row = self.rows.get(function.path)
        return row[2].get(function.scope) if row else None

    @classmethod
    def load(cls, packed: bytes, changed: Iterable[tuple[str, Summary, Summary]]) -> Kept:
        """The rows that hold although some files have changed; each comes with its summary before and after."""
        names, rows, stopped = marshal.loads(packed)  # noqa: S302 (the cache folder is the user's own)
        bits = {name: number for number, name in enumerate(names)}
        gone = 0
        for path, before, after in changed:
            if _concerns_all(before) != _concerns_all(after):
                return cls()
            for name in (path, *_names(before), *_names(after)):
                gone |= 1 << bits[name] if name in bits else 0
            rows.pop(path, None)
        return cls(bits, {path: row for path, row in rows.items() if not row[0] & gone}, frozenset(stopped))

    def pack(self) -> bytes:
        """The rows for the next run."""
        return marshal.dumps((tuple(self.bits), self.rows, tuple(self.stopped)))


def _concerns_all(summary: Summary) -> tuple[object, ...]:
    """What the whole program is asked for: a change of it concerns everything."""
    once = {
        "lifespan",
        "on_startup",
        "on_shutdown",
        "post_init",
        "post_shutdown",
        "startup",
        "shutdown",
        "before_serving",
    }
    handed = {name for name in summary.calls if name.startswith(("call_", "add_"))}
    return summary.reads, frozenset(handed), summary.keywords & once, any(".ext.asyncio" in i for i in summary.imports)


def _names(summary: Summary) -> Iterable[str]:
    yield from (f"calls {name}" for name in summary.calls)
    yield from (f"bases {name}" for name in summary.bases)
    yield from (f"methods {name}" for name in summary.methods)
    yield from (f"stores {name}" for name in summary.stores)
    yield from (f"keywords {name}" for name in summary.keywords)


def packed_events(events: Iterable[Event]) -> tuple[Any, ...]:
    """Events as plain data."""
    return tuple((tuple(event.call), tuple(map(_packed_target, event.targets))) for event in events)


def _packed_target(target: Target) -> tuple[Any, ...]:
    function = tuple(target.function) if target.function else None
    entry = target.entry
    plain = (
        (
            entry.name,
            entry.kind,
            entry.impact,
            dict(entry.twins),
            entry.gil,
            entry.lazy,
            entry.direct,
            entry.thread_bound,
        )
        if entry
        else None
    )
    return function, plain, tuple(map(tuple, target.via))


def unpacked_events(packed: tuple[Any, ...]) -> list[tuple[Call, tuple[Target, ...]]]:
    """Events again."""
    return [(Call._make(call), tuple(map(_target, targets))) for call, targets in packed]


def _target(packed: tuple[Any, ...]) -> Target:
    function, entry, via = packed
    return Target(
        Definition._make(function) if function else None, _entry(entry) if entry else None, tuple(map(Via._make, via))
    )


def _entry(plain: tuple[Any, ...]) -> Entry:
    name, kind, impact, twins, gil, lazy, direct, thread_bound = plain
    return Entry(name, kind, impact, twins, gil=gil, lazy=lazy, direct=direct, thread_bound=thread_bound)
