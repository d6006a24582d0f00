"""A place in a function where something runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from codemods.facts import Call
    from codemods.program.calls import Target


class Event(NamedTuple):
    """A place in a function where something runs."""

    call: Call
    """The call; where none stands there (a property, a loop, a `with` block), one without a number."""
    targets: tuple[Target, ...]
