"""What a plan tells the rewriting floor to do to one file: plain data, so that deciding never opens libcst.

Places are counted, not measured: the n-th call, or the n-th import statement, of the m-th top-level statement, in
source order, from 0. They are the same in every tree of the same text.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class AwaitTwin:
    """Call another function instead, with the same arguments, and await it."""

    statement: int
    call: int
    callee: str
    """The dotted name that it calls now, to make sure that it is the right one."""
    twin: str
    """The expression to call instead, as it is written at this place."""


@dataclass(frozen=True, slots=True, order=True)
class AddImport:
    """`import module` or `import module as alias`, at the top of the file."""

    module: str
    alias: str = ""


@dataclass(frozen=True, slots=True, order=True)
class DropImport:
    """A name that nothing needs any more, taken out of the import statement that binds it."""

    statement: int
    place: int
    name: str
    lines: tuple[int, int]
    """The first and last line of the import statement."""


Edit = AwaitTwin | AddImport | DropImport
