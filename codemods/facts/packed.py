"""A file's facts as bytes: the summary, which every run reads, in front of all else, which few files need."""

from __future__ import annotations

import marshal
from functools import cached_property
from typing import Any

from codemods.facts.kinds import Facts, Ignore
from codemods.facts.summary import Summary, summarize


class Packed:
    """Facts that were packed, and are unpacked when they are asked for."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    @classmethod
    def of(cls, facts: Facts) -> Packed:
        """Pack the facts of a file."""
        head = [_plain(each) for each in summarize(facts)]
        return cls(marshal.dumps((marshal.dumps(head), facts.pack())))

    def to_bytes(self) -> bytes:
        """To be kept, or sent to another process."""
        return self._content

    @cached_property
    def _parts(self) -> tuple[bytes, bytes]:
        head, body = marshal.loads(self._content)  # noqa: S302 (the cache folder is the user's own)
        return head, body

    @cached_property
    def summary(self) -> Summary:
        """What is asked of every file."""
        asynchronous, *names, ignores = marshal.loads(self._parts[0])  # noqa: S302
        return Summary._make([asynchronous, *map(frozenset, names), tuple(map(Ignore._make, ignores))])

    @cached_property
    def facts(self) -> Facts:
        """All of it."""
        return Facts.unpack(self._parts[1])


def _plain(value: object) -> Any:  # noqa: ANN401 (what marshal knows)
    """A field without classes of ours, which `marshal` does not know."""
    if isinstance(value, frozenset):
        return tuple(value)
    return tuple(map(tuple, value)) if isinstance(value, tuple) else value
